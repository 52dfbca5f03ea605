"""An edition's life: due by the schedule, frozen, prepared for its readers, sent, closed when the totals balance.

Each step may be done twice, late, or by two processes at once, and whatever died in between is taken up again.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from newsletter.content.archive import keep_for_archive
from newsletter.content.composition import Choices, compose, write_crowd_down
from newsletter.deliveries.insertion import Addressee, add_copies, number_of_copies, refresh_statistics
from newsletter.deliveries.totals import too_many_are_lost
from newsletter.deliveries.withdrawal import cancel_waiting
from newsletter.failpoints import reach
from newsletter.models import Delivery, Edition, Segment, Subscriber
from newsletter.sending.schedule import APART, Schedule

logger = structlog.get_logger(__name__)

PAGE = 5_000
FIRST_SINCE = timedelta(days=7)
FIRST_SINCE_MONTHLY = timedelta(days=31)

State = Edition.State

# What readers chose, in an order that makes one choice one text.
READERS = """
SELECT s.id, s.frequency, coalesce(
    (
        SELECT jsonb_agg(c.slug ORDER BY c.slug) FROM newsletter_subscriber_topics t
        JOIN catalog_category c ON c.id = t.category_id WHERE t.subscriber_id = s.id
    ), '[]'
) AS topics, coalesce(
    (
        SELECT jsonb_agg(v.slug ORDER BY v.slug) FROM newsletter_subscriber_reviewers f
        JOIN reviews_reviewer v ON v.id = f.reviewer_id WHERE f.subscriber_id = s.id
    ), '[]'
) AS reviewers
FROM newsletter_subscriber s
WHERE s.status = 'active' AND s.confirmed_at <= %(frozen_at)s AND (%(includes_monthly)s OR s.frequency <> 'monthly')
"""
ALL_CHOICES = f"SELECT DISTINCT frequency, topics, reviewers FROM ({READERS}) reader"  # noqa: S608
PAGE_OF_READERS = f"{READERS} AND s.id > %(after)s ORDER BY s.id LIMIT %(limit)s"
NOBODY = UUID(int=0)

# A pause that waits for staff is not made shorter by one that doesn't.
PAUSE = """
UPDATE newsletter_edition SET
    state = 'paused', state_reason = %(reason)s, updated_at = clock_timestamp(),
    resume_at = CASE
        WHEN %(comes_back)s::boolean THEN clock_timestamp() + %(seconds)s::float8 * interval '1 second'
    END
WHERE id = %(edition)s AND (
    state IN ('frozen', 'preparing', 'sending')
    OR state = 'paused' AND resume_at IS NOT NULL AND NOT %(comes_back)s::boolean
)
RETURNING id
"""


@dataclass(frozen=True)
class Wish:
    """What readers of one segment have chosen alike."""

    frequency: str
    topics: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()

    @classmethod
    def of(cls, frequency: str, topics: object, reviewers: object) -> "Wish":
        return cls(frequency, tuple(json_list(topics)), tuple(json_list(reviewers)))

    def choices(self) -> dict[str, Any]:
        return {"frequency": self.frequency, "topics": list(self.topics), "reviewers": list(self.reviewers)}

    def key(self) -> bytes:
        return hashlib.sha256(json.dumps(self.choices(), sort_keys=True).encode()).digest()


def schedule_from_settings() -> Schedule:
    return Schedule(
        zone=ZoneInfo(settings.NEWSLETTER_ZONE),
        weekday=settings.NEWSLETTER_WEEKDAY,
        time=time.fromisoformat(settings.NEWSLETTER_TIME),
    )


# --- By the clock -----------------------------------------------------------------------------


def ensure_due_editions(*, now: datetime, schedule: Schedule) -> None:
    """Make the edition whose time has come, freeze what is due, and let go on what was waiting for better weather."""
    _make_due(now=now, schedule=schedule)
    for edition in Edition.objects.filter(state=State.DRAFT, due_at__lte=now).order_by("due_at", "id"):
        freeze(edition_id=edition.pk, now=now, schedule=schedule)
    for edition in Edition.objects.filter(state=State.PAUSED, resume_at__lte=now).order_by("id"):
        resume(edition_id=edition.pk)
    _take_up_reopened()
    close_finished(now=now)


def unprepared() -> QuerySet[Edition]:
    return Edition.objects.filter(state__in=[State.FROZEN, State.PREPARING]).order_by("frozen_at", "id")


def sendable(*, now: datetime) -> QuerySet[Edition]:
    """Editions of which a copy may be claimed now, the older first."""
    waiting = Delivery.objects.filter(
        edition=OuterRef("pk"),
        state__in=[Delivery.State.PENDING, Delivery.State.DEFERRED],
        next_attempt_at__lte=now,
    )
    return Edition.objects.filter(Exists(waiting), state=State.SENDING).order_by("frozen_at", "id")


def _make_due(*, now: datetime, schedule: Schedule) -> None:
    week = schedule.due_week(now)
    if week is None or Edition.objects.exclude(week=week).filter(frozen_at__gt=now - APART).exists():
        return
    Edition.objects.bulk_create([Edition(week=week)], ignore_conflicts=True)
    reach("edition_made")
    # A curator may have made it as a draft, with a subject and an intro of its own.
    Edition.objects.filter(week=week, state=State.DRAFT, due_at=None).update(due_at=now)


def _take_up_reopened() -> None:
    """An edition that was done has copies again once evidence says that they were not sent."""
    waiting = Delivery.objects.filter(
        edition=OuterRef("pk"), state__in=[Delivery.State.PENDING, Delivery.State.DEFERRED]
    )
    Edition.objects.filter(Exists(waiting), state=State.DONE).update(state=State.SENDING, done_at=None)


# --- Freeze -----------------------------------------------------------------------------------


def freeze(*, edition_id: UUID, now: datetime, schedule: Schedule) -> bool:
    """Copy in what every group of readers will get, as the site is at one moment; whether this call did it."""
    write_crowd_down(until=now)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return _freeze(edition_id, now, schedule)
    except OperationalError as error:
        # Two began at once, and the other one has done it.
        if getattr(error.__cause__, "sqlstate", None) != "40001":
            raise
        return False


def _freeze(edition_id: UUID, now: datetime, schedule: Schedule) -> bool:
    edition = Edition.objects.select_for_update().filter(pk=edition_id, state=State.DRAFT).first()
    if edition is None:
        return False
    edition.state, edition.frozen_at = State.FROZEN, now
    edition.includes_monthly = is_first_of_month(edition, schedule=schedule)
    edition.save()
    for row in _rows(ALL_CHOICES, _audience(edition)):
        _segment_for(edition, Wish.of(*row))
    keep_for_archive(edition=edition, since=since(edition, frequency=Subscriber.Frequency.WEEKLY), until=now)
    reach("edition_frozen")
    return True


def is_first_of_month(edition: Edition, *, schedule: Schedule) -> bool:
    """Whether it also goes to those who read monthly."""
    began = _month_began(_frozen_at(edition), schedule)
    return not _earlier(edition).filter(includes_monthly=True, frozen_at__gte=began).exists()


def _earlier(edition: Edition) -> QuerySet[Edition]:
    return Edition.objects.exclude(state=State.CANCELLED).filter(frozen_at__lt=edition.frozen_at)


def _month_began(now: datetime, schedule: Schedule) -> datetime:
    local = now.astimezone(schedule.zone)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def since(edition: Edition, *, frequency: str) -> datetime:
    """Where the last edition of this reader's kind ended."""
    frozen_at = _frozen_at(edition)
    earlier = _earlier(edition)
    is_monthly = frequency == Subscriber.Frequency.MONTHLY
    if is_monthly:
        earlier = earlier.filter(includes_monthly=True)
    latest = earlier.order_by("-frozen_at").values_list("frozen_at", flat=True).first()
    return latest or frozen_at - (FIRST_SINCE_MONTHLY if is_monthly else FIRST_SINCE)


def _frozen_at(edition: Edition) -> datetime:
    if edition.frozen_at is None:
        raise ValueError(f"{edition} is not frozen.")
    return edition.frozen_at


def _segment_for(edition: Edition, wish: Wish) -> Segment:
    found = Segment.objects.filter(edition=edition, key=wish.key()).first()
    if found is not None:
        return found
    composed = compose(
        choices=Choices(
            topics=wish.topics,
            reviewers=wish.reviewers,
            frequency=wish.frequency,
            since=since(edition, frequency=wish.frequency),
        ),
        until=_frozen_at(edition),
        subject=edition.subject,
        intro=edition.intro,
    )
    fields: dict[str, Any] = {"item_count": 0}
    if composed is not None:
        fields = {
            "subject": composed.subject,
            "html": composed.html,
            "text": composed.text,
            "item_count": len(composed.items),
        }
    segment = Segment(edition=edition, key=wish.key(), choices=wish.choices(), **fields)
    Segment.objects.bulk_create([segment], ignore_conflicts=True)
    return Segment.objects.get(edition=edition, key=wish.key())


# --- Prepare ----------------------------------------------------------------------------------


def prepare(*, edition_id: UUID, now: datetime) -> None:
    """Write one delivery for each reader who has something to read, page by page; what is there already stays."""
    with _alone(edition_id) as is_alone:
        if not is_alone:
            return
        edition = Edition.objects.filter(pk=edition_id, state__in=[State.FROZEN, State.PREPARING]).first()
        if edition is None:
            return
        Edition.objects.filter(pk=edition_id, state=State.FROZEN).update(state=State.PREPARING)
        segments: dict[Wish, Segment] = {}
        for page in _pages(edition):
            _add_deliveries(edition, page, segments)
            reach("page_prepared")
        refresh_statistics()
        # Cancelled or paused meanwhile: the condition says so, and resuming comes back here.
        Edition.objects.filter(pk=edition_id, state=State.PREPARING).update(
            state=State.SENDING, prepared_at=now, audience=number_of_copies(edition)
        )
        reach("edition_prepared")


def _pages(edition: Edition) -> Iterator[list[tuple[UUID, Wish]]]:
    after = NOBODY
    while True:
        rows = _rows(PAGE_OF_READERS, {**_audience(edition), "after": after, "limit": PAGE})
        if not rows:
            return
        yield [(reader, Wish.of(*chosen)) for reader, *chosen in rows]
        after = rows[-1][0]


def _add_deliveries(
    edition: Edition, page: Sequence[tuple[UUID, Wish]], segments: dict[Wish, Segment]
) -> None:
    addressees = []
    for reader, wish in page:
        if wish not in segments:
            segments[wish] = _segment_for(edition, wish)
        if segments[wish].item_count:
            addressees.append(Addressee(reader, segments[wish].pk))
    add_copies(edition, addressees)


def _audience(edition: Edition) -> dict[str, Any]:
    return {"frozen_at": edition.frozen_at, "includes_monthly": edition.includes_monthly}


@contextmanager
def _alone(edition_id: UUID) -> Iterator[bool]:
    """Two who prepare the same would only do it twice. The lock ends with its connection, whatever dies."""
    key = int.from_bytes(hashlib.sha256(b"prepare" + edition_id.bytes).digest()[:8], signed=True)
    ((is_alone,),) = _rows("SELECT pg_try_advisory_lock(%(key)s::bigint)", {"key": key})
    try:
        yield is_alone
    finally:
        if is_alone:
            _rows("SELECT pg_advisory_unlock(%(key)s::bigint)", {"key": key})


# --- Close ------------------------------------------------------------------------------------


def close_finished(*, now: datetime) -> None:
    """Done is what was prepared and has no copy under way; the database counts once more, and has the last word."""
    under_way = Delivery.objects.filter(
        Q(state__in=["pending", "deferred"]) | Q(state__in=["claimed", "sending"]), edition=OuterRef("pk")
    )
    finished = Edition.objects.filter(~Exists(under_way), state=State.SENDING, prepared_at__isnull=False)
    for edition_id in finished.order_by("id").values_list("pk", flat=True):
        try:
            with transaction.atomic():
                Edition.objects.filter(pk=edition_id, state=State.SENDING).update(
                    state=State.DONE, state_reason="", done_at=now
                )
        except IntegrityError:
            logger.exception("edition_totals_do_not_balance", edition=str(edition_id))
        reach("edition_done")


# --- By staff, and by workers that meet trouble -----------------------------------------------


def send_now(*, edition_id: UUID, now: datetime) -> bool:
    """Due at once; the next look of the clock begins. Whether it was still a draft."""
    return Edition.objects.filter(pk=edition_id, state=State.DRAFT).update(due_at=now) == 1


def pause(*, edition_id: UUID, reason: str, comes_back: bool = False) -> bool:
    """Whether it was going on. `comes_back`: it goes on by itself after SENDING_OUTAGE_SECONDS, else when staff say so."""
    values = {
        "edition": edition_id,
        "reason": reason[:300],
        "comes_back": comes_back,
        "seconds": settings.SENDING_OUTAGE_SECONDS,
    }
    return len(_rows(PAUSE, values)) == 1


def pause_where_too_many_are_lost() -> None:
    """Where each process that is to send dies, none of them lives to say so."""
    for edition in Edition.objects.filter(state=State.SENDING):
        if too_many_are_lost(edition_id=edition.pk):
            pause(edition_id=edition.pk, reason="Too many copies were lost with the process that held them.")


def resume(*, edition_id: UUID, by_staff_at: datetime | None = None) -> bool:
    """Go on where it was; when staff say so, failures are counted anew."""
    changes: dict[str, Any] = {"state_reason": "", "resume_at": None}
    if by_staff_at:
        changes["resumed_at"] = by_staff_at
    paused = Edition.objects.filter(pk=edition_id, state=State.PAUSED)
    return bool(
        paused.filter(prepared_at__isnull=False).update(state=State.SENDING, **changes)
        or paused.filter(prepared_at=None).update(state=State.PREPARING, **changes)
    )


def cancel(*, edition_id: UUID) -> bool:
    """No further copy goes out; those that workers hold end when they let go of them."""
    with transaction.atomic():
        cancelled = (
            Edition.objects.filter(pk=edition_id)
            .exclude(state__in=[State.DONE, State.CANCELLED])
            .update(state=State.CANCELLED, state_reason="Cancelled by staff.", resume_at=None)
        )
        if cancelled:
            cancel_waiting(edition_id=edition_id)
    return cancelled == 1


def json_list(value: object) -> list[str]:
    """Django reads jsonb from plain SQL as text."""
    return list(json.loads(value)) if isinstance(value, str) else list(value)  # type: ignore[call-overload]


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
