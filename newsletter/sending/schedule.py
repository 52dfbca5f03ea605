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

    def due_at(self, week: str, *, weeks_later: int = 0) -> datetime:
        year, number = week.split("-W")
        day = date.fromisocalendar(int(year), int(number), self.weekday) + timedelta(weeks=weeks_later)
        return first_instant(day, self.time, self.zone)

    def begins_at(self, week: str, *, after: datetime | None) -> datetime:
        """The week's time; APART from an edition that went out `after`, where that is later."""
        due_at = self.due_at(week)
        return max(due_at, after + APART) if after else due_at

    def due_week(self, now: datetime, *, after: datetime | None = None) -> str | None:
        """The latest week whose time has come, if that is not too long ago."""
        today = now.astimezone(self.zone).date()
        for day in (today, today - timedelta(days=7)):
            week = iso_week(day)
            if timedelta(0) <= now - self.begins_at(week, after=after) <= LATEST:
                return week
        return None

    def latest_slot(self, now: datetime) -> tuple[date, datetime]:
        """The latest day whose time of day has come, and when that was."""
        today = now.astimezone(self.zone).date()
        at = first_instant(today, self.time, self.zone)
        if at <= now:
            return today, at
        yesterday = today - timedelta(days=1)
        return yesterday, first_instant(yesterday, self.time, self.zone)


def is_week(text: str) -> bool:
    """Whether the calendar has the week: of 2027 there is no W53."""
    year, _, number = text.partition("-W")
    try:
        return iso_week(date.fromisocalendar(int(year), int(number), 1)) == text
    except ValueError:
        return False


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
