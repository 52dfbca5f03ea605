"""The history of verdicts: what is written down, when, once, and at what cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from comparisons.history.recording import record_verdicts
from comparisons.models import Comparison, VerdictChange
from reviews.models import HeadToHead, Review
from tests.database import at_once, execute
from tests.factories import (
    NOW,
    ComparisonFactory,
    PickFactory,
    ToolFactory,
    VoterFactory,
    answer_pair,
    networks_of,
    review,
    vote,
)
from votes.models import Pick
from votes.tallies.publication import publish_tallies

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=3)


def pair(*, first: tuple[int, int] = (4, 0), second: tuple[int, int] = (4, 0), **values: Any) -> Comparison:
    """A published pair whose panels have so many ships and skips."""
    comparison: Comparison = ComparisonFactory(**values)
    for tool, (ship, skip) in ((comparison.first_tool, first), (comparison.second_tool, second)):
        review(tool, ship=ship, skip=skip)
    return comparison


def kept() -> list[tuple[Any, ...]]:
    changes = VerdictChange.objects.order_by("comparison", "number")
    return list(changes.values_list("number", "cause", "before_outcome", "outcome", "strength", "margin"))


def test_a_pair_begins_its_history_with_its_first_verdict() -> None:
    comparison = pair(first=(4, 0), second=(2, 2))

    found = record_verdicts(now=NOW)

    change = VerdictChange.objects.get()
    assert found == 1
    assert (change.comparison, change.number, change.changed_at, change.cause) == (
        comparison,
        1,
        NOW,
        "first",
    )
    assert change.before is None
    assert change.after.answer == ("winner", comparison.first_tool, "panel", "clear", "2026-12")
    assert change.margin == 50
    assert change.detail == (
        f"The first verdict on this pair. It says: {comparison.first_tool.name}, clear, by the panel."
    )


def test_what_has_not_changed_is_not_written_again() -> None:
    pair()
    record_verdicts(now=NOW)

    found = record_verdicts(now=LATER)

    assert found == 0
    assert kept() == [(1, "first", None, "tie", None, 0)]


def test_a_retracted_review_is_the_panels_change() -> None:
    comparison = pair(first=(4, 0), second=(3, 1))
    record_verdicts(now=NOW)

    Review.objects.filter(reviewer__slug="panel-3").update(status="retracted")
    record_verdicts(now=LATER)

    assert kept() == [
        (1, "first", None, "winner", "narrow", 25),
        (2, "panel", "winner", "tie", None, 0),
    ]
    change = VerdictChange.objects.get(number=2)
    assert change.changed_at == LATER
    assert change.before
    assert change.before.winner == comparison.first_tool
    assert change.detail == (
        f"The panel's reviews changed. Before: {comparison.first_tool.name}, narrow, by the panel. Now: a tie."
    )


def test_a_crowd_that_comes_to_a_decision_is_the_votes_change() -> None:
    comparison = pair()
    record_verdicts(now=NOW)

    vote(comparison.first_tool, ship=90, skip=10)
    vote(comparison.second_tool, ship=10, skip=90)
    record_verdicts(now=LATER)

    assert kept()[1:] == [(2, "votes", "tie", "winner", "clear", 80)]


def test_a_head_to_head_that_decided_and_is_retracted_moves_the_verdict_with_an_event(api: APIClient) -> None:
    comparison = pair()
    answer_pair(comparison.first_tool, comparison.second_tool, a=3, b=1)
    record_verdicts(now=NOW)
    page = f"/api/v1/comparisons/{comparison.slug}"
    before = api.get(page).json()["verdict"]

    deciding = HeadToHead.objects.filter(choice=comparison.first_tool).first()
    assert deciding
    HeadToHead.objects.filter(pk=deciding.pk).update(status="retracted", updated_at=LATER)
    after = api.get(page).json()["verdict"]
    record_verdicts(now=LATER)

    assert (before["winner"], before["decided_by"]) == (comparison.first_tool.slug, "head_to_head")
    assert (after["outcome"], after["winner"]) == ("tie", None)
    assert kept() == [
        (1, "first", None, "winner", "clear", 50),
        (2, "head_to_head", "winner", "tie", None, 0),
    ]
    assert VerdictChange.objects.get(number=2).detail == (
        "An answer to the pair was published, corrected or retracted. "
        f"Before: {comparison.first_tool.name}, clear, by the panel, head to head. Now: a tie."
    )


def test_picks_that_come_to_a_decision_are_the_picks_change() -> None:
    comparison = pair()
    record_verdicts(now=NOW)

    pick(comparison, first=3, second=30)
    record_verdicts(now=LATER)

    assert kept()[1:] == [(2, "picks", "tie", "winner", "clear", 82)]


def pick(comparison: Comparison, *, first: int, second: int) -> None:
    """Picks by voters from networks of their own, on three days."""
    tools = [comparison.first_tool] * first + [comparison.second_tool] * second
    for number, tool in enumerate(tools):
        voter = VoterFactory()
        cast = PickFactory(
            voter=voter,
            first_tool=comparison.first_tool,
            second_tool=comparison.second_tool,
            chosen_tool=tool,
            **networks_of(voter),
        )
        Pick.objects.filter(pk=cast.pk).update(created_at=NOW - timedelta(days=number % 3))
    publish_tallies(now=NOW)


def test_a_margin_that_moves_within_its_strength_is_no_change() -> None:
    comparison = pair()
    vote(comparison.first_tool, ship=90, skip=10)
    vote(comparison.second_tool, ship=10, skip=90)
    record_verdicts(now=NOW)

    vote(comparison.second_tool, skip=50)

    assert record_verdicts(now=LATER) == 0


def test_votes_that_are_not_yet_public_change_nothing() -> None:
    comparison = pair()
    record_verdicts(now=NOW)
    vote(comparison.first_tool, ship=90, skip=10, status="pending")
    vote(comparison.second_tool, ship=10, skip=90)

    assert record_verdicts(now=LATER) == 0


def test_another_rule_is_the_rules_change() -> None:
    pair()
    record_verdicts(now=NOW)
    VerdictChange.objects.update(rule="2026-01")

    record_verdicts(now=LATER)

    assert kept()[1:] == [(2, "rule", "tie", "tie", None, 0)]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"status": "draft", "published_at": None}, id="a draft"),
        pytest.param({"status": "archived"}, id="an archived pair"),
        pytest.param({"first_tool__status": "draft", "first_tool__published_at": None}, id="a draft's tool"),
    ],
)
def test_what_is_not_published_has_no_history(values: dict[str, Any]) -> None:
    ComparisonFactory(**values)

    record_verdicts(now=NOW)

    assert kept() == []


def test_a_comparison_with_a_history_is_not_deleted_in_whichever_way() -> None:
    comparison = pair()
    record_verdicts(now=NOW)
    history = kept()

    with pytest.raises(ProtectedError):
        comparison.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        execute("DELETE FROM comparisons_verdictchange")

    assert kept() == history != []


@pytest.mark.parametrize("pairs", [1, 50])
def test_a_look_costs_the_same_however_many_pairs_there_are(pairs: int) -> None:
    for _ in range(pairs):
        ComparisonFactory()
    with CaptureQueriesContext(connection) as first:
        record_verdicts(now=NOW)
    with CaptureQueriesContext(connection) as second:
        record_verdicts(now=LATER)

    assert VerdictChange.objects.count() == pairs
    # The batch, what changed in it, the batch after the last.
    assert len([query for query in first if not is_savepoint(query)]) == 3
    # The batch, the batch after the last.
    assert len(second) == 2


def is_savepoint(query: dict[str, str]) -> bool:
    return "SAVEPOINT" in query["sql"]


def test_every_batch_is_looked_at() -> None:
    tool = ToolFactory()
    for _ in range(5):
        ComparisonFactory(first_tool=tool)

    assert record_verdicts(now=NOW, batch_size=2) == 5
    assert VerdictChange.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_several_recorders_at_once_write_each_change_once() -> None:
    for _ in range(10):
        pair(first=(4, 0), second=(3, 1))
    record_verdicts(now=NOW)
    Review.objects.filter(reviewer__slug="panel-3").update(status="retracted")

    errors = at_once(*[lambda: record_verdicts(now=LATER)] * 8)

    assert errors == [None] * 8
    assert VerdictChange.objects.filter(number=1).count() == 10
    assert VerdictChange.objects.filter(number=2, outcome="tie").count() == 10
    assert VerdictChange.objects.count() == 20
