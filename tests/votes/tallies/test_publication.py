"""What the public sees of the tallies, in steps; and what staff are told of bursts."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from backend.schedule import beat_schedule
from catalog.models import Tool
from comparisons.history.recording import record_verdicts
from tests.database import execute
from tests.factories import (
    NOW,
    CategoryFactory,
    ComparisonFactory,
    PickFactory,
    ToolFactory,
    VoteFactory,
    new_voters,
    vote,
)
from tests.votes.ballots.test_casting import ballot, networks
from tests.votes.conftest import new_voter
from votes.ballots.casting import count_group
from votes.ballots.statements import VOTES
from votes.models import Alert, Pick, PickTally, PublishedPickTally, PublishedTally, Tally, Vote
from votes.tallies.day_lines import close_day
from votes.tallies.publication import ALERTS, publish_tallies, raise_alerts
from votes.tallies.rescoring import rescore
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

        VoteFactory(tool=tools[1], value="skip")

        assert publish_tallies(now=LATER) == 1
        assert [public(tool) for tool in tools[:2]] == [(2, 0, 0, 0, 0), (0, 1, 0, 0, 0)]
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
    """Of 20 votes, or picks, from so many networks of so many providers, cast on so many days."""

    def votes(self, networks: int, days: int, providers: int = 20) -> Tool:
        tool: Tool = ToolFactory()
        for number in range(20):
            hashes = {"site_hash": bytes([number % networks]), "provider_hash": bytes([number % providers])}
            row = VoteFactory(tool=tool, **hashes)
            Vote.objects.filter(pk=row.pk).update(created_at=NOW - timedelta(days=number % days))
        publish_tallies(now=NOW)
        return tool

    @pytest.mark.parametrize(
        ("networks", "days", "providers", "decides"),
        [
            pytest.param(15, 3, 15, True, id="just enough of all"),
            pytest.param(14, 3, 20, False, id="14 networks"),
            pytest.param(20, 2, 20, False, id="2 days"),
            pytest.param(20, 3, 14, False, id="14 providers"),
            pytest.param(20, 3, 1, False, id="20 networks of one provider"),
            pytest.param(1, 1, 1, False, id="one network in a minute"),
        ],
    )
    def test_it_takes_votes_from_15_networks_and_providers_on_3_days(
        self, networks: int, days: int, providers: int, decides: bool
    ) -> None:
        tally = PublishedTally.objects.get(tool=self.votes(networks, days, providers))

        assert (tally.total, tally.count.decides) == (20, decides)
        assert (tally.count.call, tally.count.flip_margin) == (
            ("ship", 1) if decides else ("undecided", None)
        )

    @pytest.mark.parametrize(
        ("ship", "answer", "votes", "calls"),
        [
            pytest.param(16, "ship", 4, ["undecided", "ship"], id="decides"),
            pytest.param(17, "skip", 1, ["ship", "undecided"], id="decides no more"),
        ],
    )
    def test_near_its_threshold_few_votes_of_one_address_turn_it(
        self, ship: int, answer: str, votes: int, calls: list[str]
    ) -> None:
        tool, later = self.votes(15, 3), NOW + timedelta(hours=2)
        Vote.objects.filter(pk__in=Vote.objects.order_by("pk")[ship:]).update(value="skip")
        publish_tallies(now=NOW)
        before = PublishedTally.objects.get(tool=tool).count

        count_group(VOTES, [ballot(tool, answer, by=by, network=networks(), at=later) for by in range(votes)])
        publish_tallies(now=later)

        after = PublishedTally.objects.get(tool=tool).count
        assert [before.call, after.call] == calls
        assert not Alert.objects.exists()

    @pytest.mark.parametrize(
        ("networks", "days", "providers", "decides"),
        [(15, 3, 15, True), (14, 3, 20, False), (20, 2, 20, False), (20, 3, 14, False)],
    )
    def test_picks_follow_the_same_rule(
        self, networks: int, days: int, providers: int, decides: bool
    ) -> None:
        first, second = ToolFactory.create_batch(2)
        for number in range(20):
            hashes = {"site_hash": bytes([number % networks]), "provider_hash": bytes([number % providers])}
            row = PickFactory(first_tool=first, second_tool=second, **hashes)
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

    def test_votes_from_before_providers_were_kept_have_one_each(self) -> None:
        tool = self.votes(20, 3, providers=1)
        Vote.objects.update(provider_hash=None)
        VoteFactory(tool=tool)

        publish_tallies(now=LATER)

        assert PublishedTally.objects.get(tool=tool).count.decides

    def test_votes_of_which_no_network_is_known_speak_for_none(self) -> None:
        tool = self.votes(20, 3)
        Vote.objects.update(site_hash=None)
        VoteFactory(tool=tool)

        publish_tallies(now=LATER)

        assert not PublishedTally.objects.get(tool=tool).count.decides

    @pytest.mark.parametrize(("hours", "decides"), [(2.4, False), (3, True)])
    def test_the_first_and_the_third_day_lie_48_hours_apart(self, hours: float, decides: bool) -> None:
        """Of 20 votes so many hours apart; the first comes just before midnight."""
        tool = self.votes(20, 1)
        begun = NOW.replace(hour=23, minute=59)
        for number, row in enumerate(Vote.objects.all()):
            Vote.objects.filter(pk=row.pk).update(created_at=begun + number * timedelta(hours=hours))

        PublishedTally.objects.update(ship=0)
        publish_tallies(now=LATER)

        assert PublishedTally.objects.get(tool=tool).count.decides == decides


class TestWhatIsHeld:
    @pytest.mark.parametrize(
        ("number", "band"), [(0, 0), (1, 0), (9, 0), (10, 10), (99, 10), (100, 100), (1_234, 1_000)]
    )
    def test_it_is_told_in_bands_when_the_day_is_closed(self, number: int, band: int) -> None:
        tool, pick = VoteFactory().tool, PickFactory()
        for tallies in (Tally.objects.filter(tool=tool), PickTally.objects.all()):
            tallies.update(pending=number, quarantined=number, rejected=number)

        publish_tallies(now=NOW)
        assert public(tool) == (1, 0, 0, 0, 0)
        close_day(day=NOW.date() - timedelta(days=1), now=LATER)

        assert public(tool) == (1, 0, band, band, band)
        picks = PublishedPickTally.objects.get(first_tool=pick.first_tool)
        assert (picks.total, picks.pending, picks.quarantined, picks.rejected) == (1, band, band, band)


PUBLIC = [
    "/tools?sort=-votes",
    "/tools?sort=-community&include=count,facets",
    "/tools?min_votes=1",
    "/tools/alpha?include=tally",
    "/tools/alpha/tally",
    "/tools/alpha/tally/timeline",
    "/comparisons?sort=-pick_count",
    "/comparisons?sort=-panel_crowd_gap",
    "/comparisons?outcome=winner",
    "/comparisons/alpha-vs-beta?include=tally",
    "/comparisons/alpha-vs-beta/history",
    "/comparisons/alpha-vs-beta/pick/timeline",
    "/compare?tools=alpha,beta",
    "/rankings?by=crowd",
    "/tallies/days",
    "/newsletter/editions",
]
OWN = [
    "/voters/me",
    "/voters/me/votes",
    "/voters/me/picks",
    "/tools/alpha/vote",
    "/comparisons/alpha-vs-beta/pick",
]
# Of each request, and no two are alike.
OF_THE_REQUEST = {"X-Request-ID"}


def vote_on(voter: APIClient, slug: str, chosen: str | None) -> Any:
    address = f"/api/v1/tools/{slug}/vote"
    if chosen is None:
        return voter.delete(address)
    return voter.put(address, {"value": "ship" if chosen == slug else "skip"}, format="json")


def pick_of(voter: APIClient, chosen: str | None) -> Any:
    address = "/api/v1/comparisons/alpha-vs-beta/pick"
    return voter.delete(address) if chosen is None else voter.put(address, {"tool": chosen}, format="json")


class TestNoOracle:
    """An attacker with one vote on a quiet tool and one pick, who reads all that is public and all answers to them."""

    NIGHT = datetime(2026, 11, 3, tzinfo=UTC)

    @pytest.fixture
    def attacker(self) -> APIClient:
        alpha, beta = ToolFactory(slug="alpha"), ToolFactory(slug="beta")
        ComparisonFactory(first_tool=alpha, second_tool=beta)
        close_day(day=date(2026, 11, 1), now=NOW)
        attacker, self.began_at = new_voter(), timezone.now()
        for answer in (vote_on(attacker, "alpha", "alpha"), pick_of(attacker, "alpha")):
            assert answer.status_code == 200
        for ballots in (Vote.objects, Pick.objects):
            ballots.update(created_at=NOW, updated_at=NOW)
        return attacker

    def seen(self, attacker: APIClient, status: str) -> tuple[list[object], list[object]]:
        """What is seen on the day when ballots of this status were cast, and after midnight."""
        with transaction.atomic():
            for ballots in (Vote.objects, Pick.objects):
                ballots.update(status=status, reasons=[] if status == "counted" else ["origin_quota"])
            raise_alerts(now=NOW + timedelta(hours=1))
            rescore(now=NOW + timedelta(hours=2))
            record_verdicts(now=NOW + timedelta(hours=3))
            by_day = self.read(attacker)
            close_day(day=NOW.date(), now=self.NIGHT)
            after = self.read(attacker)
            transaction.set_rollback(True)
        return by_day, after

    def read(self, attacker: APIClient) -> list[object]:
        """Whole answers, headers too; at last those to the same again, a change and a withdrawal, which are undone."""
        answers = [attacker.get(f"/api/v1{address}") for address in PUBLIC + OWN]
        with transaction.atomic(), time_machine.travel(self.began_at, tick=False):
            for chosen in ("alpha", "beta", None, "alpha"):
                answers += [vote_on(attacker, "alpha", chosen), pick_of(attacker, chosen)]
            transaction.set_rollback(True)
        return [
            (
                answer.status_code,
                {name: value for name, value in answer.items() if name not in OF_THE_REQUEST},
                answer.content,
            )
            for answer in answers
        ]

    def test_nobody_can_tell_counted_from_held_within_a_day(self, attacker: APIClient) -> None:
        counted, counted_after = self.seen(attacker, "counted")

        for status in ("pending", "quarantined", "rejected"):
            held, held_after = self.seen(attacker, status)
            assert held == counted
            assert held_after != counted_after

    def test_by_default_nothing_but_closing_a_day_publishes(self) -> None:
        entries = beat_schedule(tally_publish_seconds=86_400, sending_tick_seconds=10).values()

        assert "votes.tasks.publish_tallies" not in {entry["task"] for entry in entries}

    def test_who_waits_in_a_day_is_told_as_one_who_counts_and_not_how_many(self, attacker: APIClient) -> None:
        after = [self.seen(attacker, status)[1] for status in ("pending", "quarantined", "rejected")]

        assert after == after[:1] * 3


# Of each voter on each tool, and on one pair; all wait, each for an hour longer than the one before.
MANY_VOTES = """
INSERT INTO votes_vote (id, tool_id, voter_id, value, status, reasons, ruleset, created_at, updated_at)
SELECT gen_random_uuid(), tool.id, voter.id, 'ship', 'pending', '{burst}', '',
       '2026-11-02 09:30+00'::timestamptz - interval '1 hour' * row_number() OVER (), now()
FROM catalog_tool tool, votes_voter voter
"""
MANY_PICKS = """
INSERT INTO votes_pick (
    id, first_tool_id, second_tool_id, voter_id, chosen_tool_id, status, reasons, ruleset, created_at, updated_at
)
SELECT gen_random_uuid(), least(pair.one, pair.other), greatest(pair.one, pair.other), voter.id, pair.one, 'pending',
       '{burst}', '', '2026-11-02 09:30+00'::timestamptz - interval '1 hour' * row_number() OVER (), now()
FROM votes_voter voter, (SELECT %s::uuid AS one, %s::uuid AS other) pair
"""


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
        assert alert.detail == "5 wait, from 3 networks."

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

    def test_an_open_alert_says_how_many_wait_by_now_also_once_the_hour_is_over(self) -> None:
        tool, hour = ToolFactory(), NOW.replace(minute=0)
        self.waiting(tool, 2, at=hour)
        raise_alerts(now=hour)
        self.waiting(tool, 20, at=hour + timedelta(minutes=59))

        for minutes in (60, 119):
            raise_alerts(now=hour + timedelta(minutes=minutes))

        assert Alert.objects.get().detail == "22 wait, from 20 networks."

    def test_staff_are_told_of_a_burst_also_when_fewer_wait_than_the_public_was_told_at_midnight(
        self,
    ) -> None:
        tool = ToolFactory()
        self.waiting(tool, 3)
        PublishedTally.objects.filter(tool=tool).update(pending=1_000)

        raise_alerts(now=LATER)

        assert Alert.objects.get().tool == tool

    @pytest.mark.parametrize(
        ("statement", "index"),
        [(ALERTS[0], "waiting_votes_by_time"), (ALERTS[1], "waiting_picks_by_time")],
    )
    def test_it_reads_what_waits_of_two_hours_however_many_votes_there_are(
        self, statement: str, index: str
    ) -> None:
        tools = Tool.objects.bulk_create(ToolFactory.build_batch(50, category=CategoryFactory()))
        new_voters(200)
        execute(MANY_VOTES)
        execute(MANY_PICKS, tools[0].pk, tools[1].pk)
        execute("ANALYZE votes_vote, votes_pick")

        with connection.cursor() as cursor:
            cursor.execute(
                f"EXPLAIN (COSTS OFF) {statement}",
                {"now": NOW, "since": NOW - timedelta(hours=1), "alert_from": 10},
            )
            plan = "\n".join(line for (line,) in cursor.fetchall())

        assert index in plan
        assert "Seq Scan" not in plan
        assert "tally" not in plan

    def test_picks_that_wait_are_told_of_the_pair(self) -> None:
        pick = PickFactory(status="pending", reasons=["burst"])
        Pick.objects.update(created_at=NOW)

        publish_tallies(now=NOW)

        alert = Alert.objects.get()
        assert (alert.tool, alert.other_tool) == (pick.first_tool, pick.second_tool)
