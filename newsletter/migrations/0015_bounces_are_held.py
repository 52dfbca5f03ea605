"""Copies that were refused for good are held until they prove single, and each edition counts its latest copies."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("newsletter", "0014_changes_of_public_data_are_told"),
    ]

    operations = [
        migrations.CreateModel(
            name="EditionHealth",
            fields=[
                (
                    "edition",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="health",
                        serialize=False,
                        to="newsletter.edition",
                    ),
                ),
                (
                    "judged",
                    models.BigIntegerField(
                        db_default=0, default=0, help_text="Copies that were accepted or refused."
                    ),
                ),
                (
                    "failed",
                    models.FloatField(db_default=0, default=0, help_text="Of about the last 200 of them."),
                ),
                (
                    "exhausted",
                    models.IntegerField(db_default=0, default=0, help_text="Copies whose tries are used up."),
                ),
                (
                    "complaints",
                    models.IntegerField(
                        db_default=0, default=0, help_text="Copies whose readers complained."
                    ),
                ),
                (
                    "most_failed",
                    models.FloatField(
                        help_text="More pause the edition; twice as many after each resumption."
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "edition health",
            },
        ),
        migrations.CreateModel(
            name="Bounce",
            fields=[
                (
                    "delivery",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="bounce",
                        serialize=False,
                        to="newsletter.delivery",
                    ),
                ),
                ("is_hard", models.BooleanField(help_text="The mailbox does not exist.")),
                ("happened_at", models.DateTimeField()),
                ("suppressed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bounces",
                        to="newsletter.edition",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("suppressed_at", None)),
                        fields=["happened_at"],
                        name="newsletter_held_bounces",
                    )
                ],
            },
        ),
    ]
