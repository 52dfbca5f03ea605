"""What is counted of a pair from what each reviewer says."""

import pytest

from comparisons.rules import HeadToHeads, SharedPanel
from tests.comparisons.evidence import ROSTER, evidence, pair, pair_of


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        pytest.param("++++", "+++-", SharedPanel(4, 4, 3, ROSTER[:4]), id="all reviewed both"),
        pytest.param("++- ", "+ -+", SharedPanel(2, 1, 1, ("builder", "founder")), id="two reviewed both"),
        pytest.param("+++-", " ++-", SharedPanel(3, 2, 2, ROSTER[1:4]), id="four against three of them"),
        pytest.param("++  ", "  +-", SharedPanel(), id="none did"),
        pytest.param("    ", "    ", SharedPanel(), id="nobody reviewed anything"),
    ],
)
def test_the_reviewers_of_both_tools_are_counted(first: str, second: str, shared: SharedPanel) -> None:
    assert pair(first, second).shared == shared


@pytest.mark.parametrize(
    ("choices", "counts"),
    [("", (0, 0, 0)), ("aab=", (2, 1, 1)), ("    =", (0, 0, 1)), ("bbbbbbb", (0, 7, 0))],
)
def test_answers_to_the_pair_are_counted_also_of_those_who_reviewed_neither(
    choices: str, counts: tuple[int, int, int]
) -> None:
    assert pair("++", "++", choices).head_to_heads == HeadToHeads(*counts)


@pytest.mark.parametrize(("names", "minimum"), [(1, 1), (2, 2), (3, 3), (4, 3), (7, 3)])
def test_of_a_panel_by_name_only_these_are_asked(names: int, minimum: int) -> None:
    whole = pair("+++++++", "-------", "aaaaaaa")

    some = pair("+++++++", "-------", "aaaaaaa", panel_of=dict.fromkeys(ROSTER[:names], "Name"))

    assert (whole.inputs.minimum, some.inputs.minimum) == (3, minimum)
    assert some.shared == SharedPanel(names, names, 0, ROSTER[:names])
    assert some.head_to_heads == HeadToHeads(names, 0, 0)
    assert some.roster == ROSTER[:names]


@pytest.mark.parametrize(
    ("first", "second", "choice", "prefers"),
    [
        ("+", "+", " ", (None, "reviews")),
        ("-", "-", " ", (None, "reviews")),
        ("+", "-", " ", ("alpha", "reviews")),
        ("-", "+", " ", ("beta", "reviews")),
        ("+", " ", " ", (None, None)),
        (" ", "+", " ", (None, None)),
        (" ", " ", " ", (None, None)),
        ("+", "-", "b", ("beta", "head_to_head")),
        ("+", "-", "=", (None, "head_to_head")),
        (" ", " ", "a", ("alpha", "head_to_head")),
    ],
)
def test_an_answer_to_the_pair_goes_before_two_reviews(
    first: str, second: str, choice: str, prefers: tuple[str | None, str | None]
) -> None:
    assert pair(first, second, choice).preference("builder") == prefers


def test_the_rule_reads_both_tools_in_their_order() -> None:
    found = pair_of(
        evidence("alpha", "+--", votes=(30, 2)), evidence("beta", "++", votes=(4, 50)), picks=(7, 9)
    )

    assert [votes.ship for votes in found.inputs.votes] == [30, 4]
    assert [panel.total for panel in found.inputs.panels] == [3, 2]
    assert (found.inputs.picks.first, found.inputs.picks.second) == (7, 9)
