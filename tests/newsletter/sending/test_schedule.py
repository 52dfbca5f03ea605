"""When editions are due, in zones whose clocks jump."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.sending.schedule import Schedule, first_instant, iso_week

ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe"]


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        pytest.param(date(2026, 11, 24), time(8), "Europe/Berlin", "2026-11-24T07:00", id="winter"),
        pytest.param(date(2026, 7, 7), time(8), "Europe/Berlin", "2026-07-07T06:00", id="summer"),
        pytest.param(date(2026, 3, 29), time(2, 30), "Europe/Berlin", "2026-03-29T01:00", id="skipped hour"),
        pytest.param(date(2026, 10, 25), time(2, 30), "Europe/Berlin", "2026-10-25T00:30", id="doubled hour"),
        pytest.param(
            date(2026, 10, 4), time(2, 15), "Australia/Lord_Howe", "2026-10-03T15:30", id="half an hour"
        ),
        pytest.param(date(2011, 12, 30), time(8), "Pacific/Apia", "2011-12-30T10:00", id="skipped day"),
    ],
)
def test_a_time_of_day_is_one_instant(day: date, at: time, zone: str, expected: str) -> None:
    assert first_instant(day, at, ZoneInfo(zone)) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("weekday", "at"), [(1, time(0)), (2, time(8)), (7, time(2, 30)), (7, time(23, 59))])
def test_six_years_of_hours_have_one_edition_a_week_and_none_early(zone: str, weekday: int, at: time) -> None:
    schedule = Schedule(zone=ZoneInfo(zone), weekday=weekday, time=at)
    begin = datetime(2026, 1, 5, 12, tzinfo=UTC)
    hours = [begin + timedelta(hours=number) for number in range(6 * 365 * 24)]
    # Of the days on which nothing is due, nor was on the day before or is on the next, each seventh hour.
    near = {(weekday + days) % 7 + 1 for days in (-2, -1, 0)}
    hours = [now for number, now in enumerate(hours) if now.isoweekday() in near or number % 7 == 0]

    begun: dict[str, datetime] = {}
    for now in hours:
        week = schedule.due_week(now)
        begun.setdefault(week or "", now)
    begun.pop("")

    days = (begin.date() + timedelta(days=number) for number in range(6 * 365 + 7))
    due = {week for week in map(iso_week, days) if begin <= schedule.due_at(week) <= hours[-1]}
    begun = {week: now for week, now in begun.items() if schedule.due_at(week) >= begin}
    assert set(begun) == due
    assert "2026-W53" in due
    assert all(
        timedelta(0) <= now - schedule.due_at(week) < timedelta(hours=1) for week, now in begun.items()
    )


def test_an_hour_without_a_clock_changes_nothing() -> None:
    schedule = Schedule(zone=ZoneInfo("Europe/Berlin"), weekday=7, time=time(23, 30))

    assert schedule.due_week(datetime(2026, 11, 29, 22, 29, tzinfo=UTC)) is None
    assert schedule.due_week(datetime(2026, 11, 29, 22, 30, tzinfo=UTC)) == "2026-W48"
    assert schedule.due_week(datetime(2026, 11, 30, 5, tzinfo=UTC)) == "2026-W48"


def test_whoever_was_away_for_days_begins_with_the_next_edition() -> None:
    schedule = Schedule(zone=ZoneInfo("Europe/Berlin"), weekday=2, time=time(8))

    assert schedule.due_week(datetime(2026, 11, 26, 7, 0, tzinfo=UTC)) == "2026-W48"
    assert schedule.due_week(datetime(2026, 11, 26, 7, 1, tzinfo=UTC)) is None
