"""Locks on tallies: one for the process that publishes them, one for each tally whose votes change."""

from django.db.models import QuerySet

from catalog.models import Tool
from catalog.pairs import by_id
from votes.models import PickTally, Tally

# Of an advisory lock: any number that no other lock of ours has.
PUBLISHER_LOCK = 3_126_001


def hold_tally(*, tool: Tool, other_tool: Tool | None = None) -> None:
    """Lets no vote on the tool, or no pick of the pair in either order, be written until the transaction ends.

    Every change of votes takes the tally first and the votes after it, so that transactions don't deadlock.
    """
    tallies: QuerySet[Tally] | QuerySet[PickTally] = Tally.objects.filter(tool=tool)
    if other_tool is not None:
        first, second = by_id(tool, other_tool)
        tallies = PickTally.objects.filter(first_tool=first, second_tool=second)
    list(tallies.select_for_update(no_key=True).values_list("pk"))
