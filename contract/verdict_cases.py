"""Writes a thousand cases of the verdict rule, by which a client in any language checks its own: run this as a module.

Each case has what a verdict was decided from, as `verdict.replay` has it, and the answer. Both rules are among them. A line
is one case, so that a change of the rule shows in a diff.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from comparisons.replay import replay_from_json
from comparisons.rules import RULE
from comparisons.verdict import decide
from votes.tally import deciding_bounds

FILE = Path(__file__).with_name("verdict-cases.json")
CASES = 1_000
SEED = 2026_12

ROSTER = ("builder", "skeptic", "founder", "futurist", "operator", "designer", "researcher")
REVIEWS = {"+": "ship", "-": "skip", " ": None}
CHOICES = {"a": "alpha", "b": "beta", "=": None}
Counts = tuple[int, int]
NOBODY = (0, 0)

# Any: data as JSON has it.
Replay = dict[str, Any]


def replay(
    first: str = "++++",
    second: str = "++++",
    choices: str = "    ",
    *,
    votes: tuple[Counts, Counts] = (NOBODY, NOBODY),
    picks: Counts = NOBODY,
    panel_of: list[str] | None = None,
    rule: str = RULE,
) -> Replay:
    """By a sign for each of the roster: `+` ships, `-` skips; `a` and `b` choose, `=` sees no difference, a space says
    nothing."""
    said = zip(ROSTER, first.ljust(7), second.ljust(7), choices.ljust(7), strict=True)
    return {
        "rule": rule,
        "tools": ["alpha", "beta"],
        "panel_of": panel_of,
        "panels": [{"ship": signs.count("+"), "skip": signs.count("-")} for signs in (first, second)],
        "reviewers": [
            {
                "reviewer": slug,
                "reviews": [REVIEWS[one], REVIEWS[other]],
                "has_answered": choice in CHOICES,
                "prefers": CHOICES.get(choice),
            }
            for slug, one, other, choice in said
            if (one, other, choice) != (" ", " ", " ") and slug in (panel_of or ROSTER)
        ],
        "votes": [
            {"ship": ship, "skip": skip, "bounds": _bounds(ship, skip), "as_of": None} for ship, skip in votes
        ],
        "picks": {"first": picks[0], "second": picks[1], "bounds": _bounds(*picks), "as_of": None},
    }


def _bounds(one: int, other: int) -> dict[str, float] | None:
    bounds = deciding_bounds(part=one, total=one + other)
    return None if bounds is None else {"low": bounds.low, "high": bounds.high}


def edges() -> Iterator[Replay]:
    """Each step where it just decides, and where it just doesn't."""
    panels = ("", ""), ("++", "--"), ("+++", "---"), ("++++", "+++-"), ("++--", "++++"), ("+++-", " ++-")
    yield from (replay(one, other) for one, other in panels)
    answers = ("aa", "aaa", "aaa=", "aaab", "aaabb", "aaabbb", "bbba=", "=")
    yield from (replay(choices=choices) for choices in answers)
    for votes in (((19, 0), (0, 20)), ((20, 0), (0, 20)), ((9, 11), (16, 4)), ((3, 17), (18, 2))):
        yield replay("+++-", "+-++", votes=votes)
    for picks in ((19, 0), (20, 0), (3, 17), (4, 16), (700, 300), (620, 380), (106, 54)):
        yield replay("+++-", "+-++", picks=picks)
    yield replay("++++", "+++-", "bbb", votes=((2, 18), (18, 2)), picks=(3, 17))


def random_replay(random: Random, *, rule: str = RULE) -> Replay:
    """Panels are often level, and crowds now unsure, now sure."""
    most = random.choice([0, 10, 40, 400])

    def counts() -> Counts:
        return random.randrange(most + 1), random.randrange(most + 1)

    def signs(of: str) -> str:
        return "".join(random.choices(of, k=asked))

    asked = random.choice([3, 4, 4, 4, 7])
    first = signs("+- ")
    return replay(
        first,
        first if random.random() < 0.5 else signs("+- "),
        signs(random.choice(["ab= ", "a  ", "b  ", "    "])),
        votes=(counts(), counts()),
        picks=counts(),
        panel_of=sorted(random.sample(ROSTER[:4], random.randint(1, 4))) if random.random() < 0.2 else None,
        rule=rule,
    )


def cases() -> list[dict[str, Any]]:
    """The same at each run; every tenth by the earlier rule."""
    random = Random(SEED)  # noqa: S311 - so that they are the same.
    replays = list(edges())
    while len(replays) < CASES:
        rule = "2026-11" if len(replays) % 10 == 9 else RULE
        replays.append(random_replay(random, rule=rule))
    return [{"replay": each, "answer": answer_to(each)} for each in replays]


def answer_to(data: Replay) -> dict[str, object]:
    read = replay_from_json(data)
    return decide(read.pair, rule=read.rule).answer


def as_text(cases: list[dict[str, Any]]) -> str:
    """One case a line."""
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in cases)
    return f'{{"cases":[\n{lines}\n]}}\n'


if __name__ == "__main__":
    FILE.write_text(as_text(cases()), encoding="utf-8")
