"""What an edition says of pairs: those that are new, those whose verdict changed, and another rule for all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from catalog.models import Tool
from comparisons.changes import CAUSES, PANEL, VOTES, VerdictSnapshot, cause_of, verdict_words
from comparisons.models import pair_slug
from comparisons.pairs.pair import summary_of
from comparisons.rules import MIN_PANEL, crowd_favorite
from comparisons.verdict import Verdict
from newsletter.content.items import (
    COMPARISON,
    VERDICT,
    Because,
    Choices,
    Item,
    Option,
    Side,
    because_of_topics,
    brief,
)
from newsletter.content.words import MAX_QUOTE, excerpt, listed, plain
from votes.tally import TallyCount

# Of a verdict's sentence: whole names say more in an inbox than numbers beside shortened ones.
MAX_HEADLINE = 90

_STRENGTHS = {"unanimous": 0, "clear": 1, "narrow": 2}
_HOW = {"unanimous": "unanimously", "clear": "clearly", "narrow": "narrowly"}


def comparison_item(
    *,
    title: str,
    note: str,
    verdict: Verdict,
    when: tuple[Sequence[str], Sequence[str]],
    sides: tuple[Side, Side],
    choices: Choices,
) -> Item:
    """`when` are the conditions of each tool, the words after "if"."""
    winner = next((side.name for side in sides if side.slug == verdict.winner), None)
    mark, tone = verdict_mark(outcome=verdict.outcome, winner=winner)
    lead = summary_of(verdict, when=when, limit=MAX_HEADLINE)
    return Item(
        kind=COMPARISON,
        title=plain(title),
        mark=mark,
        tone=tone,
        detail=verdict_detail(verdict),
        quote=excerpt(note, MAX_QUOTE),
        path=_pair_path(sides),
        because=because_of_topics(sides, choices),
        headline=plain(lead).removesuffix("."),
        options=_options(sides),
    )


def verdict_detail(verdict: Verdict) -> str:
    """What decided, with its numbers, the winner's first or in the tools' order; and what contests it."""
    pair = verdict.evidence
    sides = (1, 0) if verdict.winner == pair.second.slug else (0, 1)
    one, other = (pair.tools[side] for side in sides)
    shared, answers, picks = pair.shared, pair.head_to_heads, pair.picks
    ships, other_ships = ((shared.first, shared.second)[side] for side in sides)
    crowd = f"{_share(one.community)} against {_share(other.community)}"
    how = _HOW.get(verdict.strength or "", "").capitalize()
    match verdict.decided_by:
        case "panel":
            ship_it, ship_other = (_of(count, shared.total) for count in (ships, other_ships))
            said = f"{how}, by the {shared.total} who reviewed both: {ship_it} would ship it, {ship_other} the other."
        case "head_to_head":
            chose, other_chose = ((answers.first, answers.second)[side] for side in sides)
            said = f"Asked to choose, the panel says so {how.lower()}: {chose} to {other_chose}."
        case "community":
            said = f"The panel doesn't decide. The crowd does, {how.lower()}: {crowd}."
        case "picks":
            picked, other_picked = ((picks.first, picks.second)[side] for side in sides)
            said = f"Neither panel nor crowd decides. Readers pick it {how.lower()}: {picked:,} to {other_picked:,}."
        case _ if verdict.outcome == "insufficient":
            reviewed = {0: "nobody has", 1: "one has"}.get(shared.total, f"{shared.total} have")
            return f"A verdict needs {MIN_PANEL} reviewers of both tools; {reviewed} reviewed both so far."
        case _:
            either = _of(ships, shared.total)
            said = f"The panel is level: of the {shared.total} who reviewed both, {either} would ship either."
    return " ".join([said, *_beside(verdict, crowd)])


def _of(count: int, total: int) -> str:
    return {0: "none", total: "all"}.get(count, str(count))


def _share(votes: TallyCount) -> str:
    return f"{votes.percent}% of {votes.total:,} votes"


def _beside(verdict: Verdict, crowd: str) -> Iterator[str]:
    """What the crowd says, where it may decide and did not."""
    pair = verdict.evidence
    favorite = crowd_favorite(pair.inputs)
    if verdict.decided_by == "community":
        return
    if favorite is not None and verdict.winner:
        agrees = pair.tools[favorite].slug == verdict.winner
        yield f"The crowd {'agrees' if agrees else 'disagrees'}: {crowd}."
    elif all(votes.decides for votes in pair.inputs.votes):
        yield f"The crowd can't tell them apart: {crowd}."


def comparison_rank(verdict: Verdict) -> tuple[int, int]:
    """Winners before ties before pairs without a verdict; the surest first."""
    outcomes = {"winner": 0, "tie": 1, "insufficient": 2}
    return outcomes[verdict.outcome], _STRENGTHS.get(verdict.strength or "", 0)


@dataclass(frozen=True, slots=True)
class ReviewChange:
    """What a reviewer did to the panel of a tool: `action` is `reviewed`, `corrected` or `retracted`."""

    review_id: UUID
    reviewer: str
    tool: str
    action: str
    # What the review says, and what it said before a correction where that is known.
    verdict: str
    former_verdict: str | None = None
    quote: str = ""
    is_followed: bool = False

    def words(self) -> str:
        if self.action == "reviewed":
            return f"{self.reviewer} reviewed {self.tool}: {self.verdict}"
        moved = self.action == "corrected" and self.former_verdict not in {None, self.verdict}
        how = f", from {self.former_verdict} to {self.verdict}" if moved else ""
        return f"{self.reviewer} {self.action} a review of {self.tool}{how}"


def named(changes: Sequence[ReviewChange]) -> Sequence[ReviewChange]:
    """The changes that an item has room to name: three, or two and how many more."""
    return changes[: 2 if len(changes) > 3 else 3]


def verdict_item(
    *,
    title: str,
    before: VerdictSnapshot[Tool],
    after: VerdictSnapshot[Tool],
    review_changes: Sequence[ReviewChange] = (),
    crowd_moves: Sequence[str] = (),
    sides: tuple[Side, Side],
    choices: Choices,
) -> Item:
    """A changed verdict and what turned it, as one story; the quote of the first review that is named is told with it.

    `crowd_moves` are the crowd's numbers of the tools whose crowd moved: `Aider 50 → 67% ship`.
    """
    mark, tone = verdict_mark(outcome=after.outcome, winner=_name(after))
    cause = cause_of(before, after)
    told = named(review_changes) if cause == PANEL else ()
    followed = tuple(plain(change.reviewer) for change in told if change.is_followed)
    return Item(
        kind=VERDICT,
        title=plain(title),
        mark=mark,
        tone=tone,
        detail=plain(
            # The mark has named the winner of now.
            f"Now: {_measured(after, names_winner=False)}. Before: {_measured(before)}. "
            + _why_changed(cause, review_changes=review_changes, crowd_moves=crowd_moves)
        ),
        quote=excerpt(told[0].quote if told else "", MAX_QUOTE),
        path=_pair_path(sides),
        because=because_of_topics(sides, choices) | Because(follows=followed),
        headline=_verdict_headline(before, after, sides),
        options=_options(sides),
    )


def _why_changed(cause: str, *, review_changes: Sequence[ReviewChange], crowd_moves: Sequence[str]) -> str:
    if cause == PANEL and review_changes:
        told = [change.words() for change in named(review_changes)]
        more = len(review_changes) - len(told)
        return f"{listed([*told, *([f'{more} more reviews changed'] if more else [])])}."
    if cause == VOTES and crowd_moves:
        return f"{CAUSES[cause].removesuffix('.')}: {listed(crowd_moves)}."
    return CAUSES[cause]


def _name(verdict: VerdictSnapshot[Tool]) -> str | None:
    return verdict.winner.name if verdict.winner else None


def _measured(verdict: VerdictSnapshot[Tool], *, names_winner: bool = True) -> str:
    """`Aider, narrow, by the panel, 25 points ahead`."""
    words = verdict_words(verdict, winner=_name(verdict))
    if verdict.winner is None:
        return words
    words = words if names_winner else words.removeprefix(f"{verdict.winner.name}, ")
    return f"{words}, {verdict.margin} {'point' if verdict.margin == 1 else 'points'} ahead"


def _verdict_headline(
    before: VerdictSnapshot[Tool], after: VerdictSnapshot[Tool], sides: tuple[Side, Side]
) -> str:
    """Each name once."""
    first, second = (brief(side.name) for side in sides)
    if after.winner is None:
        now = "now a tie" if after.outcome == "tie" else "no verdict any more"
        return f"{first} vs {second}: {now}"
    winner, loser = (first, second) if after.winner.slug == sides[0].slug else (second, first)
    return f"{'Still' if before.winner == after.winner else 'Now'} ship {winner} over {loser}"


def rule_item(*, rule: str, pairs: int, turned: int) -> Item:
    """Another rule of verdicts, by its version: to how many pairs it was applied, and how many it turned."""
    of_pairs = "the only pair" if pairs == 1 else f"{pairs:,} pairs"
    answers = {0: "none has", 1: "one has"}.get(turned, f"{turned:,} have")
    return Item(
        kind=VERDICT,
        title="The rule of verdicts changed",
        mark=f"Rule {rule}",
        tone="none",
        detail=f"Verdicts are found by rule {rule} now. Of {of_pairs}, {answers} another answer than before.",
        quote="",
        path="/comparisons",
        because=Because(),
        headline=f"The rule of verdicts changed: of {of_pairs}, {answers} another answer",
    )


def verdict_rank(before: VerdictSnapshot[Tool], after: VerdictSnapshot[Tool]) -> int:
    """Another winner, then one that came or went, then all else."""
    winners = before.winner, after.winner
    if None not in winners and before.winner != after.winner:
        return 0
    return 1 if None in winners and winners != (None, None) else 2


def verdict_mark(*, outcome: str, winner: str | None) -> tuple[str, str]:
    """The verdict at a glance, and its tone."""
    if winner:
        return f"Ship {plain(winner)}", "ship"
    return ("A tie", "tie") if outcome == "tie" else ("No verdict yet", "none")


def _pair_path(sides: tuple[Side, Side]) -> str:
    return f"/comparisons/{pair_slug(*(side.slug for side in sides))}"


def _options(sides: tuple[Side, Side]) -> tuple[Option, ...]:
    """The site asks there, and the reader presses: a link that a mail scanner opens casts no vote."""
    return tuple(Option(plain(side.name), f"{_pair_path(sides)}?pick={side.slug}#picks") for side in sides)
