"""Indexes on the few copies of a million that still ask for something; made while the old code runs."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("newsletter", "0004_a_ledger_of_deliveries"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ["pending", "deferred"])),
                fields=["edition", "next_attempt_at", "id"],
                name="waiting_deliveries",
            ),
        ),
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ["claimed", "sending"])),
                fields=["edition", "lease_until"],
                name="held_deliveries",
            ),
        ),
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ["failed", "uncertain"])),
                fields=["edition", "state"],
                name="troubled_deliveries",
            ),
        ),
    ]
