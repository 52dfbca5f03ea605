"""Reads of pairs: the two tools that a slug names, and all that a comparison shows of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from backend.api.prepared import Prepared
from backend.api.problems import Refusal
from catalog.fits import read_fits
from catalog.models import Category, Tool, ToolAlias
from catalog.pairs import by_id, by_slug, folded_name
from catalog.querysets import ToolQuerySet
from comparisons.evidence import Evidence, PairEvidence
from comparisons.models import PAIR_SEPARATOR, Comparison, pair_slug
from comparisons.pairs.answers import PairAnswers, answers_read_with, answers_to, any_pair, ids_of, sides_of
from comparisons.pairs.guidance import Fits, Guidance, guide
from comparisons.querysets import ComparisonQuerySet
from comparisons.summary import MAX_SUMMARY, Asked, summarize
from comparisons.tools.selectors import (
    COUNTS,
    read_reviews,
    reviews_of,
    tools_with_counts,
)
from comparisons.verdict import Verdict, agreement, cheaper_to_start, decide, price_note
from reviews.models import HeadToHead, Review, Reviewer
from votes.tally import PickCount

MAX_SLUG_LENGTH = Tool._meta.get_field("slug").max_length or 0


def comparisons_with_counts() -> ComparisonQuerySet:
    """Published pairs with all that a list shows of their tools: one query."""
    return with_counts(Comparison.objects.published()).with_panel_crowd_gap()


def with_counts(pairs: ComparisonQuerySet) -> ComparisonQuerySet:
    """With all that `pair_from_counts` needs to know: no query more."""
    sides = [f"{side}__{relation}" for side in ("first_tool", "second_tool") for relation in COUNTS]
    return pairs.select_related(*sides, "pair_panel").with_picks()


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
        votes_as_of=tool.published_tally.as_of,
    )


def pair_from_counts(comparison: Comparison) -> PairEvidence:
    """What a verdict needs to know of a comparison that `comparisons_with_counts` read, but for who dissents."""
    first, second = comparison.first_tool, comparison.second_tool
    return PairEvidence(
        evidence_from_counts(first),
        evidence_from_counts(second),
        shared=comparison.pair_panel.shared,
        head_to_heads=comparison.pair_panel.head_to_heads,
        picks=answers_read_with(comparison).picks_in_order((first, second)),
    )


def by_asked_slugs(tools: ToolQuerySet) -> Prepared:
    """Those of the tools that are visible and have, or once had, one of the `slugs` it is asked for; each with those of
    them that it once had as `asked_aliases`."""

    def build(slugs: Sequence[str]) -> ToolQuerySet:
        aliases = ToolAlias.objects.filter(tool=OuterRef("pk"), slug__in=slugs).values("slug")
        named = tools.visible().with_slugs(slugs)
        asked: ToolQuerySet = named.annotate(asked_aliases=ArraySubquery(aliases))
        return asked

    return Prepared(build)


NAMED_TOOLS = by_asked_slugs(Tool.objects.defer("search"))
SHOWN_TOOLS = by_asked_slugs(tools_with_counts().with_fits())
STORED_PAIRS = Prepared(
    lambda firsts, seconds: (
        Comparison.objects.visible()
        .with_picks()
        .with_head_to_heads()
        .with_fits()
        .filter(any_pair(zip(firsts, seconds, strict=True)))
    )
)
LISTED_PAIRS = Prepared(lambda ids: comparisons_with_guidance().with_head_to_heads().filter(pk__in=ids))


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
    basis: str | None
    head_to_head: HeadToHead | None


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
    """The same with all that a comparison shows: both tools were read with their counts and reviews.

    `panel_of` maps slugs to names, where only some reviewers are asked.
    """

    answers: PairAnswers
    panel_of: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        """What reviewers chose is one of the two tools: nothing need be read to name it."""
        tools = {tool.pk: tool for tool in self.tools}
        for answer in self.answers.head_to_heads:
            answer.choice = tools[answer.choice_id] if answer.choice_id else None

    @property
    def picks(self) -> PickCount:
        return self.answers.picks_in_order(self.tools)

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

        Votes and picks don't count. What leaves the page moves it as well: an archived pair by its own time, a condition
        and what reviewers said by that of its tools.
        """
        reviews = [*reviews_of(self.first), *reviews_of(self.second)]
        said: list[Review | HeadToHead] = [*reviews, *self.answers.head_to_heads]
        rows: list[Tool | Category | Review | HeadToHead | Reviewer | Comparison] = [
            *self.tools,
            *(tool.category for tool in self.tools),
            *said,
            *(each.reviewer for each in said),
            *([self.stored] if self.stored else []),
        ]
        conditions = [fit.changed_at for side in self.guidance for fit in side.when]
        return max([*(row.updated_at for row in rows), *conditions])

    @cached_property
    def roster(self) -> list[Reviewer]:
        """Every reviewer who published on either tool, or on the pair."""
        reviews = [*reviews_of(self.first), *reviews_of(self.second)]
        said: list[Review | HeadToHead] = [*reviews, *self.answers.head_to_heads]
        return sorted({each.reviewer for each in said}, key=lambda reviewer: (reviewer.position, reviewer.pk))

    @cached_property
    def evidence(self) -> PairEvidence:
        return self._evidence(self.panel_of)

    def _evidence(self, panel_of: Mapping[str, str] | None) -> PairEvidence:
        return PairEvidence.of_reviews(
            evidence_of(self.first),
            evidence_of(self.second),
            roster=[reviewer.slug for reviewer in self.roster],
            preferences={
                answer.reviewer.slug: answer.choice.slug if answer.choice else None
                for answer in self.answers.head_to_heads
            },
            picks=self.picks,
            picks_as_of=self.answers.picks_as_of,
            panel_of=panel_of,
        )

    @cached_property
    def scorecard(self) -> list[ScorecardRow]:
        """A row for every reviewer of the roster, whoever is asked."""
        cells = [{review.reviewer_id: review for review in reviews_of(tool)} for tool in self.tools]
        answers = {answer.reviewer.pk: answer for answer in self.answers.head_to_heads}
        whole = self.evidence if self.panel_of is None else self._evidence(None)
        return [
            _row(reviewer, (cells[0].get(reviewer.pk), cells[1].get(reviewer.pk)), answers, whole)
            for reviewer in self.roster
        ]

    @property
    def pricing_read(self) -> PricingRead:
        tools = self.evidence.tools
        cheaper = cheaper_to_start(*tools)
        return PricingRead(
            cheaper_to_start=cheaper.slug if cheaper else None, basis="entry", note=price_note(*tools)
        )

    @cached_property
    def guidance(self) -> tuple[Guidance, Guidance]:
        return guidance_of(*self.tools, self.comparison)

    @cached_property
    def verdict(self) -> WordedVerdict:
        return self._worded(self.evidence)

    @property
    def whole_panel_verdict(self) -> WordedVerdict | None:
        """What all reviewers say, where only some were asked."""
        return None if self.panel_of is None else self._worded(self._evidence(None))

    def _worded(self, pair: PairEvidence) -> WordedVerdict:
        verdict = decide(pair)
        return WordedVerdict(
            **{field.name: getattr(verdict, field.name) for field in fields(verdict)},
            summary=summary_of(verdict, when=conditions_of(self.guidance)),
        )


def summary_of(
    verdict: Verdict, *, when: tuple[Sequence[str], Sequence[str]], limit: int = MAX_SUMMARY
) -> str:
    """The verdict in one sentence, from all that it stands on and the conditions of each tool."""
    pair = verdict.evidence
    answers = pair.head_to_heads
    return summarize(
        verdict,
        first=pair.first,
        second=pair.second,
        when=when,
        asked=Asked(answers.first, answers.second, answers.neither),
        picks=Asked(pair.picks.first, pair.picks.second),
        limit=limit,
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


def _row(
    reviewer: Reviewer,
    reviews: tuple[Review | None, Review | None],
    answers: Mapping[UUID, HeadToHead],
    pair: PairEvidence,
) -> ScorecardRow:
    first, second = (review.verdict if review else None for review in reviews)
    prefers, basis = pair.preference(reviewer.slug)
    return ScorecardRow(
        reviewer=reviewer,
        reviews=reviews,
        agreement=agreement(first, second),
        prefers=prefers,
        basis=basis,
        head_to_head=answers.get(reviewer.pk),
    )


def find_pair(slug: str, *, panel_of: Mapping[str, str] | None = None) -> Pair:
    """The pair that a comparison's slug names, with all that a page shows of it; raises ComparisonNotFound.

    Three queries for a pair that an editor published, four for another, whatever the number of reviews.
    """
    found = resolve_pair(slug, tools=SHOWN_TOOLS)
    read_reviews(found.tools)
    answers = (
        answers_read_with(found.stored)
        if found.stored
        else answers_to([found.tools])[ids_of(by_id(*found.tools))]
    )
    return Pair(found.first, found.second, found.stored, answers=answers, panel_of=panel_of)


def resolve_pair(slug: str, *, tools: Prepared = NAMED_TOOLS) -> FoundPair:
    """The two tools that a comparison's slug names, in either order and by present or earlier slugs.

    Raises ComparisonNotFound unless an editor published the pair or both tools are published. A tool's slug may
    itself hold the separator, so each way to read the slug is looked up; where more than one leads to two tools, a
    curated pair wins, then the reading with the shortest first slug. Two queries. `tools` are `by_asked_slugs`.
    """
    readings = list(_readings(slug))
    named = tools_by_asked_slug(tools, {name for reading in readings for name in reading})
    pairs = [
        by_slug(named[one], named[other])
        for one, other in readings
        if one in named and other in named and named[one] != named[other]
    ]
    stored = stored_pairs(pairs)
    found = [FoundPair(*pair, stored.get(ids_of(pair))) for pair in pairs]
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


def tools_by_asked_slug(tools: Prepared, slugs: Iterable[str]) -> dict[str, Tool]:
    """Those of the tools that are visible, by the slug that was asked for."""
    asked = tools.rows(slugs=list(slugs))
    return {name: tool for tool in asked for name in [tool.slug, *tool.asked_aliases]}


def stored_pairs(pairs: Sequence[tuple[Tool, Tool]]) -> dict[tuple[UUID, UUID], Comparison]:
    """Those of the pairs that an editor published, archived ones too, by the pair's ids: one query.

    With all that was said of them, and their conditions.
    """
    found = STORED_PAIRS.rows(**sides_of(pairs))
    return {(comparison.first_tool_id, comparison.second_tool_id): comparison for comparison in found}


def pair_up(pairs: Sequence[tuple[Tool, Tool]], *, panel_of: Mapping[str, str] | None = None) -> list[Pair]:
    """Each pair with its curated comparison, and what was said of it: two queries."""
    stored = stored_pairs(pairs)
    answers = answers_to(pairs)
    return [
        Pair(*pair, stored.get(ids_of(pair)), answers=answers[ids_of(by_id(*pair))], panel_of=panel_of)
        for pair in pairs
    ]


def pairs_of(comparisons: Sequence[Comparison]) -> list[Pair]:
    """The pairs of comparisons that were read with their tools, conditions and all that was said of them: one query, for
    reviews."""
    pairs = [tools_with_fits(row) for row in comparisons]
    read_reviews([tool for pair in pairs for tool in pair])
    return [
        Pair(*pair, row, answers=answers_read_with(row)) for pair, row in zip(pairs, comparisons, strict=True)
    ]
