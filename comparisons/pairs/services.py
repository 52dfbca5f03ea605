"""What curators do to pairs alone; archiving is the same as for tools."""

from datetime import datetime

from backend.admin.errors import CurationError
from catalog import services
from catalog.workflow import UNPUBLISHED
from comparisons.models import Comparison
from comparisons.rules import MIN_PANEL
from reviews.models import Panel


def missing_of_pair(comparison: Comparison) -> list[str]:
    """What readers would miss of a pair that is published so, in sentences: one query."""
    tools = {tool.pk: tool for tool in (comparison.first_tool, comparison.second_tool)}
    counts = dict(Panel.objects.filter(tool__in=tools).values_list("tool", "total"))
    return [
        f"{tool.name} has {counts.get(pk, 0)} of the {MIN_PANEL} published reviews that a verdict needs."
        for pk, tool in tools.items()
        if counts.get(pk, 0) < MIN_PANEL
    ]


def publish(comparison: Comparison, *, now: datetime) -> None:
    """An archived pair comes back with the day it was first published. Raises CurationError, also for what is missing."""
    if {comparison.first_tool.status, comparison.second_tool.status} & set(UNPUBLISHED):
        raise CurationError("a tool of the pair is not published")
    if comparison.status in UNPUBLISHED and (missing := missing_of_pair(comparison)):
        raise CurationError(" ".join(missing))
    services.publish(comparison, now=now)
