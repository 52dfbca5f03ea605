"""The verdict on two tools: the rule's answer, the reasons for it, and who dissents."""

from collections.abc import Mapping
from dataclasses import dataclass

from comparisons.evidence import Evidence, PairEvidence
from comparisons.flips import Flip, flips_of
from comparisons.reasons import Reason, names_of, reasons_for
from comparisons.replay import replay_as_json
from comparisons.rules import RULE, Answer, SharedPanel, answer_of
from comparisons.wording import of_entries

_ENTRY_COST = {"free": 0, "freemium": 1, "paid": 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer. `margin` is in points; `dissent` lists reviewers' slugs in the order of the roster.

    `panel_of` are the slugs of the reviewers who were asked, in ascending order; None where it was all of them.
    """

    outcome: str
    winner: str | None
    decided_by: str | None
    strength: str | None
    margin: int
    contested: bool
    reasons: tuple[Reason, ...]
    dissent: tuple[str, ...]
    evidence: PairEvidence
    rule: str = RULE

    @property
    def panel_of(self) -> tuple[str, ...] | None:
        panel_of = self.evidence.panel_of
        return None if panel_of is None else tuple(sorted(panel_of))

    @property
    def shared_panel(self) -> SharedPanel:
        return self.evidence.shared

    @property
    def flip(self) -> tuple[Flip, ...]:
        """The smallest changes that would turn it."""
        return flips_of(self.evidence, rule=self.rule)

    @property
    def replay(self) -> dict[str, object]:
        """What it was decided from, as data."""
        return replay_as_json(self.evidence, rule=self.rule)

    @property
    def answer(self) -> dict[str, object]:
        """What a replay gives again."""
        return {
            "outcome": self.outcome,
            "winner": self.winner,
            "decided_by": self.decided_by,
            "strength": self.strength,
            "margin": self.margin,
            "contested": self.contested,
            "dissent": list(self.dissent),
        }


def decide(pair: PairEvidence, *, rule: str = RULE) -> Verdict:
    """The verdict on two tools by a rule of comparisons.rules; KeyError for a rule that there never was."""
    answer = answer_of(pair.inputs, rule=rule)
    winner = None if answer.winner is None else pair.tools[answer.winner].slug
    cheaper = cheaper_to_start(*pair.tools)
    return Verdict(
        outcome=answer.outcome,
        winner=winner,
        decided_by=answer.decided_by,
        strength=answer.strength,
        margin=answer.margin,
        contested=answer.contested,
        reasons=reasons_for(pair, rule=rule, cheaper=cheaper.slug if cheaper else None),
        dissent=_dissent(pair, answer, rule=rule),
        evidence=pair,
        rule=rule,
    )


def _dissent(pair: PairEvidence, answer: Answer, *, rule: str) -> tuple[str, ...]:
    """The reviewers who prefer the loser; in a tie, all who prefer a tool; none where too few were asked."""
    if answer.outcome == "insufficient":
        return ()
    won = None if answer.winner is None else pair.tools[answer.winner].slug
    preferences: Mapping[str, str | None] = {
        reviewer: _by_reviews(pair, reviewer) if rule == "2026-11" else pair.preference(reviewer)[0]
        for reviewer in pair.roster
    }
    return tuple(reviewer for reviewer, favorite in preferences.items() if favorite not in (None, won))


def _by_reviews(pair: PairEvidence, reviewer: str) -> str | None:
    """The tool that this reviewer ships while skipping the other."""
    ships = [tool.slug for tool in pair.tools if tool.reviews.get(reviewer) == "ship"]
    skips = [tool.slug for tool in pair.tools if tool.reviews.get(reviewer) == "skip"]
    return ships[0] if ships and skips else None


def agreement(first: str | None, second: str | None) -> str:
    """What a scorecard row shows: `both_ship`, `both_skip`, `split`, or `one_sided` where a cell is empty."""
    if first is None or second is None:
        return "one_sided"
    return f"both_{first}" if first == second else "split"


def cheaper_to_start(first: Evidence, second: Evidence) -> Evidence | None:
    """By the entry label alone: free before freemium before paid; None when the labels are the same."""
    if first.entry == second.entry:
        return None
    return min(first, second, key=lambda tool: _ENTRY_COST[tool.entry])


def price_note(first: Evidence, second: Evidence) -> str:
    """How both tools are to start with, in words."""
    one, other = names_of(first, second)
    return of_entries((one, first.entry), (other, second.entry))
