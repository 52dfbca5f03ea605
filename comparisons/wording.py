"""The sentences of a verdict's reasons: right for none, one and many, and for whatever a tool is called."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answers:
    """How many of those who were asked about a tool ship it; `name` is the tool's."""

    name: str
    ship: int
    total: int


@dataclass(frozen=True, slots=True)
class Group:
    """Those who were asked, and what they do about a tool: `reviewer`, `reviewers`, `reviewed`."""

    one: str
    many: str
    asked: str


REVIEWERS = Group("reviewer", "reviewers", "reviewed")
VOTERS = Group("voter", "voters", "voted on")


@dataclass(frozen=True, slots=True)
class Choosers:
    """Those who were asked to choose between two tools: one and many of them, and what one and many do."""

    one: str
    many: str
    chooses: str
    choose: str


CHOOSERS = Choosers("reviewer", "reviewers", "chooses", "choose")
CHOSEN = Choosers("chosen reviewer", "chosen reviewers", "chooses", "choose")
PICKERS = Choosers("reader", "readers", "picks", "pick")

_ENTRY = {
    "free": ("is free to start", "are free to start"),
    "freemium": ("has a free plan", "have a free plan"),
    "paid": ("is paid from the start", "are paid from the start"),
}


def of_both(opening: str, first: Answers, second: Answers, *, group: Group) -> str:
    """`The panel is level: all 4 reviewers ship Aider, both reviewers ship Cursor.`"""
    return sentence(f"{opening}: {_ships(first, group)}, {_ships(second, group)}")


def _ships(answers: Answers, group: Group) -> str:
    ship, total, name = answers.ship, answers.total, answers.name
    if total == 0:
        return f"nobody has {group.asked} {name}"
    if total == 1:
        return f"the only {group.one} {'ships' if ship else 'skips'} {name}"
    if ship == 0:
        return f"none of the {total:,} {group.many} ships {name}"
    if ship == total:
        return f"{'both' if total == 2 else f'all {total:,}'} {group.many} ship {name}"
    return f"{ship:,} of {total:,} {group.many} {'ships' if ship == 1 else 'ship'} {name}"


def of_shared(first: Answers, second: Answers, *, whose: str = "") -> str:
    """What those reviewers say who reviewed both tools; as many as either `total`.

    `whose` is a word before "reviewer", and a space, where not all were asked.
    """
    total = first.total
    if total == 0:
        return f"No {whose}reviewer has reviewed both tools."
    if total == 1:
        says = [f"{'ships' if answers.ship else 'skips'} {answers.name}" for answers in (first, second)]
        return sentence(f"The only {whose}reviewer of both tools {' and '.join(says)}")
    number = "two" if total == 2 else f"{total:,}"
    return sentence(f"Of the {number} {whose}reviewers of both tools, {_part(first)} and {_part(second)}")


def _part(answers: Answers) -> str:
    if answers.ship == 0:
        return f"none ships {answers.name}"
    if answers.ship == answers.total:
        return f"{'both' if answers.total == 2 else 'all'} ship {answers.name}"
    return f"{answers.ship:,} {'ships' if answers.ship == 1 else 'ship'} {answers.name}"


def of_choices(
    opening: str, first: tuple[str, int], second: tuple[str, int], *, group: Choosers, neither: int = 0
) -> str:
    """How many choose each tool, a name and a number, and to how many it is the same.

    `Asked to choose, the panel prefers Aider: 3 reviewers choose Aider, no reviewer chooses Zed, 1 sees no difference.`
    """
    parts = [_choose(name, number, group) for name, number in (first, second)]
    if neither:
        parts.append(f"{neither:,} {'sees' if neither == 1 else 'see'} no difference")
    return sentence(f"{opening}: {', '.join(parts)}")


def _choose(name: str, number: int, group: Choosers) -> str:
    if number == 1:
        return f"1 {group.one} {group.chooses} {name}"
    return (
        f"{number:,} {group.many} {group.choose} {name}"
        if number
        else f"no {group.one} {group.chooses} {name}"
    )


def listed(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def of_entries(first: tuple[str, str], second: tuple[str, str]) -> str:
    """How each tool, a name and an entry label, is to start with."""
    (one, entry), (other, other_entry) = first, second
    if entry == other_entry:
        return f"Both tools {_ENTRY[entry][1]}."
    return f"{one} {_ENTRY[entry][0]}, {other} {_ENTRY[other_entry][0]}."


def apart(first: tuple[str, str], second: tuple[str, str]) -> tuple[str, str]:
    """The names of two tools, each a name and a slug; tools of one name are told apart by their slugs."""
    (one, slug), (other, other_slug) = first, second
    if " ".join(one.casefold().split()) != " ".join(other.casefold().split()):
        return one, other
    return f"{one} ({slug})", f"{other} ({other_slug})"


def sentence(text: str) -> str:
    """With a full stop, unless a name ends it with a mark of its own."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
