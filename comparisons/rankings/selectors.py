"""Reads of rankings: which tools a ranking is about, and the places that each may have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from django.db.models import Count, Q

from catalog.models import Tool
from catalog.querysets import ToolQuerySet
from comparisons.rules import MIN_PANEL
from comparisons.tools.selectors import tools_with_counts


@dataclass(frozen=True, slots=True)
class Formula:
    """How a ranking is made: in words, which tools it is about, the columns it sorts by, and which other tools are surely
    better or worse than one."""

    code: str
    text: str
    eligible: Q
    keys: tuple[str, ...]
    better: Callable[[Tool], Q]
    worse: Callable[[Tool], Q]


def _better_crowd(tool: Tool) -> Q:
    return Q(published_tally__bound_low__gt=tool.published_tally.bound_high)


def _worse_crowd(tool: Tool) -> Q:
    return Q(published_tally__bound_high__lt=tool.published_tally.bound_low)


NOBODY = Q(pk__in=[])

RANKINGS = {
    "panel": Formula(
        code="panel_percent",
        text=(
            "Tools with at least 3 published reviews, by the percentage of the panel that ships, then by the number of "
            "reviews. Tools of one percentage share their places."
        ),
        eligible=Q(panel__total__gte=MIN_PANEL),
        keys=("-panel__percent", "-panel__total"),
        better=lambda tool: Q(panel__percent__gt=tool.panel.percent),
        worse=lambda tool: Q(panel__percent__lt=tool.panel.percent),
    ),
    "crowd": Formula(
        code="wilson_lower_bound",
        text=(
            "Tools with at least one counted vote, by the lower bound of the 95 % Wilson interval of the share of voters "
            "who ship, then by its upper bound, then by the number of votes. Tools share places where the crowd can't tell "
            "them apart, by the test that decides verdicts."
        ),
        eligible=Q(published_tally__total__gte=1),
        keys=(
            "-published_tally__interval_low",
            "-published_tally__interval_high",
            "-published_tally__total",
        ),
        # A crowd that decides nothing has no bounds: of it nothing is sure.
        better=lambda tool: NOBODY if tool.published_tally.bounds is None else _better_crowd(tool),
        worse=lambda tool: NOBODY if tool.published_tally.bounds is None else _worse_crowd(tool),
    ),
}


def ranked_tools(by: str, categories: Sequence[str]) -> ToolQuerySet:
    """The tools that a ranking by `panel` or `crowd` is about, with their counts."""
    tools = tools_with_counts().published().filter(RANKINGS[by].eligible)
    return tools.in_categories(categories) if categories else tools


@dataclass(frozen=True, slots=True)
class RankedTool:
    """A tool with the places that it may have: below all that are surely better, above all that are surely worse."""

    rank: int
    last_rank: int
    score: float
    tool: Tool


def ranked(tools: ToolQuerySet, page: Sequence[Tool], *, formula: Formula) -> list[RankedTool]:
    """The rows of one page of `tools`, which stand in the formula's order; one query."""
    if not page:
        return []
    conditions: dict[str, Q] = {}
    for index, tool in enumerate(page):
        conditions |= {f"better_{index}": formula.better(tool), f"worse_{index}": formula.worse(tool)}
    counts = tools.order_by().aggregate(
        every=Count("pk"), **{name: Count("pk", filter=condition) for name, condition in conditions.items()}
    )
    score = attrgetter(formula.keys[0].removeprefix("-").replace("__", "."))
    return [
        RankedTool(
            rank=counts[f"better_{index}"] + 1,
            last_rank=counts["every"] - counts[f"worse_{index}"],
            score=score(tool),
            tool=tool,
        )
        for index, tool in enumerate(page)
    ]
