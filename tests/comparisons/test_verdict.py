"""The verdict on two tools: what the rule gives, who dissents, and what is said beside it."""

from dataclasses import replace

import pytest
from hypothesis import given

from comparisons.evidence import PairEvidence
from comparisons.verdict import agreement, cheaper_to_start, decide, price_note
from tests.comparisons.evidence import ROSTER, any_pair, evidence, pair, pair_of


@pytest.mark.parametrize(
    ("first", "second", "choices", "dissent"),
    [
        pytest.param(
            "+++-", "++-+", "", ("founder", "futurist"), id="a tie: who prefers a tool by their reviews"
        ),
        pytest.param("++++", "+++-", "", (), id="nobody prefers the loser"),
        pytest.param("++++-", "+---+", "", ("operator",), id="who prefers the loser by their reviews"),
        pytest.param("++++", "+++-", "bba", ("builder", "skeptic"), id="who chose the loser"),
        pytest.param("++++-", "+---+", "    a", (), id="a choice goes before two reviews"),
        pytest.param("++++-", "+---+", "    =", (), id="so does no difference"),
        pytest.param("++++", "++++", "aaab", ("futurist",), id="decided by those who chose"),
        pytest.param("++++", "++++", "ab=", ("builder", "skeptic"), id="a tie: who chose at all"),
        pytest.param("+-", "-+", "ab", (), id="too few: nobody"),
        pytest.param("    ", "    ", "aaabb", ("futurist", "operator"), id="those who reviewed neither"),
    ],
)
def test_dissent_names_reviewers_in_the_order_of_the_roster(
    first: str, second: str, choices: str, dissent: tuple[str, ...]
) -> None:
    assert decide(pair(first, second, choices)).dissent == dissent


def test_by_the_earlier_rule_dissent_knew_reviews_alone() -> None:
    found = pair("++++-", "+---+", "bb  a")

    assert decide(found, rule="2026-11").dissent == ("operator",)


def test_of_a_panel_by_name_only_these_decide_and_dissent() -> None:
    whole = pair("+++-", "+-++", "b")
    some = pair("+++-", "+-++", "b", panel_of={"skeptic": "The Skeptic", "founder": "The Founder"})

    verdict = decide(some)

    assert (decide(whole).outcome, decide(whole).panel_of) == ("tie", None)
    assert (verdict.winner, verdict.margin, verdict.dissent) == ("alpha", 50, ())
    assert verdict.panel_of == ("founder", "skeptic")


@pytest.mark.parametrize(
    ("first", "second", "cheaper", "note"),
    [
        ("free", "free", None, "Both tools are free to start."),
        ("freemium", "freemium", None, "Both tools have a free plan."),
        ("paid", "paid", None, "Both tools are paid from the start."),
        ("free", "freemium", "alpha", "Alpha is free to start, Beta has a free plan."),
        ("free", "paid", "alpha", "Alpha is free to start, Beta is paid from the start."),
        ("freemium", "paid", "alpha", "Alpha has a free plan, Beta is paid from the start."),
        ("freemium", "free", "beta", "Alpha has a free plan, Beta is free to start."),
        ("paid", "free", "beta", "Alpha is paid from the start, Beta is free to start."),
        ("paid", "freemium", "beta", "Alpha is paid from the start, Beta has a free plan."),
    ],
)
def test_price_is_a_reason_where_the_entry_labels_differ_and_never_decides(
    first: str, second: str, cheaper: str | None, note: str
) -> None:
    one, other = evidence("alpha", entry=first), evidence("beta", entry=second)

    verdict = decide(pair_of(one, other))

    favorite = cheaper_to_start(one, other)
    assert (favorite and favorite.slug) == cheaper
    assert price_note(one, other) == note
    assert verdict.outcome == "tie"
    said = [(each.favors, each.detail) for each in verdict.reasons if each.code == "cheaper_to_start"]
    assert said == ([(cheaper, note)] if cheaper else [])


def test_the_first_real_page_is_a_tie_until_the_panel_is_asked() -> None:
    """Both tools at 100 of 100, and nobody has voted: the case in which a reader needs an answer most."""
    first = evidence("claude-files-api", entry="paid")
    second = evidence("llama-4-scout-quantized")

    silent, asked = (decide(pair_of(first, second, choices=choices)) for choices in ("", "aaab"))

    assert (silent.outcome, silent.winner, silent.margin) == ("tie", None, 0)
    assert [each.code for each in silent.reasons] == [
        "panel_level",
        "no_head_to_heads",
        "no_votes",
        "no_picks",
        "cheaper_to_start",
    ]
    assert (asked.winner, asked.decided_by, asked.strength, asked.margin) == (
        "claude-files-api",
        "head_to_head",
        "clear",
        50,
    )
    assert asked.answer == {
        "outcome": "winner",
        "winner": "claude-files-api",
        "decided_by": "head_to_head",
        "strength": "clear",
        "margin": 50,
        "contested": False,
        "dissent": ["futurist"],
    }


@pytest.mark.parametrize(
    ("first", "second", "row"),
    [
        ("ship", "ship", "both_ship"),
        ("skip", "skip", "both_skip"),
        ("ship", "skip", "split"),
        ("skip", "ship", "split"),
        ("ship", None, "one_sided"),
        (None, "skip", "one_sided"),
        (None, None, "one_sided"),
    ],
)
def test_a_row_says_how_its_cells_agree(first: str | None, second: str | None, row: str) -> None:
    assert agreement(first, second) == row


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(KeyError):
        decide(pair(), rule="2025-01")


# --- Whatever the evidence ----------------------------------------------------------------------


@given(any_pair)
def test_swapping_the_tools_swaps_the_sides_and_nothing_else(found: PairEvidence) -> None:
    verdict, swapped = decide(found), decide(swapped_of(found))

    assert swapped.answer == verdict.answer
    assert [(each.code, each.favors) for each in swapped.reasons] == [
        (each.code, each.favors) for each in verdict.reasons
    ]
    # Numbers have two places, in the order of the tools; who is missing has none.
    for one, other in zip(verdict.reasons, swapped.reasons, strict=True):
        assert {
            name: value[::-1] if isinstance(value, list) and name != "missing" else value
            for name, value in other.params.items()
        } == one.params


def swapped_of(found: PairEvidence) -> PairEvidence:
    return replace(
        found,
        first=found.second,
        second=found.first,
        shared=found.shared.turned(),
        head_to_heads=found.head_to_heads.turned(),
        picks=found.picks.turned(),
    )


@given(any_pair)
def test_dissent_is_of_the_roster_and_never_for_the_winner(found: PairEvidence) -> None:
    verdict = decide(found)

    assert set(verdict.dissent) <= set(ROSTER)
    assert all(found.preference(reviewer)[0] != verdict.winner for reviewer in verdict.dissent)
    assert verdict == decide(found)
