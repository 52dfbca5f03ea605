"""The rules row by row and edge by edge, and what must hold of the present one for any inputs at all."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparisons.rules import (
    RULE,
    RULES,
    Answer,
    HeadToHeads,
    Inputs,
    SharedPanel,
    answer_of,
    crowd_favorite,
    head_to_head_favorite,
    panel_favorite,
    picks_favorite,
)
from tests.comparisons.evidence import NOBODY, Counts, any_inputs, inputs, picked
from votes.tally import Interval, PickCount, TallyCount

LEVEL = ((3, 1), (3, 1))


def judgement(answer: Answer) -> tuple[str, int | None, str | None, str | None, int]:
    return answer.outcome, answer.winner, answer.decided_by, answer.strength, answer.margin


# --- Rule 2026-12 -------------------------------------------------------------------------------

INSUFFICIENT = ("insufficient", None, None, None, 0)
TIE = ("tie", None, None, None, 0)


SURE = ((20, 0), (0, 20))


@pytest.mark.parametrize(
    ("given_inputs", "expected"),
    [
        # 1. The reviewers of both tools, where they are enough and differ.
        pytest.param(inputs(shared=(3, 3, 0)), ("winner", 0, "panel", "unanimous", 100), id="three are enough"),
        pytest.param(inputs(shared=(4, 0, 4)), ("winner", 1, "panel", "unanimous", 100), id="0 v 100 is unanimous"),
        pytest.param(inputs(shared=(4, 4, 1)), ("winner", 0, "panel", "clear", 75), id="100 v 25 is not"),
        pytest.param(inputs(shared=(4, 2, 4)), ("winner", 1, "panel", "clear", 50), id="50 points are clear"),
        pytest.param(inputs(shared=(100, 51, 100)), ("winner", 1, "panel", "narrow", 49), id="49 points are narrow"),
        pytest.param(inputs(shared=(3, 2, 1)), ("winner", 0, "panel", "narrow", 34), id="67 less 33, as readers see them"),
        pytest.param(inputs(shared=(1000, 501, 500)), ("winner", 0, "panel", "narrow", 0), id="less than a point decides"),
        pytest.param(inputs(shared=(2, 2, 0)), INSUFFICIENT, id="two are too few"),
        pytest.param(
            inputs(shared=(3, 2, 2), panels=((4, 0), (2, 2))), TIE, id="four against three others decide nothing"
        ),
        pytest.param(
            inputs(shared=(4, 4, 3), choose=(0, 7, 0), votes=((0, 20), (20, 0)), picks=(0, 90)),
            ("winner", 0, "panel", "narrow", 25),
            id="nothing outvotes the panel",
        ),
        # 2. Asked to choose.
        pytest.param(inputs(choose=(3, 0, 0)), ("winner", 0, "head_to_head", "unanimous", 100), id="3 to 0"),
        pytest.param(inputs(choose=(0, 3, 1)), ("winner", 1, "head_to_head", "clear", 100), id="3 to 0, 1 indifferent"),
        pytest.param(inputs(choose=(4, 2, 0)), ("winner", 0, "head_to_head", "clear", 33), id="two thirds are clear"),
        pytest.param(inputs(choose=(3, 2, 0)), ("winner", 0, "head_to_head", "narrow", 20), id="three fifths are narrow"),
        pytest.param(inputs(choose=(3, 5, 9)), ("winner", 1, "head_to_head", "narrow", 25), id="indifference is no vote"),
        pytest.param(inputs(choose=(2, 0, 5)), TIE, id="two are too few"),
        pytest.param(inputs(choose=(3, 3, 0)), TIE, id="3 to 3"),
        pytest.param(
            inputs(shared=(0, 0, 0), choose=(3, 1, 0)),
            ("winner", 0, "head_to_head", "clear", 50),
            id="too few reviewers of both leave it to those who chose",
        ),
        pytest.param(
            inputs(choose=(3, 0, 0), votes=(SURE[1], SURE[0]), picks=(0, 90)),
            ("winner", 0, "head_to_head", "unanimous", 100),
            id="readers don't outvote those who chose",
        ),
        # 3. Crowds that are sure and differ.
        pytest.param(inputs(votes=SURE), ("winner", 0, "community", "clear", 100), id="20 votes each are enough"),
        pytest.param(inputs(votes=((19, 0), (0, 20))), TIE, id="19 votes are not"),
        pytest.param(inputs(votes=((9, 11), (16, 4))), TIE, id="bounds overlap"),
        pytest.param(
            inputs(votes=((3, 17), (18, 2))), ("winner", 1, "community", "narrow", 75), id="7 points between are narrow"
        ),
        pytest.param(
            inputs(shared=(0, 0, 0), votes=SURE),
            ("winner", 0, "community", "clear", 100),
            id="a crowd decides where reviewers are too few",
        ),
        pytest.param(
            inputs(votes=SURE, picks=(0, 90)), ("winner", 0, "community", "clear", 100), id="picks don't outvote it"
        ),
        # 4. Picks that are sure.
        pytest.param(inputs(picks=(20, 0)), ("winner", 0, "picks", "clear", 100), id="20 picks are enough"),
        pytest.param(inputs(picks=(19, 0)), TIE, id="19 picks are not"),
        pytest.param(inputs(picks=(3, 17)), ("winner", 1, "picks", "narrow", 70), id="17 of 20 are sure"),
        pytest.param(inputs(picks=(4, 16)), TIE, id="16 of 20 are not"),
        pytest.param(inputs(picks=(700, 300)), ("winner", 0, "picks", "clear", 40), id="surely above 60 of 100"),
        pytest.param(inputs(picks=(620, 380)), ("winner", 0, "picks", "narrow", 24), id="surely above one half alone"),
        pytest.param(inputs(picks=(106, 54)), ("winner", 0, "picks", "narrow", 33), id="32.5 points are 33"),
        pytest.param(inputs(picks=(54, 106)), ("winner", 1, "picks", "narrow", 33), id="whichever tool is first"),
        pytest.param(
            inputs(shared=(0, 0, 0), picks=(20, 0)),
            ("winner", 0, "picks", "clear", 100),
            id="picks decide where reviewers are too few",
        ),
        # 5. Otherwise nobody wins.
        pytest.param(inputs(shared=(0, 0, 0)), INSUFFICIENT, id="nobody reviewed both"),
        pytest.param(inputs(shared=(2, 1, 1), choose=(2, 0, 0), picks=(9, 0)), INSUFFICIENT, id="a little of each"),
        pytest.param(inputs(shared=(3, 0, 0)), TIE, id="three who skip both"),
        # A panel of fewer by name.
        pytest.param(inputs(shared=(1, 1, 0), minimum=1), ("winner", 0, "panel", "unanimous", 100), id="one by name"),
        pytest.param(inputs(shared=(1, 1, 0), minimum=2), INSUFFICIENT, id="one of two by name"),
        pytest.param(
            inputs(shared=(2, 1, 1), choose=(0, 2, 0), minimum=2),
            ("winner", 1, "head_to_head", "unanimous", 100),
            id="two by name choose",
        ),
    ],
)  # fmt: skip
def test_the_first_step_that_fits_decides(
    given_inputs: Inputs, expected: tuple[str, int | None, str | None, str | None, int]
) -> None:
    assert judgement(answer_of(given_inputs)) == expected


@pytest.mark.parametrize(
    ("low", "high", "winner", "strength"),
    [
        (0.6, 0.9, 0, "clear"),
        (0.5999999, 0.9, 0, "narrow"),
        (0.5000001, 0.9, 0, "narrow"),
        (0.5, 0.9, None, None),
        (0.1, 0.5, None, None),
        (0.1, 0.4999999, 1, "narrow"),
        (0.1, 0.4000001, 1, "narrow"),
        (0.1, 0.4, 1, "clear"),
    ],
)
def test_picks_decide_by_the_bounds_that_were_published(
    low: float, high: float, winner: int | None, strength: str | None
) -> None:
    picks = PickCount(10, 90, Interval(low, high)) if winner else PickCount(90, 10, Interval(low, high))

    answer = answer_of(replace(inputs(), picks=picks))

    assert (answer.winner, answer.strength) == (winner, strength)


@pytest.mark.parametrize(
    ("given_inputs", "contested"),
    [
        pytest.param(inputs(shared=(4, 4, 3), choose=(0, 3, 0)), True, id="those who chose favour the loser"),
        pytest.param(inputs(shared=(4, 4, 3), choose=(0, 2, 0)), False, id="too few chose it"),
        pytest.param(inputs(shared=(4, 4, 3), choose=(3, 0, 0)), False, id="they agree"),
        pytest.param(
            inputs(shared=(4, 4, 3), votes=((2, 18), (18, 2))), True, id="the crowd favours the loser"
        ),
        pytest.param(
            inputs(shared=(4, 4, 3), votes=((9, 11), (16, 4))), False, id="the crowd can't be told apart"
        ),
        pytest.param(inputs(shared=(4, 4, 3), picks=(3, 17)), True, id="picks favour the loser"),
        pytest.param(inputs(shared=(4, 4, 3), picks=(4, 16)), False, id="picks are unsure"),
        pytest.param(
            inputs(choose=(3, 0, 0), votes=((2, 18), (18, 2))), True, id="the crowd against those who chose"
        ),
        pytest.param(inputs(votes=SURE, picks=(3, 17)), True, id="picks against the crowd"),
        pytest.param(inputs(picks=(17, 3)), False, id="picks decided"),
        pytest.param(inputs(choose=(3, 3, 0), votes=((9, 11), (16, 4))), False, id="a tie"),
        pytest.param(inputs(shared=(0, 0, 0), choose=(2, 0, 0)), False, id="nothing was decided"),
    ],
)
def test_a_verdict_is_contested_where_a_later_step_favours_the_loser(
    given_inputs: Inputs, contested: bool
) -> None:
    assert answer_of(given_inputs).contested is contested


def test_crowds_and_picks_from_too_few_networks_decide_nothing() -> None:
    alone = replace(inputs(), votes=(TallyCount(90, 0), TallyCount(0, 90)), picks=PickCount(90, 0))

    assert judgement(answer_of(alone)) == TIE


def test_on_one_and_the_same_panel_without_answers_and_picks_the_rule_says_what_the_earlier_one_said() -> (
    None
):
    """Of each panel of up to seven; the rule was changed for those who reviewed one tool alone."""
    votes = [(NOBODY, NOBODY), SURE, ((2, 18), (18, 2)), ((9, 11), (16, 4))]
    for total in range(8):
        for first in range(total + 1):
            for second in range(total + 1):
                for crowds in votes if total >= 3 else votes[:1]:
                    same = inputs(
                        shared=(total, first, second),
                        panels=((first, total - first), (second, total - second)),
                        votes=crowds,
                    )
                    assert answer_of(same) == answer_of(same, rule="2026-11")


# --- Whatever the inputs ------------------------------------------------------------------------


@given(any_inputs, st.sampled_from(list(RULES)))
def test_turning_the_tools_turns_the_answer_and_nothing_else(given_inputs: Inputs, rule: str) -> None:
    answer = answer_of(given_inputs, rule=rule)
    turned = answer_of(given_inputs.turned(), rule=rule)

    assert turned == replace(answer, winner=None if answer.winner is None else 1 - answer.winner)


@given(any_inputs)
def test_an_answer_is_whole(given_inputs: Inputs) -> None:
    answer = answer_of(given_inputs)

    assert answer.outcome in {"winner", "tie", "insufficient"}
    assert (answer.outcome == "winner") == (answer.winner in {0, 1})
    assert (answer.decided_by is None) == (answer.strength is None) == (answer.winner is None)
    assert 0 <= answer.margin <= 100
    assert answer.winner is not None or (answer.margin, answer.contested) == (0, False)


@given(any_inputs)
def test_each_favorite_is_ahead(given_inputs: Inputs) -> None:
    shared, answers, picks = given_inputs.shared, given_inputs.head_to_heads, given_inputs.picks
    ahead = {
        panel_favorite: (shared.first, shared.second),
        head_to_head_favorite: (answers.first, answers.second),
        crowd_favorite: tuple(
            (votes.ship / votes.total if votes.total else 0) for votes in given_inputs.votes
        ),
        picks_favorite: (picks.first, picks.second),
    }

    for favorite, sides in ahead.items():
        side = favorite(given_inputs)
        assert side is None or sides[side] > sides[1 - side]


def place(answer: Answer) -> int:
    """How good an answer is for the first tool."""
    return {0: 1, None: 0, 1: -1}[answer.winner]


def better_head_to_heads(answers: HeadToHeads) -> list[HeadToHeads]:
    """One more for the first tool, or one that changed in its favour."""
    better = [replace(answers, first=answers.first + 1)]
    if answers.second:
        better.append(replace(answers, second=answers.second - 1, first=answers.first + 1))
        better.append(replace(answers, second=answers.second - 1, neither=answers.neither + 1))
    if answers.neither:
        better.append(replace(answers, neither=answers.neither - 1, first=answers.first + 1))
    return better


@given(any_inputs)
def test_a_head_to_head_for_a_tool_never_worsens_its_outcome(given_inputs: Inputs) -> None:
    before = place(answer_of(given_inputs))

    for better in better_head_to_heads(given_inputs.head_to_heads):
        assert place(answer_of(replace(given_inputs, head_to_heads=better))) >= before


@given(any_inputs)
def test_a_pick_of_a_tool_never_worsens_its_outcome_once_there_are_enough(given_inputs: Inputs) -> None:
    picks = given_inputs.picks
    better = [picked(picks.first + 1, picks.second)]
    if picks.second:
        better.append(picked(picks.first + 1, picks.second - 1))

    for each in better if picks.total >= 20 else []:
        assert place(answer_of(replace(given_inputs, picks=each))) >= place(answer_of(given_inputs))


@given(any_inputs)
def test_a_vote_for_a_tool_never_worsens_its_outcome_once_there_are_enough(given_inputs: Inputs) -> None:
    first, second = given_inputs.votes
    better = [(first.ship + 1, first.skip)]
    if first.skip:
        better.append((first.ship + 1, first.skip - 1))

    for each in better if first.total >= 20 else []:
        after = replace(given_inputs, votes=(TallyCount.with_bounds(*each), second))
        assert place(answer_of(after)) >= place(answer_of(given_inputs))


@given(any_inputs)
def test_a_reviewer_of_both_who_comes_to_ship_a_tool_never_worsens_its_outcome(given_inputs: Inputs) -> None:
    shared = given_inputs.shared
    better = [replace(shared, first=shared.first + 1)] if shared.first < shared.total else []
    better += [replace(shared, second=shared.second - 1)] if shared.second else []

    for each in better:
        assert place(answer_of(replace(given_inputs, shared=each))) >= place(answer_of(given_inputs))


# --- Rule 2026-11, which earlier verdicts were found by -----------------------------------------


@pytest.mark.parametrize(
    ("panels", "votes", "expected"),
    [
        # 1. A panel that is too small decides nothing, whatever else is known.
        pytest.param(((0, 0), (0, 0)), (NOBODY, NOBODY), INSUFFICIENT, id="nobody reviewed either"),
        pytest.param(((2, 0), (0, 4)), (NOBODY, NOBODY), INSUFFICIENT, id="two reviews of the first"),
        pytest.param(((4, 0), (0, 2)), (NOBODY, NOBODY), INSUFFICIENT, id="two reviews of the second"),
        pytest.param(
            ((2, 0), (2, 0)), ((90, 0), (0, 90)), INSUFFICIENT, id="a sure crowd can't make up for it"
        ),
        # 2. Panels that differ decide, and the crowd is not asked.
        pytest.param(
            ((3, 0), (0, 3)),
            (NOBODY, NOBODY),
            ("winner", 0, "panel", "unanimous", 100),
            id="three reviews are enough",
        ),
        pytest.param(
            ((0, 4), (4, 0)),
            (NOBODY, NOBODY),
            ("winner", 1, "panel", "unanimous", 100),
            id="0 v 100 is unanimous",
        ),
        pytest.param(
            ((4, 0), (1, 99)),
            (NOBODY, NOBODY),
            ("winner", 0, "panel", "clear", 99),
            id="100 v 1 is not",
        ),
        pytest.param(
            ((99, 1), (0, 4)), (NOBODY, NOBODY), ("winner", 0, "panel", "clear", 99), id="99 v 0 is not"
        ),
        pytest.param(
            ((4, 0), (2, 2)),
            (NOBODY, NOBODY),
            ("winner", 0, "panel", "clear", 50),
            id="50 points are clear",
        ),
        pytest.param(
            ((4, 0), (51, 49)),
            (NOBODY, NOBODY),
            ("winner", 0, "panel", "narrow", 49),
            id="49 points are narrow",
        ),
        pytest.param(
            ((50, 50), (51, 49)),
            (NOBODY, NOBODY),
            ("winner", 1, "panel", "narrow", 1),
            id="1 point decides",
        ),
        pytest.param(
            ((2, 1), (67, 33)), (NOBODY, NOBODY), TIE, id="two thirds and 67 are the same published number"
        ),
        pytest.param(
            ((3, 1), (4, 0)),
            ((90, 0), (0, 90)),
            ("winner", 1, "panel", "narrow", 25),
            id="a sure crowd does not outvote the panel",
        ),
        # 3. Level panels leave it to a crowd that is large and sure enough.
        pytest.param(
            LEVEL,
            ((20, 0), (0, 20)),
            ("winner", 0, "community", "clear", 100),
            id="20 votes each are enough",
        ),
        pytest.param(LEVEL, ((19, 0), (0, 20)), TIE, id="19 votes on the first are not"),
        pytest.param(LEVEL, ((20, 0), (0, 19)), TIE, id="19 votes on the second are not"),
        pytest.param(LEVEL, ((9, 11), (16, 4)), TIE, id="intervals overlap"),
        pytest.param(
            LEVEL,
            ((3, 17), (18, 2)),
            ("winner", 1, "community", "narrow", 75),
            id="7 points between the bounds are narrow",
        ),
        pytest.param(
            LEVEL,
            ((20, 0), (3, 17)),
            ("winner", 0, "community", "clear", 85),
            id="22 points between the bounds are clear",
        ),
        pytest.param(
            LEVEL,
            ((19, 1), (2, 18)),
            ("winner", 0, "community", "narrow", 85),
            id="just under 20 points are narrow",
        ),
        pytest.param(
            ((3, 0), (6, 0)),
            ((20, 0), (0, 20)),
            ("winner", 0, "community", "clear", 100),
            id="panels of different size can be level",
        ),
        pytest.param(
            LEVEL, ((15, 5), (4, 16)), TIE, id="Wilson intervals are apart, which is not enough at every look"
        ),
        # 4. Otherwise nobody wins.
        pytest.param(((4, 0), (4, 0)), (NOBODY, NOBODY), TIE, id="100 v 100"),
        pytest.param(((0, 4), (0, 3)), (NOBODY, NOBODY), TIE, id="0 v 0"),
        pytest.param(LEVEL, (NOBODY, (500, 0)), TIE, id="only one tool has votes"),
        # A crowd of a hundred thousand can be sure of less than a point.
        pytest.param(
            ((4, 0), (4, 0)),
            ((504_000, 496_000), (495_500, 504_500)),
            ("winner", 0, "community", "narrow", 0),
            id="a huge crowd decides within a rounded point",
        ),
    ],
)
def test_the_first_row_of_the_earlier_rule_that_fits_decides(
    panels: tuple[Counts, Counts],
    votes: tuple[Counts, Counts],
    expected: tuple[str, int | None, str | None, str | None, int],
) -> None:
    answer = answer_of(inputs(panels=panels, votes=votes, choose=(0, 7, 0), picks=(0, 90)), rule="2026-11")

    assert judgement(answer) == expected


@pytest.mark.parametrize(
    ("panels", "votes", "contested"),
    [
        pytest.param(((4, 0), (3, 1)), ((2, 18), (18, 2)), True, id="the crowd favours the loser"),
        pytest.param(((1, 3), (4, 0)), ((18, 2), (2, 18)), True, id="on the first side"),
        pytest.param(((4, 0), (3, 1)), ((18, 2), (2, 18)), False, id="the crowd agrees"),
        pytest.param(((4, 0), (3, 1)), ((0, 19), (20, 0)), False, id="the crowd is too small"),
        pytest.param(((3, 1), (3, 1)), ((18, 2), (2, 18)), False, id="the crowd decided"),
        pytest.param(((2, 0), (4, 0)), ((18, 2), (2, 18)), False, id="nothing was decided"),
    ],
)
def test_by_the_earlier_rule_only_the_crowd_contests(
    panels: tuple[Counts, Counts], votes: tuple[Counts, Counts], contested: bool
) -> None:
    assert answer_of(inputs(panels=panels, votes=votes), rule="2026-11").contested is contested


# --- Both ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "outcome", "strength"),
    [
        pytest.param((0.5, 0.75), (0.25, 0.5), "tie", None, id="touching is overlapping"),
        pytest.param((0.5, 0.75), (0.25, 0.5000001), "tie", None, id="overlapping by a hair"),
        pytest.param((0.5000001, 0.75), (0.25, 0.5), "winner", "narrow", id="apart by a hair"),
        pytest.param(
            (0.1999999, 0.75), (0.0, 0.0), "winner", "narrow", id="a hair less than 20 points apart"
        ),
        pytest.param((0.2, 0.75), (0.0, 0.0), "winner", "clear", id="20 points apart"),
        pytest.param((0.3, 0.4), (0.2, 0.9), "tie", None, id="one within the other"),
    ],
)
@pytest.mark.parametrize("rule", RULES)
def test_the_nearer_bounds_say_how_far_crowds_are_apart(
    rule: str, first: tuple[float, float], second: tuple[float, float], outcome: str, strength: str | None
) -> None:
    votes = (TallyCount(50, 50, Interval(*first)), TallyCount(50, 50, Interval(*second)))

    answer = answer_of(replace(inputs(), votes=votes), rule=rule)

    assert (answer.outcome, answer.strength) == (outcome, strength)


def test_the_present_rule_is_the_last_and_an_unknown_one_is_refused() -> None:
    assert RULE == max(RULES) == "2026-12"
    with pytest.raises(KeyError):
        answer_of(inputs(), rule="2026-10")


def test_what_is_turned_twice_is_what_it_was() -> None:
    given_inputs = inputs(shared=(5, 2, 4), choose=(1, 2, 3), votes=((30, 2), (4, 50)), picks=(70, 20))

    assert given_inputs.turned().turned().shared == SharedPanel(5, 2, 4)
    assert given_inputs.turned().turned().head_to_heads == HeadToHeads(1, 2, 3)
    assert given_inputs.turned().turned().votes == given_inputs.votes
