"""What the desk says of an edition's time: when it goes out, to how many, and what an action does to those around it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter.models import Edition
from newsletter.sending.calendar import Outlook, Plan, Why, last_outing, next_after, outlook, plan_of
from newsletter.sending.periods import is_first_of_month
from newsletter.sending.schedule import APART, Schedule, schedule_from_settings
from newsletter.sending.segments import number_of_readers

State = Edition.State


@dataclass(frozen=True, slots=True)
class Consequences:
    """What an action does, a sentence each: to this edition, and to the next."""

    own: str
    next: str


def plan_words(edition: Edition, known: Outlook, *, now: datetime) -> str:
    """When a draft goes out, as a sentence; empty for any other edition. No query."""
    if edition.state != State.DRAFT:
        return ""
    if edition.repeat == Edition.Repeat.HELD:
        return "Held: it goes out only by Send again."
    schedule = schedule_from_settings()
    plan = plan_of(edition, known, now=now, schedule=schedule)
    return f"Goes out {_when(plan, edition.week, schedule)}."


def goes_to_monthly(edition: Edition, *, now: datetime) -> bool:
    """Whether it also goes to those who read monthly: of a draft, at the time that it goes out. Three queries at most."""
    if edition.state != State.DRAFT or edition.is_daily:
        return edition.includes_monthly
    schedule = schedule_from_settings()
    plan = plan_of(edition, outlook(), now=now, schedule=schedule)
    begun = Edition(week=edition.week, frozen_at=max(now, plan.at or now))
    return is_first_of_month(begun, schedule=schedule)


def readers_words(edition: Edition, *, now: datetime) -> str:
    """To how many of today's readers an edition goes that begins at `now`. Two queries."""
    shown = Edition(week=edition.week, frozen_at=edition.frozen_at or now)
    shown.includes_monthly = is_first_of_month(shown, schedule=schedule_from_settings())
    number = number_of_readers(shown)
    monthly = ", monthly readers included" if shown.includes_monthly else ""
    return f"{number:,} reader{'' if number == 1 else 's'} at most{monthly}: readers for whom nothing is new get no mail"


def consequences(edition: Edition, action: str, *, now: datetime) -> Consequences:
    """What `send_now`, `resume` or `cancel` does. Four queries at most."""
    if edition.is_daily:
        return _consequences_of_day(edition, action, now=now)
    schedule = schedule_from_settings()
    goes_at = None if action == "cancel" else now
    week, plan = next_after(edition, goes_at=goes_at, now=now, schedule=schedule)
    before = last_outing(besides=edition.week)
    own = {
        "send_now": f"{edition.week} goes out within a minute, to {readers_words(edition, now=now)}.",
        "resume": f"{edition.week} goes on with the copies that wait.",
        "cancel": f"Nothing more of {edition.week} goes out, and its week has no other edition.",
    }[action]
    if action != "cancel" and before and now - before.at < APART:
        own += f" {before.week} went out {_at(before.at, schedule)}, less than six days ago: its readers get two."
    return Consequences(own, f"The next one, {week}, goes out {_when(plan, week, schedule)}.")


def _consequences_of_day(edition: Edition, action: str, *, now: datetime) -> Consequences:
    own = {
        "send_now": f"The mail of {edition.week} goes out within a minute, to {readers_words(edition, now=now)}.",
        "resume": f"The mail of {edition.week} goes on with the copies that wait.",
        "cancel": f"Nothing more of the mail of {edition.week} goes out.",
    }[action]
    return Consequences(own, "The next one goes out at its hour, on the next day with a new comparison.")


def is_soon_after_another(edition: Edition, *, now: datetime) -> bool:
    """Whether readers got another edition less than six days ago; of a day's mail they do. One query at most."""
    if edition.is_daily:
        return False
    before = last_outing(besides=edition.week)
    return before is not None and now - before.at < APART


def _when(plan: Plan, week: str, schedule: Schedule) -> str:
    slot = _at(schedule.due_at(week), schedule)
    match plan.why:
        case Why.STAFF:
            return "within a minute, because staff started it"
        case Why.APART if plan.at:
            return f"{_at(plan.at, schedule)}, six days after the one before, and not {slot}"
        case Why.UNDER_WAY:
            return "once the one that is being sent is over"
        case Why.OVER:
            return f"only by Send now: its time was {slot}"
    return slot


def _at(moment: datetime, schedule: Schedule) -> str:
    """`on Tue 1 Dec 2026 at 07:00 UTC (08:00 Europe/Berlin)`: the desk's times are UTC, the schedule's of its own zone."""
    local = moment.astimezone(schedule.zone)
    own = f"{local:%H:%M}" if local.date() == moment.astimezone(UTC).date() else f"{local:%a %H:%M}"
    zone = schedule.zone.key
    also = "" if zone == "UTC" else f" ({own} {zone})"
    return f"on {moment.astimezone(UTC):%a %-d %b %Y at %H:%M} UTC{also}"
