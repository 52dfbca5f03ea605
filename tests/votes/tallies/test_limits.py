"""Hourly limits: what a week makes usual, and what it costs to work that out."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from catalog.models import Tool
from tests.factories import NOW, PickFactory, ToolFactory, VoteFactory, new_voters
from tests.plans import plan_of
from votes.models import Pick, PickTally, Tally, Vote
from votes.rules import HOURLY_FLOOR, hourly_limit
from votes.tallies.limits import PICKS, VOTES, WORK_OUT, Kind, refresh_hourly_limits

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7)


def cast(tool: Tool, count: int, *, at: datetime = NOW - WEEK, **fields: Any) -> None:
    votes = Vote.objects.bulk_create(
        Vote(voter=voter, tool=tool, value="ship", **fields) for voter in new_voters(count)
    )
    Vote.objects.filter(pk__in=[vote.pk for vote in votes]).update(created_at=at)


def limit_of(tool: Tool) -> tuple[int, bool]:
    """The limit, and whether it is to be worked out again."""
    limit: tuple[int, bool] = Tally.objects.values_list("hourly_limit", "is_moved").get(tool=tool)
    return limit


def worked_out(kind: Kind) -> int:
    """How many tallies are read."""
    with connection.cursor() as cursor:
        cursor.execute(kind.statement(WORK_OUT), [NOW - WEEK])
        number: int = cursor.rowcount
        return number


def test_a_limit_is_what_a_week_of_counted_votes_makes_usual() -> None:
    tool, quiet = ToolFactory(), ToolFactory()
    cast(tool, 4_200)
    cast(tool, 500, at=NOW - WEEK - timedelta(microseconds=1))
    cast(tool, 500, status="quarantined")

    refresh_hourly_limits(now=NOW)

    assert limit_of(tool) == (hourly_limit(counted_in_baseline=4_200), False) == (55, False)
    assert limit_of(quiet) == (HOURLY_FLOOR, False)


def test_a_limit_falls_back_when_the_week_was_quiet() -> None:
    vote, pick = VoteFactory(), PickFactory()
    Tally.objects.update(hourly_limit=900, is_moved=False)
    PickTally.objects.update(hourly_limit=900, is_moved=False)

    refresh_hourly_limits(now=NOW)

    assert limit_of(vote.tool) == (HOURLY_FLOOR, False)
    assert PickTally.objects.get(first_tool=pick.first_tool).hourly_limit == HOURLY_FLOOR


@pytest.mark.parametrize(
    ("change", "is_moved"),
    [
        pytest.param({"value": "skip"}, True, id="changed"),
        pytest.param({"value": None}, True, id="withdrawn"),
        pytest.param({"status": "quarantined"}, True, id="quarantined"),
        pytest.param({"created_at": NOW}, False, id="nothing that counts"),
    ],
)
def test_a_tally_whose_counted_votes_changed_is_looked_at_again(
    change: dict[str, Any], is_moved: bool
) -> None:
    vote, pick = VoteFactory(), PickFactory()
    refresh_hourly_limits(now=NOW)
    value, *_ = change.get("value", ""), None

    Vote.objects.update(**change)
    picked = {"": change, "skip": {"chosen_tool": pick.second_tool}, None: {"chosen_tool": None}}[value]
    Pick.objects.update(**picked)

    assert limit_of(vote.tool) == (HOURLY_FLOOR, is_moved)
    assert PickTally.objects.get().is_moved == is_moved


@pytest.mark.parametrize("quiet", [1, 30])
def test_only_what_moved_or_has_more_than_the_least_limit_is_read(
    django_assert_num_queries: DjangoAssertNumQueries, quiet: int
) -> None:
    VoteFactory.create_batch(quiet)
    PickFactory.create_batch(quiet)
    refresh_hourly_limits(now=NOW)
    busy = ToolFactory()
    cast(busy, 400)
    refresh_hourly_limits(now=NOW)

    assert (worked_out(VOTES), worked_out(PICKS)) == (1, 0)
    # Limits of votes and of picks: nothing changed, so nothing is written.
    with django_assert_num_queries(2):
        refresh_hourly_limits(now=NOW)

    VoteFactory(tool=busy)
    VoteFactory()
    PickFactory()

    assert (worked_out(VOTES), worked_out(PICKS)) == (4, 1)
    # The same, and of either kind a transaction that holds what moved, and writes it.
    with django_assert_num_queries(10):
        refresh_hourly_limits(now=NOW)


@pytest.mark.parametrize(
    ("kind", "index"),
    [(VOTES, "tallies_to_rescore"), (PICKS, "pick_tallies_to_rescore")],
    ids=["votes", "picks"],
)
def test_an_index_finds_what_is_read(kind: Kind, index: str) -> None:
    plan = plan_of(kind.statement(WORK_OUT), [NOW], index=index)

    assert "Index Scan" in plan
    assert "Sort" not in plan
