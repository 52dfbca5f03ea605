"""What beat does when its machine's clock is set."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from backend.beat import Scheduler
from backend.celery import app

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def is_late(scheduler: Scheduler) -> bool:
    """Whether anything that is due every few seconds would wait for longer, once what is due now was published."""
    delays = [scheduler.tick() for _ in range(100)]
    return max(delays) > 5


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=1), timedelta(days=-3)], ids=str)
def test_beat_goes_on_when_the_clock_is_set(tmp_path: Path, step: timedelta) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        scheduler = Scheduler(app, schedule_filename=str(tmp_path / "schedule"))
        was_late = is_late(scheduler)
        clock.shift(step)
        is_late_after_the_step = is_late(scheduler)
        clock.shift(5)
        delays = [scheduler.tick() for _ in range(100)]
        scheduler.close()

    assert not was_late
    assert not is_late_after_the_step
    # Something was due, and was published.
    assert 0 in delays


def test_a_schedule_that_was_kept_in_the_future_holds_nothing_up(tmp_path: Path) -> None:
    file = str(tmp_path / "schedule")
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        fast = Scheduler(app, schedule_filename=file)
        is_late(fast)
        fast.close()

    with time_machine.travel(NOW, tick=False):
        right = Scheduler(app, schedule_filename=file)
        assert not is_late(right)
        right.close()


class SlowScheduler(Scheduler):
    """Each of its ticks takes so long that the clock is set back meanwhile, by as much as `steps` says."""

    steps: list[timedelta]
    clock: time_machine.Traveller

    def schedules_equal(self, *schedules: object) -> bool:
        if self.steps:
            self.clock.shift(self.steps.pop())
        return bool(super().schedules_equal(*schedules))


def test_beat_goes_on_when_the_clock_is_set_back_during_a_tick(tmp_path: Path) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        scheduler = SlowScheduler(app, schedule_filename=str(tmp_path / "schedule"))
        scheduler.steps, scheduler.clock = [], clock
        is_late(scheduler)
        scheduler.steps.append(timedelta(hours=-2))
        is_late_after_the_step = is_late(scheduler)
        scheduler.close()

    assert scheduler.steps == []
    assert not is_late_after_the_step
