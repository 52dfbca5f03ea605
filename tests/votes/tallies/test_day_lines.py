"""A line a day for each tool and pair that has votes, written once, chained to the line before and under a root."""

import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories import NOW, PickFactory, ToolFactory, vote
from votes.models import ClosedDay, Pick, PickTallyDay, TallyDay, Vote
from votes.tallies.day_lines import close_day, yesterday

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 1)
NEXT_DAY = DAY + timedelta(days=1)
# The last moment of that day.
LATE = datetime(2026, 11, 2, tzinfo=UTC) - timedelta.resolution


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_each_tool_that_has_votes_gets_a_line_with_its_id() -> None:
    voted, _ = ToolFactory.create_batch(2)
    vote(voted, ship=3, skip=1, at=LATE)
    vote(voted, ship=12, status="quarantined", at=LATE)

    assert close_day(day=DAY, now=NOW) == 1

    line = TallyDay.objects.get()
    assert (line.tool, line.day, line.ship, line.skip, line.quarantined) == (voted, DAY, 3, 1, 10)
    assert line.digest == hashed(f"|{voted.pk}|2026-11-01|3|1|0|10|0|2026-12")


def test_each_pair_that_was_picked_from_gets_a_line_with_both_ids() -> None:
    pick = PickFactory()
    Pick.objects.update(created_at=LATE)

    assert close_day(day=DAY, now=NOW) == 1

    line = PickTallyDay.objects.get()
    counts = (1, 0) if pick.chosen_tool == pick.first_tool else (0, 1)
    assert (line.day, line.first, line.second) == (DAY, *counts)
    ids = f"{pick.first_tool_id}|{pick.second_tool_id}"
    assert line.digest == hashed(f"|{ids}|2026-11-01|{counts[0]}|{counts[1]}|0|0|0|2026-12")


def test_a_tool_whose_first_votes_came_later_gets_none() -> None:
    vote(ToolFactory(), ship=1, at=LATE + timedelta.resolution)

    assert close_day(day=DAY, now=NOW) == 0
    assert close_day(day=NEXT_DAY, now=NOW) == 1
    assert TallyDay.objects.get().day == NEXT_DAY


def test_a_day_is_closed_once_and_none_before_it_afterwards() -> None:
    vote(ToolFactory(), ship=1, at=LATE)
    close_day(day=DAY, now=NOW)
    root = ClosedDay.objects.get().root
    vote(ToolFactory(), ship=5, at=LATE)

    assert close_day(day=DAY, now=NOW) == close_day(day=DAY - timedelta(days=3), now=NOW) == 0
    assert TallyDay.objects.get().ship == 1
    assert ClosedDay.objects.get().root == root


def test_a_day_that_earlier_code_wrote_without_a_root_is_left_as_it_is() -> None:
    tool = ToolFactory()
    vote(tool, ship=1, at=LATE)
    TallyDay.objects.create(
        tool=tool, day=DAY, ship=1, skip=0, pending=0, quarantined=0, rejected=0, ruleset="x", digest="d"
    )

    assert close_day(day=DAY, now=NOW) == 0
    assert not ClosedDay.objects.exists()


def test_lines_and_roots_are_chained() -> None:
    tool = ToolFactory()
    vote(tool, ship=1, at=LATE)
    close_day(day=DAY, now=NOW)
    Vote.objects.all().delete()
    close_day(day=NEXT_DAY, now=NOW)

    first, second = TallyDay.objects.order_by("day")
    assert second.digest == hashed(f"{first.digest}|{tool.pk}|2026-11-02|0|0|0|0|0|2026-12")
    roots = dict(ClosedDay.objects.values_list("day", "root"))
    assert roots[DAY] == hashed(f"|2026-11-01|{first.digest}")
    assert roots[NEXT_DAY] == hashed(f"{roots[DAY]}|2026-11-02|{second.digest}")


def test_a_root_covers_the_lines_of_tools_and_pairs_in_the_order_of_their_digests() -> None:
    vote(ToolFactory(), ship=1, at=LATE)
    PickFactory()
    Pick.objects.update(created_at=LATE)

    assert close_day(day=DAY, now=NOW) == 2

    digests = sorted([TallyDay.objects.get().digest, PickTallyDay.objects.get().digest])
    closed = ClosedDay.objects.get()
    assert (closed.line_count, closed.root) == (2, hashed("|".join(["", "2026-11-01", *digests])))


def test_yesterday_is_over() -> None:
    assert yesterday(NOW) == DAY
