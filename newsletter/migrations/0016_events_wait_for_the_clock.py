"""Thousands of events in one body are kept at once and applied by the clock."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The index holds nothing yet, but reads the whole table once.
    atomic = False

    dependencies = [
        ("newsletter", "0015_bounces_are_held"),
    ]

    operations = [
        migrations.AddField(
            model_name="providerevent",
            name="suppresses_as",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="Why the mailbox gets no more mail, if it is so.",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="providerevent",
            name="is_applied",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Whether it has done what it does; the clock sees to the rest.",
            ),
        ),
        AddIndexConcurrently(
            model_name="providerevent",
            index=models.Index(
                condition=models.Q(("is_applied", False)), fields=["id"], name="newsletter_events_waiting"
            ),
        ),
    ]
