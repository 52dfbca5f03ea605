"""Reads of rankings: which tools a ranking is about, and the place of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from django.db.models import Count, Q

from catalog.models import Tool
from catalog.querysets import ToolQuerySet
from comparisons.tools.selectors import tools_with_counts
from comparisons.verdict import MIN_PANEL


@dataclass(frozen=True, slots=True)
class Formula:
    """How a ranking is made: in words, which tools it is about, and the columns it sorts by."""

    code: str
    text: str
    eligible: Q
    keys: tuple[str, ...]


RANKINGS = {
    "panel": Formula(
        code="panel_percent",
        text=(
            "Tools with at least 3 published reviews, by the percentage of the panel that ships, "
            "then by the number of reviews."
        ),
        eligible=Q(panel__total__gte=MIN_PANEL),
        keys=("-panel__percent", "-panel__total"),
    ),
    "crowd": Formula(
        code="wilson_lower_bound",
        text=(
            "Tools with at least one counted vote, by the lower bound of the 95 % Wilson interval of the share "
            "of voters who ship, then by the number of votes."
        ),
        eligible=Q(published_tally__total__gte=1),
        keys=("-published_tally__interval_low", "-published_tally__total"),
    ),
}


def ranked_tools(by: str, categories: Sequence[str]) -> ToolQuerySet:
    """The tools that a ranking by `panel` or `crowd` is about, with their counts."""
    tools = tools_with_counts().published().filter(RANKINGS[by].eligible)
    return tools.in_categories(categories) if categories else tools


@dataclass(frozen=True, slots=True)
class RankedTool:
    """A tool with its place: one more than the number of tools with a better record."""

    rank: int
    score: float
    tool: Tool


def ranked(tools: ToolQuerySet, page: Sequence[Tool], *, formula: Formula) -> list[RankedTool]:
    """The rows of one page of `tools`, which stand in the formula's order; one query."""
    if not page:
        return []
    main, tie_break = (key.removeprefix("-") for key in formula.keys)
    records = [(_value(tool, main), _value(tool, tie_break)) for tool in page]
    best, best_tie_break = records[0]
    level = Q(**{main: best, tie_break: best_tie_break})
    better = Q(**{f"{main}__gt": best}) | Q(**{main: best, f"{tie_break}__gt": best_tie_break})
    counts = tools.aggregate(
        better=Count("pk", filter=better), before=Count("pk", filter=better | (level & Q(pk__gt=page[0].pk)))
    )
    rows: list[RankedTool] = []
    for index, (tool, record) in enumerate(zip(page, records, strict=True)):
        if index == 0:
            rank = counts["better"] + 1
        elif record != records[index - 1]:
            rank = counts["before"] + index + 1
        rows.append(RankedTool(rank=rank, score=record[0], tool=tool))
    return rows


def _value(tool: Tool, path: str) -> float:
    value: float = attrgetter(path.replace("__", "."))(tool)
    return value
