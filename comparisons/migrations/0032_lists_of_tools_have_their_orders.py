"""Indexes of the narrow rows of tools, for each order of a list, made beside running code."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Func, Q, Value
from django.db.models.functions import Coalesce

VOTE_STEP = Func(
    "votes",
    function="width_bucket",
    template="%(function)s(%(expressions)s, '{1,4,16,64,256,1024,4096,16384,65536}'::int[])",
    output_field=models.IntegerField(),
)
ORDERS: dict[str, tuple[Any, ...]] = {
    "publication": ("published_at",),
    "name": ("sort_key",),
    "votes": ("votes",),
    "panel": (Coalesce("panel_percent", Value(-1)),),
    "worst_panel": (Coalesce("panel_percent", Value(101)),),
    "crowd": (Coalesce("crowd_low", Value(-1.0)), Coalesce("crowd_high", Value(-1.0))),
    "worst_crowd": (Coalesce("crowd_low", Value(2.0)), Coalesce("crowd_high", Value(2.0))),
}
RANKINGS = {
    "panel": (("panel_percent", "panel_total"), Q(panel_total__gte=3)),
    "crowd": (("crowd_low", "crowd_high"), Q(crowd_low__isnull=False)),
}


def listed(*keys: Any, name: str, eligible: Q | None = None, **more: Any) -> AddIndexConcurrently:
    condition = Q(is_listed=True) & (eligible or Q())
    index = models.Index(*keys, "tool", condition=condition, name=name, **more)
    return AddIndexConcurrently("listedtool", index)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("comparisons", "0031_what_nobody_could_read_is_archived_unread")]

    operations = [
        *(
            listed(*shelf, *keys, name=f"{prefix}_tools_by_{order}")
            for prefix, shelf in {"listed": (), "shelved": ("category",)}.items()
            for order, keys in ORDERS.items()
        ),
        listed("entry", "published_at", name="listed_tools_by_entry"),
        listed("call", "published_at", name="listed_tools_by_call"),
        listed(VOTE_STEP, "published_at", name="listed_tools_by_vote_step"),
        *(
            listed(*shelf, *keys, name=f"{prefix}_by_{order}", eligible=eligible, include=["public_at"])
            for prefix, shelf in {"ranked_tools": (), "ranked_on_shelf": ("category",)}.items()
            for order, (keys, eligible) in RANKINGS.items()
        ),
    ]
