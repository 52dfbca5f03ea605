"""When an edition goes out: the rule that the clock follows and the desk shows; docs/operators.md has it in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Greatest

from newsletter.content.gathering import has_new_comparisons
from newsletter.models import Delivery, Edition, Subscriber
from newsletter.models.editions import EditionQuerySet
from newsletter.sending.periods import daily_since
from newsletter.sending.schedule import LATEST, Schedule, iso_week

State = Edition.State


class Why(StrEnum):
    """What an edition's time follows from."""

    SCHEDULE = "schedule"
    STAFF = "staff"
    # The schedule's time would be too soon after the edition before.
    APART = "apart"
    # Another one is being sent.
    UNDER_WAY = "under way"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Plan:
    """When a draft goes out unless something changes; `at` is None where nobody can say, or never."""

    at: datetime | None
    why: Why


@dataclass(frozen=True, slots=True)
class Outing:
    """An edition that readers got: its week, and when it began or staff last resumed it."""

    week: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the times of all drafts depend on."""

    last: Outing | None
    is_one_under_way: bool


def outlook() -> Outlook:
    """Two queries."""
    return Outlook(last_outing(), is_one_under_way())


def due_week(*, now: datetime, schedule: Schedule) -> str | None:
    """The week whose edition is to begin now, if there is one. Two queries."""
    known = outlook()
    if known.is_one_under_way:
        return None
    return schedule.due_week(now, after=known.last.at if known.last else None)


def due_day(*, now: datetime, schedule: Schedule) -> str | None:
    """The day whose mail of new comparisons is to begin now: one that has any, until its time, and readers for it.

    Six queries at most.
    """
    day, slot = schedule.latest_slot(now)
    known = Edition.objects.daily()
    if known.filter(week=day.isoformat()).exists() or _under_way(known):
        return None
    readers = Subscriber.objects.filter(
        status=Subscriber.Status.ACTIVE, frequency=Subscriber.Frequency.EACH_COMPARISON
    )
    is_due = has_new_comparisons(since=daily_since(now), until=slot) and readers.exists()
    return day.isoformat() if is_due else None


def plan_of(edition: Edition, known: Outlook, *, now: datetime, schedule: Schedule) -> Plan:
    """When a draft goes out. No query."""
    if edition.due_at:
        return Plan(edition.due_at, Why.STAFF)
    return _plan(edition.week, known, now=now, schedule=schedule)


def next_after(
    edition: Edition, *, goes_at: datetime | None, now: datetime, schedule: Schedule
) -> tuple[str, Plan]:
    """The next week of the schedule besides the edition's, and its plan if that one begins at `goes_at`, or never does.

    Two queries at most.
    """
    today = now.astimezone(schedule.zone).date()
    weeks = (iso_week(today + timedelta(weeks=number)) for number in count())
    begun = Edition.objects.weekly().filter(week__gte=iso_week(today)).exclude(state=State.DRAFT)
    over = {edition.week, *begun.values_list("week", flat=True)}
    week = next(each for each in weeks if each not in over and schedule.due_at(each) > now)
    last = Outing(edition.week, goes_at) if goes_at else last_outing(besides=edition.week)
    return week, _plan(week, Outlook(last, is_one_under_way=False), now=now, schedule=schedule)


def coming_week(*, now: datetime, schedule: Schedule) -> str:
    """The first week whose time is ahead and that has no edition yet. One query."""
    today = now.astimezone(schedule.zone).date()
    known = set(Edition.objects.weekly().filter(week__gte=iso_week(today)).values_list("week", flat=True))
    weeks = (iso_week(today + timedelta(weeks=number)) for number in count())
    return next(week for week in weeks if week not in known and schedule.due_at(week) > now)


def last_outing(*, besides: str = "") -> Outing | None:
    """The latest week's. One that was cancelled before a copy left is none. One query."""
    left = Delivery.objects.filter(edition=OuterRef("pk"), state__in=["sending", "accepted", "uncertain"])
    found = (
        Edition.objects.weekly()
        .filter(~Q(state=State.CANCELLED) | Exists(left), frozen_at__isnull=False)
        .exclude(week=besides)
        .annotate(out_at=Greatest("frozen_at", "resumed_at"))
        .order_by("-out_at", "-id")
        .values_list("week", "out_at")
        .first()
    )
    return Outing(*found) if found else None


def is_one_under_way() -> bool:
    """Whether a week's edition is being sent, or goes on by itself, not one that waits for staff. One query."""
    return _under_way(Edition.objects.weekly())


def _under_way(editions: EditionQuerySet) -> bool:
    goes_on = Q(state=State.PAUSED, resume_at__isnull=False)
    return editions.filter(goes_on | Q(state__in=[State.FROZEN, State.PREPARING, State.SENDING])).exists()


def _plan(week: str, known: Outlook, *, now: datetime, schedule: Schedule) -> Plan:
    at = schedule.begins_at(week, after=known.last.at if known.last else None)
    # Where the next week's time has come, the clock looks at that week alone.
    if now - at > LATEST or at >= schedule.due_at(week, weeks_later=1):
        return Plan(None, Why.OVER)
    if at <= now and known.is_one_under_way:
        return Plan(None, Why.UNDER_WAY)
    return Plan(at, Why.SCHEDULE if at == schedule.due_at(week) else Why.APART)
