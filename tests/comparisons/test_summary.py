"""A verdict in one sentence: each form of it, and what none of them may say."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparisons.evidence import Evidence, PairEvidence
from comparisons.reasons import Reason
from comparisons.rules import SharedPanel
from comparisons.summary import MAX_SUMMARY, Asked, summarize
from comparisons.verdict import Verdict, decide
from reviews.panel import PanelCount
from tests.comparisons.evidence import evidence, pair_of
from votes.tally import Interval, TallyCount

ROSTER = ("builder", "skeptic", "founder", "futurist", "veteran")


def tool(
    name: str = "A",
    panel: tuple[int, int] = (4, 4),
    votes: tuple[int, int] = (0, 0),
    *,
    entry: str = "free",
    slug: str = "",
) -> Evidence:
    """Panel and votes as (ships, of how many); its reviewers are the first of the roster, and the first of them ship."""
    ship, total = panel
    return Evidence(
        slug=slug or name.casefold().replace(" ", "-"),
        name=name,
        panel=PanelCount(ship=ship, skip=total - ship),
        community=TallyCount(ship=votes[0], skip=votes[1] - votes[0], bounds=Interval(0.1, 0.2)),
        entry=entry,
        reviews={each: "ship" if n < ship else "skip" for n, each in enumerate(ROSTER[:total])},
    )


def of_both(total: int, first: int, second: int) -> PairEvidence:
    """So many reviewers of both tools, and how many of them ship each."""
    return replace(pair_of(tool("A"), tool("B")), shared=SharedPanel(total, first, second, ROSTER[:total]))


A, B = tool("A"), tool("B")
TIE = Verdict(
    outcome="tie",
    winner=None,
    decided_by=None,
    strength=None,
    margin=0,
    contested=False,
    reasons=(),
    dissent=(),
    evidence=of_both(4, 4, 4),
)
INSUFFICIENT = replace(TIE, outcome="insufficient")


def won(
    by: str, strength: str, shared: tuple[int, int] = (4, 3), *, against: tuple[str, ...] = (), **more: Any
) -> Verdict:
    """The first tool, `a`, wins; `shared` are the ships of four reviewers of both, `against` the reasons for `b`."""
    return replace(
        TIE,
        outcome="winner",
        winner="a",
        decided_by=by,
        strength=strength,
        evidence=of_both(4, *shared),
        contested=bool(against),
        reasons=tuple(Reason(code, "b", "") for code in against),
        **more,
    )


UNREVIEWED = replace(won("panel", "clear"), evidence=of_both(0, 0, 0))
OFFLINE, CHEAP = "it must run without a network", "it must cost nothing"
LEVEL_CROWD = (60, 100)


@pytest.mark.parametrize(
    ("verdict", "first", "second", "more", "summary"),
    [
        pytest.param(
            won("panel", "unanimous", (4, 0)), A, tool("B", (0, 4)), {},
            "Ship A, not B: all 4 reviewers ship it, none the other.",
            id="the panel, unanimous",
        ),
        pytest.param(
            won("panel", "clear", (3, 1)), tool("A", (3, 4)), tool("B", (1, 4)), {},
            "Ship A, not B: 3 of 4 reviewers ship it, 1 the other.",
            id="the panel, clear",
        ),
        pytest.param(
            won("panel", "clear", (4, 2)), A, tool("B", (2, 4)), {},
            "Ship A over B: all 4 reviewers ship it, 2 the other.",
            id="the panel, clear, of which half ship the other too",
        ),
        pytest.param(
            won("panel", "clear", (4, 2)), tool("A", (4, 4)), tool("B", (2, 5)), {},
            "Ship A over B: of the 4 reviewers of both, all ship it and 2 the other.",
            id="the panel, of which half of the reviewers of both ship the other too",
        ),
        pytest.param(
            won("panel", "clear", (4, 1), against=("picks_ahead",)), A, tool("B", (1, 4)), {"picks": Asked(100, 300)},
            "Ship A over B: all 4 reviewers ship it, 1 the other. Contested: readers who chose favour the other.",
            id="the panel, clear and contested",
        ),
        pytest.param(
            won("panel", "narrow"), A, tool("B", (3, 4)), {},
            "Ship A over B, narrowly: all 4 reviewers ship it, 3 the other.",
            id="the panel, narrow",
        ),
        pytest.param(
            won("panel", "narrow", (1, 0)), tool("A", (1, 4)), tool("B", (0, 4)), {},
            "If it must be one, take A over B: 1 of 4 reviewers ships it, none the other.",
            id="the panel skips both",
        ),
        pytest.param(
            won("panel", "narrow"), tool("A", (5, 5)), tool("B", (3, 4)), {},
            "Ship A over B, narrowly: of the 4 reviewers of both, all ship it and 3 the other.",
            id="the panel, of which some reviewed one tool alone",
        ),
        pytest.param(
            won("panel", "narrow", (2, 2)), tool("A", (3, 4)), tool("B", (2, 5)), {},
            "Ship A over B, narrowly: 3 of 4 reviewers ship it, 2 of 5 the other.",
            id="the panel, whose shared reviewers see no difference",
        ),
        pytest.param(
            won("panel", "clear", (3, 3)), tool("A", (3, 4)), tool("B", (3, 4)), {},
            "Ship A over B: the panel prefers it.",
            id="the panel, by counts that don't bear it",
        ),
        pytest.param(
            won("panel", "narrow", against=("crowd_ahead",)),
            tool("A", (4, 4), (10, 100)), tool("B", (3, 4), (90, 100)), {},
            "Ship A over B, narrowly: all 4 reviewers ship it, 3 the other. Contested: voters favour the other.",
            id="contested by voters",
        ),
        pytest.param(
            won("panel", "narrow", against=("head_to_head_ahead", "picks_ahead")), A, tool("B", (3, 4)),
            {"asked": Asked(1, 3), "picks": Asked(100, 300)},
            "Ship A over B, narrowly: all 4 reviewers ship it, 3 the other. "
            "Contested: reviewers asked to choose and readers who chose favour the other.",
            id="contested by reviewers and readers who chose",
        ),
        pytest.param(
            won("panel", "narrow", against=("picks_ahead",)), tool("A", (4, 4), (8, 20)), tool("B", (3, 4), (216, 270)),
            {"picks": Asked(100, 300), "asked": Asked(1, 2)},
            "Ship A over B, narrowly: all 4 reviewers ship it, 3 the other. "
            "Contested: readers who chose favour the other.",
            id="contested by readers who chose, and not by crowds or answers that settle nothing",
        ),
        pytest.param(
            won("panel", "narrow"), A, tool("B", (3, 4)), {"when": ([CHEAP], [OFFLINE])},
            "Ship A over B, narrowly: all 4 reviewers ship it, 3 the other. "
            "Take B if it must run without a network.",
            id="who should decide against it",
        ),
        pytest.param(
            won("community", "clear", (4, 4)), tool("A", (4, 4), (506, 550)), tool("B", (4, 4), (240, 420)), {},
            "Ship A over B: 92% of 550 voters ship it, 57% of 420 the other.",
            id="the crowd, clear",
        ),
        pytest.param(
            won("community", "clear", (1, 1)), tool("A", (1, 4), (90, 100)), tool("B", (1, 4), (30, 100)), {},
            "Ship A, not B: 90% of 100 voters ship it, 30% of 100 the other.",
            id="the crowd, clear, which skips the other as the panel does",
        ),
        pytest.param(
            won("community", "clear", (4, 4)), tool("A", (4, 4), (90, 100)), tool("B", (4, 4), (30, 100)), {},
            "Ship A over B: 90% of 100 voters ship it, 30% of 100 the other.",
            id="the crowd skips the other, which all reviewers ship",
        ),
        pytest.param(
            won("community", "clear", (1, 1)), tool("A", (1, 4), (90, 100)), tool("B", (2, 4), (30, 100)), {},
            "Ship A over B: 90% of 100 voters ship it, 30% of 100 the other.",
            id="the crowd skips the other, which half of its reviewers ship",
        ),
        pytest.param(
            won("panel", "unanimous", (4, 0)), A, tool("B", (0, 4), (15, 20)), {},
            "Ship A over B: all 4 reviewers ship it, none the other.",
            id="the panel skips the other, which voters ship",
        ),
        pytest.param(
            won("panel", "unanimous", (4, 0)), A, tool("B", (0, 4), (19, 19)), {},
            "Ship A, not B: all 4 reviewers ship it, none the other.",
            id="the panel skips the other, which too few voters ship to say anything",
        ),
        pytest.param(
            replace(UNREVIEWED, decided_by="head_to_head"), tool("A", (0, 0)), tool("B", (0, 0)), {"asked": Asked(3, 0)},
            "Ship A over B: asked to choose between them, all 3 reviewers take it.",
            id="head to head, of tools that nobody reviewed",
        ),
        pytest.param(
            replace(UNREVIEWED, decided_by="picks"), tool("A", (0, 0)), tool("B", (0, 1)), {"picks": Asked(330, 140)},
            "Ship A, not B: 330 of 470 readers who chose between them take it.",
            id="picks, of a tool that nobody reviewed, and the only reviewer skips the other",
        ),
        pytest.param(
            replace(UNREVIEWED, decided_by="picks"), tool("A", (0, 0), (30, 100)), tool("B", (0, 0)),
            {"picks": Asked(330, 140)},
            "If it must be one, take A over B: 330 of 470 readers who chose between them take it.",
            id="picks, of a tool that nobody reviewed and voters skip",
        ),
        pytest.param(
            won("panel", "narrow", against=("picks_ahead",)), A, tool("B", (3, 4), (2, 2)), {"picks": Asked(100, 300)},
            "Ship A over B, narrowly: all 4 reviewers ship it, 3 the other. "
            "Contested: readers who chose favour the other.",
            id="contested by readers who chose, and nobody voted on the winner",
        ),
        pytest.param(
            won("community", "narrow", (1, 1)), tool("A", (1, 4), (700, 1_000)), tool("B", (1, 4), (600, 1_000)), {},
            "Ship A over B, narrowly: 70% of 1,000 voters ship it, 60% of 1,000 the other.",
            id="the crowd, narrow, of tools that the panel skips",
        ),
        pytest.param(
            won("community", "narrow", (4, 4)), tool("A", (4, 4), (40, 100)), tool("B", (4, 4), (10, 100)), {},
            "If it must be one, take A over B: 40% of 100 voters ship it, 10% of 100 the other.",
            id="the crowd skips both",
        ),
        pytest.param(
            won("community", "narrow", (4, 4)),
            tool("A", (4, 4), (504_000, 1_000_000)), tool("B", (4, 4), (501_000, 1_000_000)), {},
            "Ship A over B, narrowly: more of its voters ship it.",
            id="crowds that round to one percentage",
        ),
        pytest.param(
            won("community", "clear", (4, 4), against=("head_to_head_ahead",)),
            tool("A", (4, 4), (90, 100)), tool("B", (4, 4), (10, 100)), {"asked": Asked(0, 3)},
            "Ship A over B: 90% of 100 voters ship it, 10% of 100 the other. "
            "Contested: reviewers asked to choose favour the other.",
            id="the crowd, contested by reviewers who were asked",
        ),
        pytest.param(
            won("head_to_head", "unanimous", (4, 4)), A, B, {"asked": Asked(4, 0)},
            "Ship A over B: asked to choose between them, all 4 reviewers take it.",
            id="head to head, unanimous",
        ),
        pytest.param(
            won("head_to_head", "unanimous", (2, 1)), tool("A", (2, 4)), tool("B", (1, 4)), {"asked": Asked(4, 0)},
            "Ship A, not B: asked to choose between them, all 4 reviewers take it.",
            id="head to head, unanimous, and the panel skips the other",
        ),
        pytest.param(
            won("head_to_head", "unanimous", (2, 2)), A, B, {"asked": Asked(2, 0)},
            "Ship A over B: asked to choose between them, both reviewers take it.",
            id="head to head, two alone were asked",
        ),
        pytest.param(
            won("head_to_head", "unanimous", (1, 1)), A, B, {"asked": Asked(1, 0)},
            "Ship A over B: asked to choose between them, the one reviewer takes it.",
            id="head to head, one alone was asked",
        ),
        pytest.param(
            won("head_to_head", "clear", (2, 2)), A, B, {"asked": Asked(1, 0, 1)},
            "Ship A over B: asked to choose between them, 1 reviewer takes it, 1 sees no difference.",
            id="head to head, one takes it",
        ),
        pytest.param(
            won("head_to_head", "clear", (4, 4)), A, B, {"asked": Asked(3, 1)},
            "Ship A over B: asked to choose between them, 3 reviewers take it, 1 the other.",
            id="head to head, clear",
        ),
        pytest.param(
            won("head_to_head", "narrow", (4, 4)), A, B, {"asked": Asked(4, 3, 2)},
            "Ship A over B, narrowly: asked to choose between them, 4 reviewers take it, 3 the other, "
            "2 see no difference.",
            id="head to head, narrow",
        ),
        pytest.param(
            won("head_to_head", "clear", (4, 4)), A, B, {"asked": Asked(3, 0, 1)},
            "Ship A over B: asked to choose between them, 3 reviewers take it, 1 sees no difference.",
            id="head to head, and one sees no difference",
        ),
        pytest.param(
            won("head_to_head", "clear", (0, 0)), tool("A", (0, 4)), tool("B", (0, 4)), {"asked": Asked(3, 0, 1)},
            "If it must be one, take A over B: asked to choose between them, 3 reviewers take it, "
            "1 sees no difference.",
            id="head to head, of tools that the panel skips",
        ),
        pytest.param(
            won("head_to_head", "clear", (4, 4)), A, B, {},
            "Ship A over B: the panel, asked to choose between them, takes it.",
            id="head to head, without its counts",
        ),
        pytest.param(
            won("picks", "clear", (4, 4)), A, B, {"picks": Asked(330, 140)},
            "Ship A over B: 330 of 470 readers who chose between them take it.",
            id="picks, clear",
        ),
        pytest.param(
            won("picks", "narrow", (4, 4), against=("crowd_ahead",)),
            tool("A", (4, 4), (40, 100)), tool("B", (4, 4), (70, 100)), {"picks": Asked(1_300, 1_000)},
            "Ship A over B, narrowly: 1,300 of 2,300 readers who chose between them take it. "
            "Contested: voters favour the other.",
            id="picks, narrow and contested",
        ),
        pytest.param(
            won("picks", "clear", (4, 4)), A, B, {},
            "Ship A over B: readers who chose between them take it.",
            id="picks, without their counts",
        ),
        pytest.param(
            TIE, A, B, {"when": ([OFFLINE], [CHEAP])},
            "Level on every count: ship A if it must run without a network; B if it must cost nothing.",
            id="a tie, with conditions for both",
        ),
        pytest.param(
            TIE, A, B, {"when": ([OFFLINE, CHEAP], [])},
            "Level on every count: ship A if it must run without a network; otherwise neither is ahead.",
            id="a tie, with conditions for one",
        ),
        pytest.param(
            TIE, tool("A", (4, 4), (10, 12)), B, {"when": ([], [CHEAP])},
            "No winner: ship B if it must cost nothing; otherwise neither is ahead.",
            id="a tie, of which a count says more for one",
        ),
        pytest.param(
            TIE, A, B, {"picks": Asked(2, 1), "when": ([OFFLINE], [CHEAP])},
            "No winner: ship A if it must run without a network; B if it must cost nothing.",
            id="a tie, in which more readers chose one",
        ),
        pytest.param(
            TIE, tool("A", (1, 4)), tool("B", (1, 4)), {"when": ([OFFLINE], [CHEAP])},
            "Neither convinces the panel; if it must be one: A if it must run without a network; "
            "B if it must cost nothing.",
            id="a tie of tools that the panel skips",
        ),
        pytest.param(
            TIE, tool("A", (0, 4)), tool("B", (0, 4)), {},
            "Neither convinces the panel: no reviewer ships A or B.",
            id="a tie of tools that nobody ships",
        ),
        pytest.param(
            TIE, A, tool("B", entry="paid"), {},
            "Level on every count: all 4 reviewers ship A, as many B. A is free to start, B is paid from the start.",
            id="a tie in which one is cheaper to start with",
        ),
        pytest.param(
            TIE, A, B, {},
            "Level on every count: all 4 reviewers ship A, as many B, so either will do.",
            id="a tie about which nothing else is known",
        ),
        pytest.param(
            replace(TIE, evidence=of_both(3, 3, 3)), tool("A", (4, 4)), tool("B", (3, 3)), {},
            "Level on every count: all 4 reviewers ship A, all 3 ship B, so either will do.",
            id="a tie of panels that are not of one size",
        ),
        pytest.param(
            replace(TIE, evidence=of_both(4, 2, 2)),
            tool("A", (2, 4), LEVEL_CROWD), tool("B", (2, 4), (61, 100)), {},
            "No winner: 2 of 4 reviewers ship A, as many B, and readers settle nothing.",
            id="a tie of crowds that can't be told apart",
        ),
        pytest.param(
            replace(INSUFFICIENT, evidence=of_both(2, 2, 1)), tool("A", (4, 4)), tool("B", (1, 2)), {},
            "No verdict yet: it takes 3 reviewers of both tools, and there are 2.",
            id="too few reviews of one tool",
        ),
        pytest.param(
            replace(INSUFFICIENT, evidence=of_both(0, 0, 0)), tool("A", (0, 0)), tool("B", (0, 1)),
            {"when": ([OFFLINE], [CHEAP])},
            "No verdict yet: it takes 3 reviewers of both tools, and there is none. "
            "Until then: A if it must run without a network; B if it must cost nothing.",
            id="too few reviews, with conditions",
        ),
        pytest.param(
            replace(INSUFFICIENT, evidence=of_both(2, 2, 1)), A, B, {"when": ([], [CHEAP])},
            "No verdict yet: it takes 3 reviewers of both tools, and there are 2. "
            "Until then: B if it must cost nothing.",
            id="too few reviewers of both",
        ),
        pytest.param(
            replace(INSUFFICIENT, evidence=of_both(0, 0, 0)), A, B, {},
            "No verdict yet: it takes 3 reviewers of both tools, and there is none.",
            id="no reviewer of both",
        ),
    ],
)  # fmt: skip
def test_a_verdict_in_a_sentence(
    verdict: Verdict, first: Evidence, second: Evidence, more: dict[str, Any], summary: str
) -> None:
    assert summarize(verdict, first=first, second=second, **more) == summary


# --- Some of the panel alone ------------------------------------------------------------------------

PEOPLE = {
    "builder": "The Builder",
    "skeptic": "The Skeptic",
    "founder": "The Founder",
    "futurist": "The Futurist",
}
A_FOR_ALL = evidence("a", "++++", name="A")


def voted(slug: str, signs: str, votes: tuple[int, int]) -> Evidence:
    return evidence(slug, signs, name=slug.upper(), votes=votes)


@pytest.mark.parametrize(
    ("found", "panel", "summary"),
    [
        pytest.param(
            pair_of(A_FOR_ALL, evidence("b", "+--+", name="B")), ("builder", "skeptic"),
            "For The Builder and The Skeptic, ship A over B: both reviewers ship it, 1 the other.",
            id="two, and their own counts alone",
        ),
        pytest.param(
            pair_of(A_FOR_ALL, evidence("b", "+--+", name="B")), ("skeptic",),
            "For The Skeptic, ship A, not B: the one reviewer of both ships it and skips the other.",
            id="one",
        ),
        pytest.param(
            pair_of(A_FOR_ALL, evidence("b", "+--+", name="B")), ("builder", "skeptic", "founder"),
            "For 3 chosen reviewers, ship A, not B: all 3 reviewers ship it, 1 the other.",
            id="three",
        ),
        pytest.param(
            pair_of(A_FOR_ALL, evidence("b", "++--", name="B")), ("builder", "skeptic"),
            "For The Builder and The Skeptic, level on every count: both reviewers ship A, as many B, so either will do.",
            id="level",
        ),
        pytest.param(
            pair_of(A_FOR_ALL, evidence("b", "++--", name="B")), ("builder",),
            "For The Builder, level on every count: the one reviewer ships A and B, so either will do.",
            id="level, by one",
        ),
        pytest.param(
            pair_of(evidence("a", "--++", name="A"), evidence("b", "--++", name="B")), ("builder", "skeptic"),
            "For The Builder and The Skeptic, neither convinces: no reviewer ships A or B.",
            id="neither, though the whole panel ships some",
        ),
        pytest.param(
            pair_of(evidence("a", "+   ", name="A"), evidence("b", "++++", name="B")), ("builder", "skeptic"),
            "For The Builder and The Skeptic, no verdict yet: it takes 2 reviewers of both tools, and there is 1.",
            id="too few of two",
        ),
        pytest.param(
            pair_of(evidence("a", "   +", name="A"), evidence("b", "++++", name="B")), ("builder",),
            "For The Builder, no verdict yet: it takes 1 reviewer of both tools, and there is none.",
            id="too few of one",
        ),
        pytest.param(
            pair_of(evidence("a", "++ ", name="A"), evidence("b", " ++", name="B")), ("builder", "skeptic", "founder"),
            "For 3 chosen reviewers, no verdict yet: it takes 3 reviewers of both tools, and there is 1.",
            id="too few of three",
        ),
        pytest.param(
            pair_of(evidence("a", "+++ ", name="A"), evidence("b", " +++", name="B")), tuple(PEOPLE),
            "For 4 chosen reviewers, no verdict yet: it takes 3 reviewers of both tools, and there are 2.",
            id="too few of both tools",
        ),
        pytest.param(
            pair_of(evidence("a", "   +", name="A"), evidence("b", "   +", name="B"), choices="a"), ("builder",),
            "For The Builder, ship A over B: asked to choose between them, the one reviewer takes it.",
            id="who answered the pair and reviewed neither",
        ),
        pytest.param(
            pair_of(evidence("a", "-", name="A"), evidence("b", "-", name="B"), choices="a"), ("builder",),
            "For The Builder, if it must be one, take A over B: asked to choose between them, the one reviewer takes it.",
            id="who answered the pair and skips both",
        ),
        pytest.param(
            pair_of(
                evidence("a", "+", name="A", votes=(40, 2)), evidence("b", "-", name="B", votes=(40, 2)),
            ), ("builder",),
            "For The Builder, ship A, not B: the one reviewer of both ships it and skips the other.",
            id="one, whose word on the other no voter changes",
        ),
        pytest.param(
            pair_of(voted("a", "   +", (506, 44)), voted("b", "   +", (62, 70))), ("builder",),
            "For The Builder, who reviewed neither, voters decide. "
            "Ship A, not B: 92% of 550 voters ship it, 47% of 132 the other.",
            id="voters decide, not who reviewed neither",
        ),
        pytest.param(
            pair_of(voted("a", "++ +", (506, 44)), voted("b", "++ +", (62, 70))), ("builder", "skeptic"),
            "For The Builder and The Skeptic, whose reviews leave it open, voters decide. "
            "Ship A over B: 92% of 550 voters ship it, 47% of 132 the other.",
            id="voters decide, not two who ship both: the other is no tool to rule out",
        ),
        pytest.param(
            pair_of(voted("a", "+  -", (506, 44)), voted("b", " - -", (62, 70))), ("builder", "skeptic", "founder"),
            "For 3 chosen reviewers, whose reviews leave it open, voters decide. "
            "Ship A, not B: 92% of 550 voters ship it, 47% of 132 the other.",
            id="voters decide, not three who reviewed one each at most",
        ),
        pytest.param(
            pair_of(evidence("a", "   +", name="A"), evidence("b", "   +", name="B"), picks=(90, 10)), ("builder",),
            "For The Builder, who reviewed neither, readers decide. "
            "Ship A over B: 90 of 100 readers who chose between them take it.",
            id="picks decide, not who reviewed neither",
        ),
    ],
)  # fmt: skip
def test_a_chosen_panel_is_named_and_only_what_it_says_is_counted(
    found: PairEvidence, panel: tuple[str, ...], summary: str
) -> None:
    chosen = through(found, {slug: PEOPLE[slug] for slug in panel})
    answers, picks = chosen.head_to_heads, chosen.picks

    said = summarize(
        decide(chosen),
        first=found.first,
        second=found.second,
        asked=Asked(answers.first, answers.second, answers.neither),
        picks=Asked(picks.first, picks.second),
    )

    assert said == summary


def through(found: PairEvidence, panel_of: Mapping[str, str]) -> PairEvidence:
    """The same pair by these reviewers alone."""
    return PairEvidence.of_reviews(
        found.first,
        found.second,
        roster=found.roster,
        preferences=found.preferences,
        picks=found.picks,
        panel_of=panel_of,
    )


@pytest.mark.parametrize(
    ("names", "opening"),
    [
        pytest.param(("Ada\n Inc.", "{loser}"), "For Ada Inc. and {loser}, ship", id="marks of a text"),
        pytest.param(("סוקר", "مراجع"), "For סוקר and مراجع, ship", id="from right to left, with an English word between"),
        pytest.param(("Twin", "TWIN"), "For 2 chosen reviewers, ship", id="one name twice"),
        pytest.param(
            ("The Reviewer of Everything", "The Reviewer of Everything That Was Ever Shipped"),
            "For 2 chosen reviewers, ship", id="two that can't be told apart once one is cut",
        ),
        pytest.param(
            ("x" * 100, "The Reviewer of Everything That Was Ever Shipped by Anyone"),
            f"For {'x' * 27}… and The Reviewer of Everything…, ship", id="long ones",
        ),
    ],
)  # fmt: skip
def test_awkward_names_of_reviewers_stand_as_they_are(names: tuple[str, str], opening: str) -> None:
    found = pair_of(A_FOR_ALL, evidence("b", "+--+", name="B"))
    panel_of = dict(zip(("builder", "skeptic"), names, strict=True))

    said = summarize(decide(through(found, panel_of)), first=found.first, second=found.second)

    assert said == f"{opening} A over B: both reviewers ship it, 1 the other."


FILES = "Claude Files API"
WINDSURF = "Windsurf Wave 11: Cascade Agent with Multi-File Edits and Memory"


@pytest.mark.parametrize(
    ("names", "summary"),
    [
        pytest.param(
            ('The "Real" Agent', "Matt Pocock's Skills"),
            'Ship The "Real" Agent over Matt Pocock\'s Skills: all 4 reviewers ship it, 3 the other.',
            id="quotes, and an s at the end",
        ),
        pytest.param(
            ("Wordware Inc.", "Who? What?"),
            "Ship Wordware Inc. over Who? What?: all 4 reviewers ship it, 3 the other.",
            id="a full stop and a question mark at the end",
        ),
        pytest.param(
            ("סוכן קוד", "مساعد الكود"),
            "Ship סוכן קוד over مساعد الكود: all 4 reviewers ship it, 3 the other.",
            id="from right to left, with an English word between",
        ),
        pytest.param(
            ("{loser}", "{winner}"),
            "Ship {loser} over {winner}: all 4 reviewers ship it, 3 the other.",
            id="marks of a template",
        ),
        pytest.param(
            ("Two\n  lines", "B\t"),
            "Ship Two lines over B: all 4 reviewers ship it, 3 the other.",
            id="white space",
        ),
        pytest.param(
            (WINDSURF, "Stable Diffusion 4 (Apache 2.0)"),
            f"Ship {WINDSURF} over Stable Diffusion 4 (Apache 2.0): all 4 reviewers ship it, 3 the other.",
            id="a long name that fits",
        ),
        pytest.param(
            (WINDSURF, "Claude 4 API: Tool Use Streaming & Prompt Caching with Very Long Names, Really"),
            "Ship Windsurf Wave 11: Cascade Agent with Multi-File Edits and Memory over Claude 4 API: Tool Use "
            "Streaming & Prompt Caching with Very…: all 4 reviewers ship it, 3 the other.",
            id="two long names",
        ),
        pytest.param(
            (FILES, f"{FILES}: Token-Efficient Tool Use Across Many Calls and Streams, in Two Regions"),
            f"Ship {FILES} over …Token-Efficient Tool Use Across Many Calls and Streams, in Two…: "
            "all 4 reviewers ship it, 3 the other.",
            id="one name that begins the other",
        ),
        pytest.param(
            ("Skills", "SKILLS"),
            "Ship Skills (skills-1) over SKILLS (skills-2): all 4 reviewers ship it, 3 the other.",
            id="one name twice",
        ),
    ],
)
def test_awkward_names_stand_as_they_are(names: tuple[str, str], summary: str) -> None:
    first, second = tool(names[0], slug="skills-1"), tool(names[1], (3, 4), slug="skills-2")

    said = summarize(replace(won("panel", "clear"), winner="skills-1"), first=first, second=second)

    assert said == summary


def test_facts_are_left_out_before_a_name_stops_telling_the_tools_apart() -> None:
    first, second = tool("a" * 45, slug="a"), tool("a" * 46, (3, 4), slug="b")

    said = summarize(won("panel", "clear"), first=first, second=second, when=((), [OFFLINE]))

    assert said == f"Ship {'a' * 45} over {'a' * 46}: all 4 reviewers ship it, 3 the other."


def test_a_name_that_ends_with_a_mark_ends_the_sentence() -> None:
    first, second = tool("A", (0, 4)), tool("Wordware Inc.", (0, 4), slug="b")

    assert summarize(TIE, first=first, second=second) == (
        "Neither convinces the panel: no reviewer ships A or Wordware Inc."
    )


@pytest.mark.parametrize("verdict", [won("panel", "clear", (0, 0)), TIE, INSUFFICIENT])
@pytest.mark.parametrize("ship", [0, 4])
def test_the_shortest_sentence_has_room_for_two_long_names(verdict: Verdict, ship: int) -> None:
    first, second = tool("A" * 200, (ship, 4), slug="a"), tool("B" * 200, (ship, 4), slug="b")

    assert len(summarize(verdict, first=first, second=second, limit=60)) <= 60


def test_of_a_text_that_is_too_long_the_least_is_left_out_and_no_condition_is_cut() -> None:
    long = f"Agent {'x' * 60}"
    first, second = tool(long, slug="a"), tool("B", (3, 4))
    condition = "the same documents come back in every call that you make"
    said = [
        summarize(won("panel", "narrow"), first=first, second=second, when=((), [condition]), limit=limit)
        for limit in (200, 130, 95, 60)
    ]

    assert said == [
        f"Ship {long[:63]}… over B, narrowly: all 4 reviewers ship it, 3 the other. Take B if {condition}.",
        f"Ship {long[:63]}… over B, narrowly: all 4 reviewers ship it, 3 the other.",
        f"Ship {long[:27]}… over B, narrowly: all 4 reviewers ship it, 3 the other.",
        f"Ship {long[:35]}… over B, narrowly.",
    ]


# --- Whatever is known ------------------------------------------------------------------------------

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200).filter(str.strip)
crowds = st.tuples(st.integers(0, 3_000_000), st.integers(0, 3_000_000)).map(lambda n: (min(n), max(n)))
panels = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(lambda n: (min(n), max(n)))
conditions = st.lists(st.text("abc עב", min_size=1, max_size=60), max_size=2)
choices = st.builds(Asked, st.integers(0, 9_999), st.integers(0, 9_999), st.integers(0, 9))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Evidence, Evidence]:
    first, second = (
        tool(
            draw(names), draw(panels), draw(crowds), entry=draw(st.sampled_from(["free", "paid"])), slug=slug
        )
        for slug in ("a", "b")
    )
    return first, second


@st.composite
def verdicts(draw: st.DrawFn, outcome: str) -> Verdict:
    total = draw(st.integers(0, 5))
    ships = st.integers(0, total)
    verdict = replace(TIE, outcome=outcome, evidence=of_both(total, draw(ships), draw(ships)))
    if outcome != "winner":
        return verdict
    return replace(
        verdict,
        winner=draw(st.sampled_from(["a", "b"])),
        decided_by=draw(st.sampled_from(["panel", "head_to_head", "community", "picks"])),
        strength=draw(st.sampled_from(["unanimous", "clear", "narrow"])),
        contested=draw(st.booleans()),
        reasons=tuple(
            Reason(code, draw(st.sampled_from(["a", "b", None])), "")
            for code in ("head_to_head_ahead", "crowd_ahead", "picks_ahead")
        ),
    )


OPENINGS = {
    "winner": re.compile(r"Ship |If it must be one, take "),
    "tie": re.compile(r"(Level on every count|No winner|Neither convinces the panel)[.:;]"),
    "insufficient": re.compile(r"No verdict yet[.:]"),
}


@pytest.mark.parametrize("outcome", OPENINGS)
@given(data=st.data())
def test_whatever_is_known_a_sentence_is_short_and_opens_as_its_outcome_alone_does(
    data: st.DataObject, outcome: str
) -> None:
    first, second = data.draw(pairs())
    limit = data.draw(st.integers(60, MAX_SUMMARY))

    said = summarize(
        data.draw(verdicts(outcome)),
        first=first,
        second=second,
        when=(data.draw(conditions), data.draw(conditions)),
        asked=data.draw(choices),
        picks=data.draw(choices),
        limit=limit,
    )

    assert len(said) <= limit
    assert [name for name, opening in OPENINGS.items() if opening.match(said)] == [outcome]
    assert said.endswith((".", "!", "?", "…"))


@given(
    pair=pairs(),
    people=st.dictionaries(st.sampled_from(ROSTER), names, min_size=1),
    when=st.tuples(conditions, conditions),
)
def test_a_chosen_panel_is_told_in_two_hundred_characters_whatever_all_are_called(
    pair: tuple[Evidence, Evidence], people: dict[str, str], when: tuple[list[str], list[str]]
) -> None:
    first, second = pair
    limit = 170

    verdict = decide(through(pair_of(first, second), people))
    texts = [
        summarize(verdict, first=first, second=second, when=when, limit=each) for each in (limit, MAX_SUMMARY)
    ]

    assert [len(text) <= each for text, each in zip(texts, (limit, MAX_SUMMARY), strict=True)] == [True, True]
    assert all(text.startswith("For ") for text in texts)
    assert not any(opening.match(text) for text in texts for opening in OPENINGS.values())


@given(pair=pairs(), when=st.tuples(conditions, conditions))
def test_the_rule_itself_is_put_into_words_and_a_swap_of_the_tools_names_the_same_winner(
    pair: tuple[Evidence, Evidence], when: tuple[list[str], list[str]]
) -> None:
    first, second = pair
    verdict = decide(pair_of(first, second))
    turned = decide(pair_of(second, first))

    said = summarize(verdict, first=first, second=second, when=when)
    said_turned = summarize(turned, first=second, second=first, when=when[::-1])

    assert OPENINGS[verdict.outcome].match(said)
    assert OPENINGS[verdict.outcome].match(said_turned)
    assert verdict.contested or "Contested" not in said
    assert said == said_turned or verdict.outcome != "winner"
