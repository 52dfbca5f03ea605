"""When a verdict has changed, and what changed it."""

from dataclasses import replace

import pytest

from comparisons.changes import VerdictSnapshot, cause_of, change_words, has_changed, verdict_words
from comparisons.rules import RULE

Snapshot = VerdictSnapshot[str]

TIE: Snapshot = VerdictSnapshot("tie", None, None, None, 0, RULE)
TOO_FEW: Snapshot = VerdictSnapshot("insufficient", None, None, None, 0, RULE)
BY_PANEL = VerdictSnapshot("winner", "a", "panel", "narrow", 25, RULE)
BY_CHOICE = VerdictSnapshot("winner", "a", "head_to_head", "clear", 50, RULE)
BY_CROWD = VerdictSnapshot("winner", "a", "community", "narrow", 9, RULE)
BY_PICKS = VerdictSnapshot("winner", "a", "picks", "narrow", 33, RULE)


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        pytest.param(None, TIE, "first", id="nothing to a tie"),
        pytest.param(None, BY_PANEL, "first", id="nothing to a winner"),
        pytest.param(TIE, BY_CROWD, "votes", id="a tie to the crowd's winner"),
        pytest.param(BY_CROWD, TIE, "votes", id="the crowd's winner to a tie"),
        pytest.param(BY_CROWD, replace(BY_CROWD, winner="b"), "votes", id="the crowd's winner to the other"),
        pytest.param(BY_CROWD, replace(BY_CROWD, strength="clear"), "votes", id="a clearer crowd"),
        pytest.param(TIE, BY_PANEL, "panel", id="a tie to the panel's winner"),
        pytest.param(BY_PANEL, TIE, "panel", id="the panel's winner to a tie"),
        pytest.param(BY_PANEL, BY_CROWD, "panel", id="a panel that came level, and a crowd that had decided"),
        pytest.param(BY_CROWD, BY_PANEL, "panel", id="a panel that came to overrule the crowd"),
        pytest.param(BY_PANEL, replace(BY_PANEL, winner="b"), "panel", id="the panel's winner to the other"),
        pytest.param(TOO_FEW, TIE, "panel", id="enough reviews"),
        pytest.param(TIE, TOO_FEW, "panel", id="no longer enough reviews"),
        pytest.param(TOO_FEW, BY_CROWD, "votes", id="a crowd decides where reviewers are too few"),
        pytest.param(BY_CROWD, TOO_FEW, "votes", id="and no longer does"),
        pytest.param(TIE, BY_CHOICE, "head_to_head", id="a tie to those who chose"),
        pytest.param(BY_CHOICE, TIE, "head_to_head", id="those who chose to a tie: one was retracted"),
        pytest.param(BY_CHOICE, replace(BY_CHOICE, winner="b"), "head_to_head", id="they chose the other"),
        pytest.param(BY_CROWD, BY_CHOICE, "head_to_head", id="those who chose came to overrule the crowd"),
        pytest.param(BY_CHOICE, BY_PICKS, "head_to_head", id="one was retracted, and picks had decided"),
        pytest.param(BY_CHOICE, BY_PANEL, "panel", id="a panel that came to overrule them"),
        pytest.param(BY_PANEL, BY_PICKS, "panel", id="a panel that came level, and picks that had decided"),
        pytest.param(TIE, BY_PICKS, "picks", id="a tie to picks"),
        pytest.param(BY_PICKS, TOO_FEW, "picks", id="picks that no longer decide"),
        pytest.param(BY_PICKS, BY_CROWD, "votes", id="a crowd that came to overrule picks"),
        pytest.param(
            BY_CROWD, BY_PICKS, "votes", id="a crowd that no longer decides, and picks that had decided"
        ),
        pytest.param(replace(TIE, rule="2026-01"), BY_PANEL, "rule", id="another rule"),
    ],
)
def test_the_cause_of_a_change(before: Snapshot | None, after: Snapshot, cause: str) -> None:
    assert has_changed(before, after)
    assert cause_of(before, after) == cause


@pytest.mark.parametrize("verdict", [TIE, TOO_FEW, BY_PANEL, BY_CHOICE, BY_CROWD, BY_PICKS])
def test_a_margin_alone_is_no_change(verdict: Snapshot) -> None:
    assert not has_changed(verdict, replace(verdict, margin=verdict.margin + 1))


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (TIE, "a tie"),
        (TOO_FEW, "no verdict yet"),
        (BY_PANEL, "Aider, narrow, by the panel"),
        (BY_CHOICE, "Aider, clear, by the panel, head to head"),
        (BY_CROWD, "Aider, narrow, by the crowd"),
        (BY_PICKS, "Aider, narrow, by readers' picks"),
    ],
)
def test_a_verdict_in_words(verdict: Snapshot, words: str) -> None:
    assert verdict_words(verdict, winner="Aider") == words


def test_a_change_in_words() -> None:
    assert change_words(cause="votes", before="a tie", after="Aider, clear, by the crowd") == (
        "Readers' votes changed. Before: a tie. Now: Aider, clear, by the crowd."
    )
    assert change_words(cause="first", before=None, after="a tie") == (
        "The first verdict on this pair. It says: a tie."
    )
