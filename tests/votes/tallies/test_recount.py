"""The recount, which finds what differs, mends it and says so."""

from datetime import timedelta
from functools import partial
from threading import Event
from time import sleep

import pytest
from django.db import transaction

from tests.database import at_once, execute
from tests.factories import NOW, PickFactory, ToolFactory, VoteFactory, vote
from votes.models import Alert, PickTally, Tally
from votes.tallies.publication import publish_tallies
from votes.tallies.recount import reconcile_tallies
from votes.tasks import reconcile_tallies as reconcile_task

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=1)


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
            may_commit.wait(30)

    def count() -> None:
        is_open.wait(30)
        reconcile_tallies(now=NOW)

    def let_go() -> None:
        is_open.wait(30)
        sleep(0.2)
        may_commit.set()

    assert at_once(*map(partial, (vote_slowly, count, let_go))) == [None] * 3
    assert tool.tally.ship == 3
