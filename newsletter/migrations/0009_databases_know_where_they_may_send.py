"""The database knows where it may send, and holds a week that a journal knows to be mailed. Old code adds editions as before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("newsletter", "0008_copies_that_are_lost_too_often_fail"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailingJournal",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.BigIntegerField()),
                ("noted_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SendingIdentity",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                (
                    "cluster",
                    models.CharField(
                        help_text="What PostgreSQL said of itself when sending was allowed; empty: it never was.",
                        max_length=100,
                    ),
                ),
                (
                    "name",
                    models.CharField(blank=True, help_text="SENDING_IDENTITY at that time.", max_length=100),
                ),
                ("allowed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "refusal",
                    models.CharField(
                        blank=True, help_text="Why nothing is sent; empty: it is.", max_length=500
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "sending identities",
            },
        ),
        migrations.AddField(
            model_name="edition",
            name="repeat",
            field=models.CharField(
                blank=True,
                choices=[("", "No"), ("held", "Held until staff decide"), ("allowed", "Allowed by staff")],
                db_default="",
                default="",
                help_text="Whether a draft is held because a journal says that its week was mailed.",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="edition",
            constraint=models.CheckConstraint(
                condition=models.Q(("repeat__in", ["", "held", "allowed"])), name="edition_repeat_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="edition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["draft", "cancelled"]),
                    models.Q(("repeat", "held"), _negated=True),
                    _connector="OR",
                ),
                name="a_held_edition_is_not_begun",
            ),
        ),
        migrations.AddConstraint(
            model_name="sendingidentity",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="one_sending_identity"),
        ),
    ]
