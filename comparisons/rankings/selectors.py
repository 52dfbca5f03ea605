"""Reads of rankings: which tools a ranking is about, and the places that each may have."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf, nextafter
from operator import attrgetter
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, F, FloatField, Func, IntegerField, Model, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from backend.api.pagination import Constant, union
from backend.api.prepared import Placeholder, Prepared, PreparedValues
from catalog.models import Tool
from comparisons.counts import count_ranked_by_crowd, ranked_by_panel
from comparisons.listings import ListedTool, in_categories
from comparisons.rules import MIN_PANEL
from comparisons.tools.selectors import tools_with_counts

Bounds = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Formula:
    """How a ranking is made: in words, of which tools, and the columns it sorts by.

    A tool's worth lies between two `bounds`, which are read from a tool: that is surely better whose lower one is above the
    other's upper one.
    """

    code: str
    text: str
    eligible: Q
    keys: tuple[str, ...]
    columns: Mapping[str, Combinable]
    bounds: Callable[[Tool], tuple[float, float]]
    # By ids; a tool that left the ranking since it was found is not read.
    rows: Prepared


def _ranked(**eligible: object) -> Prepared:
    return Prepared(lambda ids: tools_with_counts().published().filter(pk__in=ids, **eligible))


RANKINGS = {
    "panel": Formula(
        code="panel_percent",
        text=(
            "Tools with at least 3 published reviews, by the percentage of the panel that ships, then by the number of "
            "reviews. Tools of one percentage share their places."
        ),
        # As the index of it has it.
        eligible=Q(panel_total__gte=Constant(MIN_PANEL, IntegerField())),
        keys=("-panel__percent", "-panel__total"),
        columns={"panel__percent": F("panel_percent"), "panel__total": F("panel_total")},
        bounds=attrgetter("panel.percent", "panel.percent"),
        rows=_ranked(panel__total__gte=MIN_PANEL),
    ),
    "crowd": Formula(
        code="time_uniform_lower_bound",
        text=(
            "Tools whose crowd may decide, with at least 20 counted votes from at least 15 networks and 3 days, by the "
            "share of voters who surely ship: the lower of the bounds that decide verdicts, which hold however often one "
            "looks; then by the upper one. Tools share places where the crowd can't tell them apart."
        ),
        # A crowd that decides nothing has no bounds.
        eligible=Q(crowd_low__isnull=False),
        keys=("-crowd_low", "-crowd_high", "-published_tally__tool_id"),
        columns={"published_tally__tool_id": F("tool")},
        bounds=attrgetter("published_tally.bound_low", "published_tally.bound_high"),
        rows=_ranked(published_tally__bound_low__isnull=False),
    ),
}


@dataclass(frozen=True, slots=True)
class Ranking:
    """The tools that a ranking by `panel` or `crowd` is about, best first."""

    by: str
    categories: tuple[str, ...]

    model = Tool
    text = ""
    matches = None

    @property
    def formula(self) -> Formula:
        return RANKINGS[self.by]

    @property
    def keys(self) -> Sequence[str]:
        return self.formula.keys

    @property
    def columns(self) -> Mapping[str, Combinable]:
        return self.formula.columns

    @property
    def rows(self) -> Prepared:
        return self.formula.rows

    def parts(self) -> list[QuerySet[Model]]:
        """Each category apart: an index holds the order of one."""
        return [self._in([slug]) for slug in self.categories] or [self._in(())]

    def whole(self) -> QuerySet[Model]:
        return self._in(self.categories)

    def _in(self, categories: Sequence[str]) -> QuerySet[Model]:
        listed = ListedTool.objects.published().filter(self.formula.eligible)
        return listed.filter(in_categories("category", categories)) if categories else listed


@dataclass(frozen=True, slots=True)
class RankedTool:
    """A tool with the places that it may have: below all that are surely better, above all that are surely worse."""

    rank: int
    last_rank: int
    score: float
    tool: Tool


def count_ranked(ranking: Ranking) -> int:
    """How many tools a ranking is about; one query."""
    if ranking.by == "panel":
        return ranked_by_panel(ranking.categories).total()
    return count_ranked_by_crowd(ranking.categories)


def ranked(ranking: Ranking, page: Sequence[Tool]) -> list[RankedTool]:
    """The rows of one page of a ranking; one query."""
    if not page:
        return []
    bounds = [ranking.formula.bounds(tool) for tool in page]
    places = _places_by_panel if ranking.by == "panel" else _places_by_crowd
    return [
        RankedTool(rank=rank, last_rank=last_rank, score=lower, tool=tool)
        for tool, (lower, _), (rank, last_rank) in zip(page, bounds, places(ranking, bounds), strict=True)
    ]


def _places_by_panel(ranking: Ranking, bounds: Bounds) -> Iterator[tuple[int, int]]:
    counts = ranked_by_panel(ranking.categories)
    for percent, _ in bounds:
        better = sum(number for other, number in counts.items() if other > percent)
        # It may have moved since the page was read.
        yield 1 + better, better + max(counts[int(percent)], 1)


def _places_by_crowd(ranking: Ranking, bounds: Bounds) -> Iterator[tuple[int, int]]:
    """Reads as far as the last of the page may stand."""
    # By column, the values from which on tools are counted. What is above a number is from the next one on.
    values = [
        sorted({nextafter(upper, inf) for _, upper in bounds}),
        sorted({float(lower) for lower, _ in bounds}),
    ]
    counts: list[dict[int, int]] = [{}, {}]
    for kind, step, count in _steps(ranking).rows(*(each for row in values for each in (row[0], row))):
        counts[kind][step] = count

    def counted(kind: int, value: float) -> int:
        """How many are from this value on, which is one of `values`."""
        reached = bisect_left(values[kind], value) + 1
        return sum(count for step, count in counts[kind].items() if step >= reached)

    for lower, upper in bounds:
        yield 1 + counted(0, nextafter(upper, inf)), counted(1, lower)


@lru_cache(maxsize=512)
def _steps(ranking: Ranking) -> PreparedValues:
    """How many tools reach so many of some values and no more, by the bound that does: the lower one, the upper one.

    It runs with the least of the values and all of them, rising, for the lower one, and then for the upper one.
    """
    return PreparedValues(
        union([_steps_of(ranking, *each) for each in enumerate(("crowd_low", "crowd_high"))])
    )


def _steps_of(ranking: Ranking, kind: int, column: str) -> QuerySet[Model]:
    field: Any = ListedTool._meta.get_field(column)
    values = Placeholder(2 * kind + 1, ArrayField(FloatField()))
    reached = Func(Cast(column, FloatField()), values, function="width_bucket", output_field=IntegerField())
    reaching = ranking.whole().filter(**{f"{column}__gte": Placeholder(2 * kind, field)})
    steps: QuerySet[Model] = reaching.values_list(Constant(kind, IntegerField()), reached).annotate(
        count=Count("pk")
    )
    return steps
