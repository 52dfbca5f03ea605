"""What an edition bears of the engines it is sent with: a broker or a database that dies, clocks that are wrong."""

import platform
import random
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.faults.false_clock import FalseClock
from tests.faults.mail_run import IMPATIENT_WORKERS, MailRun
from tests.faults.scale import scaled
from tests.faults.stack import FaultStack

READERS = scaled("MAIL_READERS", short=500, long=20_000)
REDIS_KILLS = scaled("MAIL_REDIS_KILLS", short=3, long=20)
# Mails between two kills; 300 at 1,200 a minute are one every 15 seconds.
REDIS_KILL_EVERY = scaled("MAIL_REDIS_KILL_EVERY", short=150, long=300)
REDIS_PER_MINUTE = scaled("MAIL_REDIS_PER_MINUTE", short=0, long=1_200)
CRASHES = scaled("MAIL_CRASHES", short=3, long=20)


def test_workers_go_on_after_redis_was_killed(stack: FaultStack, tmp_path: Path) -> None:
    readers = REDIS_KILL_EVERY * (REDIS_KILLS + 1)

    with MailRun(
        stack, tmp_path, workers=2, sink="delay=0.02", SENDING_PER_MINUTE=str(REDIS_PER_MINUTE)
    ) as run:
        # The first time they have nothing to do, and must take what comes later.
        lose_redis(stack)
        run.begin({"reader": readers})
        for number in range(REDIS_KILLS):
            run.await_taken(REDIS_KILL_EVERY * number + REDIS_KILL_EVERY // 3, seconds=300)
            lose_redis(stack)
        run.await_state("done", seconds=300)
        assert run.everybody_lives()

    report = run.report()
    assert report.states == {"accepted": readers}
    assert (report.taken, report.duplicates) == (readers, 0)


def lose_redis(stack: FaultStack) -> None:
    """And all that it knew."""
    stack.stop_redis()
    time.sleep(1)
    stack.start_redis()
    stack.flush_redis()


def test_an_edition_survives_crashes_of_the_database(stack: FaultStack, tmp_path: Path) -> None:
    chance = random.Random(CRASHES)
    moments = sorted(chance.sample(range(READERS // 20, READERS * 9 // 10), CRASHES))

    with MailRun(stack, tmp_path, workers=2, sink="delay=0.005", **IMPATIENT_WORKERS) as run:
        run.begin({"reader": READERS})
        for moment in moments:
            run.await_taken(moment)
            stack.restart_postgresql()
        run.await_state("done", seconds=300)
        before = run.report()
        run.resolve()
        run.await_(lambda: run.states() == {"accepted": READERS})
        run.await_state("done")
        assert run.everybody_lives()

    after = run.report()
    assert (before.duplicates, before.silently_lost) == (0, 0)
    assert before.states["accepted"] + before.states["uncertain"] == READERS
    # One for each connection and crash.
    assert before.states["uncertain"] <= 16 * CRASHES
    assert (after.taken, after.duplicates, after.silently_lost) == (READERS, 0, 0)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="libfaketime's wheel is for x86-64 only.")
def test_wrong_clocks_send_nothing_twice_and_begin_nothing_early(stack: FaultStack, tmp_path: Path) -> None:
    fast, slow = FalseClock(tmp_path / "fast", "+3h"), FalseClock(tmp_path / "slow", "-3h")
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    schedule: dict[str, Any] = {
        "NEWSLETTER_ZONE": "UTC",
        "NEWSLETTER_WEEKDAY": str(in_an_hour.isoweekday()),
        "NEWSLETTER_TIME": f"{in_an_hour:%H:%M}",
    }

    with MailRun(stack, tmp_path, workers=2, sink="delay=0.005", clocks=[fast, slow], **schedule) as run:
        stack.desk("draft", "2020-W02", 60)
        stack.desk("draft", "2020-W03", 0)
        run.await_(lambda: run.editions()["2020-W03"] == "done")
        run.begin({"reader": READERS})
        for taken, hours in ((READERS // 3, 4), (READERS * 2 // 3, 2)):
            run.await_taken(taken)
            fast.set(f"+{hours}h")
            slow.set(f"-{hours}h")
        run.await_state("done", seconds=300)

    report = run.report()
    dates = [parsedate_to_datetime(mail["Date"]).timestamp() for mail in run.mails()]
    hours_off = {round((date - line["at"]) / 3600) for date, line in zip(dates, run.taken(), strict=True)}
    assert {-3, 3} <= hours_off
    assert run.editions() == {"2020-W01": "done", "2020-W02": "draft", "2020-W03": "done"}
    assert report.states == {"accepted": READERS}
    assert (report.taken, report.duplicates) == (READERS, 0)
