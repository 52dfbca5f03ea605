"""What it takes for a verdict to have changed, what changed it, and both in words."""

from dataclasses import dataclass
from typing import Generic, TypeVar

FIRST, PANEL, HEAD_TO_HEAD, VOTES, PICKS, RULE = "first", "panel", "head_to_head", "votes", "picks", "rule"

_BY = {
    "panel": "the panel",
    "head_to_head": "the panel, head to head",
    "community": "the crowd",
    "picks": "readers' picks",
}
CAUSES = {
    FIRST: "The first verdict on this pair.",
    PANEL: "The panel's reviews changed.",
    HEAD_TO_HEAD: "An answer to the pair was published, corrected or retracted.",
    VOTES: "Readers' votes changed.",
    PICKS: "Readers' picks changed.",
    RULE: "The rule changed.",
}


# A tool's id where verdicts are compared, and the tool itself where they are shown.
WinnerT_co = TypeVar("WinnerT_co", covariant=True)


@dataclass(frozen=True, slots=True)
class VerdictSnapshot(Generic[WinnerT_co]):
    """A verdict as the history keeps it; `margin` is in points of percentage. Without a winner, `winner` is None."""

    outcome: str
    winner: WinnerT_co | None
    decided_by: str | None
    strength: str | None
    margin: int
    rule: str

    @property
    def answer(self) -> tuple[object, ...]:
        """All but the margin, which in a crowd's verdict moves with almost every vote: what makes a change."""
        return self.outcome, self.winner, self.decided_by, self.strength, self.rule


def has_changed(before: VerdictSnapshot[object] | None, after: VerdictSnapshot[object]) -> bool:
    """Whether the answer is another one; true of a first verdict. Both name their winner in the same way."""
    return before is None or before.answer != after.answer


def cause_of(before: VerdictSnapshot[object] | None, after: VerdictSnapshot[object]) -> str:
    """What made the difference between two verdicts: `first`, `rule`, or whose answers changed.

    The rule asks step after step until one decides. So the first of the steps that decided before or after is the one
    whose answer changed; where neither was decided, reviewers of both tools came or went.
    """
    if before is None:
        return FIRST
    if before.rule != after.rule:
        return RULE
    deciding = {before.decided_by, after.decided_by}
    return next((cause for step, cause in _CAUSE_OF_STEP.items() if step in deciding), PANEL)


_CAUSE_OF_STEP = {"panel": PANEL, "head_to_head": HEAD_TO_HEAD, "community": VOTES, "picks": PICKS}


def verdict_words(verdict: VerdictSnapshot[object], *, winner: str | None) -> str:
    """A verdict in a few words, the winner by the name given: `Cursor 2.0, clear, by the panel`."""
    if verdict.outcome == "insufficient":
        return "no verdict yet"
    if verdict.outcome == "tie":
        return "a tie"
    return f"{winner}, {verdict.strength}, by {_BY[str(verdict.decided_by)]}"


def change_words(*, cause: str, before: str | None, after: str) -> str:
    """One change in words, from the words of both verdicts."""
    if before is None:
        return f"{CAUSES[cause]} It says: {after}."
    return f"{CAUSES[cause]} Before: {before}. Now: {after}."
