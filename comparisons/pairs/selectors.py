"""Reads of pairs: the two tools that a slug names, and all that a comparison shows of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, prefetch_related_objects

from backend.api.problems import Refusal
from catalog.fits import read_fits
from catalog.models import Category, Tool, ToolAlias
from catalog.pairs import by_id, by_slug, folded_name
from catalog.querysets import ToolQuerySet
from comparisons.models import PAIR_SEPARATOR, Comparison, pair_slug
from comparisons.pairs.guidance import Fits, Guidance, guide
from comparisons.querysets import ComparisonQuerySet
from comparisons.summary import Asked, summarize
from comparisons.tools.selectors import (
    COUNTS,
    PUBLISHED_REVIEWS,
    reviews_of,
    tools_with_counts,
    with_reviews,
)
from comparisons.verdict import Evidence, Verdict, agreement, cheaper_to_start, decide, preference, price_note
from reviews.models import Review, Reviewer
from votes.models import PublishedPickTally
from votes.tally import PickCount

MAX_SLUG_LENGTH = Tool._meta.get_field("slug").max_length or 0


def comparisons_with_counts() -> ComparisonQuerySet:
    """Published pairs with all that a list shows of their tools: one query."""
    sides = [f"{side}__{relation}" for side in ("first_tool", "second_tool") for relation in COUNTS]
    return Comparison.objects.published().select_related(*sides).with_picks().with_panel_crowd_gap()


def comparisons_with_guidance() -> ComparisonQuerySet:
    """The same with the conditions that decide between their tools: one query too."""
    return comparisons_with_counts().with_fits().with_fits_of_tools()


def tools_with_fits(comparison: Comparison) -> tuple[Tool, Tool]:
    """The tools of a comparison that was read with its guidance, each with its own conditions."""
    first, second = comparison.first_tool, comparison.second_tool
    first.fit_rows, second.fit_rows = comparison.first_fit_rows, comparison.second_fit_rows
    return first, second


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


class ComparisonNotFound(Refusal):
    status_code = 404
    default_code = "comparison_not_found"
    default_detail = "No two published tools make up this slug."


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


@dataclass(frozen=True, slots=True, kw_only=True)
class WordedVerdict(Verdict):
    """A verdict with what it says in one sentence."""

    summary: str


@dataclass(frozen=True)
class FoundPair:
    """Two tools in ascending order of their slugs, and the comparison where an editor published one, archived or not."""

    first: Tool
    second: Tool
    stored: Comparison | None

    @property
    def comparison(self) -> Comparison | None:
        """None where it is archived, too: the pair is computed again then."""
        return self.stored if self.stored and self.stored.is_published else None

    @property
    def slug(self) -> str:
        return pair_slug(self.first.slug, self.second.slug)

    @property
    def tools(self) -> tuple[Tool, Tool]:
        return self.first, self.second


@dataclass(frozen=True)
class Pair(FoundPair):
    """The same with all that a comparison shows: both tools were read with their counts and reviews."""

    picks: PickCount

    @property
    def kind(self) -> str:
        """`curated` when an editor published the pair, `computed` when it was asked for on the fly."""
        return "curated" if self.comparison else "computed"

    @property
    def title(self) -> str:
        """The editor's, or the tools' names; tools of one name are told apart by their slugs."""
        if self.comparison and self.comparison.title:
            return self.comparison.title
        names = (self.first.name, self.second.name)
        if folded_name(names[0]) == folded_name(names[1]):
            names = (f"{names[0]} ({self.first.slug})", f"{names[1]} ({self.second.slug})")
        return " vs ".join(names)

    @property
    def editor_note(self) -> str | None:
        return (self.comparison and self.comparison.editor_note) or None

    @property
    def published_at(self) -> datetime | None:
        return self.comparison.published_at if self.comparison else None

    @property
    def updated_at(self) -> datetime:
        """When an editor last changed anything on the page, names of categories, reviewers and conditions too.

        Votes and picks don't count. What leaves the page moves it as well: an archived pair by its own time, a review or
        a condition by that of its tool.
        """
        reviews = [*reviews_of(self.first), *reviews_of(self.second)]
        rows: list[Tool | Category | Review | Reviewer | Comparison] = [
            *self.tools,
            *(tool.category for tool in self.tools),
            *reviews,
            *(review.reviewer for review in reviews),
            *([self.stored] if self.stored else []),
        ]
        conditions = [fit.changed_at for side in self.guidance for fit in side.when]
        return max([*(row.updated_at for row in rows), *conditions])

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
    def guidance(self) -> tuple[Guidance, Guidance]:
        return guidance_of(*self.tools, self.comparison)

    @cached_property
    def verdict(self) -> WordedVerdict:
        first, second = self.evidence
        verdict = decide(first=first, second=second, roster=[row.reviewer.slug for row in self.scorecard])
        return WordedVerdict(
            **{field.name: getattr(verdict, field.name) for field in fields(verdict)},
            summary=summarize(
                verdict,
                first=first,
                second=second,
                when=conditions_of(self.guidance),
                picks=Asked(self.picks.first, self.picks.second),
            ),
        )


def guidance_of(first: Tool, second: Tool, comparison: Comparison | None) -> tuple[Guidance, Guidance]:
    """When to choose each of two tools, which were read with their fits, as was the comparison."""
    rows = comparison.fit_rows if comparison else []
    one, other = (
        Fits(tool.slug, tool.shown_fits, read_fits(row for row in rows if row["tool"] == tool.slug))
        for tool in (first, second)
    )
    return guide(one, other)


def conditions_of(guidance: tuple[Guidance, Guidance]) -> tuple[list[str], list[str]]:
    """The words after "if" of each tool."""
    one, other = ([fit.condition.name for fit in side.when] for side in guidance)
    return one, other


def find_pair(slug: str) -> Pair:
    """The pair that a comparison's slug names, with all that a page shows of it; raises ComparisonNotFound.

    Three queries for a pair that an editor published, four for another, whatever the number of reviews.
    """
    found = resolve_pair(slug, tools=with_reviews(tools_with_counts().with_fits()))
    picks = (
        picks_read_with(found.stored, found.tools)
        if found.stored
        else picks_of([found.tools])[found.first.pk, found.second.pk]
    )
    return Pair(found.first, found.second, found.stored, picks=picks)


def resolve_pair(slug: str, *, tools: ToolQuerySet) -> FoundPair:
    """The two tools that a comparison's slug names, in either order and by present or earlier slugs.

    Raises ComparisonNotFound unless an editor published the pair or both tools are published. A tool's slug may
    itself hold the separator, so each way to read the slug is looked up; where more than one leads to two tools, a
    curated pair wins, then the reading with the shortest first slug. Two queries, besides what `tools` prefetch.
    """
    readings = list(_readings(slug))
    named = tools_by_asked_slug(tools, {name for reading in readings for name in reading})
    pairs = [
        by_slug(named[one], named[other])
        for one, other in readings
        if one in named and other in named and named[one] != named[other]
    ]
    stored = stored_pairs(pairs)
    found = [FoundPair(*pair, stored.get(_ids(pair))) for pair in pairs]
    pair = min(found, key=lambda pair: pair.comparison is None, default=None)
    if pair is None:
        raise ComparisonNotFound
    if pair.comparison is None and not all(tool.is_published for tool in pair.tools):
        raise ComparisonNotFound
    return pair


def _readings(slug: str) -> Iterator[tuple[str, str]]:
    """Every way to read `a-vs-b` as two slugs, of which none is longer than a slug can be: 128 at most."""
    at = slug.find(PAIR_SEPARATOR, 1)
    while at != -1:
        first, second = slug[:at], slug[at + len(PAIR_SEPARATOR) :]
        if max(len(first), len(second)) <= MAX_SLUG_LENGTH:
            yield first, second
        at = slug.find(PAIR_SEPARATOR, at + 1)


def tools_by_asked_slug(tools: ToolQuerySet, slugs: Iterable[str]) -> dict[str, Tool]:
    """Those of the tools that are visible, by the slug that was asked for."""
    slugs = list(slugs)
    aliases = ToolAlias.objects.filter(tool=OuterRef("pk"), slug__in=slugs).values("slug")
    asked = tools.visible().with_slugs(slugs).annotate(asked_aliases=ArraySubquery(aliases))
    return {name: tool for tool in asked for name in [tool.slug, *tool.asked_aliases]}


def _ids(pair: tuple[Tool, Tool]) -> tuple[UUID, UUID]:
    return pair[0].pk, pair[1].pk


def _any_pair(pairs: Iterable[tuple[Tool, Tool]]) -> Q:
    condition = Q()
    for first, second in pairs:
        condition |= Q(first_tool=first, second_tool=second)
    return condition


def stored_pairs(pairs: Sequence[tuple[Tool, Tool]]) -> dict[tuple[UUID, UUID], Comparison]:
    """Those of the pairs that an editor published, archived ones too, by the pair's ids: one query.

    With their picks and conditions.
    """
    stored = Comparison.objects.visible().with_picks().with_fits()
    found = stored.filter(_any_pair(pairs)) if pairs else []
    return {(comparison.first_tool_id, comparison.second_tool_id): comparison for comparison in found}


def picks_of(pairs: Sequence[tuple[Tool, Tool]]) -> dict[tuple[UUID, UUID], PickCount]:
    """The picks of each pair, by the pair's ids in the order given: one query."""
    stored = [by_id(*pair) for pair in pairs]
    counts = {
        (tally.first_tool_id, tally.second_tool_id): tally.count
        for tally in (PublishedPickTally.objects.filter(_any_pair(stored)) if stored else [])
    }
    return {
        _ids(pair): picks_in_order(pair, counts.get(_ids(ids), PickCount()))
        for pair, ids in zip(pairs, stored, strict=True)
    }


def picks_read_with(comparison: Comparison, pair: tuple[Tool, Tool]) -> PickCount:
    """The picks of a comparison that was read with them, in the order of the pair."""
    stored = comparison.stored_picks or {}
    return picks_in_order(pair, PickCount(stored.get("first", 0), stored.get("second", 0)))


def picks_in_order(pair: tuple[Tool, Tool], stored: PickCount) -> PickCount:
    """Picks in the order of the pair, from picks in the order of the tools' ids."""
    return stored if by_id(*pair) == pair else stored.turned()


def pair_up(pairs: Sequence[tuple[Tool, Tool]]) -> list[Pair]:
    """Each pair with its curated comparison and its picks: two queries."""
    stored = stored_pairs(pairs)
    picks = picks_of(pairs)
    return [Pair(*pair, stored.get(_ids(pair)), picks=picks[_ids(pair)]) for pair in pairs]


def pairs_of(comparisons: Sequence[Comparison]) -> list[Pair]:
    """The pairs of comparisons that were read with their tools, picks and conditions: one query, for reviews."""
    pairs = [tools_with_fits(row) for row in comparisons]
    prefetch_related_objects([tool for pair in pairs for tool in pair], PUBLISHED_REVIEWS)
    return [
        Pair(*pair, row, picks=picks_read_with(row, pair))
        for pair, row in zip(pairs, comparisons, strict=True)
    ]
