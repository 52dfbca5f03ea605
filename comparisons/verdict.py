"""The verdict rule "2026-11": what two panels and two crowds say, turned into one answer.

First match wins:

1. A tool with fewer than MIN_PANEL published reviews: `insufficient`.
2. The panels' percentages differ: `winner`, decided by `panel`. The margin is the difference in points; the strength
   is `unanimous` when the winner has 100 and the other 0, `clear` from CLEAR_PANEL points, else `narrow`.
3. The panels are level, both crowds may decide, and their bounds don't overlap: `winner`, decided by `community`. The
   margin is the difference of the percentages in points; the strength is `clear` when the nearer bounds lie at least
   CLEAR_CROWD points apart, else `narrow`. Which crowds may decide, and by which bounds, the ruleset of votes says.
4. Otherwise: `tie`.

Price never decides: it is a reason, and so is a crowd that can't be told apart. A verdict is `contested` when the
crowd, by the test of step 3, favours the tool that did not win. Percentages are the published whole numbers, so the
verdict can be replayed from the payload. Swapping the tools swaps the sides and changes nothing else.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from catalog.percent import whole_percent
from comparisons.wording import REVIEWERS, VOTERS, Answers, apart, of_both, of_entries, of_shared
from reviews.panel import PanelCount
from votes.rules import MIN_DAYS, MIN_NETWORKS
from votes.tally import MIN_VOTES, TallyCount

RULE = "2026-11"
MIN_PANEL = 3
CLEAR_PANEL = 50
CLEAR_CROWD = 0.20

_ENTRY_COST = {"free": 0, "freemium": 1, "paid": 2}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one tool: `reviews` maps a reviewer's slug to `ship` or `skip`."""

    slug: str
    name: str
    panel: PanelCount
    community: TallyCount
    entry: str
    reviews: Mapping[str, str]


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


@dataclass(frozen=True, slots=True)
class SharedPanel:
    """The reviewers who reviewed both tools, and how many of them ship the first and the second."""

    reviewers: tuple[str, ...]
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer. `margin` is in points; `dissent` lists reviewers' slugs in the order they were given."""

    outcome: str
    winner: str | None
    decided_by: str | None
    strength: str | None
    margin: int
    contested: bool
    reasons: tuple[Reason, ...]
    dissent: tuple[str, ...]
    shared_panel: SharedPanel
    rule: str = RULE


@dataclass(frozen=True, slots=True)
class _Answer:
    """What steps 1 to 4 give; `margin` is in points."""

    outcome: str
    winner: Evidence | None = None
    decided_by: str | None = None
    strength: str | None = None
    margin: int = 0


def decide(*, first: Evidence, second: Evidence, roster: Sequence[str]) -> Verdict:
    """The verdict on two tools, by the rule above; `roster` is the order in which reviewers are named."""
    answer = _answer(first, second)
    crowd_favors = crowd_favorite(first, second)
    shared = shared_panel(first, second, roster=roster)
    return Verdict(
        outcome=answer.outcome,
        winner=answer.winner.slug if answer.winner else None,
        decided_by=answer.decided_by,
        strength=answer.strength,
        margin=answer.margin,
        contested=bool(answer.winner and crowd_favors and crowd_favors is not answer.winner),
        reasons=tuple(_reasons(first, second, crowd_favors, shared)),
        dissent=_dissent(first, second, outcome=answer.outcome, winner=answer.winner, roster=roster),
        shared_panel=shared,
    )


def _answer(first: Evidence, second: Evidence) -> _Answer:
    if min(first.panel.total, second.panel.total) < MIN_PANEL:
        return _Answer("insufficient")
    lead = (first.panel.percent or 0) - (second.panel.percent or 0)
    if lead:
        winner = first if lead > 0 else second
        return _Answer("winner", winner, "panel", _panel_strength(first, second), abs(lead))
    favorite = crowd_favorite(first, second)
    if favorite:
        margin = abs((first.community.percent or 0) - (second.community.percent or 0))
        strength = "clear" if _crowd_gap(first, second) >= CLEAR_CROWD else "narrow"
        return _Answer("winner", favorite, "community", strength, margin)
    return _Answer("tie")


def _panel_strength(first: Evidence, second: Evidence) -> str:
    low, high = sorted([first.panel.percent or 0, second.panel.percent or 0])
    if (low, high) == (0, 100):
        return "unanimous"
    return "clear" if high - low >= CLEAR_PANEL else "narrow"


def crowd_favorite(first: Evidence, second: Evidence) -> Evidence | None:
    """The tool whose crowd is surely keener: both crowds may decide, and their bounds don't overlap."""
    if _crowd_gap(first, second) <= 0:
        return None
    return max(first, second, key=lambda tool: tool.community.ship / tool.community.total)


def _crowd_gap(first: Evidence, second: Evidence) -> float:
    """The distance between the nearer bounds; zero or less where they touch or overlap, or a crowd decides nothing."""
    one, other = first.community.bounds, second.community.bounds
    if one is None or other is None:
        return 0.0
    return max(one.low - other.high, other.low - one.high)


def _dissent(
    first: Evidence, second: Evidence, *, outcome: str, winner: Evidence | None, roster: Sequence[str]
) -> tuple[str, ...]:
    """The reviewers who prefer the loser; in a tie, all who are split; none where nothing was decided."""
    if outcome == "insufficient":
        return ()
    preferences = {reviewer: preference(first, second, reviewer=reviewer) for reviewer in roster}
    if winner is None:
        return tuple(reviewer for reviewer, favorite in preferences.items() if favorite)
    return tuple(
        reviewer for reviewer, favorite in preferences.items() if favorite not in (None, winner.slug)
    )


def preference(first: Evidence, second: Evidence, *, reviewer: str) -> str | None:
    """The slug of the tool that this reviewer ships while skipping the other."""
    pair = (first.reviews.get(reviewer), second.reviews.get(reviewer))
    return {("ship", "skip"): first.slug, ("skip", "ship"): second.slug}.get(pair)  # type: ignore[arg-type]


def agreement(first: str | None, second: str | None) -> str:
    """What a scorecard row shows: `both_ship`, `both_skip`, `split`, or `one_sided` where a cell is empty."""
    if first is None or second is None:
        return "one_sided"
    return f"both_{first}" if first == second else "split"


def shared_panel(first: Evidence, second: Evidence, *, roster: Sequence[str]) -> SharedPanel:
    """The like with the like: what the reviewers of both tools say of each, in the roster's order."""
    reviewers = tuple(each for each in roster if each in first.reviews and each in second.reviews)
    ships = [sum(tool.reviews[each] == "ship" for each in reviewers) for tool in (first, second)]
    return SharedPanel(reviewers, *ships)


def _reasons(
    first: Evidence, second: Evidence, crowd_favors: Evidence | None, shared: SharedPanel
) -> list[Reason]:
    return [
        _panel_reason(first, second),
        *_shared_panel_reasons(first, second, shared),
        _crowd_reason(first, second, crowd_favors),
        *_price_reasons(first, second),
    ]


def _names(first: Evidence, second: Evidence) -> tuple[str, str]:
    return apart((first.name, first.slug), (second.name, second.slug))


def _panel_reason(first: Evidence, second: Evidence) -> Reason:
    answers = [
        Answers(name, tool.panel.ship, tool.panel.total)
        for name, tool in zip(_names(first, second), (first, second), strict=True)
    ]
    params = _counts(answers)
    leader: Evidence | None = None
    if min(first.panel.total, second.panel.total) < MIN_PANEL:
        code, opening = "panel_too_small", f"A verdict needs {MIN_PANEL} reviews of each tool"
        params["minimum"] = MIN_PANEL
    elif first.panel.percent == second.panel.percent:
        code, opening = "panel_level", "The panel is level"
    else:
        leader = max(first, second, key=lambda tool: tool.panel.percent or 0)
        code, opening = "panel_ahead", f"The panel prefers {answers[leader is second].name}"
    favors = leader.slug if leader else None
    return Reason(code, favors, of_both(opening, *answers, group=REVIEWERS), params)


def _counts(answers: Sequence[Answers]) -> dict[str, object]:
    return {"ship": [each.ship for each in answers], "total": [each.total for each in answers]}


def _shared_panel_reasons(first: Evidence, second: Evidence, shared: SharedPanel) -> list[Reason]:
    """One where the reviewers of both tools see them otherwise than the percentages that are shown."""
    # Of counts alone, nobody knows who reviewed both.
    if any(len(tool.reviews) != tool.panel.total for tool in (first, second)):
        return []
    total = len(shared.reviewers)
    shown = (first.panel.percent, second.panel.percent)
    if shown == tuple(whole_percent(part=ship, total=total) for ship in (shared.first, shared.second)):
        return []
    answers = [
        Answers(name, ship, total)
        for name, ship in zip(_names(first, second), (shared.first, shared.second), strict=True)
    ]
    favors = None
    if shared.first != shared.second:
        favors = (first if shared.first > shared.second else second).slug
    return [Reason("shared_panel", favors, of_shared(*answers), _counts(answers))]


def _crowd_reason(first: Evidence, second: Evidence, crowd_favors: Evidence | None) -> Reason:
    one, other = first.community, second.community
    answers = [
        Answers(name, votes.ship, votes.total)
        for name, votes in zip(_names(first, second), (one, other), strict=True)
    ]
    params = _counts(answers)
    if not one.total and not other.total:
        return Reason("no_votes", None, "Nobody has voted on either tool yet.", params)
    if one.status != "enough" or other.status != "enough":
        code, opening = "too_few_votes", "The crowd is too small to say"
        params["minimum"] = MIN_VOTES
    elif not (one.decides and other.decides):
        code, opening = "crowd_concentrated", "Too few networks have voted, or on too few days, to say"
        params |= {"networks": MIN_NETWORKS, "days": MIN_DAYS}
    elif crowd_favors is None:
        code, opening = "crowd_undecided", "The crowd can't be told apart"
    else:
        code, opening = "crowd_ahead", f"The crowd prefers {answers[crowd_favors is second].name}"
    favors = crowd_favors.slug if crowd_favors else None
    return Reason(code, favors, of_both(opening, *answers, group=VOTERS), params)


def _price_reasons(first: Evidence, second: Evidence) -> list[Reason]:
    cheaper = cheaper_to_start(first, second)
    if cheaper is None:
        return []
    params = {"entry": [first.entry, second.entry]}
    return [Reason("cheaper_to_start", cheaper.slug, price_note(first, second), params)]


def cheaper_to_start(first: Evidence, second: Evidence) -> Evidence | None:
    """By the entry label alone: free before freemium before paid; None when the labels are the same."""
    if first.entry == second.entry:
        return None
    return min(first, second, key=lambda tool: _ENTRY_COST[tool.entry])


def price_note(first: Evidence, second: Evidence) -> str:
    """How both tools are to start with, in words."""
    one, other = _names(first, second)
    return of_entries((one, first.entry), (other, second.entry))


@dataclass(frozen=True, slots=True)
class Standing:
    """A place among several tools: one more than the number of tools with a better record; equal records share it."""

    rank: int
    slug: str
    wins: int
    losses: int
    ties: int


def standings(
    *, slugs: Sequence[str], winners: Mapping[tuple[str, str], str | None], unjudged: Collection[str] = ()
) -> list[Standing]:
    """Tools ordered by pairs won less pairs lost (Copeland's method), then by slug; those without any verdict last.

    `winners` maps each pair, in the order of `slugs`, to the winner's slug, or to None where nobody won. Of the `unjudged`
    no pair has an outcome but insufficient.
    """
    wins = dict.fromkeys(slugs, 0)
    losses = dict(wins)
    for pair in combinations(slugs, 2):
        if winner := winners[pair]:
            wins[winner] += 1
            losses[pair[0] if winner == pair[1] else pair[1]] += 1
    scores = {slug: (slug not in unjudged, wins[slug] - losses[slug]) for slug in slugs}
    return [
        Standing(
            rank=1 + sum(score > scores[slug] for score in scores.values()),
            slug=slug,
            wins=wins[slug],
            losses=losses[slug],
            ties=len(slugs) - 1 - wins[slug] - losses[slug],
        )
        for slug in sorted(sorted(slugs), key=scores.__getitem__, reverse=True)
    ]


def cycles(*, slugs: Sequence[str], winners: Mapping[tuple[str, str], str | None]) -> list[list[str]]:
    """Groups of tools in which each beats another round and round, so that no order is true to every pair."""
    reach = {slug: {slug} for slug in slugs}
    for pair, winner in winners.items():
        if winner:
            reach[winner].add(pair[0] if winner == pair[1] else pair[1])
    for via in slugs:
        for start in slugs:
            if via in reach[start]:
                reach[start] |= reach[via]
    groups = {frozenset(b for b in slugs if b in reach[a] and a in reach[b]) for a in slugs}
    return sorted(sorted(group) for group in groups if len(group) > 1)
