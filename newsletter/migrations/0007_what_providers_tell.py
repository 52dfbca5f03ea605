"""What mail providers tell of bounces, complaints and the like."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("newsletter", "0006_copies_stand_in_fewer_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProviderEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "key",
                    models.BinaryField(
                        help_text="The same however often it is told.", max_length=32, unique=True
                    ),
                ),
                ("provider", models.CharField(max_length=20)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("taken", "Taken or delivered"),
                            ("deferred", "Delayed"),
                            ("soft_bounce", "Soft Bounce"),
                            ("hard_bounce", "Hard Bounce"),
                            ("complaint", "Complaint"),
                            ("unsubscribe", "Unsubscribed at the provider"),
                            ("auto_reply", "Auto Reply"),
                            ("rejected", "Not sent by the provider"),
                        ],
                        max_length=16,
                    ),
                ),
                ("address_key", models.BinaryField(blank=True, max_length=32, null=True)),
                ("detail", models.CharField(blank=True, max_length=300)),
                ("happened_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                (
                    "delivery",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="provider_events",
                        to="newsletter.delivery",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "bounces and complaints",
                "indexes": [
                    models.Index(fields=["address_key"], name="newsletter_events_of_mailbox"),
                    models.Index(fields=["-happened_at", "-id"], name="newsletter_latest_events"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "taken",
                                    "deferred",
                                    "soft_bounce",
                                    "hard_bounce",
                                    "complaint",
                                    "unsubscribe",
                                    "auto_reply",
                                    "rejected",
                                ],
                            )
                        ),
                        name="provider_event_kind_is_known",
                    )
                ],
            },
        ),
    ]
