"""Published tallies store the bounds that crowds decide by; those that are public already get theirs."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from backend.api.sql import load_sql
from votes.tally import MIN_VOTES, deciding_bounds

DROP_TRIGGERS = """
DROP TRIGGER IF EXISTS published_pick_tally_drops_stale_bounds ON votes_publishedpicktally;
DROP TRIGGER IF EXISTS published_tally_drops_stale_bounds ON votes_publishedtally;
DROP FUNCTION IF EXISTS votes_drop_stale_bounds();
"""

FLOAT = {"editable": False, "null": True}
OF_ENOUGH = models.Q(("bound_high", None), ("bound_low", None)) | models.Q(
    ("bound_high__isnull", False), ("bound_low__isnull", False), ("total__gte", 20)
)


def fill_in_bounds(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Only where a crowd may decide: one row of a few hundred thousand is written in a few microseconds."""
    for name, one, other in (("PublishedTally", "ship", "skip"), ("PublishedPickTally", "first", "second")):
        rows = list(apps.get_model("votes", name).objects.filter(total__gte=MIN_VOTES))
        for row in rows:
            part, rest = getattr(row, one), getattr(row, other)
            bounds = deciding_bounds(part=part, total=part + rest)
            row.bound_low, row.bound_high = (bounds.low, bounds.high) if bounds else (None, None)
        apps.get_model("votes", name).objects.bulk_update(rows, ["bound_low", "bound_high"], batch_size=1_000)


class Migration(migrations.Migration):
    dependencies = [("votes", "0011_rejected_ballots_stay_rejected")]

    operations = [
        *(
            migrations.AddField(model_name=model, name=name, field=models.FloatField(**FLOAT))
            for model in ("publishedtally", "publishedpicktally")
            for name in ("bound_low", "bound_high")
        ),
        migrations.AddConstraint(
            model_name="publishedtally",
            constraint=models.CheckConstraint(
                condition=OF_ENOUGH, name="only_a_crowd_of_enough_votes_has_bounds"
            ),
        ),
        migrations.AddConstraint(
            model_name="publishedpicktally",
            constraint=models.CheckConstraint(condition=OF_ENOUGH, name="only_enough_picks_have_bounds"),
        ),
        migrations.RunSQL(load_sql("votes", "bounds"), DROP_TRIGGERS),
        migrations.RunPython(fill_in_bounds, migrations.RunPython.noop),
    ]
