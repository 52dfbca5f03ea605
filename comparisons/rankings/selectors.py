"""Reads of rankings: which tools a ranking is about, and the places that each may have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from django.db.models import Count, Q

from catalog.models import Tool
from catalog.querysets import ToolQuerySet
from comparisons.rules import MIN_PANEL
from comparisons.tools.selectors import CROWD_ORDER, tools_with_counts, with_crowd_order


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
        code="time_uniform_lower_bound",
        text=(
            "Tools whose crowd may decide, with at least 20 counted votes from at least 15 networks and 3 days, by the "
            "share of voters who surely ship: the lower of the bounds that decide verdicts, which hold however often one "
            "looks; then by the upper one. Tools share places where the crowd can't tell them apart."
        ),
        # As the index of the order has it: a crowd that decides nothing has no bounds.
        eligible=Q(crowd_low__gte=0.0),
        keys=tuple(f"-{key}" for key in CROWD_ORDER),
        better=lambda tool: Q(crowd_low__gt=tool.published_tally.bound_high),
        worse=lambda tool: Q(crowd_high__lt=tool.published_tally.bound_low),
    ),
}


def ranked_tools(by: str, categories: Sequence[str]) -> ToolQuerySet:
    """The tools that a ranking by `panel` or `crowd` is about, with their counts."""
    tools = with_crowd_order(tools_with_counts().published(), best_first=True).filter(RANKINGS[by].eligible)
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
