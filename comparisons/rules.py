"""The rules by which a pair is decided, each by its version: from counts to an answer.

Rule "2026-12", first match wins:

1. At least `minimum` reviewers published on both tools, and their ships differ: `winner`, decided by `panel`. The margin
   is the difference of the two percentages in points; the strength is `unanimous` where the winner has 100 and the other
   0, `clear` from CLEAR_PANEL points, else `narrow`.
2. Of the reviewers who answered the pair itself, at least `minimum` choose one tool, and fewer the other: `winner`,
   decided by `head_to_head`. The strength is `unanimous` where all choose it, `clear` where two thirds of those who
   choose do, else `narrow`.
3. Both crowds may decide, and their bounds don't overlap: `winner`, decided by `community`. The margin is the difference
   of the percentages; the strength is `clear` where the nearer bounds lie at least CLEAR_CROWD apart, else `narrow`.
4. Readers' picks of the pair may decide, and their bounds leave out one half: `winner`, decided by `picks`. The strength
   is `clear` where the winner's share is surely at least CLEAR_PICKS, else `narrow`.
5. Fewer than `minimum` reviewers of both tools: `insufficient`; otherwise `tie`.

The margin of steps 2 and 4 is the lead in percent of those who choose, rounded half up. A verdict is `contested` where
step 2, 3 or 4, each by its own test, favours the tool that did not win.

Rule "2026-11" compared the percentages of two panels, even of different reviewers, and knew neither step 2 nor step 4.
It stays, so that earlier verdicts can be replayed. Which crowds and picks may decide, and by which bounds, the ruleset of
votes says. Turning the tools round turns the answer round and changes nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from catalog.percent import ShipCount, whole_percent
from votes.tally import PickCount, TallyCount

RULE = "2026-12"
MIN_PANEL = 3
CLEAR_PANEL = 50
CLEAR_CROWD = 0.20
CLEAR_PICKS = 0.6


@dataclass(frozen=True, slots=True)
class SharedPanel:
    """The reviewers who published on both tools: how many, and how many of them ship the first and the second.

    `reviewers` are their slugs, where they are known.
    """

    total: int = 0
    first: int = 0
    second: int = 0
    reviewers: tuple[str, ...] = ()

    def turned(self) -> "SharedPanel":
        return replace(self, first=self.second, second=self.first)


@dataclass(frozen=True, slots=True)
class HeadToHeads:
    """How many reviewers would ship the first of two tools, how many the second, and to how many it is the same."""

    first: int = 0
    second: int = 0
    neither: int = 0

    @property
    def total(self) -> int:
        return self.first + self.second + self.neither

    def turned(self) -> "HeadToHeads":
        return replace(self, first=self.second, second=self.first)


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a rule reads, in the order of the tools; `minimum` is how many reviewers it takes."""

    shared: SharedPanel
    head_to_heads: HeadToHeads
    votes: tuple[TallyCount, TallyCount]
    picks: PickCount
    panels: tuple[ShipCount, ShipCount]
    minimum: int = MIN_PANEL

    def turned(self) -> "Inputs":
        """The same with the tools in the other order."""
        return Inputs(
            shared=self.shared.turned(),
            head_to_heads=self.head_to_heads.turned(),
            votes=(self.votes[1], self.votes[0]),
            picks=self.picks.turned(),
            panels=(self.panels[1], self.panels[0]),
            minimum=self.minimum,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule gives: `winner` is 0 for the first tool and 1 for the second; `margin` is in points."""

    outcome: str
    winner: int | None = None
    decided_by: str | None = None
    strength: str | None = None
    margin: int = 0
    contested: bool = False


def answer_of(inputs: Inputs, *, rule: str = RULE) -> Answer:
    """Raises KeyError for a rule that there never was."""
    return RULES[rule](inputs)


def _rule_2026_12(inputs: Inputs) -> Answer:
    shared = inputs.shared
    favorites = {
        "panel": panel_favorite(inputs),
        "head_to_head": head_to_head_favorite(inputs),
        "community": crowd_favorite(inputs),
        "picks": picks_favorite(inputs),
    }
    for decided_by, winner in favorites.items():
        if winner is None:
            continue
        strength, margin = _MEASURES[decided_by](inputs)
        contested = any(each not in (None, winner) for each in favorites.values())
        return Answer("winner", winner, decided_by, strength, margin, contested)
    return Answer("insufficient" if shared.total < inputs.minimum else "tie")


def panel_favorite(inputs: Inputs) -> int | None:
    """The tool that more of the reviewers of both ship: 0, 1, or None where they are level or too few."""
    shared = inputs.shared
    if shared.total < inputs.minimum or shared.first == shared.second:
        return None
    return int(shared.second > shared.first)


def head_to_head_favorite(inputs: Inputs) -> int | None:
    """The tool that enough reviewers choose, and more than choose the other."""
    answers = inputs.head_to_heads
    if answers.first == answers.second or max(answers.first, answers.second) < inputs.minimum:
        return None
    return int(answers.second > answers.first)


def crowd_favorite(inputs: Inputs) -> int | None:
    """The tool whose crowd is surely keener: both crowds may decide, and their bounds don't overlap."""
    if _crowd_gap(inputs) <= 0:
        return None
    first, second = (votes.ship / votes.total for votes in inputs.votes)
    return int(second > first)


def picks_favorite(inputs: Inputs) -> int | None:
    """The tool that readers surely pick more often."""
    if not inputs.picks.is_decided:
        return None
    return int(inputs.picks.second > inputs.picks.first)


def _crowd_gap(inputs: Inputs) -> float:
    """The distance between the nearer bounds; zero or less where they touch or overlap, or a crowd decides nothing."""
    one, other = (votes.bounds for votes in inputs.votes)
    if one is None or other is None:
        return 0.0
    return max(one.low - other.high, other.low - one.high)


def _panel_measure(inputs: Inputs) -> tuple[str, int]:
    shared = inputs.shared
    first = whole_percent(part=shared.first, total=shared.total) or 0
    second = whole_percent(part=shared.second, total=shared.total) or 0
    return _panel_strength(first, second), abs(first - second)


def _panel_strength(first: int, second: int) -> str:
    if {first, second} == {0, 100}:
        return "unanimous"
    return "clear" if abs(first - second) >= CLEAR_PANEL else "narrow"


def _head_to_head_measure(inputs: Inputs) -> tuple[str, int]:
    answers = inputs.head_to_heads
    ahead, behind = max(answers.first, answers.second), min(answers.first, answers.second)
    margin = whole_percent(part=ahead - behind, total=ahead + behind) or 0
    if behind + answers.neither == 0:
        return "unanimous", margin
    return "clear" if 3 * ahead >= 2 * (ahead + behind) else "narrow", margin


def _crowd_measure(inputs: Inputs) -> tuple[str, int]:
    first, second = (votes.percent or 0 for votes in inputs.votes)
    return "clear" if _crowd_gap(inputs) >= CLEAR_CROWD else "narrow", abs(first - second)


def _picks_measure(inputs: Inputs) -> tuple[str, int]:
    picks = inputs.picks
    bounds = picks.bounds
    # Of two shares that add up to one, the same bounds either way: one minus a float of one half and more is exact.
    is_clear = bounds is not None and (bounds.low >= CLEAR_PICKS or bounds.high <= 1 - CLEAR_PICKS)
    margin = whole_percent(part=abs(picks.first - picks.second), total=picks.total) or 0
    return "clear" if is_clear else "narrow", margin


_MEASURES: dict[str, Callable[[Inputs], tuple[str, int]]] = {
    "panel": _panel_measure,
    "head_to_head": _head_to_head_measure,
    "community": _crowd_measure,
    "picks": _picks_measure,
}


def _rule_2026_11(inputs: Inputs) -> Answer:
    first, second = inputs.panels
    if min(first.total, second.total) < MIN_PANEL:
        return Answer("insufficient")
    crowd = crowd_favorite(inputs)
    lead = (first.percent or 0) - (second.percent or 0)
    if lead:
        winner = int(lead < 0)
        strength = _panel_strength(first.percent or 0, second.percent or 0)
        return Answer("winner", winner, "panel", strength, abs(lead), contested=crowd not in (None, winner))
    if crowd is not None:
        return Answer("winner", crowd, "community", *_crowd_measure(inputs))
    return Answer("tie")


RULES: dict[str, Callable[[Inputs], Answer]] = {"2026-11": _rule_2026_11, "2026-12": _rule_2026_12}
