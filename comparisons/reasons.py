"""Why a verdict is what it is: a reason for each step of the rule, the one that decided and those that did not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from catalog.percent import whole_percent
from comparisons.evidence import Evidence, PairEvidence
from comparisons.rules import (
    MIN_PANEL,
    crowd_favorite,
    head_to_head_favorite,
    panel_favorite,
    picks_favorite,
)
from comparisons.wording import (
    CHOOSERS,
    CHOSEN,
    PICKERS,
    REVIEWERS,
    VOTERS,
    Answers,
    apart,
    listed,
    of_both,
    of_choices,
    of_entries,
    of_shared,
    sentence,
)
from votes.rules import MIN_DAYS, MIN_NETWORKS
from votes.tally import MIN_VOTES


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that speaks for one tool (`favors` its slug) or for neither.

    `params` are the numbers and labels of `detail`, for a frontend that says it in its own words; lists are in the order of
    the tools.
    """

    code: str
    favors: str | None
    detail: str
    params: Mapping[str, object] = field(default_factory=dict)


def reasons_for(pair: PairEvidence, *, rule: str, cheaper: str | None) -> tuple[Reason, ...]:
    """One for each step of the rule, in its order, and what speaks beside it; `cheaper` is a tool's slug."""
    return tuple(reason for each in _STEPS[rule] if (reason := each(pair))) + _price_reasons(pair, cheaper)


def names_of(first: Evidence, second: Evidence) -> tuple[str, str]:
    return apart((first.name, first.slug), (second.name, second.slug))


def _slug_of(pair: PairEvidence, side: int | None) -> str | None:
    return None if side is None else pair.tools[side].slug


def _whose(pair: PairEvidence) -> str:
    """The word before "panel" and "reviewer", where not all were asked."""
    return "" if pair.panel_of is None else "chosen "


def _panel_reason(pair: PairEvidence) -> Reason:
    """Of the reviewers of both tools."""
    shared, minimum, whose = pair.shared, pair.inputs.minimum, _whose(pair)
    names = names_of(*pair.tools)
    answers = [
        Answers(name, ship, shared.total)
        for name, ship in zip(names, (shared.first, shared.second), strict=True)
    ]
    params = _counts(answers)
    leader = panel_favorite(pair.inputs)
    if shared.total < minimum:
        reviewers = "reviewer" if minimum == 1 else "reviewers"
        code, opening = (
            "panel_too_small",
            f"The {whose}panel needs {minimum} {reviewers} of both tools to decide.",
        )
        params["minimum"] = minimum
    elif leader is None:
        code, opening = "panel_level", f"The {whose}panel is level."
    else:
        code, opening = "panel_ahead", sentence(f"The {whose}panel prefers {names[leader]}")
    missing = _missing(pair) if code == "panel_too_small" else {}
    detail = f"{opening} {of_shared(*answers, whose=whose)}"
    if missing:
        params["missing"] = list(missing)
        have = "has" if len(missing) == 1 else "have"
        detail += f" {listed(list(missing.values()))} {have} not reviewed both."
    return Reason(code, _slug_of(pair, leader), detail, params)


def _missing(pair: PairEvidence) -> dict[str, str]:
    """Of the reviewers who were asked by name, those who did not review both tools: slugs with names."""
    asked = pair.panel_of or {}
    return {slug: asked[slug] for slug in sorted(asked) if slug not in pair.shared.reviewers}


def _whole_panels_reason(pair: PairEvidence) -> Reason | None:
    """Where the percentages that are shown, which count reviewers of one tool alone, say something else."""
    shown = tuple(tool.panel.percent for tool in pair.tools)
    shared = pair.shared
    if shown == tuple(whole_percent(part=ship, total=shared.total) for ship in (shared.first, shared.second)):
        return None
    answers = _panel_answers(pair)
    also = "those of one tool alone" if pair.panel_of is None else "those of reviewers who were not chosen"
    detail = of_both(f"All reviews, also {also}", *answers, group=REVIEWERS)
    return Reason("whole_panels", None, detail, _counts(answers))


def _panel_answers(pair: PairEvidence) -> list[Answers]:
    return [
        Answers(name, tool.panel.ship, tool.panel.total)
        for name, tool in zip(names_of(*pair.tools), pair.tools, strict=True)
    ]


def _counts(answers: Sequence[Answers]) -> dict[str, object]:
    return {"ship": [each.ship for each in answers], "total": [each.total for each in answers]}


def _head_to_head_reason(pair: PairEvidence) -> Reason:
    answers, minimum, whose = pair.head_to_heads, pair.inputs.minimum, _whose(pair)
    names = names_of(*pair.tools)
    params: dict[str, object] = {
        "choose": [answers.first, answers.second],
        "no_difference": answers.neither,
        "minimum": minimum,
    }
    if not answers.total:
        detail = f"No {whose}reviewer has answered the pair yet."
        return Reason("no_head_to_heads", None, detail, params)
    leader = head_to_head_favorite(pair.inputs)
    if max(answers.first, answers.second) < minimum:
        agree = (
            "one would have to choose" if minimum == 1 else f"{minimum} {whose}reviewers would have to agree"
        )
        code, opening = "too_few_head_to_heads", f"Asked to choose, {agree}"
    elif leader is None:
        code, opening = "head_to_head_level", f"Asked to choose, the {whose}panel is level"
    else:
        code, opening = "head_to_head_ahead", f"Asked to choose, the {whose}panel prefers {names[leader]}"
    detail = of_choices(
        opening,
        (names[0], answers.first),
        (names[1], answers.second),
        group=CHOSEN if whose else CHOOSERS,
        neither=answers.neither,
    )
    return Reason(code, _slug_of(pair, leader), detail, params)


def _crowd_reason(pair: PairEvidence) -> Reason:
    one, other = pair.first.community, pair.second.community
    answers = [
        Answers(name, votes.ship, votes.total)
        for name, votes in zip(names_of(*pair.tools), (one, other), strict=True)
    ]
    params = _counts(answers)
    if not one.total and not other.total:
        return Reason("no_votes", None, "Nobody has voted on either tool yet.", params)
    leader = crowd_favorite(pair.inputs)
    if one.status != "enough" or other.status != "enough":
        code, opening = "too_few_votes", "The crowd is too small to say"
        params["minimum"] = MIN_VOTES
    elif not (one.decides and other.decides):
        code, opening = "crowd_concentrated", "Too few networks have voted, or on too few days, to say"
        params |= {"networks": MIN_NETWORKS, "days": MIN_DAYS}
    elif leader is None:
        code, opening = "crowd_undecided", "The crowd can't be told apart"
    else:
        code, opening = "crowd_ahead", f"The crowd prefers {answers[leader].name}"
    return Reason(code, _slug_of(pair, leader), of_both(opening, *answers, group=VOTERS), params)


def _picks_reason(pair: PairEvidence) -> Reason:
    picks = pair.picks
    names = names_of(*pair.tools)
    params: dict[str, object] = {"choose": [picks.first, picks.second]}
    if not picks.total:
        return Reason("no_picks", None, "Nobody has picked between the two yet.", params)
    leader = picks_favorite(pair.inputs)
    if picks.status != "enough":
        code, opening = "too_few_picks", "Too few readers have picked to say"
        params["minimum"] = MIN_VOTES
    elif not picks.decides:
        code, opening = "picks_concentrated", "Picks come from too few networks, or from too few days, to say"
        params |= {"networks": MIN_NETWORKS, "days": MIN_DAYS}
    elif leader is None:
        code, opening = "picks_undecided", "Readers’ picks can't be told apart"
    else:
        code, opening = "picks_ahead", f"Readers pick {names[leader]}"
    detail = of_choices(opening, (names[0], picks.first), (names[1], picks.second), group=PICKERS)
    return Reason(code, _slug_of(pair, leader), detail, params)


def _price_reasons(pair: PairEvidence, cheaper: str | None) -> tuple[Reason, ...]:
    if cheaper is None:
        return ()
    first, second = pair.tools
    names = names_of(first, second)
    detail = of_entries((names[0], first.entry), (names[1], second.entry))
    return (Reason("cheaper_to_start", cheaper, detail, {"entry": [first.entry, second.entry]}),)


def _panels_reason_2026_11(pair: PairEvidence) -> Reason:
    """Of the percentages that are shown."""
    answers = _panel_answers(pair)
    first, second = pair.tools
    params = _counts(answers)
    leader: int | None = None
    if min(first.panel.total, second.panel.total) < MIN_PANEL:
        code, opening = "panel_too_small", f"A verdict needs {MIN_PANEL} reviews of each tool"
        params["minimum"] = MIN_PANEL
    elif first.panel.percent == second.panel.percent:
        code, opening = "panel_level", "The panel is level"
    else:
        leader = int((second.panel.percent or 0) > (first.panel.percent or 0))
        code, opening = "panel_ahead", f"The panel prefers {answers[leader].name}"
    return Reason(code, _slug_of(pair, leader), of_both(opening, *answers, group=REVIEWERS), params)


def _shared_panel_reason_2026_11(pair: PairEvidence) -> Reason | None:
    """Where the reviewers of both tools see them otherwise than the percentages that are shown."""
    if (reason := _whole_panels_reason(pair)) is None:
        return None
    shared = pair.shared
    answers = [
        Answers(name, ship, shared.total)
        for name, ship in zip(names_of(*pair.tools), (shared.first, shared.second), strict=True)
    ]
    favors = None if shared.first == shared.second else int(shared.second > shared.first)
    return replace(
        reason,
        code="shared_panel",
        favors=_slug_of(pair, favors),
        detail=of_shared(*answers),
        params=_counts(answers),
    )


_STEPS: dict[str, tuple[Callable[[PairEvidence], Reason | None], ...]] = {
    "2026-11": (_panels_reason_2026_11, _shared_panel_reason_2026_11, _crowd_reason),
    "2026-12": (_panel_reason, _whole_panels_reason, _head_to_head_reason, _crowd_reason, _picks_reason),
}
