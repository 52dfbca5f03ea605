"""What the public sees: steps, a chained line a day, and a recount that finds what differs and says so."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from functools import partial
from threading import Event
from time import sleep

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog.models import Tool
from tests.database import at_once, execute
from tests.factories import NOW, PickFactory, ToolFactory, VoteFactory, vote
from votes.models import Alert, Pick, PickTally, PublishedPickTally, PublishedTally, Tally, TallyDay, Vote
from votes.tallies.publication import close_day, publish_tallies, reconcile_tallies, yesterday
from votes.tasks import publish_tallies as publish_task
from votes.tasks import reconcile_tallies as reconcile_task

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=1)
DAY = date(2026, 11, 1)
# The last moment of that day.
LATE = datetime(2026, 11, 2, tzinfo=UTC) - timedelta.resolution


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

        # A savepoint and its release; the lock; alerts and tallies, of votes and of picks.
        assert len(queries) == 7

    def test_the_clock_moves_them(self) -> None:
        tool = VoteFactory().tool

        publish_task()

        assert public(tool) == (1, 0, 0, 0, 0)


class TestBursts:
    def waiting(self, tool: Tool, number: int, *, at: datetime = NOW, reason: str = "burst") -> None:
        votes = VoteFactory.create_batch(number, tool=tool, status="pending", reasons=[reason])
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
        assert alert.detail == "More than 50 counted within an hour; 3 wait."

        self.waiting(tool, 1, at=NOW + timedelta(hours=1))
        publish_tallies(now=NOW + timedelta(hours=1))
        assert Alert.objects.count() == 2

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


class TestDays:
    def test_each_tool_that_has_votes_gets_a_line(self) -> None:
        voted, _ = ToolFactory.create_batch(2)
        vote(voted, ship=3, skip=1, at=LATE)
        vote(voted, ship=2, status="quarantined", at=LATE)

        assert close_day(day=DAY) == 1

        line = TallyDay.objects.get()
        assert (line.tool, line.day, line.ship, line.skip, line.quarantined) == (voted, DAY, 3, 1, 2)
        assert line.digest == hashlib.sha256(b"|2026-11-01|3|1|0|2|0|2026-11").hexdigest()

    def test_a_tool_whose_first_votes_came_later_gets_none(self) -> None:
        tool = ToolFactory()
        vote(tool, ship=1, at=LATE + timedelta.resolution)

        assert close_day(day=DAY) == 0
        assert close_day(day=DAY + timedelta(days=1)) == 1
        assert TallyDay.objects.get().day == DAY + timedelta(days=1)

    def test_a_line_is_written_once_and_never_changed(self) -> None:
        tool = ToolFactory()
        vote(tool, ship=1, at=LATE)
        close_day(day=DAY)
        vote(tool, ship=5)

        assert close_day(day=DAY) == close_day(day=DAY - timedelta(days=3)) == 0
        assert TallyDay.objects.get().ship == 1

    def test_lines_are_chained(self) -> None:
        tool = ToolFactory()
        vote(tool, ship=1, at=LATE)
        close_day(day=DAY)
        Vote.objects.all().delete()
        publish_tallies(now=LATER)
        close_day(day=DAY + timedelta(days=1))

        first, second = TallyDay.objects.order_by("day")
        text = f"{first.digest}|2026-11-02|0|0|0|0|0|2026-11"
        assert second.digest == hashlib.sha256(text.encode()).hexdigest()

    def test_yesterday_is_over(self) -> None:
        assert yesterday(NOW) == DAY


class TestReconciliation:
    def test_nothing_is_found_where_all_is_right(self) -> None:
        vote(ToolFactory(), ship=3, skip=2)
        PickFactory()

        assert reconcile_tallies(now=NOW) == []
        assert not Alert.objects.exists()

    def test_each_corrupt_tally_is_found_mended_and_told_of_once(self) -> None:
        tools = ToolFactory.create_batch(15)
        for tool in tools:
            vote(tool, ship=2, skip=1)
        PickFactory.create_batch(7)
        for place, tool in enumerate(tools):
            column = ("ship", "skip", "pending", "quarantined", "rejected")[place % 5]
            execute(f"UPDATE votes_tally SET {column} = {column} + 7 WHERE tool_id = %s", tool.pk)
        execute("UPDATE votes_picktally SET first = 9 WHERE id IN (SELECT id FROM votes_picktally LIMIT 4)")
        execute(
            "DELETE FROM votes_picktally WHERE id = (SELECT id FROM votes_picktally WHERE first < 9 LIMIT 1)"
        )

        drifts = reconcile_tallies(now=NOW)

        assert len(drifts) == Alert.objects.filter(kind="drift", begins_at=NOW).count() == 20
        assert set(Tally.objects.values_list("ship", "skip", "pending", "quarantined", "rejected")) == {
            (2, 1, 0, 0, 0),
            # The tools of the pairs.
            (0, 0, 0, 0, 0),
        }
        assert set(PickTally.objects.values_list("total", flat=True)) == {1}
        assert PickTally.objects.count() == 7
        assert reconcile_tallies(now=LATER) == []
        assert Alert.objects.count() == 20

    def test_the_command_says_what_it_finds(self, capsys: pytest.CaptureFixture[str]) -> None:
        tool = ToolFactory()
        vote(tool, ship=2)

        call_command("reconcile_tallies")
        assert capsys.readouterr().out == "Every tally is what its votes add up to.\n"

        Tally.objects.filter(tool=tool).update(ship=5)
        with pytest.raises(CommandError, match="mended: 1"):
            call_command("reconcile_tallies")
        said = capsys.readouterr().out
        assert said == f"{tool.pk}: tallied 5, 0, 0, 0, 0; counted 2, 0, 0, 0, 0\n"

    def test_an_alert_says_what_was_and_what_is(self) -> None:
        tool = ToolFactory()
        vote(tool, ship=2)
        Tally.objects.filter(tool=tool).update(ship=5)

        reconcile_task()

        assert Alert.objects.get().detail == "tallied 5, 0, 0, 0, 0; counted 2, 0, 0, 0, 0"


@pytest.mark.django_db(transaction=True)
def test_a_recount_while_votes_come_in_reports_no_drift_that_is_none() -> None:
    tools = ToolFactory.create_batch(3)
    drifts: list[object] = []
    is_over = Event()

    def go_on_voting() -> None:
        for _ in range(60):
            for tool in tools:
                VoteFactory(tool=tool)
        is_over.set()

    def go_on_counting() -> None:
        while not is_over.is_set():
            drifts.extend(reconcile_tallies(now=NOW))
            publish_tallies(now=NOW)
            sleep(0.005)

    assert at_once(go_on_voting, go_on_counting, go_on_counting) == [None] * 3
    assert drifts == []
    assert sum(Tally.objects.values_list("total", flat=True)) == 180


@pytest.mark.django_db(transaction=True)
def test_a_mended_tally_is_right_also_when_a_vote_is_just_coming_in() -> None:
    tool = ToolFactory()
    vote(tool, ship=2)
    Tally.objects.filter(tool=tool).update(ship=50)
    is_open, may_commit = Event(), Event()

    def vote_slowly() -> None:
        with transaction.atomic():
            VoteFactory(tool=tool)
            is_open.set()
            may_commit.wait(10)

    def count() -> None:
        is_open.wait(10)
        reconcile_tallies(now=NOW)

    def let_go() -> None:
        is_open.wait(10)
        sleep(0.2)
        may_commit.set()

    assert at_once(*map(partial, (vote_slowly, count, let_go))) == [None] * 3
    assert tool.tally.ship == 3
