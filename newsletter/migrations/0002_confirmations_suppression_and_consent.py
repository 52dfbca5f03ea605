"""Confirmations by mail, the mailboxes that get none, and a record of consent that nobody can change."""

import catalog.models
import django.db.models.deletion
from django.db import migrations, models

from backend.api.sql import load_sql


class Migration(migrations.Migration):
    dependencies = [
        ("newsletter", "0001_subscribers_editions_and_deliveries"),
        ("reviews", "0002_panels_count_themselves"),
    ]

    operations = [
        migrations.AddField(
            model_name="subscriber",
            name="reminded_at",
            field=models.DateTimeField(
                blank=True, help_text="When the reader was last told of being subscribed already.", null=True
            ),
        ),
        migrations.AddField(
            model_name="subscriber",
            name="reviewers",
            field=models.ManyToManyField(
                blank=True,
                help_text="Whose reviews the reader follows.",
                related_name="+",
                to="reviews.reviewer",
            ),
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("address_key", models.BinaryField(max_length=32)),
                (
                    "deed",
                    models.CharField(
                        choices=[
                            ("asked", "Was mailed a confirmation"),
                            ("confirmed", "Confirmed"),
                            ("unsubscribed", "Unsubscribed"),
                            ("erased", "Erased"),
                            ("suppressed", "Suppressed"),
                            ("lifted", "Suppression lifted"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("page", "Our page"),
                            ("api", "The frontend's page"),
                            ("one_click", "One click in a mail program"),
                            ("provider", "Bounce or complaint"),
                            ("staff", "Staff"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "wording",
                    models.CharField(help_text="Which version of our words the reader saw.", max_length=16),
                ),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["address_key", "id"], name="newsletter_consent_of_mailbox")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "deed__in",
                                ["asked", "confirmed", "unsubscribed", "erased", "suppressed", "lifted"],
                            )
                        ),
                        name="consent_deed_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["page", "api", "one_click", "provider", "staff"])),
                        name="consent_source_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MailJob",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=catalog.models.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("address", models.EmailField(max_length=320)),
                ("choices", models.JSONField()),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("page", "Our page"),
                            ("api", "The frontend's page"),
                            ("one_click", "One click in a mail program"),
                            ("provider", "Bounce or complaint"),
                            ("staff", "Staff"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("failed", "Failed")],
                        default="waiting",
                        max_length=16,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("detail", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["due_at"],
                        name="newsletter_jobs_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "failed"])),
                        name="mail_job_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["page", "api", "one_click", "provider", "staff"])),
                        name="mail_job_source_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("address_key", models.BinaryField(max_length=32, unique=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("unsubscribe", "Unsubscribe"),
                            ("erased", "Erased"),
                            ("hard_bounce", "Hard Bounce"),
                            ("complaint", "Complaint"),
                            ("manual", "Manual"),
                        ],
                        max_length=16,
                    ),
                ),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reason__in", ["unsubscribe", "erased", "hard_bounce", "complaint", "manual"])
                        ),
                        name="suppression_reason_is_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConfirmationToken",
            fields=[
                ("key", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("mailbox_key", models.BinaryField(max_length=32)),
                (
                    "job_id",
                    models.UUIDField(
                        help_text="The sign-up that it answers, which is deleted once the mail is out."
                    ),
                ),
                ("choices", models.JSONField()),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "subscriber",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="confirmation_tokens",
                        to="newsletter.subscriber",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["mailbox_key", "created_at"], name="newsletter_tokens_of_mailbox")
                ],
            },
        ),
        migrations.RunSQL(
            load_sql("newsletter", "consent"), "DROP FUNCTION newsletter_refuse_change CASCADE"
        ),
    ]
