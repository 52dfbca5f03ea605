"""What it takes for a verdict to have changed, what changed it, and both in words."""

from dataclasses import dataclass
from typing import Any

FIRST, PANEL, VOTES, RULE = "first", "panel", "votes", "rule"

_BY = {"panel": "the panel", "community": "the crowd"}
CAUSES = {
    FIRST: "The first verdict on this pair.",
    PANEL: "The panel's reviews changed.",
    VOTES: "Readers' votes changed.",
    RULE: "The rule changed.",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict as it is kept: `winner` is whatever identifies a tool, `margin` is in points."""

    outcome: str
    winner: Any
    decided_by: str | None
    strength: str | None
    margin: int
    rule: str

    @property
    def answer(self) -> tuple[object, ...]:
        """All but the margin, which in a crowd's verdict moves with almost every vote."""
        return self.outcome, self.winner, self.decided_by, self.strength, self.rule


def has_changed(before: Judged | None, after: Judged) -> bool:
    return before is None or before.answer != after.answer


def cause_of(before: Judged | None, after: Judged) -> str:
    """What made the difference between two verdicts: `first`, `rule`, `panel` or `votes`.

    The crowd is asked only while two panels that are large enough are level. So votes alone turned the verdict where
    that holds before and after; where it doesn't, a review was published, corrected or retracted.
    """
    if before is None:
        return FIRST
    if before.rule != after.rule:
        return RULE
    return VOTES if _is_left_to_the_crowd(before) and _is_left_to_the_crowd(after) else PANEL


def _is_left_to_the_crowd(judged: Judged) -> bool:
    return judged.outcome == "tie" or judged.decided_by == "community"


def verdict_words(*, outcome: str, winner: str | None, decided_by: str | None, strength: str | None) -> str:
    """A verdict in a few words, the winner by its name: `Cursor 2.0, clear, by the panel`."""
    if outcome == "insufficient":
        return "no verdict yet"
    if outcome == "tie":
        return "a tie"
    return f"{winner}, {strength}, by {_BY[str(decided_by)]}"


def change_words(*, cause: str, before: str | None, after: str) -> str:
    """One change in words, from the words of both verdicts."""
    if before is None:
        return f"{CAUSES[cause]} It says: {after}."
    return f"{CAUSES[cause]} Before: {before}. Now: {after}."
