"""When an edition is due: a weekday and a time of day in one zone, whatever its clocks do."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

# A system that was down for longer than this begins with the next edition.
LATEST = timedelta(days=2)
# Whatever becomes of the schedule, readers don't get two editions in the same days.
APART = timedelta(days=6)


@dataclass(frozen=True)
class Schedule:
    """`weekday` as ISO counts, 1 is Monday."""

    zone: ZoneInfo
    weekday: int
    time: time

    def due_at(self, week: str) -> datetime:
        year, number = week.split("-W")
        return first_instant(date.fromisocalendar(int(year), int(number), self.weekday), self.time, self.zone)

    def due_week(self, now: datetime) -> str | None:
        """The latest week whose time has come, if that is not too long ago."""
        today = now.astimezone(self.zone).date()
        for day in (today, today - timedelta(days=7)):
            week = iso_week(day)
            if timedelta(0) <= now - self.due_at(week) <= LATEST:
                return week
        return None


def iso_week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def first_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """That time of day in UTC: the first of two, and where clocks skip it, the first minute after."""
    local = datetime.combine(day, at)
    while True:
        instant = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == local:
            return instant
        local += timedelta(minutes=1)


def schedule_from_settings() -> Schedule:
    """NEWSLETTER_WEEKDAY and NEWSLETTER_TIME in NEWSLETTER_ZONE."""
    return Schedule(
        zone=ZoneInfo(settings.NEWSLETTER_ZONE),
        weekday=settings.NEWSLETTER_WEEKDAY,
        time=time.fromisoformat(settings.NEWSLETTER_TIME),
    )
