"""A line a day for each tool that has votes, written once and chained to the line before."""

import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories import NOW, ToolFactory, vote
from votes.models import TallyDay, Vote
from votes.tallies.day_lines import close_day, yesterday
from votes.tallies.publication import publish_tallies

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=1)
DAY = date(2026, 11, 1)
# The last moment of that day.
LATE = datetime(2026, 11, 2, tzinfo=UTC) - timedelta.resolution


def test_each_tool_that_has_votes_gets_a_line() -> None:
    voted, _ = ToolFactory.create_batch(2)
    vote(voted, ship=3, skip=1, at=LATE)
    vote(voted, ship=2, status="quarantined", at=LATE)

    assert close_day(day=DAY) == 1

    line = TallyDay.objects.get()
    assert (line.tool, line.day, line.ship, line.skip, line.quarantined) == (voted, DAY, 3, 1, 2)
    assert line.digest == hashlib.sha256(b"|2026-11-01|3|1|0|2|0|2026-12").hexdigest()


def test_a_tool_whose_first_votes_came_later_gets_none() -> None:
    tool = ToolFactory()
    vote(tool, ship=1, at=LATE + timedelta.resolution)

    assert close_day(day=DAY) == 0
    assert close_day(day=DAY + timedelta(days=1)) == 1
    assert TallyDay.objects.get().day == DAY + timedelta(days=1)


def test_a_line_is_written_once_and_never_changed() -> None:
    tool = ToolFactory()
    vote(tool, ship=1, at=LATE)
    close_day(day=DAY)
    vote(tool, ship=5)

    assert close_day(day=DAY) == close_day(day=DAY - timedelta(days=3)) == 0
    assert TallyDay.objects.get().ship == 1


def test_lines_are_chained() -> None:
    tool = ToolFactory()
    vote(tool, ship=1, at=LATE)
    close_day(day=DAY)
    Vote.objects.all().delete()
    publish_tallies(now=LATER)
    close_day(day=DAY + timedelta(days=1))

    first, second = TallyDay.objects.order_by("day")
    text = f"{first.digest}|2026-11-02|0|0|0|0|0|2026-12"
    assert second.digest == hashlib.sha256(text.encode()).hexdigest()


def test_yesterday_is_over() -> None:
    assert yesterday(NOW) == DAY
