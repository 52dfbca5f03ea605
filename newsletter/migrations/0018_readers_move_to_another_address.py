"""A sign-up may take the place of a subscription at another address, and the former address is told.

A worker of the former release takes such news for a sign-up: the former address gets a confirmation that it may ignore.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0017_owners_are_mailed_links")]

    operations = [
        migrations.AddField(
            model_name="mailjob",
            name="replaces",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Whose subscription ends when the sign-up is confirmed.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="newsletter.subscriber",
            ),
        ),
        migrations.AddField(
            model_name="confirmationtoken",
            name="replaces",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Whose subscription ends when this is confirmed: the reader moves to another address.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="newsletter.subscriber",
            ),
        ),
        migrations.AddConstraint(
            model_name="confirmationtoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("replaces", None))
                | models.Q(("replaces", models.F("subscriber")), _negated=True),
                name="a_confirmation_replaces_another_address",
            ),
        ),
        migrations.AlterField(
            model_name="mailjob",
            name="kind",
            field=models.CharField(
                choices=[
                    ("sign_up", "Sign Up"),
                    ("owner", "Link to export and erase"),
                    ("moved", "News of another address"),
                ],
                db_default="sign_up",
                default="sign_up",
                max_length=16,
            ),
        ),
        migrations.RemoveConstraint(model_name="mailjob", name="mail_job_kind_is_known"),
        migrations.AddConstraint(
            model_name="mailjob",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["sign_up", "owner", "moved"])), name="mail_job_kind_is_known"
            ),
        ),
    ]
