"""Moderation: what each action does to each status, what it leaves behind, and that no arriving vote is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from backend.admin.errors import CurationError
from catalog.models import Tool
from tests.database import at_once
from tests.factories import NOW, PickFactory, ToolFactory, VoteFactory, new_voters
from votes.models import Alert, ModerationAction, Pick, PickTally, Tally, Vote, Voter
from votes.moderation import actions
from votes.moderation.actions import AskedAction, Move
from votes.rules import RULESET
from votes.tallies.locks import hold_tally
from votes.tallies.recount import RECOUNT_PICKS, RECOUNT_VOTES

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
BEGINS_AT = NOW - 3 * HOUR
ENDS_AT = NOW - 2 * HOUR

# Status and reasons, as the rules and staff leave them.
COUNTED: tuple[str, list[str]] = ("counted", [])
PENDING = ("pending", ["origin_quota", "burst"])
QUARANTINED = ("quarantined", ["staff_quarantine"])
QUARANTINED_WHILE_PENDING = ("quarantined", ["origin_quota", "burst", "staff_quarantine"])
REJECTED = ("rejected", ["staff_quarantine", "staff_reject"])


def cast(tool: Tool, state: tuple[str, list[str]], *, at: datetime = BEGINS_AT, **fields: Any) -> Vote:
    vote: Vote = VoteFactory(tool=tool, status=state[0], reasons=state[1], ruleset="2026-10", **fields)
    Vote.objects.filter(pk=vote.pk).update(created_at=at, updated_at=at)
    return vote


def moderate(action: str, tool: Tool, other_tool: Tool | None = None, **changes: Any) -> ModerationAction:
    given = {"begins_at": BEGINS_AT, "ends_at": ENDS_AT, "why": "A raid", "decided_by": None, **changes}
    decided_by = given.pop("decided_by")
    asked = AskedAction(action, **given)
    return actions.moderate(asked=asked, tool=tool, other_tool=other_tool, decided_by=decided_by, now=NOW)


def state_of(ballot: Vote | Pick) -> tuple[str, list[str]]:
    ballot.refresh_from_db()
    return ballot.status, ballot.reasons


def drifts() -> list[Any]:
    """The tallies that differ from their votes, all seen as of one moment."""
    with connection.cursor() as cursor:
        found = []
        for recount in (RECOUNT_VOTES, RECOUNT_PICKS):
            cursor.execute(recount)
            found += cursor.fetchall()
        return found


def writes_of_tallies() -> int:
    """How often a tally was written in this transaction, as PostgreSQL counts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT n_tup_upd FROM pg_stat_xact_user_tables WHERE relname = 'votes_tally'")
        (writes,) = cursor.fetchall()
        return int(writes[0])


class TestEachAction:
    @pytest.mark.parametrize(
        ("action", "before", "after"),
        [
            ("quarantine", COUNTED, QUARANTINED),
            ("quarantine", PENDING, QUARANTINED_WHILE_PENDING),
            ("release", QUARANTINED, COUNTED),
            ("release", QUARANTINED_WHILE_PENDING, PENDING),
            ("release", PENDING, COUNTED),
            ("reject", QUARANTINED, ("rejected", ["staff_quarantine", "staff_reject"])),
            ("reject", PENDING, ("rejected", ["origin_quota", "burst", "staff_reject"])),
        ],
    )
    def test_a_vote_moves(
        self, action: str, before: tuple[str, list[str]], after: tuple[str, list[str]]
    ) -> None:
        vote = cast(ToolFactory(), before)

        made = moderate(action, vote.tool)

        assert state_of(vote) == after
        assert (vote.ruleset, vote.updated_at) == (RULESET, BEGINS_AT)
        assert made.count == 1
        assert drifts() == []

    @pytest.mark.parametrize(
        ("action", "state"),
        [
            ("quarantine", QUARANTINED),
            ("quarantine", REJECTED),
            ("release", COUNTED),
            ("release", REJECTED),
            ("reject", COUNTED),
            ("reject", REJECTED),
        ],
    )
    def test_a_vote_stays(self, action: str, state: tuple[str, list[str]]) -> None:
        vote = cast(ToolFactory(), state)

        with pytest.raises(CurationError, match="nothing to move"):
            moderate(action, vote.tool)

        assert state_of(vote) == state
        assert vote.ruleset == "2026-10"
        assert not ModerationAction.objects.exists()

    def test_release_gives_back_exactly_what_a_quarantine_took(self) -> None:
        tool = ToolFactory()
        votes = [cast(tool, state) for state in (COUNTED, COUNTED, PENDING, REJECTED)]
        before = [state_of(vote) for vote in votes]

        moderate("quarantine", tool)
        moderate("release", tool)

        assert [state_of(vote) for vote in votes] == before

    def test_release_lets_votes_wait_on_while_others_are_quarantined(self) -> None:
        tool = ToolFactory()
        quarantined, pending = cast(tool, QUARANTINED), cast(tool, PENDING)

        assert moderate("release", tool).count == 1
        assert [state_of(quarantined), state_of(pending)] == [COUNTED, PENDING]

        assert moderate("release", tool).count == 1
        assert [state_of(quarantined), state_of(pending)] == [COUNTED, COUNTED]

    def test_a_window_holds_its_beginning_but_not_its_end(self) -> None:
        tool = ToolFactory()
        moment = timedelta(microseconds=1)
        votes = [
            cast(tool, COUNTED, at=at) for at in (BEGINS_AT - moment, BEGINS_AT, ENDS_AT - moment, ENDS_AT)
        ]

        moderate("quarantine", tool)

        assert [state_of(vote)[0] for vote in votes] == ["counted", "quarantined", "quarantined", "counted"]

    def test_votes_on_other_tools_stay(self) -> None:
        vote, other = cast(ToolFactory(), COUNTED), cast(ToolFactory(), COUNTED)

        moderate("quarantine", vote.tool)

        assert state_of(other) == COUNTED
        assert drifts() == []

    @pytest.mark.parametrize("turned_round", [False, True])
    def test_picks_of_a_pair_move_whichever_tool_is_named_first(self, turned_round: bool) -> None:
        picks = PickFactory.create_batch(2)
        Pick.objects.update(created_at=BEGINS_AT)
        tools = [picks[0].first_tool, picks[0].second_tool]
        named = tools[::-1] if turned_round else tools

        made = moderate("quarantine", *named)

        assert [state_of(pick) for pick in picks] == [QUARANTINED, COUNTED]
        assert [made.tool, made.other_tool] == tools
        assert PickTally.objects.get(first_tool=tools[0]).quarantined == 1
        assert drifts() == []

    def test_a_tally_is_written_once_however_many_votes_move(self) -> None:
        tool = ToolFactory()
        for _ in range(20):
            cast(tool, COUNTED)
        before = writes_of_tallies()

        moderate("quarantine", tool)

        assert writes_of_tallies() - before == 1
        assert Tally.objects.values_list("total", "quarantined").get(tool=tool) == (0, 20)


class TestAuditRow:
    def test_it_says_who_did_what_to_how_many_and_why(self) -> None:
        tool, curator = ToolFactory(), User.objects.create(username="curator")
        for _ in range(3):
            cast(tool, COUNTED)

        made = moderate("quarantine", tool, why="  A raid  ", decided_by=curator)

        assert ModerationAction.objects.values(
            "tool", "other_tool", "action", "begins_at", "ends_at", "why", "count", "ruleset", "decided_by"
        ).get(pk=made.pk) == {
            "tool": tool.pk,
            "other_tool": None,
            "action": "quarantine",
            "begins_at": BEGINS_AT,
            "ends_at": ENDS_AT,
            "why": "A raid",
            "count": 3,
            "ruleset": RULESET,
            "decided_by": curator.pk,
        }

    def test_a_window_that_goes_on_ends_now(self) -> None:
        vote = cast(ToolFactory(), COUNTED)

        assert moderate("quarantine", vote.tool, ends_at=NOW + HOUR).ends_at == NOW

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            pytest.param({"ends_at": BEGINS_AT}, "begin before it ends", id="empty"),
            pytest.param({"ends_at": BEGINS_AT - HOUR}, "begin before it ends", id="turned round"),
            pytest.param({"begins_at": ENDS_AT - timedelta(days=31, seconds=1)}, "31 days", id="long"),
            pytest.param({"begins_at": NOW, "ends_at": NOW + HOUR}, "still to come", id="future"),
            pytest.param({"begins_at": BEGINS_AT + HOUR / 2}, "nothing to move", id="nothing there"),
            pytest.param({"why": " "}, "Say why", id="no reason"),
        ],
    )
    def test_a_refusal_changes_nothing(self, changes: dict[str, Any], reason: str) -> None:
        vote = cast(ToolFactory(), COUNTED)
        Alert.objects.create(kind="burst", tool=vote.tool, begins_at=BEGINS_AT)

        with pytest.raises(CurationError, match=reason):
            moderate("quarantine", vote.tool, **changes)

        assert state_of(vote) == COUNTED
        assert not ModerationAction.objects.exists()
        assert Alert.objects.filter(closed_at=None).exists()

    def test_31_days_are_not_too_long(self) -> None:
        vote = cast(ToolFactory(), COUNTED)

        assert moderate("quarantine", vote.tool, begins_at=ENDS_AT - timedelta(days=31)).count == 1


class TestAlerts:
    @pytest.mark.parametrize(
        ("kind", "at", "is_closed"),
        [
            ("burst", BEGINS_AT, True),
            ("burst", ENDS_AT - timedelta(seconds=1), True),
            ("burst", ENDS_AT, False),
            ("burst", BEGINS_AT - timedelta(seconds=1), False),
            ("drift", BEGINS_AT, False),
        ],
    )
    def test_an_action_closes_the_alerts_of_its_window(
        self, kind: str, at: datetime, is_closed: bool
    ) -> None:
        vote = cast(ToolFactory(), COUNTED)
        alert = Alert.objects.create(kind=kind, tool=vote.tool, begins_at=at)

        moderate("quarantine", vote.tool)

        alert.refresh_from_db()
        assert alert.closed_at == (NOW if is_closed else None)

    def test_alerts_of_others_stay_open(self) -> None:
        vote, other = cast(ToolFactory(), COUNTED), ToolFactory()
        Alert.objects.create(kind="burst", tool=other, begins_at=BEGINS_AT)
        Alert.objects.create(kind="burst", tool=vote.tool, other_tool=other, begins_at=BEGINS_AT)

        moderate("quarantine", vote.tool)

        assert Alert.objects.filter(closed_at=None).count() == 2

    def test_an_alert_is_closed_once(self) -> None:
        alert = Alert.objects.create(kind="drift", tool=ToolFactory(), begins_at=BEGINS_AT)

        actions.close(alert, now=NOW)
        with pytest.raises(CurationError, match="closed already"):
            actions.close(alert, now=NOW + HOUR)

        alert.refresh_from_db()
        assert alert.closed_at == NOW


class TestPreview:
    def test_it_says_what_would_become_of_each_status_and_answer(self) -> None:
        tool = ToolFactory()
        cast(tool, COUNTED, value="ship")
        cast(tool, COUNTED, value="ship")
        cast(tool, PENDING, value="skip")

        asked = AskedAction("quarantine", BEGINS_AT, ENDS_AT, why="")

        moves = actions.preview(asked=asked, tool=tool, now=NOW)

        assert moves == [
            Move("counted", "quarantined", "ship", 2),
            Move("pending", "quarantined", "skip", 1),
        ]
        assert Tally.objects.get(tool=tool).quarantined == 0


def arrive(tool: Tool, voters: list[Voter]) -> Callable[[], None]:
    """The voters' votes, one transaction each, as the ballot box writes them: the tally is taken first."""

    def step() -> None:
        for voter in voters:
            with transaction.atomic():
                hold_tally(tool=tool)
                Vote.objects.create(voter=voter, tool=tool, value="skip")

    return step


def change(tool: Tool, voters: list[Voter]) -> Callable[[], None]:
    """The voters think again, in the same manner."""

    def step() -> None:
        for voter in voters:
            with transaction.atomic():
                hold_tally(tool=tool)
                Vote.objects.filter(voter=voter, tool=tool).update(value="skip")

    return step


def in_turn(*steps: Callable[[], object]) -> Callable[[], None]:
    def step() -> None:
        for each in steps:
            each()

    return step


@pytest.mark.django_db(transaction=True)
def test_5000_votes_are_quarantined_and_released_while_500_arrive_and_100_change() -> None:
    tool = ToolFactory()
    voters = new_voters(5_500)
    Vote.objects.bulk_create(Vote(voter=voter, tool=tool, value="ship") for voter in voters[:5_000])
    Vote.objects.update(created_at=BEGINS_AT)
    sampled, is_over = list[Any](), Event()

    def sample() -> None:
        while not is_over.wait(0.1):
            sampled.append(drifts())
        connection.close()

    with ThreadPoolExecutor(1) as watcher:
        watching = watcher.submit(sample)
        errors = at_once(
            *(arrive(tool, voters[5_000 + 100 * n : 5_100 + 100 * n]) for n in range(5)),
            change(tool, voters[:100]),
            in_turn(*[lambda: moderate("quarantine", tool), lambda: moderate("release", tool)] * 3),
        )
        is_over.set()
        watching.result()

    assert errors == [None] * 7
    assert sampled
    assert [found for found in sampled if found] == []
    columns = ("ship", "skip", "pending", "quarantined")
    assert Tally.objects.values_list(*columns).get(tool=tool) == (4_900, 600, 0, 0)
    assert drifts() == []
    assert (
        list(ModerationAction.objects.order_by("created_at").values_list("count", flat=True)) == [5_000] * 6
    )
