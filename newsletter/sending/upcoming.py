"""When the next mail goes out to a reader, and what there is to read until then."""

from datetime import datetime, timedelta

from django.db.models import Q

from newsletter.content.archive import archived_editions
from newsletter.content.composition import online_url
from newsletter.models import Edition, Subscriber
from newsletter.readers.upcoming import LastEdition, Upcoming
from newsletter.sending.calendar import outlook, plan_of
from newsletter.sending.schedule import Schedule, iso_week, schedule_from_settings

# Five weeks on, another month has begun.
WEEKS_AHEAD = 6


def upcoming_for(subscriber: Subscriber, *, now: datetime) -> Upcoming:
    """Five queries at most, for a monthly reader."""
    return Upcoming(
        next_mail_at(frequency=subscriber.frequency, now=now, schedule=schedule_from_settings()),
        last_edition(),
    )


def last_edition() -> LastEdition | None:
    """One query."""
    latest = archived_editions().order_by("-frozen_at", "-id").values_list("week", "archive__subject").first()
    return LastEdition(latest[0], latest[1], online_url(latest[0])) if latest else None


def next_mail_at(*, frequency: str, now: datetime, schedule: Schedule) -> datetime | None:
    """When the first edition begins that a reader of this frequency gets, if there is something to tell.

    None for those who asked for each new comparison: nobody knows which day has one.
    """
    if frequency == Subscriber.Frequency.EACH_COMPARISON:
        return None
    times = _times_of_editions(now=now, schedule=schedule)
    if frequency == Subscriber.Frequency.MONTHLY:
        months = _months_that_were_mailed(now, schedule)
        times = [at for at in times if _month(at, schedule) not in months]
    return min(times, default=None)


def _times_of_editions(*, now: datetime, schedule: Schedule) -> list[datetime]:
    """Of drafts and of weeks that have none yet."""
    today = now.astimezone(schedule.zone).date()
    weeks = [iso_week(today + timedelta(days=7 * number)) for number in range(WEEKS_AHEAD)]
    found = Edition.objects.weekly().filter(Q(week__in=weeks) | Q(state=Edition.State.DRAFT))
    known = {each.week: each for each in found.defer("html", "text", "archive")}
    planned = [each for each in known.values() if each.state == Edition.State.DRAFT and not _is_held(each)]
    planned += [Edition(week=week) for week in weeks if week not in known]
    outlook_now = outlook()
    plans = (plan_of(each, outlook_now, now=now, schedule=schedule) for each in planned)
    return [plan.at for plan in plans if plan.at and plan.at > now]


def _is_held(edition: Edition) -> bool:
    return edition.repeat == Edition.Repeat.HELD


def _months_that_were_mailed(now: datetime, schedule: Schedule) -> set[tuple[int, int]]:
    """This month, if its readers of one mail a month have had theirs."""
    begun = now.astimezone(schedule.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    mailed = Edition.objects.exclude(state=Edition.State.CANCELLED).filter(
        includes_monthly=True, frozen_at__gte=begun
    )
    return {(begun.year, begun.month)} if mailed.exists() else set()


def _month(at: datetime, schedule: Schedule) -> tuple[int, int]:
    local = at.astimezone(schedule.zone)
    return local.year, local.month
