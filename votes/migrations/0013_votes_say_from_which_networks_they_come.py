"""Votes keep hashes of the networks around the client's, so that quotas and crowds can be told by them.

Columns and indexes only add. Code that runs meanwhile writes votes without the new hashes; they count towards no quota of
the day's wider networks.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Coalesce

from backend.api.sql import load_sql

DROP_FUNCTIONS = """
DROP FUNCTION IF EXISTS votes_picks_are_spread(uuid, uuid, int, int);
DROP FUNCTION IF EXISTS votes_are_spread(uuid, int, int);
"""

# A crowd of the past decides on when it is spread: those of which that isn't known decide nothing.
KEEP_BOUNDS_OF_SPREAD_CROWDS = """
UPDATE votes_publishedtally SET bound_low = NULL, bound_high = NULL
WHERE bound_low IS NOT NULL AND NOT votes_are_spread(tool_id, 15, 3);
UPDATE votes_publishedpicktally SET bound_low = NULL, bound_high = NULL
WHERE bound_low IS NOT NULL AND NOT votes_picks_are_spread(first_tool_id, second_tool_id, 15, 3);
"""

SITE = "The same of its IPv4 /24 or IPv6 /48, under the week's salt."
PROVIDER = "The same of its IPv4 /16 or IPv6 /32, under the day's salt."
LIMIT = "How many votes may count within an hour before the rest wait."
COUNTED_VOTES = models.Q(status="counted", value__isnull=False)
COUNTED_PICKS = models.Q(status="counted", chosen_tool__isnull=False)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("votes", "0012_crowds_decide_by_bounds_that_hold_at_every_look")]

    operations = [
        *(
            migrations.AddField(
                model_name=model,
                name=name,
                field=models.BinaryField(help_text=text, max_length=8, null=True),
            )
            for model in ("vote", "pick")
            for name, text in (("site_hash", SITE), ("provider_hash", PROVIDER))
        ),
        AddIndexConcurrently(
            model_name="vote",
            index=models.Index(
                fields=["tool", "provider_hash", "site_hash", "network_hash"],
                condition=COUNTED_VOTES,
                name="counted_votes_by_network",
            ),
        ),
        AddIndexConcurrently(
            model_name="vote",
            index=models.Index(
                "tool",
                Coalesce("site_hash", "network_hash"),
                condition=COUNTED_VOTES,
                name="counted_votes_by_site",
            ),
        ),
        AddIndexConcurrently(
            model_name="pick",
            index=models.Index(
                fields=["first_tool", "second_tool", "provider_hash", "site_hash", "network_hash"],
                condition=COUNTED_PICKS,
                name="counted_picks_by_network",
            ),
        ),
        AddIndexConcurrently(
            model_name="pick",
            index=models.Index(
                "first_tool",
                "second_tool",
                Coalesce("site_hash", "network_hash"),
                condition=COUNTED_PICKS,
                name="counted_picks_by_site",
            ),
        ),
        RemoveIndexConcurrently(model_name="vote", name="counted_votes_by_origin"),
        RemoveIndexConcurrently(model_name="pick", name="counted_picks_by_origin"),
        *(
            migrations.AlterField(
                model_name=model,
                name="hourly_limit",
                field=models.PositiveIntegerField(
                    db_default=10, default=10, help_text=LIMIT.replace("votes", what)
                ),
            )
            for model, what in (("tally", "votes"), ("picktally", "picks"))
        ),
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.CharField(
                choices=[
                    ("burst", "More votes within an hour than usual"),
                    ("networks", "Many votes from few networks"),
                    ("drift", "A tally differed from its votes"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="alert",
            name="begins_at",
            field=models.DateTimeField(help_text="The hour of the votes, or the moment of the recount."),
        ),
        migrations.RemoveConstraint(model_name="alert", name="alert_kind_is_known"),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(kind__in=["burst", "networks", "drift"]), name="alert_kind_is_known"
            ),
        ),
        migrations.RunSQL(load_sql("votes", "spread"), DROP_FUNCTIONS),
        migrations.RunSQL(KEEP_BOUNDS_OF_SPREAD_CROWDS, migrations.RunSQL.noop),
    ]
