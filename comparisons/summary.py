"""A verdict in one sentence: what to do, and why.

Built from facts by rule. A number stands in it only where it bears what the sentence says; where a count does not (two
shares that round to the same percentage), words without numbers take its place. A win begins with "Ship" or "If it must
be one", a tie with "Level", "No winner" or "Neither", and what is not decided with "No verdict yet". Where only some
reviewers were asked, "For" and who they are stand before it, and only what these say is counted; where readers decide
in their place, that stands there too, as a sentence of its own. A share of nobody is none, and no share of nought.

No sentence begins with a tool's name, and between two names stand English words: so a name in Hebrew or Arabic keeps
its own direction and turns nothing else. Names are never inflected. Where the text would be too long, names are
shortened first, as long as they tell the two tools apart, then the least of the facts is left out; a condition stands
whole or not at all.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, product

from catalog.percent import ShipCount
from comparisons.evidence import Evidence
from comparisons.labels import labels, shortened, tell_apart
from comparisons.verdict import Verdict, cheaper_to_start
from comparisons.wording import apart, of_entries, sentence
from reviews.panel import PanelCount

MAX_SUMMARY = 200

# Characters of a name, the most first; at worst a name says less, so that a sentence without facts still fits.
_NAME_LENGTHS = (64, 48, 36, 28)
_AT_WORST = (20, 12)
_REVIEWER_LENGTH = 28
# As the panel's call `skip`: a tool below it is no tool to ship with, even beside a worse one.
_CONVINCES_FROM = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """How many who were asked to choose between two tools took the first, the second, or saw no difference."""

    first: int = 0
    second: int = 0
    no_difference: int = 0


NOBODY = Asked()


@dataclass(frozen=True, slots=True)
class _Side:
    """What is known of one tool of a pair; `asked` and `picked` are those who took it, `shared` who ship it of both."""

    tool: Evidence
    when: str
    shared: int
    asked: int
    picked: int


# Who favours a tool, by the code of the reason that says so.
_WHO_IS_AHEAD = {
    "head_to_head_ahead": "reviewers asked to choose",
    "crowd_ahead": "voters",
    "picks_ahead": "readers who chose",
}
# Where the names stand in a sentence of a win.
_PLACE = re.compile(r"\{(?:winner|loser)\}")
# Some text, once it is said how the two tools are called, in their order.
_Form = Callable[[str, str], str]


def summarize(
    verdict: Verdict,
    *,
    first: Evidence,
    second: Evidence,
    when: tuple[Sequence[str], Sequence[str]] = ((), ()),
    asked: Asked = NOBODY,
    picks: Asked = NOBODY,
    limit: int = MAX_SUMMARY,
) -> str:
    """At most `limit` characters, which are 60 at least, and 170 where only some reviewers were asked.

    `when` are the conditions of each tool, as words after "if", what weighs most first. `asked` are the reviewers who
    were asked head to head, `picks` the readers.
    """
    shared, panel_of = verdict.shared_panel, verdict.evidence.panel_of
    one = _Side(_asked_of(first, panel_of), next(iter(when[0]), ""), shared.first, asked.first, picks.first)
    other = _Side(
        _asked_of(second, panel_of), next(iter(when[1]), ""), shared.second, asked.second, picks.second
    )
    if verdict.outcome == "winner":
        forms = list(_win(verdict, one, other, asked.no_difference))
    elif verdict.outcome == "tie":
        forms = list(_tie(one, other, whose="" if panel_of else " the panel"))
    else:
        forms = list(_insufficient(verdict, one, other))
    names = apart((first.name, first.slug), (second.name, second.slug))
    if not panel_of:
        return _fitting(forms, names, limit=limit)
    through = _through(verdict, one, other, who=_panel(panel_of))
    text = _fitting(forms, names, limit=limit - len(through))
    return through + (text if through.endswith(". ") else f"{text[0].lower()}{text[1:]}")


def _fitting(forms: Sequence[_Form], names: tuple[str, str], *, limit: int) -> str:
    """The first form that fits with names that tell the tools apart; without such names, the first that fits."""
    ways = [*product(forms, _NAME_LENGTHS), *product(forms, _AT_WORST)]
    told_apart = (form(*short) for form, length in ways if (short := labels(*names, limit=length)))
    cut = (form(*(shortened(name, length) for name in names)) for form, length in ways)
    return next(text for text in chain(told_apart, cut) if len(text) <= limit)


def _through(verdict: Verdict, one: _Side, other: _Side, *, who: str) -> str:
    """Whose verdict it is; where readers decide in the place of the reviewers who were asked, that they do."""
    readers = {"community": "voters", "picks": "readers"}.get(verdict.decided_by or "")
    if readers is None:
        return f"For {who}, "
    reviewed = one.tool.panel.total or other.tool.panel.total
    why = "whose reviews leave it open" if reviewed else "who reviewed neither"
    return f"For {who}, {why}, {readers} decide. "


def _asked_of(tool: Evidence, panel_of: Mapping[str, str] | None) -> Evidence:
    """The same tool, of whose reviews only those of the reviewers count who are asked."""
    if panel_of is None:
        return tool
    said = [tool.reviews[slug] for slug in panel_of if slug in tool.reviews]
    return replace(tool, panel=PanelCount(ship=said.count("ship"), skip=said.count("skip")))


def _panel(panel_of: Mapping[str, str]) -> str:
    """One reviewer or two by name, of whom English words stand between; else how many were chosen."""
    names = [" ".join(name.split()) for _, name in sorted(panel_of.items())]
    short = [shortened(name, _REVIEWER_LENGTH) for name in names]
    if len(names) > 2 or (len(names) == 2 and not tell_apart(names, short)):
        return f"{len(names)} chosen reviewers"
    return " and ".join(short)


# --- A winner -----------------------------------------------------------------------------------


def _win(verdict: Verdict, one: _Side, other: _Side, no_difference: int) -> Iterator[_Form]:
    is_first = verdict.winner == one.tool.slug
    winner, loser = (one, other) if is_first else (other, one)
    opening = _opening(verdict, winner, loser)
    why = _why(verdict, winner, loser, no_difference)
    against = _against(verdict, loser)
    instead = f"Take {{loser}} if {loser.when}" if loser.when else ""

    def form(*sentences: str) -> _Form:
        def text(first: str, second: str) -> str:
            names = {"{winner}": first if is_first else second, "{loser}": second if is_first else first}
            named = (_PLACE.sub(lambda place: names[place[0]], each) for each in sentences if each)
            return " ".join(map(sentence, named))

        return text

    yield form(f"{opening}: {why}", against, instead)
    yield form(f"{opening}: {why}", against)
    yield form(opening, against)
    yield form(opening)


def _opening(verdict: Verdict, winner: _Side, loser: _Side) -> str:
    shares = _shares(verdict, winner)
    if shares and shares[0] < _CONVINCES_FROM:
        return "If it must be one, take {winner} over {loser}"
    if verdict.strength == "narrow":
        return "Ship {winner} over {loser}, narrowly"
    return "Ship {winner}, not {loser}" if _is_ruled_out(verdict, loser) else "Ship {winner} over {loser}"


def _shares(verdict: Verdict, side: _Side) -> list[int]:
    """How many percent ship a tool in each group that was asked of it: first the voters where they decide, else the
    reviewers; of a chosen panel that decides, nobody else. Too few voters to say anything are no group."""
    shared = PanelCount(side.shared, verdict.shared_panel.total - side.shared)
    groups: list[ShipCount] = [side.tool.panel, shared]
    if side.tool.community.status == "enough" and not _is_chosen_panels(verdict):
        groups.insert(0 if verdict.decided_by == "community" else len(groups), side.tool.community)
    return [group.percent for group in groups if group.percent is not None]


def _is_chosen_panels(verdict: Verdict) -> bool:
    """Whether only some reviewers were asked, and they decided."""
    return verdict.panel_of is not None and verdict.decided_by in ("panel", "head_to_head")


def _is_ruled_out(verdict: Verdict, loser: _Side) -> bool:
    """Whether the loser is no tool to ship, and not only the lesser one: some were asked of it, fewer than half of each
    group ship it, and nobody favours it."""
    shares = _shares(verdict, loser)
    return bool(shares) and max(shares) < _CONVINCES_FROM and not verdict.contested


def _why(verdict: Verdict, winner: _Side, loser: _Side, no_difference: int) -> str:
    """What decided, with its numbers where they bear it. The winner is "it", as the sentence has just named it."""
    match verdict.decided_by:
        case "panel":
            return _panel_prefers(verdict, winner, loser)
        case "head_to_head":
            return _asked_prefer(winner, loser, no_difference)
        case "picks":
            return _picks_prefer(winner, loser)
        case _:
            return _voters_prefer(winner, loser)


def _panel_prefers(verdict: Verdict, winner: _Side, loser: _Side) -> str:
    one, other, both = winner.tool.panel, loser.tool.panel, verdict.shared_panel.total
    if winner.shared > loser.shared and both >= verdict.evidence.inputs.minimum:
        if both == 1:
            return "the one reviewer of both ships it and skips the other"
        if one.total == other.total == both:
            return f"{_ship(one.ship, one.total)} it, {loser.shared or 'none'} the other"
        ship = "all" if winner.shared == both else f"{winner.shared}"
        return f"of the {both} reviewers of both, {ship} ship it and {loser.shared or 'none'} the other"
    if (one.percent or 0) > (other.percent or 0):
        rest = f"{other.ship} of {other.total}" if other.ship else f"none of {other.total}"
        return f"{_ship(one.ship, one.total)} it, {rest} the other"
    return "the panel prefers it"


def _ship(ship: int, total: int) -> str:
    """`3 of 4 reviewers ship`."""
    if ship == total > 1:
        return f"{'both' if total == 2 else f'all {total}'} reviewers ship"
    return f"{ship or 'none'} of {total} reviewers {'ship' if ship > 1 else 'ships'}"


def _asked_prefer(winner: _Side, loser: _Side, no_difference: int) -> str:
    if winner.asked <= loser.asked:
        return "the panel, asked to choose between them, takes it"
    if not loser.asked and not no_difference:
        everybody = {1: "the one reviewer takes", 2: "both reviewers take"}
        return f"asked to choose between them, {everybody.get(winner.asked, f'all {winner.asked} reviewers take')} it"
    parts = [f"{winner.asked} reviewer{'s take' if winner.asked > 1 else ' takes'} it"]
    if loser.asked:
        parts.append(f"{loser.asked} the other")
    if no_difference:
        parts.append(f"{no_difference} {'sees' if no_difference == 1 else 'see'} no difference")
    return f"asked to choose between them, {', '.join(parts)}"


def _picks_prefer(winner: _Side, loser: _Side) -> str:
    if winner.picked <= loser.picked:
        return "readers who chose between them take it"
    total = winner.picked + loser.picked
    return f"{winner.picked:,} of {total:,} readers who chose between them take it"


def _voters_prefer(winner: _Side, loser: _Side) -> str:
    one, other = winner.tool.community, loser.tool.community
    # Of very large crowds two shares that differ may round to one percentage.
    if (one.percent or 0) <= (other.percent or 0):
        return "more of its voters ship it"
    return f"{one.percent}% of {one.total:,} voters ship it, {other.percent}% of {other.total:,} the other"


def _against(verdict: Verdict, loser: _Side) -> str:
    """Who favours the tool that did not win: those of whom a reason says so, by the test of their step."""
    favour_loser = {reason.code for reason in verdict.reasons if reason.favors == loser.tool.slug}
    who = [words for code, words in _WHO_IS_AHEAD.items() if code in favour_loser]
    return f"Contested: {' and '.join(who)} favour the other" if who else ""


# --- No winner ----------------------------------------------------------------------------------


def _tie(one: _Side, other: _Side, *, whose: str) -> Iterator[_Form]:
    convinces = max(one.tool.panel.percent or 0, other.tool.panel.percent or 0) >= _CONVINCES_FROM
    is_level = _is_level(one, other)
    if convinces:
        opening, take = "Level on every count" if is_level else "No winner", ": ship "
    else:
        opening, take = f"Neither convinces{whose}", "; if it must be one: "
    if one.when or other.when:
        rest = "" if one.when and other.when else "; otherwise neither is ahead"
        yield lambda a, b: f"{opening}{take}{_if(a, one.when, b, other.when)}{rest}."
    if cheaper_to_start(one.tool, other.tool):
        entries = one.tool.entry, other.tool.entry
        yield (
            lambda a, b: (
                f"{sentence(f'{opening}: {_counts(a, one, b, other)}')} {of_entries((a, entries[0]), (b, entries[1]))}"
            )
        )
    if convinces:
        end = ", so either will do" if is_level else ", and readers settle nothing"
        yield lambda a, b: f"{opening}: {_counts(a, one, b, other)}{end}."
    yield lambda a, b: sentence(f"{opening}: {_counts(a, one, b, other)}")
    yield lambda a, b: sentence(f"{opening}: {a} and {b}")


def _is_level(one: _Side, other: _Side) -> bool:
    """Whether no count that a page shows says more for one tool than for the other."""
    return all(
        first == second
        for first, second in (
            (one.tool.panel.percent, other.tool.panel.percent),
            (one.shared, other.shared),
            (one.tool.community.percent, other.tool.community.percent),
            (one.asked, other.asked),
            (one.picked, other.picked),
        )
    )


def _if(first: str, first_when: str, second: str, second_when: str) -> str:
    """`A if …; B if …`, or one of them."""
    pairs = ((first, first_when), (second, second_when))
    return "; ".join(f"{name} if {condition}" for name, condition in pairs if condition)


def _counts(first: str, one: _Side, second: str, other: _Side) -> str:
    """`3 of 4 reviewers ship A, as many B`."""
    ours, theirs = one.tool.panel, other.tool.panel
    if not ours.ship and not theirs.ship:
        return f"no reviewer ships {first} or {second}"
    if ours.ship == ours.total == theirs.ship == theirs.total == 1:
        return f"the one reviewer ships {first} and {second}"
    if (ours.ship, ours.total) == (theirs.ship, theirs.total):
        return f"{_ship(ours.ship, ours.total)} {first}, as many {second}"
    return f"{_ship(ours.ship, ours.total)} {first}, {_part(theirs.ship, theirs.total)} ship {second}"


def _part(ship: int, total: int) -> str:
    return f"all {total}" if ship == total else f"{ship or 'none'} of {total}"


def _insufficient(verdict: Verdict, one: _Side, other: _Side) -> Iterator[_Form]:
    both, minimum = verdict.shared_panel.total, verdict.evidence.inputs.minimum
    reviewers = "reviewer" if minimum == 1 else "reviewers"
    there = f"there {'is' if both < 2 else 'are'} {both or 'none'}"
    needs = f"No verdict yet: it takes {minimum} {reviewers} of both tools, and {there}."
    if one.when or other.when:
        yield lambda a, b: f"{needs} Until then: {_if(a, one.when, b, other.when)}."
        yield lambda a, b: f"No verdict yet. Until then: {_if(a, one.when, b, other.when)}."
    yield lambda a, b: needs
    yield lambda a, b: sentence(f"No verdict yet: {a} and {b}")
