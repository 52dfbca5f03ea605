"""Two small indexes for alerts, made beside running code."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("votes", "0017_ballots_count_their_changes")]

    operations = [
        AddIndexConcurrently(
            model_name="vote",
            index=models.Index(
                fields=["created_at"],
                condition=models.Q(status="pending", value__isnull=False),
                name="waiting_votes_by_time",
            ),
        ),
        AddIndexConcurrently(
            model_name="pick",
            index=models.Index(
                fields=["created_at"],
                condition=models.Q(status="pending", chosen_tool__isnull=False),
                name="waiting_picks_by_time",
            ),
        ),
    ]
