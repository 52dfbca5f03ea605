"""The ledger: segments, what a delivery needs to be sent once, and books that must balance."""

import catalog.models
import django.db.models.deletion
from django.db import migrations, models

from backend.api.sql import load_sql

# Each copy is rewritten three times, in place where its page has room.
LEAVE_ROOM = "ALTER TABLE newsletter_delivery SET (fillfactor = 70)"
LEAVE_NONE = "ALTER TABLE newsletter_delivery RESET (fillfactor)"

GIVE_TIMES = """
UPDATE newsletter_delivery SET next_attempt_at = coalesce(next_attempt_at, created_at),
    uncertain_at = CASE WHEN state = 'uncertain' THEN updated_at END
WHERE state IN ('pending', 'deferred', 'uncertain')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("newsletter", "0003_editions_keep_an_archive"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailRate",
            fields=[
                ("server", models.CharField(max_length=300, primary_key=True, serialize=False)),
                (
                    "per_minute",
                    models.FloatField(blank=True, help_text="Empty: no limit was met yet.", null=True),
                ),
                ("tokens", models.FloatField(default=0)),
                ("refilled_at", models.DateTimeField()),
                ("raised_at", models.DateTimeField()),
                ("closed_until", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="delivery",
            name="address",
            field=models.EmailField(blank=True, db_default="", default="", max_length=320),
        ),
        migrations.AddField(
            model_name="delivery",
            name="uncertain_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="edition",
            name="due_at",
            field=models.DateTimeField(
                blank=True, help_text="When sending begins; empty: by schedule.", null=True
            ),
        ),
        migrations.AddField(
            model_name="edition",
            name="includes_monthly",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="The first edition of a month also goes to those who read monthly.",
            ),
        ),
        migrations.AddField(
            model_name="edition",
            name="resume_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When a paused edition goes on by itself; empty: when staff say so.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="edition",
            name="resumed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="Segment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=catalog.models.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.BinaryField(max_length=32)),
                ("choices", models.JSONField()),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("html", models.TextField(blank=True)),
                ("text", models.TextField(blank=True)),
                ("item_count", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="segments",
                        to="newsletter.edition",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="delivery",
            name="segment",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="newsletter.segment",
            ),
        ),
        migrations.RunSQL(GIVE_TIMES, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["pending", "deferred"]), _negated=True),
                    ("next_attempt_at__isnull", False),
                    _connector="OR",
                ),
                name="a_waiting_delivery_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "uncertain"), _negated=True),
                    ("uncertain_at__isnull", False),
                    _connector="OR",
                ),
                name="an_uncertain_delivery_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="segment",
            constraint=models.UniqueConstraint(
                fields=("edition", "key"), name="one_segment_per_edition_and_choices"
            ),
        ),
        migrations.RunSQL(LEAVE_ROOM, LEAVE_NONE),
        migrations.RunSQL(
            load_sql("newsletter", "editions"), "DROP FUNCTION newsletter_books_balance CASCADE"
        ),
    ]
