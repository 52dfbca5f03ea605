"""What breaks while an edition is sent: nobody gets it twice, nobody is left out without our knowing."""

import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.faults.mail_run import FINAL_SECONDS, MailRun
from tests.faults.scale import IS_LONG, scaled
from tests.faults.stack import FaultStack
from tests.ports import POLL_SECONDS

READERS = scaled("MAIL_READERS", short=500, long=20_000)
KILLS = scaled("MAIL_KILLS", short=8, long=50)
FREEZES = scaled("MAIL_FREEZES", short=1, long=12)
DEPLOYMENTS = scaled("MAIL_DEPLOYMENTS", short=4, long=15)
# Mails between two; 200 at 600 a minute are one every 20 seconds.
DEPLOYMENT_EVERY = scaled("MAIL_DEPLOYMENT_EVERY", short=100, long=200)
DEPLOYMENT_PER_MINUTE = scaled("MAIL_DEPLOYMENT_PER_MINUTE", short=0, long=600)
TRIGGERS = scaled("MAIL_TRIGGERS", short=150, long=500)
STORMS = scaled("MAIL_STORMS", short=20, long=100)
OUTAGE_SECONDS = scaled("MAIL_OUTAGE_SECONDS", short=0, long=900)
SEED = int(os.environ.get("MAIL_SEED", "2611"))
# Those of a process, unless a test says otherwise.
CONNECTIONS = settings.SENDING_CONNECTIONS

# Where a test holds copies back, nobody loses a lease by waiting.
PATIENT: dict[str, Any] = {"SENDING_CLAIM_SECONDS": "300", "SENDING_FINAL_SECONDS": "300"}

# --- Killed and frozen processes --------------------------------------------------------------


@pytest.mark.parametrize("connections", [1, CONNECTIONS] if IS_LONG else [CONNECTIONS])
def test_nobody_gets_it_twice_and_nobody_is_silently_lost_whoever_is_killed(
    stack: FaultStack, tmp_path: Path, connections: int
) -> None:
    chance = random.Random(SEED)
    moments = sorted(chance.sample(range(READERS // 20, READERS * 9 // 10), KILLS + FREEZES))
    kills = set(chance.sample(moments, KILLS))

    with MailRun(stack, tmp_path, workers=2, sink="delay=0.002", SENDING_CONNECTIONS=str(connections)) as run:
        run.begin({"reader": READERS})
        for moment in moments:
            run.await_taken(moment)
            HARM[moment in kills](run, chance)
        run.await_state("done")
        before = run.report()
        resolved = run.resolve()
        run.await_(lambda: run.states() == {"accepted": READERS})
        run.await_state("done")
        after = run.report()

    figures = {
        "seed": SEED,
        "kills": KILLS,
        "freezes": FREEZES,
        "connections": connections,
        "before": vars(before),
        "resolved": resolved,
    }
    with Path(os.environ.get("MAIL_REPORT", tmp_path / "report.jsonl")).open("a") as report:
        report.write(json.dumps(figures) + "\n")
    assert (before.duplicates, before.silently_lost) == (0, 0)
    assert before.states["accepted"] + before.states["uncertain"] == READERS
    assert before.states["uncertain"] <= (KILLS + FREEZES) * connections, before.doubts
    assert (after.duplicates, after.silently_lost) == (0, 0)
    assert (after.taken, after.states) == (READERS, {"accepted": READERS})


def freeze_somebody(run: MailRun, chance: random.Random) -> None:
    """For longer than its leases."""
    run.freeze_somebody(chance, FINAL_SECONDS * 1.7)


HARM: dict[bool, Callable[[MailRun, random.Random], None]] = {
    True: MailRun.kill_somebody,
    False: freeze_somebody,
}


PLACES = [
    "page_prepared",
    "edition_prepared",
    "claimed",
    "recipient_accepted",
    "first_unallowed",
    "allowed",
    "data_opened",
    "body_sent",
    "dot_answered",
    "accepted_unrecorded",
    "recorded_accepted",
    "recorded_deferred",
    "recorded_failed",
    "edition_done",
]


@pytest.mark.parametrize("places", [[place] for place in PLACES] if IS_LONG else [PLACES])
def test_the_books_balance_after_a_death_at(stack: FaultStack, tmp_path: Path, places: list[str]) -> None:
    marks = tmp_path / "died"
    marks.mkdir()
    # Workers may run as somebody else.
    marks.chmod(0o777)
    # The server refuses each of these once: one more than can be under way in the processes that die.
    busy = CONNECTIONS * len(places) + 1

    with MailRun(stack, tmp_path, workers=1, FAILPOINTS=",".join(places), FAILPOINT_MARKS=str(marks)) as run:
        run.begin({"reader": 60, "busy": busy, "gone": 2})
        run.await_state("done", seconds=300)
        report = run.report()
        uncertain = report.states["uncertain"]
        run.resolve()
        run.await_(lambda: run.states() == {"accepted": 60 + busy, "failed": 2})
        run.await_state("done")

    assert {mark.name for mark in marks.iterdir()} == set(places)
    assert uncertain <= CONNECTIONS * len(places)
    assert (report.duplicates, report.silently_lost) == (0, 0)
    assert (run.report().taken, run.report().duplicates) == (60 + busy, 0)


def test_a_deployment_every_few_seconds_leaves_nothing_in_doubt(stack: FaultStack, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    readers = DEPLOYMENT_EVERY * (DEPLOYMENTS + 1)

    with MailRun(
        stack, tmp_path, workers=2, sink="delay=0.01", SENDING_PER_MINUTE=str(DEPLOYMENT_PER_MINUTE)
    ) as run:
        run.begin({"reader": readers})
        for number in range(DEPLOYMENTS):
            run.await_taken(DEPLOYMENT_EVERY * number + DEPLOYMENT_EVERY // 2)
            run.stop_a_worker(chance)
        run.await_state("done")

    report = run.report()
    assert report.states == {"accepted": readers}
    assert (report.taken, report.duplicates) == (readers, 0)


# --- Who else may ask for it ------------------------------------------------------------------


def test_duplicate_triggers_send_nothing_twice(stack: FaultStack, tmp_path: Path) -> None:
    with MailRun(stack, tmp_path) as run:
        edition = run.begin({"reader": READERS})
        run.await_taken(1)
        stack.desk("duplicates", edition, TRIGGERS)
        run.await_state("done")

    report = run.report()
    assert report.states == {"accepted": READERS}
    assert (report.taken, report.duplicates) == (READERS, 0)


def test_a_storm_of_pauses_and_rates_loses_and_repeats_nothing(stack: FaultStack, tmp_path: Path) -> None:
    with MailRun(stack, tmp_path, SENDING_PER_MINUTE="12000") as run:
        edition = run.begin({"reader": READERS})
        run.await_taken(1)
        sent_while_paused = stack.desk("storm", edition, STORMS, SEED, str(run.log))
        run.await_state("done", seconds=300)

    report = run.report()
    assert len(sent_while_paused) >= STORMS // 4
    assert not any(sent_while_paused)
    assert report.states == {"accepted": READERS}
    assert (report.taken, report.duplicates) == (READERS, 0)


# --- Servers that refuse ----------------------------------------------------------------------


def test_an_outage_of_the_mail_server_burns_nobody(stack: FaultStack, tmp_path: Path) -> None:
    with MailRun(stack, tmp_path, SENDING_OUTAGE_SECONDS="2") as run:
        run.stop_sink()
        run.begin({"reader": READERS})
        run.await_state("paused", seconds=300)
        reason = run.state()[1]
        # It tries by itself, and pauses again.
        run.await_pauses(3)
        time.sleep(OUTAGE_SECONDS)
        attempts, untried = run.attempts(), run.states()
        run.start_sink()
        run.await_state("done", seconds=300)

    assert "refused" in reason
    assert attempts == 0
    # A worker may be trying just now.
    assert untried["pending"] + untried["claimed"] == READERS
    assert run.report().states == {"accepted": READERS}


def test_a_wrong_password_waits_for_staff(stack: FaultStack, tmp_path: Path) -> None:
    with MailRun(stack, tmp_path, sink="password=right", user="reader:wrong@") as run:
        edition = run.begin({"reader": 20})
        run.await_state("paused")
        reason = run.state()[1]
        # Nor does it go on when it is asked for.
        stack.desk("duplicates", edition, 3)
        run.await_idle_workers()
        still = run.state()[0], run.attempts()
        run.restart_sink("password=wrong")
        stack.desk("resume", edition)
        run.await_state("done")

    assert "535" in reason
    assert still == ("paused", 0)
    assert run.report().states == {"accepted": 20}


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        pytest.param("smtp://no-such-host.invalid:25", "CONNECT", id="no such host"),
        pytest.param("", "535", id="wrong password"),
    ],
)
def test_whatever_an_edition_waits_for_it_can_be_cancelled(
    stack: FaultStack, tmp_path: Path, address: str, reason: str
) -> None:
    elsewhere: dict[str, Any] = {"EMAIL_URL": address} if address else {}

    with MailRun(stack, tmp_path, sink="password=right", user="reader:wrong@", **elsewhere) as run:
        edition = run.begin({"reader": 20})
        run.await_state("paused", seconds=300)
        said = run.state()[1]
        stack.desk("cancel", edition)
        run.await_(lambda: run.states() == {"cancelled": 20})

    assert reason in said
    assert run.state()[0] == "cancelled"
    assert run.number_taken() == 0


@pytest.mark.skipif(not IS_LONG, reason="It takes minutes: a part of FAULTS=long.")
def test_a_limit_that_is_enforced_by_cutting_off_holds_nothing_up_for_ever(
    stack: FaultStack, tmp_path: Path
) -> None:
    with MailRun(stack, tmp_path, sink="quota=100 quota_seconds=20 abrupt=1") as run:
        run.begin({"reader": 300})
        run.await_state("done", seconds=300)

    assert run.report().states == {"accepted": 300}
    assert run.report().duplicates == 0


def test_a_paused_edition_can_be_cancelled_and_sends_no_more(stack: FaultStack, tmp_path: Path) -> None:
    with MailRun(stack, tmp_path, sink="first=50", **PATIENT) as run:
        edition = run.begin({"reader": 500})
        run.await_taken(50)
        stack.desk("cancel", edition)
        run.let_the_others_pass()
        run.await_(lambda: run.states() == {"accepted": 50, "cancelled": 450})

    # The workers have ended.
    assert run.number_taken() == 50
    assert run.report().states == {"accepted": 50, "cancelled": 450}


def test_what_fails_after_the_dot_is_never_sent_again_blindly(stack: FaultStack, tmp_path: Path) -> None:
    with MailRun(stack, tmp_path) as run:
        # Few enough in doubt that the edition goes on.
        run.begin({"reader": 560, "hang": 10, "reset": 10, "lost": 10, "later": 10})
        run.await_state("done")
        before = run.report()
        run.resolve()
        run.await_(lambda: run.number_taken() == 590)
        after = run.report()

    assert before.states == {"accepted": 570, "uncertain": 30}
    assert (before.taken, before.duplicates) == (590, 0)
    assert (after.taken, after.duplicates) == (590, 0)


@pytest.mark.skipif(not IS_LONG, reason="It takes six minutes: a part of FAULTS=long.")
def test_a_servers_limit_is_learned_and_used(stack: FaultStack, tmp_path: Path) -> None:
    with MailRun(stack, tmp_path, sink="quota=100") as run:
        run.begin({"reader": 500})
        run.await_state("done", seconds=720)

    moments = sorted(line["at"] for line in run.taken())
    later = [moment for moment in moments if moment > moments[0] + 60]
    refused_later = [line for line in run.refusals() if line["at"] > moments[0] + 60]
    assert run.report().states == {"accepted": 500}
    assert len(later) / (later[-1] - later[0]) * 60 >= 90
    assert len(refused_later) <= 0.05 * len(later)


def test_connections_are_used_again_and_closed_ones_lose_nothing(stack: FaultStack, tmp_path: Path) -> None:
    with MailRun(stack, tmp_path, sink="most=37 idle=3", SENDING_CONNECTIONS="1") as run:
        run.begin({"reader": 600})
        run.await_state("done")

    report = run.report()
    by_connection = run.mails_by_connection()
    assert report.states == {"accepted": 600}
    assert (report.taken, report.duplicates) == (600, 0)
    assert max(by_connection) == 37
    assert sum(by_connection) / len(by_connection) >= 20


def test_poisonous_addresses_stop_nobody_else(stack: FaultStack, tmp_path: Path) -> None:
    # One in a hundred altogether.
    some = READERS // 400

    with MailRun(stack, tmp_path) as run:
        run.begin({"reader": READERS - 4 * some, "gone": some, "full": some, "ünsendable": 2 * some})
        run.await_state("done")
        reasons = "SELECT reason, count(*) FROM newsletter_suppression GROUP BY reason"
        run.await_(lambda: stack.query(reasons) == [("hard_bounce", 3 * some)])

    assert run.report().states == {"accepted": READERS - 4 * some, "failed": 4 * some}


def test_unsubscribing_during_the_sending_wins(stack: FaultStack, tmp_path: Path) -> None:
    with MailRun(stack, tmp_path, sink="first=20", **PATIENT) as run, stack.connect() as connection:
        run.begin({"reader": 400})
        run.await_taken(20)
        leaving = connection.execute(
            b"UPDATE newsletter_subscriber SET status = 'unsubscribed', unsubscribed_at = now()"
            b" WHERE substring(address FROM '[0-9]+')::integer > 200 RETURNING address"
        ).fetchall()
        taken_before = {line["to"] for line in run.taken()}
        run.let_the_others_pass()
        run.await_state("done")

    left = {address for (address,) in leaving}
    report = run.report()
    assert len(left) == 200
    assert {line["to"] for line in run.taken()} & left == taken_before & left
    assert report.states == {
        "accepted": 200 + len(taken_before & left),
        "suppressed": 200 - len(taken_before & left),
    }


# --- What readers get, and what staff see -----------------------------------------------------


def test_each_mail_is_its_readers_own_and_all_are_the_same_mail(stack: FaultStack, tmp_path: Path) -> None:
    with MailRun(stack, tmp_path) as run:
        run.begin({"reader": READERS})
        run.await_taken(200)
        with stack.connect() as connection:
            connection.execute(
                b"UPDATE newsletter_edition SET subject = 'Edited', intro = 'while it is sent'"
            )
        run.await_state("done")

    lines, mails = run.taken(), run.mails()
    assert [mail["To"] for mail in mails] == [line["to"] for line in lines]
    assert {line["sender"] for line in lines} == {"FROM:<digest@verdicts.example>"}
    assert {mail["Subject"] for mail in mails} == {"Two tools"}
    assert len({run.shared_part(line["mail"]) for line in lines}) == 1
    assert {mail["List-Unsubscribe-Post"] for mail in mails} == {"List-Unsubscribe=One-Click"}
    assert len({mail["List-Unsubscribe"] for mail in mails}) == READERS
    assert {mail["List-Id"] for mail in mails} == {"The weekly mail <weekly.verdicts.example>"}
    assert max(len(row) for line in lines for row in line["mail"].split("\r\n")) <= 998


def test_the_books_only_ever_grow_and_balance_in_the_end(stack: FaultStack, tmp_path: Path) -> None:
    accepted = []

    with MailRun(stack, tmp_path, sink="delay=0.005") as run:
        run.begin({"reader": 500})
        run.await_state("sending")
        while run.state()[0] == "sending":
            counts = run.states()
            accepted.append(counts["accepted"])
            assert sum(counts.values()) == 500
            time.sleep(POLL_SECONDS)

    assert accepted == sorted(accepted)
    assert run.report().states == {"accepted": 500}
