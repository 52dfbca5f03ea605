"""Celery beat's schedule: what runs by the clock, how often, and for how long it is worth running."""

import pytest

from backend.schedule import beat_schedule

SCHEDULE = beat_schedule(tally_publish_seconds=60, sending_tick_seconds=7)


@pytest.mark.parametrize(("entry", "seconds"), [("publish-tallies", 60), ("mail", 7)])
def test_an_interval_of_the_settings_is_also_how_long_a_waiting_task_is_worth_running(
    entry: str, seconds: int
) -> None:
    assert (SCHEDULE[entry]["schedule"], SCHEDULE[entry]["options"]) == (seconds, {"expires": seconds})


def test_steps_of_a_day_need_no_entry_beside_closing_the_day() -> None:
    assert "publish-tallies" not in beat_schedule(tally_publish_seconds=86_400, sending_tick_seconds=7)


def test_a_task_that_runs_every_few_seconds_never_piles_up() -> None:
    """One that waits for longer than its interval has a successor that does the same."""
    frequent = {
        name: entry["options"] for name, entry in SCHEDULE.items() if isinstance(entry["schedule"], int)
    }

    assert frequent == {name: {"expires": SCHEDULE[name]["schedule"]} for name in frequent}
