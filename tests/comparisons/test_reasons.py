"""Why a verdict is what it is: each step of the rule in words, and the same as data."""

from dataclasses import replace

import pytest

from comparisons.evidence import PairEvidence
from comparisons.reasons import Reason, names_of, reasons_for
from tests.comparisons.evidence import NOBODY, Counts, evidence, pair, pair_of
from votes.tally import PickCount, TallyCount


def reason(found: PairEvidence, code: str, *, rule: str = "2026-12") -> tuple[str | None, str, object]:
    """The one reason of this code: what it favours, its words and its data."""
    [only] = [each for each in reasons_for(found, rule=rule, cheaper=None) if each.code == code]
    return only.favors, only.detail, only.params


@pytest.mark.parametrize(
    ("found", "codes"),
    [
        pytest.param(
            pair("", ""), ["panel_too_small", "no_head_to_heads", "no_votes", "no_picks"], id="nothing known"
        ),
        pytest.param(
            pair("++++", "+++-", "aaab", votes=((20, 0), (0, 20)), picks=(20, 0)),
            ["panel_ahead", "head_to_head_ahead", "crowd_ahead", "picks_ahead"],
            id="all decide",
        ),
        pytest.param(
            pair("++++", "++++", "aabb", votes=((9, 11), (16, 4)), picks=(10, 11)),
            ["panel_level", "too_few_head_to_heads", "crowd_undecided", "picks_undecided"],
            id="none decides",
        ),
        pytest.param(
            pair("++++", "+++ ", "aaabbb", votes=((9, 1), NOBODY), picks=(1, 0)),
            ["panel_level", "head_to_head_level", "too_few_votes", "too_few_picks"],
            id="level, and few",
        ),
        pytest.param(
            pair("++-+", "++  "),
            ["panel_too_small", "whole_panels", "no_head_to_heads", "no_votes", "no_picks"],
            id="percentages that say something else",
        ),
    ],
)
def test_each_step_has_its_reason_whether_it_decided_or_not(found: PairEvidence, codes: list[str]) -> None:
    assert [each.code for each in reasons_for(found, rule="2026-12", cheaper=None)] == codes


@pytest.mark.parametrize(
    ("found", "code", "expected"),
    [
        (
            pair("++", "+-"),
            "panel_too_small",
            (
                None,
                (
                    "The panel needs 3 reviewers of both tools to decide. "
                    "Of the two reviewers of both tools, both ship Alpha and 1 ships Beta."
                ),
                {"ship": [2, 1], "total": [2, 2], "minimum": 3},
            ),
        ),
        (
            pair("++++", "++++"),
            "panel_level",
            (
                None,
                "The panel is level. Of the 4 reviewers of both tools, all ship Alpha and all ship Beta.",
                {"ship": [4, 4], "total": [4, 4]},
            ),
        ),
        (
            pair("----", "+---"),
            "panel_ahead",
            (
                "beta",
                "The panel prefers Beta. Of the 4 reviewers of both tools, none ships Alpha and 1 ships Beta.",
                {"ship": [0, 1], "total": [4, 4]},
            ),
        ),
        (
            pair("+++-", "++ +"),
            "whole_panels",
            (
                None,
                "All reviews, also those of one tool alone: 3 of 4 reviewers ship Alpha, all 3 reviewers ship Beta.",
                {"ship": [3, 3], "total": [4, 3]},
            ),
        ),
    ],
)
def test_the_panel_speaks_of_those_who_reviewed_both(
    found: PairEvidence, code: str, expected: tuple[str | None, str, object]
) -> None:
    assert reason(found, code) == expected


def test_of_a_panel_by_name_it_says_who_is_missing() -> None:
    names = {"builder": "The Builder", "founder": "The Founder", "operator": "The Operator"}

    found = reason(pair("+++", "++", panel_of=names), "panel_too_small")

    assert found == (
        None,
        (
            "The chosen panel needs 3 reviewers of both tools to decide. "
            "The only chosen reviewer of both tools ships Alpha and ships Beta. "
            "The Founder and The Operator have not reviewed both."
        ),
        {"ship": [1, 1], "total": [1, 1], "minimum": 3, "missing": ["founder", "operator"]},
    )


CHOSEN = {"builder": "The Builder", "skeptic": "The Skeptic"}


@pytest.mark.parametrize(
    ("found", "code", "detail"),
    [
        (
            pair("  ++", "  ++", panel_of=CHOSEN),
            "panel_too_small",
            (
                "The chosen panel needs 2 reviewers of both tools to decide. No chosen reviewer has reviewed both tools. "
                "The Builder and The Skeptic have not reviewed both."
            ),
        ),
        (
            pair("  ++", "  ++", panel_of={"skeptic": "The Skeptic"}),
            "panel_too_small",
            (
                "The chosen panel needs 1 reviewer of both tools to decide. No chosen reviewer has reviewed both tools. "
                "The Skeptic has not reviewed both."
            ),
        ),
        (
            pair("++--", "++++", panel_of=CHOSEN),
            "panel_level",
            "The chosen panel is level. Of the two chosen reviewers of both tools, both ship Alpha and both ship Beta.",
        ),
        (
            pair("++--", "+-++", panel_of=CHOSEN),
            "panel_ahead",
            (
                "The chosen panel prefers Alpha. "
                "Of the two chosen reviewers of both tools, both ship Alpha and 1 ships Beta."
            ),
        ),
        (
            pair("++--", "++++", panel_of=CHOSEN),
            "whole_panels",
            (
                "All reviews, also those of reviewers who were not chosen: "
                "2 of 4 reviewers ship Alpha, all 4 reviewers ship Beta."
            ),
        ),
        (
            pair("++", "++", "  aa", panel_of=CHOSEN),
            "no_head_to_heads",
            "No chosen reviewer has answered the pair yet.",
        ),
        (
            pair("++", "++", "a aa", panel_of=CHOSEN),
            "too_few_head_to_heads",
            (
                "Asked to choose, 2 chosen reviewers would have to agree: "
                "1 chosen reviewer chooses Alpha, no chosen reviewer chooses Beta."
            ),
        ),
        (
            pair("++", "++", "=", panel_of={"builder": "The Builder"}),
            "too_few_head_to_heads",
            (
                "Asked to choose, one would have to choose: "
                "no chosen reviewer chooses Alpha, no chosen reviewer chooses Beta, 1 sees no difference."
            ),
        ),
        (
            pair("++", "++", "aabb", panel_of=CHOSEN),
            "head_to_head_ahead",
            (
                "Asked to choose, the chosen panel prefers Alpha: "
                "2 chosen reviewers choose Alpha, no chosen reviewer chooses Beta."
            ),
        ),
    ],
)
def test_of_chosen_reviewers_nothing_is_said_as_of_everybody(
    found: PairEvidence, code: str, detail: str
) -> None:
    assert reason(found, code)[1] == detail


@pytest.mark.parametrize(
    ("choices", "code", "favors", "detail"),
    [
        ("", "no_head_to_heads", None, "No reviewer has answered the pair yet."),
        (
            "a=",
            "too_few_head_to_heads",
            None,
            (
                "Asked to choose, 3 reviewers would have to agree: "
                "1 reviewer chooses Alpha, no reviewer chooses Beta, 1 sees no difference."
            ),
        ),
        (
            "aaabbb",
            "head_to_head_level",
            None,
            "Asked to choose, the panel is level: 3 reviewers choose Alpha, 3 reviewers choose Beta.",
        ),
        (
            "abbb==",
            "head_to_head_ahead",
            "beta",
            (
                "Asked to choose, the panel prefers Beta: "
                "1 reviewer chooses Alpha, 3 reviewers choose Beta, 2 see no difference."
            ),
        ),
    ],
)
def test_those_who_were_asked_to_choose(choices: str, code: str, favors: str | None, detail: str) -> None:
    params = {
        "choose": [choices.count("a"), choices.count("b")],
        "no_difference": choices.count("="),
        "minimum": 3,
    }

    assert reason(pair("+", "+", choices), code) == (favors, detail, params)


@pytest.mark.parametrize(
    ("votes", "code", "favors", "detail"),
    [
        ((NOBODY, NOBODY), "no_votes", None, "Nobody has voted on either tool yet."),
        (
            (NOBODY, (25, 0)),
            "too_few_votes",
            None,
            "The crowd is too small to say: nobody has voted on Alpha, all 25 voters ship Beta.",
        ),
        (
            ((9, 11), (16, 4)),
            "crowd_undecided",
            None,
            "The crowd can't be told apart: 9 of 20 voters ship Alpha, 16 of 20 voters ship Beta.",
        ),
        (
            ((2, 18), (18, 2)),
            "crowd_ahead",
            "beta",
            "The crowd prefers Beta: 2 of 20 voters ship Alpha, 18 of 20 voters ship Beta.",
        ),
    ],
)
@pytest.mark.parametrize("rule", ["2026-11", "2026-12"])
def test_the_crowd_in_words(
    rule: str, votes: tuple[Counts, Counts], code: str, favors: str | None, detail: str
) -> None:
    assert reason(pair(votes=votes), code, rule=rule)[:2] == (favors, detail)


def test_a_crowd_from_too_few_networks_says_how_many_it_would_take() -> None:
    first, second = (
        replace(evidence(slug), community=votes)
        for slug, votes in (("alpha", TallyCount(90, 0)), ("beta", TallyCount(0, 90)))
    )

    found = reason(pair_of(first, second), "crowd_concentrated")

    assert found == (
        None,
        (
            "Too few networks have voted, or on too few days, to say: "
            "all 90 voters ship Alpha, none of the 90 voters ships Beta."
        ),
        {"ship": [90, 0], "total": [90, 90], "networks": 15, "days": 3},
    )


@pytest.mark.parametrize(
    ("picks", "code", "favors", "detail"),
    [
        ((0, 0), "no_picks", None, "Nobody has picked between the two yet."),
        (
            (1, 0),
            "too_few_picks",
            None,
            "Too few readers have picked to say: 1 reader picks Alpha, no reader picks Beta.",
        ),
        (
            (1_200, 1_190),
            "picks_undecided",
            None,
            "Readers’ picks can't be told apart: 1,200 readers pick Alpha, 1,190 readers pick Beta.",
        ),
        ((2, 18), "picks_ahead", "beta", "Readers pick Beta: 2 readers pick Alpha, 18 readers pick Beta."),
    ],
)
def test_picks_in_words(picks: Counts, code: str, favors: str | None, detail: str) -> None:
    assert reason(pair(picks=picks), code)[:2] == (favors, detail)


def test_picks_from_too_few_networks_say_how_many_it_would_take() -> None:
    found = reason(replace(pair(), picks=PickCount(30, 0)), "picks_concentrated")

    assert found == (
        None,
        "Picks come from too few networks, or from too few days, to say: 30 readers pick Alpha, no reader picks Beta.",
        {"choose": [30, 0], "networks": 15, "days": 3},
    )


def test_price_is_the_last_reason_where_it_speaks_for_a_tool() -> None:
    found = pair_of(evidence("alpha", entry="paid"), evidence("beta", entry="free"))

    assert reasons_for(found, rule="2026-12", cheaper="beta")[-1] == Reason(
        "cheaper_to_start",
        "beta",
        "Alpha is paid from the start, Beta is free to start.",
        {"entry": ["paid", "free"]},
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (
            "++",
            "++++",
            (
                "panel_too_small",
                None,
                "A verdict needs 3 reviews of each tool: both reviewers ship Alpha, all 4 reviewers ship Beta.",
            ),
        ),
        (
            "++++",
            "+++",
            (
                "panel_level",
                None,
                "The panel is level: all 4 reviewers ship Alpha, all 3 reviewers ship Beta.",
            ),
        ),
        (
            "++++",
            "+++-",
            (
                "panel_ahead",
                "alpha",
                "The panel prefers Alpha: all 4 reviewers ship Alpha, 3 of 4 reviewers ship Beta.",
            ),
        ),
    ],
)
def test_the_earlier_rule_spoke_of_the_percentages_that_are_shown(
    first: str, second: str, expected: tuple[str, str | None, str]
) -> None:
    code, favors, detail = expected

    assert reason(pair(first, second), code, rule="2026-11")[:2] == (favors, detail)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("++- ", "+ -+", (None, "Of the two reviewers of both tools, 1 ships Alpha and 1 ships Beta.")),
        ("++--", " +++", ("beta", "Of the 3 reviewers of both tools, 1 ships Alpha and all ship Beta.")),
        ("++  ", "  +-", (None, "No reviewer has reviewed both tools.")),
    ],
)
def test_beside_them_it_spoke_of_those_who_reviewed_both(
    first: str, second: str, expected: tuple[str | None, str]
) -> None:
    assert reason(pair(first, second), "shared_panel", rule="2026-11")[:2] == expected


def test_tools_of_one_name_are_told_apart_by_their_slugs() -> None:
    one, other = evidence("alpha", name="Aider"), evidence("beta", name="AIDER ")

    found = reasons_for(pair_of(one, other, choices="aaa"), rule="2026-12", cheaper=None)

    assert names_of(one, other) == ("Aider (alpha)", "AIDER  (beta)")
    assert found[1].detail.startswith(
        "Asked to choose, the panel prefers Aider (alpha): 3 reviewers choose Aider (alpha),"
    )


@pytest.mark.parametrize("rule", ["2026-11", "2026-12"])
def test_a_name_that_ends_with_a_mark_ends_its_sentence(rule: str) -> None:
    found = pair_of(
        evidence("alpha", name="What?"), evidence("beta", "+++-", name="Go!"), choices="aaa", picks=(1, 0)
    )

    details = [each.detail for each in reasons_for(found, rule=rule, cheaper=None)]

    assert not [detail for detail in details if "?." in detail or "!." in detail]
