"""What an edition says of a pair: what decided, what changed, and why."""

from uuid import UUID

import pytest

from catalog.models import Tool
from comparisons.changes import VerdictSnapshot
from comparisons.evidence import PairEvidence
from comparisons.verdict import decide
from newsletter.content.items import Because, Item, Option, Side
from newsletter.content.pair_items import (
    ReviewChange,
    comparison_rank,
    named,
    rule_item,
    verdict_detail,
    verdict_item,
)
from tests.comparisons.evidence import pair
from tests.newsletter.editions import chosen


@pytest.mark.parametrize(
    ("found", "detail"),
    [
        pytest.param(
            pair("++", "++++"),
            "A verdict needs 3 reviewers of both tools; 2 have reviewed both so far.",
            id="too few reviewers of both",
        ),
        pytest.param(
            pair("+ ", " +"),
            "A verdict needs 3 reviewers of both tools; nobody has reviewed both so far.",
            id="none of both",
        ),
        pytest.param(
            pair("----", "++++"),
            "Unanimously, by the 4 who reviewed both: all would ship it, none the other.",
            id="the panel, of the winner first",
        ),
        pytest.param(
            pair("++++", "+++-", votes=((20, 80), (80, 20))),
            "Narrowly, by the 4 who reviewed both: all would ship it, 3 the other. "
            "The crowd disagrees: 20% of 100 votes against 80% of 100 votes.",
            id="the panel against the crowd",
        ),
        pytest.param(
            pair("++++", "++--", votes=((80, 20), (20, 80))),
            "Clearly, by the 4 who reviewed both: all would ship it, 2 the other. "
            "The crowd agrees: 80% of 100 votes against 20% of 100 votes.",
            id="the panel with the crowd",
        ),
        pytest.param(
            pair("+++-", "++-+", "bbba"),
            "Asked to choose, the panel says so clearly: 3 to 1.",
            id="those who chose, of the winner first",
        ),
        pytest.param(
            pair("+++-", "+++-", votes=((20, 80), (80, 20))),
            "The panel doesn't decide. The crowd does, clearly: 80% of 100 votes against 20% of 100 votes.",
            id="the crowd",
        ),
        pytest.param(
            pair("+++-", "+++-", picks=(54, 106)),
            "Neither panel nor crowd decides. Readers pick it narrowly: 106 to 54.",
            id="picks",
        ),
        pytest.param(
            pair("+++-", "+++-"),
            "The panel is level: of the 4 who reviewed both, 3 would ship either.",
            id="a tie",
        ),
        pytest.param(
            pair("+++-", "+++-", votes=((11, 10), (10, 11))),
            "The panel is level: of the 4 who reviewed both, 3 would ship either. "
            "The crowd can't tell them apart: 52% of 21 votes against 48% of 21 votes.",
            id="a tie of the crowd too",
        ),
    ],
)
def test_what_led_to_a_verdict(found: PairEvidence, detail: str) -> None:
    assert verdict_detail(decide(found)) == detail


@pytest.mark.parametrize(
    ("pairs", "turned", "detail"),
    [
        (1, 0, "Of the only pair, none has another answer than before."),
        (48, 1, "Of 48 pairs, one has another answer than before."),
        (2_500, 1_200, "Of 2,500 pairs, 1,200 have another answer than before."),
    ],
)
def test_another_rule_is_one_line(pairs: int, turned: int, detail: str) -> None:
    told = rule_item(rule="2026-12", pairs=pairs, turned=turned)

    assert told.detail == f"Verdicts are found by rule 2026-12 now. {detail}"
    assert (told.kind, told.title, told.mark) == ("verdict", "The rule of verdicts changed", "Rule 2026-12")


def test_the_surer_verdict_ranks_first() -> None:
    panels = [("++++", "----"), ("++++", "++--"), ("++++", "+++-"), ("++++", "++++"), ("+", "++++")]

    ranks = [comparison_rank(decide(pair(one, other))) for one, other in panels]

    assert ranks == sorted(set(ranks))


AIDER, ZED = Tool(slug="aider", name="Aider"), Tool(slug="zed", name="Zed")
SIDES = (Side("aider", "Aider", "dev", "Developer Tools"), Side("zed", "Zed", "dev", "Developer Tools"))


def won(
    winner: Tool, *, by: str = "panel", strength: str = "narrow", margin: int = 25
) -> VerdictSnapshot[Tool]:
    return VerdictSnapshot("winner", winner, by, strength, margin, "2026-12")


TIE: VerdictSnapshot[Tool] = VerdictSnapshot("tie", None, None, None, 0, "2026-12")
NONE_YET: VerdictSnapshot[Tool] = VerdictSnapshot("insufficient", None, None, None, 0, "2026-12")


def changed(
    before: VerdictSnapshot[Tool],
    after: VerdictSnapshot[Tool],
    *reviews: ReviewChange,
    crowd: tuple[str, ...] = (),
) -> Item:
    return verdict_item(
        title="Aider vs Zed",
        before=before,
        after=after,
        review_changes=reviews,
        crowd_moves=crowd,
        sides=SIDES,
        choices=chosen(),
    )


def review(
    number: int = 1, *, action: str = "reviewed", now: str = "ship", former: str | None = None
) -> ReviewChange:
    return ReviewChange(
        UUID(int=number), f"R{number}", "Aider", action, now, former, quote=f"Quote `{number}`."
    )


@pytest.mark.parametrize(
    ("before", "after", "detail"),
    [
        pytest.param(
            TIE, won(AIDER), "Now: narrow, by the panel, 25 points ahead. Before: a tie.", id="decided"
        ),
        pytest.param(
            won(ZED, strength="clear", margin=50),
            won(AIDER, margin=1),
            "Now: narrow, by the panel, 1 point ahead. Before: Zed, clear, by the panel, 50 points ahead.",
            id="turned",
        ),
        pytest.param(
            won(AIDER),
            NONE_YET,
            "Now: no verdict yet. Before: Aider, narrow, by the panel, 25 points ahead.",
            id="undone",
        ),
    ],
)
def test_the_new_numbers_of_a_verdict_stand_beside_the_old(
    before: VerdictSnapshot[Tool], after: VerdictSnapshot[Tool], detail: str
) -> None:
    assert changed(before, after).detail == f"{detail} The panel's reviews changed."


@pytest.mark.parametrize(
    ("before", "after", "headline"),
    [
        (TIE, won(AIDER), "Now ship Aider over Zed"),
        (won(AIDER), won(ZED), "Now ship Zed over Aider"),
        (won(AIDER), won(AIDER, strength="clear"), "Still ship Aider over Zed"),
        (won(AIDER), TIE, "Aider vs Zed: now a tie"),
        (won(AIDER), NONE_YET, "Aider vs Zed: no verdict any more"),
    ],
)
def test_a_headline_has_each_name_once(
    before: VerdictSnapshot[Tool], after: VerdictSnapshot[Tool], headline: str
) -> None:
    assert changed(before, after).headline == headline


@pytest.mark.parametrize(
    ("reviews", "words"),
    [
        pytest.param([review()], "R1 reviewed Aider: ship.", id="one"),
        pytest.param(
            [review(action="corrected", now="ship", former="skip")],
            "R1 corrected a review of Aider, from skip to ship.",
            id="a correction that turned it",
        ),
        pytest.param(
            [review(action="corrected", now="ship", former="ship")],
            "R1 corrected a review of Aider.",
            id="a correction of its words",
        ),
        pytest.param([review(action="retracted")], "R1 retracted a review of Aider.", id="a retraction"),
        pytest.param(
            [review(1), review(2), review(3)],
            "R1 reviewed Aider: ship, R2 reviewed Aider: ship and R3 reviewed Aider: ship.",
            id="three",
        ),
        pytest.param(
            [review(number) for number in range(1, 5)],
            "R1 reviewed Aider: ship, R2 reviewed Aider: ship and 2 more reviews changed.",
            id="four",
        ),
    ],
)
def test_a_changed_verdict_says_what_reviewers_did(reviews: list[ReviewChange], words: str) -> None:
    item = changed(TIE, won(AIDER), *reviews)

    assert item.detail.endswith(f"Before: a tie. {words}")
    assert item.quote == "Quote 1."
    assert len(named(reviews)) == words.count("R")


def test_a_verdict_that_the_crowd_turned_says_how_far_it_moved() -> None:
    item = changed(TIE, won(AIDER, by="community"), review(), crowd=("Aider 50 → 67% ship",))

    assert item.detail.endswith("Before: a tie. Readers' votes changed: Aider 50 → 67% ship.")
    assert item.quote == ""


def test_a_pair_offers_both_tools_where_the_site_asks() -> None:
    assert changed(TIE, won(AIDER)).options == (
        Option("Aider", "/comparisons/aider-vs-zed?pick=aider#picks"),
        Option("Zed", "/comparisons/aider-vs-zed?pick=zed#picks"),
    )
    assert rule_item(rule="2026-12", pairs=2, turned=1).because == Because()
