"""What the public sees of the tallies, in steps; and what staff are told of bursts."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog.models import Tool
from tests.factories import NOW, PickFactory, ToolFactory, VoteFactory, vote
from votes.models import Alert, Pick, PublishedPickTally, PublishedTally, Vote
from votes.tallies.publication import publish_tallies
from votes.tasks import publish_tallies as publish_task

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=1)


def public(tool: Tool) -> tuple[int, ...]:
    return PublishedTally.objects.values_list("ship", "skip", "pending", "quarantined", "rejected").get(
        tool=tool
    )


class TestSteps:
    def test_a_vote_is_public_only_from_the_next_step_on(self, api: APIClient) -> None:
        tool = ToolFactory(slug="alpha")
        VoteFactory(tool=tool)

        assert api.get("/api/v1/tools/alpha/tally").json()["total"] == 0

        publish_tallies(now=LATER)

        answer = api.get("/api/v1/tools/alpha/tally").json()
        assert (answer["total"], answer["as_of"]) == (1, "2026-11-02T09:31:00Z")

    def test_a_step_moves_what_changed_and_leaves_the_rest(self) -> None:
        tools = ToolFactory.create_batch(3)
        vote(tools[0], ship=2)
        VoteFactory(tool=tools[1], status="pending", value="skip")

        assert publish_tallies(now=LATER) == 1
        assert [public(tool) for tool in tools[:2]] == [(2, 0, 0, 0, 0), (0, 0, 1, 0, 0)]
        assert list(PublishedTally.objects.filter(as_of=LATER).values_list("tool", flat=True)) == [
            tools[1].pk
        ]
        assert publish_tallies(now=LATER) == 0

    def test_picks_move_in_the_same_step(self) -> None:
        pick = PickFactory()

        publish_tallies(now=NOW)
        PickFactory(first_tool=pick.first_tool, second_tool=pick.second_tool, chosen_tool=pick.second_tool)

        assert PublishedPickTally.objects.get().total == 1
        assert publish_tallies(now=LATER) == 1
        tally = PublishedPickTally.objects.get()
        assert (tally.first, tally.second, tally.as_of) == (1, 1, LATER)

    @pytest.mark.parametrize("tools", [1, 30])
    def test_a_step_costs_the_same_however_many_tools_there_are(self, tools: int) -> None:
        for tool in ToolFactory.create_batch(tools):
            VoteFactory(tool=tool)

        with CaptureQueriesContext(connection) as queries:
            publish_tallies(now=NOW)

        # A savepoint and its release; the lock; alerts, and what moved, of votes and of picks; the votes' tallies.
        assert len(queries) == 8

    def test_the_clock_moves_them(self) -> None:
        tool = VoteFactory().tool

        publish_task()

        assert public(tool) == (1, 0, 0, 0, 0)


class TestWhoseCrowdDecides:
    """Of 20 votes, or picks, from so many networks, cast on so many days."""

    def votes(self, networks: int, days: int) -> Tool:
        tool: Tool = ToolFactory()
        for number in range(20):
            row = VoteFactory(tool=tool, site_hash=bytes([number % networks]))
            Vote.objects.filter(pk=row.pk).update(created_at=NOW - timedelta(days=number % days))
        publish_tallies(now=NOW)
        return tool

    @pytest.mark.parametrize(
        ("networks", "days", "decides"),
        [
            pytest.param(15, 3, True, id="just enough of both"),
            pytest.param(14, 3, False, id="14 networks"),
            pytest.param(20, 2, False, id="2 days"),
            pytest.param(1, 1, False, id="one network in a minute"),
        ],
    )
    def test_it_takes_votes_from_15_networks_on_3_days(self, networks: int, days: int, decides: bool) -> None:
        tally = PublishedTally.objects.get(tool=self.votes(networks, days))

        assert (tally.total, tally.count.decides) == (20, decides)
        assert (tally.count.call, tally.count.flip_margin) == (
            ("ship", 1) if decides else ("undecided", None)
        )

    @pytest.mark.parametrize(("networks", "days", "decides"), [(15, 3, True), (14, 3, False), (20, 2, False)])
    def test_picks_follow_the_same_rule(self, networks: int, days: int, decides: bool) -> None:
        first, second = ToolFactory.create_batch(2)
        for number in range(20):
            row = PickFactory(first_tool=first, second_tool=second, site_hash=bytes([number % networks]))
            Pick.objects.filter(pk=row.pk).update(created_at=NOW - timedelta(days=number % days))

        publish_tallies(now=NOW)

        assert PublishedPickTally.objects.get().count.decides == decides

    @pytest.mark.parametrize("change", [{"value": None}, {"status": "quarantined"}, {"status": "pending"}])
    def test_what_does_not_count_speaks_for_no_network(self, change: dict[str, str | None]) -> None:
        tool = self.votes(15, 3)
        VoteFactory.create_batch(5, tool=tool, site_hash=bytes([1]))

        Vote.objects.filter(tool=tool, site_hash=bytes([14])).update(**change)
        publish_tallies(now=LATER)

        tally = PublishedTally.objects.get(tool=tool)
        assert (tally.total, tally.count.decides) == (24, False)

    def test_votes_of_which_no_network_is_known_speak_for_none(self) -> None:
        tool = self.votes(20, 3)
        Vote.objects.update(site_hash=None)
        VoteFactory(tool=tool)

        publish_tallies(now=LATER)

        assert not PublishedTally.objects.get(tool=tool).count.decides

    def test_a_day_is_a_day_in_utc(self) -> None:
        tool = self.votes(20, 1)
        midnight = NOW.replace(hour=0, minute=0)
        for hours, row in enumerate(Vote.objects.all()):
            Vote.objects.filter(pk=row.pk).update(created_at=midnight + timedelta(hours=3 * hours))

        VoteFactory(tool=tool)
        publish_tallies(now=LATER)

        assert PublishedTally.objects.get(tool=tool).count.decides


class TestBursts:
    def waiting(self, tool: Tool, number: int, *, at: datetime = NOW, reason: str = "burst") -> None:
        votes = [
            VoteFactory(tool=tool, status="pending", reasons=[reason], site_hash=bytes([each]))
            for each in range(number)
        ]
        Vote.objects.filter(pk__in=[row.pk for row in votes]).update(created_at=at)

    def test_staff_are_told_once_of_each_hour_in_which_votes_began_to_wait(self) -> None:
        tool, other = ToolFactory.create_batch(2)
        self.waiting(tool, 3)
        self.waiting(other, 3, reason="origin_quota")

        for minutes in range(3):
            publish_tallies(now=NOW + timedelta(minutes=minutes))
            self.waiting(tool, 1, at=NOW + timedelta(minutes=minutes))

        alert = Alert.objects.get()
        assert (alert.kind, alert.tool, alert.other_tool, alert.closed_at) == ("burst", tool, None, None)
        assert alert.begins_at == NOW.replace(minute=0)
        assert alert.detail == "3 wait, from 3 networks."

        self.waiting(tool, 1, at=NOW + timedelta(hours=1))
        publish_tallies(now=NOW + timedelta(hours=1))
        assert Alert.objects.count() == 2

    def test_staff_are_told_of_ten_votes_that_wait_for_their_networks(self) -> None:
        tool, other = ToolFactory.create_batch(2)
        self.waiting(tool, 10, reason="origin_quota")
        self.waiting(other, 9, reason="origin_quota")

        publish_tallies(now=NOW)

        alert = Alert.objects.get()
        assert (alert.kind, alert.tool, alert.detail) == ("networks", tool, "10 wait, from 10 networks.")

    def test_an_alert_that_staff_closed_does_not_come_again(self) -> None:
        tool = ToolFactory()
        self.waiting(tool, 1)
        publish_tallies(now=NOW)
        Alert.objects.update(closed_at=NOW)

        self.waiting(tool, 1)
        publish_tallies(now=LATER)

        assert Alert.objects.get().closed_at == NOW

    def test_picks_that_wait_are_told_of_the_pair(self) -> None:
        pick = PickFactory(status="pending", reasons=["burst"])
        Pick.objects.update(created_at=NOW)

        publish_tallies(now=NOW)

        alert = Alert.objects.get()
        assert (alert.tool, alert.other_tool) == (pick.first_tool, pick.second_tool)
