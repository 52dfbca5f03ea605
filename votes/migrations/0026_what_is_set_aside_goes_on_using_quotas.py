"""Two small indexes of what staff set aside, made beside running code: it goes on using the quotas of its networks."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

SET_ASIDE = Q(status__in=["quarantined", "rejected"]) & ~Q(reasons__overlap=["origin_quota", "burst"])
NETWORKS = ["provider_hash", "site_hash", "network_hash"]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("votes", "0025_tallies_that_moved_are_found")]

    operations = [
        AddIndexConcurrently(
            "vote",
            models.Index(fields=["tool", *NETWORKS], condition=SET_ASIDE, name="set_aside_votes_by_network"),
        ),
        AddIndexConcurrently(
            "pick",
            models.Index(
                fields=["first_tool", "second_tool", *NETWORKS],
                condition=SET_ASIDE,
                name="set_aside_picks_by_network",
            ),
        ),
    ]
