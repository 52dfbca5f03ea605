"""Counted votes that are screened again: which would have waited, and why."""

from datetime import timedelta

import pytest

from catalog.models import Tool
from tests.factories import NOW, PickFactory, ToolFactory, VoteFactory, networks_of, vote
from votes.models import Pick, Vote
from votes.tallies.hindsight import Hindsight, screen_again

pytestmark = pytest.mark.django_db

LONG_AGO = NOW - timedelta(days=365)


def from_one_network(tool: Tool, count: int, *, assurance: int = 0) -> None:
    votes = [VoteFactory(tool=tool, voter__assurance=assurance) for _ in range(count)]
    Vote.objects.filter(tool=tool).update(**networks_of(votes[0].voter))
    for number, row in enumerate(votes):
        Vote.objects.filter(pk=row.pk).update(created_at=NOW + timedelta(minutes=10 * number))


def test_what_one_network_had_counted_beyond_its_quota_would_have_waited() -> None:
    from_one_network(ToolFactory(name="Aider"), 8)

    assert list(screen_again(since=LONG_AGO)) == [Hindsight("Aider", 8, 3, {"origin_quota": 3})]


def test_people_of_one_network_would_have_counted() -> None:
    from_one_network(ToolFactory(), 8, assurance=2)

    assert list(screen_again(since=LONG_AGO)) == []


def test_a_burst_would_have_waited_and_nothing_is_changed() -> None:
    vote(ToolFactory(name="Aider"), ship=25, at=NOW)
    before = list(Vote.objects.values())

    assert list(screen_again(since=LONG_AGO)) == [Hindsight("Aider", 25, 15, {"burst": 15})]
    assert list(Vote.objects.values()) == before


def test_only_counted_votes_since_then_are_looked_at() -> None:
    tool = ToolFactory()
    vote(tool, ship=25, at=NOW - timedelta(days=2))
    vote(tool, ship=25, at=NOW, status="rejected")

    assert list(screen_again(since=NOW - timedelta(days=1))) == []


def test_picks_are_told_by_their_pair() -> None:
    first, second = ToolFactory(name="Aider"), ToolFactory(name="Zed")
    PickFactory.create_batch(12, first_tool=first, second_tool=second)
    Pick.objects.update(created_at=NOW)

    assert list(screen_again(since=LONG_AGO)) == [Hindsight("Aider / Zed", 12, 2, {"burst": 2})]
