"""Reads that span tools, reviews, votes and pairs: what a comparison, a tool page, a ranking is made of."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import combinations
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    CharField,
    Count,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Value,
    prefetch_related_objects,
)

from catalog.models import Category, Tool, ToolAlias
from catalog.querysets import ToolQuerySet
from comparisons.models import PAIR_SEPARATOR, Comparison, pair_slug
from comparisons.querysets import ComparisonQuerySet
from comparisons.verdict import (
    MIN_PANEL,
    Evidence,
    Standing,
    Verdict,
    agreement,
    cheaper_to_start,
    cycles,
    decide,
    preference,
    price_note,
    standings,
)
from reviews.models import Review, Reviewer
from votes.models import PublishedPickTally
from votes.tally import PickCount

_COUNTS = ("category", "panel", "published_tally")
PUBLISHED_REVIEWS = Prefetch(
    "reviews",
    queryset=Review.objects.published().select_related("reviewer").in_roster_order(),
    to_attr="published_reviews",
)


def tools_with_counts() -> ToolQuerySet:
    """Tools with category, panel and tally: one query, whatever the number of tools."""
    return Tool.objects.select_related(*_COUNTS)


def with_reviews(tools: ToolQuerySet) -> ToolQuerySet:
    """Adds `published_reviews` in the roster's order; one more query, whatever the number of tools."""
    return tools.prefetch_related(PUBLISHED_REVIEWS)


def comparisons_with_counts() -> ComparisonQuerySet:
    """Published pairs with all that a list shows of their tools: one query."""
    sides = [f"{side}__{relation}" for side in ("first_tool", "second_tool") for relation in _COUNTS]
    return Comparison.objects.published().select_related(*sides).with_picks().with_panel_crowd_gap()


def reviews_of(tool: Tool) -> list[Review]:
    """The published reviews of a tool that was read with them."""
    reviews: list[Review] = tool.published_reviews  # type: ignore[attr-defined]
    return reviews


def evidence_of(tool: Tool) -> Evidence:
    """What the verdict needs to know of a tool that was read with its counts and reviews."""
    reviews = {review.reviewer.slug: review.verdict for review in reviews_of(tool)}
    return replace(evidence_from_counts(tool), reviews=reviews)


def evidence_from_counts(tool: Tool) -> Evidence:
    """The same of a tool that was read with its counts alone: all that a verdict needs but for who dissents."""
    return Evidence(
        slug=tool.slug,
        name=tool.name,
        panel=tool.panel.count,
        community=tool.published_tally.count,
        entry=tool.pricing_entry,
        reviews={},
    )


# --- One pair -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScorecardRow:
    """What one reviewer says of both tools; a cell is None where the reviewer said nothing."""

    reviewer: Reviewer
    reviews: tuple[Review | None, Review | None]
    agreement: str
    prefers: str | None


@dataclass(frozen=True, slots=True)
class PricingRead:
    """Which tool is cheaper to start with, by the entry label alone."""

    cheaper_to_start: str | None
    basis: str
    note: str


@dataclass(frozen=True)
class Pair:
    """Two tools in the order of their slugs, with all that was read of them."""

    first: Tool
    second: Tool
    comparison: Comparison | None
    picks: PickCount

    @property
    def slug(self) -> str:
        return pair_slug(self.first.slug, self.second.slug)

    @property
    def kind(self) -> str:
        """`curated` when an editor published the pair, `computed` when it was asked for on the fly."""
        return "curated" if self.comparison else "computed"

    @property
    def title(self) -> str:
        return (self.comparison and self.comparison.title) or f"{self.first.name} vs {self.second.name}"

    @property
    def editor_note(self) -> str | None:
        return (self.comparison and self.comparison.editor_note) or None

    @property
    def published_at(self) -> datetime | None:
        return self.comparison.published_at if self.comparison else None

    @property
    def updated_at(self) -> datetime:
        """When an editor last changed anything on the page; votes and picks don't count."""
        rows: list[Tool | Review] = [*self.tools, *reviews_of(self.first), *reviews_of(self.second)]
        edited = [row.updated_at for row in rows]
        return max([*edited, self.comparison.updated_at] if self.comparison else edited)

    @property
    def tools(self) -> tuple[Tool, Tool]:
        return self.first, self.second

    @cached_property
    def evidence(self) -> tuple[Evidence, Evidence]:
        return evidence_of(self.first), evidence_of(self.second)

    @cached_property
    def scorecard(self) -> list[ScorecardRow]:
        """A row for every reviewer who published on either tool, in the roster's order."""
        cells = [{review.reviewer: review for review in reviews_of(tool)} for tool in self.tools]
        roster = sorted({**cells[0], **cells[1]}, key=lambda reviewer: (reviewer.position, reviewer.pk))
        return [self._row(reviewer, (cells[0].get(reviewer), cells[1].get(reviewer))) for reviewer in roster]

    def _row(self, reviewer: Reviewer, reviews: tuple[Review | None, Review | None]) -> ScorecardRow:
        first, second = (review.verdict if review else None for review in reviews)
        return ScorecardRow(
            reviewer=reviewer,
            reviews=reviews,
            agreement=agreement(first, second),
            prefers=preference(*self.evidence, reviewer=reviewer.slug),
        )

    @property
    def pricing_read(self) -> PricingRead:
        cheaper = cheaper_to_start(*self.evidence)
        return PricingRead(
            cheaper_to_start=cheaper.slug if cheaper else None, basis="entry", note=price_note(*self.evidence)
        )

    @cached_property
    def verdict(self) -> Verdict:
        first, second = self.evidence
        return decide(first=first, second=second, roster=[row.reviewer.slug for row in self.scorecard])


def find_pair(slug: str) -> Pair | None:
    """The pair that a comparison's slug names, with all that a page shows of it.

    Three queries for a pair that an editor published, four for another, whatever the number of reviews.
    """
    found = resolve_pair(slug, tools=with_reviews(tools_with_counts()))
    if found is None:
        return None
    first, second, comparison = found
    picks = picks_read_with(comparison) if comparison else picks_of([(first, second)])[first.pk, second.pk]
    return Pair(first, second, comparison=comparison, picks=picks)


def resolve_pair(slug: str, *, tools: ToolQuerySet) -> tuple[Tool, Tool, Comparison | None] | None:
    """The two tools that a comparison's slug names, in either order and by present or earlier slugs.

    None unless an editor published the pair or both tools are published. A tool's slug may itself hold the
    separator, so each way to read the slug is looked up; where more than one leads to two tools, a curated pair
    wins, then the reading with the shortest first slug. Two queries, besides what `tools` prefetch.
    """
    readings = list(_readings(slug))
    by_slug = _tools_by_asked_slug(tools, {name for reading in readings for name in reading})
    pairs = [
        in_slug_order(by_slug[one], by_slug[other])
        for one, other in readings
        if one in by_slug and other in by_slug and by_slug[one] != by_slug[other]
    ]
    if not pairs:
        return None
    curated = curated_pairs(pairs)
    pairs.sort(key=lambda pair: _ids(pair) not in curated)
    first, second = pairs[0]
    comparison = curated.get(_ids(pairs[0]))
    if comparison is None and not (first.is_published and second.is_published):
        return None
    return first, second, comparison


def _readings(slug: str) -> Iterator[tuple[str, str]]:
    """Every way to read `a-vs-b` as two slugs."""
    at = slug.find(PAIR_SEPARATOR, 1)
    while at != -1:
        yield slug[:at], slug[at + len(PAIR_SEPARATOR) :]
        at = slug.find(PAIR_SEPARATOR, at + 1)


def _tools_by_asked_slug(tools: ToolQuerySet, slugs: Iterable[str]) -> dict[str, Tool]:
    """Those of the tools that are visible, by the slug that was asked for."""
    slugs = list(slugs)
    aliases = ToolAlias.objects.filter(tool=OuterRef("pk"), slug__in=slugs).values("slug")
    asked = tools.visible().called(slugs).annotate(asked_aliases=ArraySubquery(aliases))
    return {name: tool for tool in asked for name in [tool.slug, *tool.asked_aliases]}


def in_slug_order(one: Tool, other: Tool) -> tuple[Tool, Tool]:
    return (one, other) if one.slug < other.slug else (other, one)


def _ids(pair: tuple[Tool, Tool]) -> tuple[UUID, UUID]:
    return pair[0].pk, pair[1].pk


def _any_pair(pairs: Iterable[tuple[Tool, Tool]]) -> Q:
    condition = Q()
    for first, second in pairs:
        condition |= Q(first_tool=first, second_tool=second)
    return condition


def curated_pairs(pairs: Sequence[tuple[Tool, Tool]]) -> dict[tuple[UUID, UUID], Comparison]:
    """Those of the pairs that an editor published, with their picks, by the pair's ids: one query."""
    found = Comparison.objects.published().with_picks().filter(_any_pair(pairs)) if pairs else []
    return {(comparison.first_tool_id, comparison.second_tool_id): comparison for comparison in found}


def picks_of(pairs: Sequence[tuple[Tool, Tool]]) -> dict[tuple[UUID, UUID], PickCount]:
    """The picks of each pair, by the pair's ids in the order given: one query."""
    stored = [(one, other) if one.pk < other.pk else (other, one) for one, other in pairs]
    tallies = {
        (tally.first_tool_id, tally.second_tool_id): tally
        for tally in (PublishedPickTally.objects.filter(_any_pair(stored)) if stored else [])
    }
    return {
        _ids(pair): _in_order(
            _ids(pair), PickCount(first=tally.first, second=tally.second) if tally else PickCount()
        )
        for pair, ids in zip(pairs, stored, strict=True)
        for tally in [tallies.get(_ids(ids))]
    }


def picks_read_with(comparison: Comparison) -> PickCount:
    """The picks of a pair that was read with them, in the order of its tools."""
    stored = comparison.stored_picks  # type: ignore[attr-defined]
    return _in_order((comparison.first_tool_id, comparison.second_tool_id), PickCount(**(stored or {})))


def _in_order(pair: tuple[UUID, UUID], stored: PickCount) -> PickCount:
    """Picks as the pair has its tools, from picks in the order of the tools' ids."""
    return stored if pair[0] < pair[1] else stored.turned()


# --- Several pairs ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lineup:
    """Several tools, every pair of them judged, and the order that follows; `unknown` are slugs that nobody has."""

    tools: list[Tool]
    pairs: list[Pair]
    unknown: list[str]

    @cached_property
    def _names(self) -> list[str]:
        return [tool.slug for tool in self.tools]

    @cached_property
    def _winners(self) -> dict[tuple[str, str], str | None]:
        return {(pair.first.slug, pair.second.slug): pair.verdict.winner for pair in self.pairs}

    @property
    def order(self) -> list[Standing]:
        return standings(slugs=self._names, winners=self._winners)

    @property
    def cycles(self) -> list[list[str]]:
        return cycles(slugs=self._names, winners=self._winners)


def line_up(slugs: Sequence[str]) -> Lineup:
    """The published tools with these present or earlier slugs, each once and in the order of their slugs.

    Four queries, whatever the number of tools.
    """
    asked = {
        slug: tool
        for slug, tool in _tools_by_asked_slug(with_reviews(tools_with_counts()), slugs).items()
        if tool.is_published
    }
    tools = sorted(set(asked.values()), key=lambda tool: tool.slug)
    return Lineup(
        tools=tools,
        pairs=pair_up(list(combinations(tools, 2))),
        unknown=[slug for slug in slugs if slug not in asked],
    )


def pair_up(pairs: Sequence[tuple[Tool, Tool]]) -> list[Pair]:
    """Each pair with its curated comparison and its picks: two queries."""
    curated = curated_pairs(pairs)
    picks = picks_of(pairs)
    return [Pair(*pair, comparison=curated.get(_ids(pair)), picks=picks[_ids(pair)]) for pair in pairs]


def pairs_of(comparisons: Sequence[Comparison]) -> list[Pair]:
    """The pairs of comparisons that were read with their tools and picks: one query, for reviews."""
    pairs = [(row.first_tool, row.second_tool) for row in comparisons]
    prefetch_related_objects([tool for pair in pairs for tool in pair], PUBLISHED_REVIEWS)
    return [
        Pair(*pair, comparison=row, picks=picks_read_with(row))
        for pair, row in zip(pairs, comparisons, strict=True)
    ]


# --- Facets -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToolFilters:
    """What narrows a list of tools; an empty filter lets everything through."""

    text: str = ""
    categories: Sequence[str] = ()
    entries: Sequence[str] = ()
    calls: Sequence[str] = ()
    shipped_by: Sequence[str] = ()
    skipped_by: Sequence[str] = ()
    min_votes: int = 0

    def apply(self, tools: ToolQuerySet, *, but: str = "") -> ToolQuerySet:
        """The tools that pass every filter, leaving out the one called `but`."""
        if self.text:
            tools = tools.matching(self.text)
        if self.categories and but != "category":
            tools = tools.in_categories(self.categories)
        if self.entries and but != "entry":
            tools = tools.with_entry(self.entries)
        if self.calls and but != "call":
            tools = tools.filter(panel__call__in=self.calls)
        for verdict, reviewers in (("ship", self.shipped_by), ("skip", self.skipped_by)):
            if reviewers:
                said = Review.objects.published().filter(verdict=verdict, reviewer__slug__in=reviewers)
                tools = tools.filter(pk__in=said.values("tool"))
        if self.min_votes:
            tools = tools.filter(published_tally__total__gte=self.min_votes)
        return tools


FACETS = {
    "category": (F("category__slug"), F("category__name")),
    "entry": (F("pricing_entry"), F("pricing_entry")),
    "call": (F("panel__call"), F("panel__call")),
}


def tool_facets(filters: ToolFilters) -> dict[str, list[dict[str, object]]]:
    """For each facet the values that occur, with how many tools have them; most first. One query.

    A facet leaves out its own filter, so that it says what choosing another value would give.
    """
    counts = [_facet(name, filters) for name in FACETS]
    facets: dict[str, list[dict[str, object]]] = {name: [] for name in FACETS}
    for facet, value, label, count in counts[0].union(*counts[1:], all=True).order_by("-count", "value"):
        facets[facet].append({"value": value, "label": label, "count": count})
    return facets


def _facet(name: str, filters: ToolFilters) -> QuerySet[Any, Any]:
    value, label = FACETS[name]
    tools: QuerySet[Any, Any] = filters.apply(Tool.objects.published(), but=name)
    values = tools.annotate(facet=Value(name, output_field=CharField()), value=value, label=label)
    counted: QuerySet[Any, Any] = values.values_list("facet", "value", "label").annotate(count=Count("pk"))
    return counted


SLUG_OWNERS: dict[str, list[QuerySet[Any, Any]]] = {
    "category": [Category.objects.all()],
    "reviewer": [Reviewer.objects.all()],
    "tool": [Tool.objects.visible(), ToolAlias.objects.exclude(tool__status=Tool.Status.DRAFT)],
}


def known_slugs(asked: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the asked (kind, slug) that exist, earlier slugs of tools among them; one query at most."""
    by_kind: dict[str, list[str]] = {}
    for kind, slug in asked:
        by_kind.setdefault(kind, []).append(slug)
    queries = [
        owners.filter(slug__in=slugs)
        .annotate(kind=Value(kind, output_field=CharField()))
        .values_list("kind", "slug")
        for kind, slugs in by_kind.items()
        for owners in SLUG_OWNERS[kind]
    ]
    return set(queries[0].union(*queries[1:])) if queries else set()


# --- Rankings -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Formula:
    """How a ranking is made: what counts, in words, and the columns it sorts by."""

    code: str
    text: str
    keys: tuple[str, ...]


RANKINGS = {
    "panel": Formula(
        code="panel_percent",
        text=(
            "Tools with at least 3 published reviews, by the percentage of the panel that ships, "
            "then by the number of reviews."
        ),
        keys=("-panel__percent", "-panel__total"),
    ),
    "crowd": Formula(
        code="wilson_lower_bound",
        text=(
            "Tools with at least one counted vote, by the lower bound of the 95 % Wilson interval of the share "
            "of voters who ship, then by the number of votes."
        ),
        keys=("-published_tally__interval_low", "-published_tally__total"),
    ),
}


def ranked_tools(by: str, categories: Sequence[str]) -> ToolQuerySet:
    """The tools that a ranking by `panel` or `crowd` is about, with their counts."""
    tools = tools_with_counts().published()
    if categories:
        tools = tools.in_categories(categories)
    return (
        tools.filter(panel__total__gte=MIN_PANEL)
        if by == "panel"
        else tools.filter(published_tally__total__gte=1)
    )


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
