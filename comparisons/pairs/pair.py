"""Two tools beside each other: all that a comparison says of them, from rows that were read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cached_property
from uuid import UUID

from catalog.fits import read_fits
from catalog.models import Category, Tool
from catalog.pairs import folded_name
from comparisons.evidence import Evidence, PairEvidence
from comparisons.models import Comparison, pair_slug
from comparisons.pairs.answers import PairAnswers, answers_read_with
from comparisons.pairs.guidance import Fits, Guidance, guide
from comparisons.summary import MAX_SUMMARY, Asked, summarize
from comparisons.tools.selectors import reviews_of
from comparisons.verdict import Verdict, agreement, cheaper_to_start, decide, price_note
from reviews.models import HeadToHead, Review, Reviewer
from votes.tally import PickCount


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
        """A row for every reviewer of the roster, whichever panel is asked for."""
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
