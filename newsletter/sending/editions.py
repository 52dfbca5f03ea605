"""An edition's life: made and frozen when it is due, sent, paused and resumed, closed when its totals balance.

Each step may be done twice, late, or by two processes at once; a step that a process died in is taken up again.
"""

from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from backend.api.outages import met_outage
from newsletter.deliveries import bounces, health
from newsletter.deliveries.database import row_count
from newsletter.deliveries.totals import too_many_are_lost
from newsletter.deliveries.withdrawal import cancel_waiting
from newsletter.failpoints import reach
from newsletter.models import Delivery, Edition
from newsletter.sending import mailings
from newsletter.sending.calendar import due_day, due_week
from newsletter.sending.freezing import freeze
from newsletter.sending.mailings import Mailing
from newsletter.sending.schedule import Schedule

logger = structlog.get_logger(__name__)

State = Edition.State
Repeat = Edition.Repeat

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
"""


# --- By the clock -----------------------------------------------------------------------------


def ensure_due_editions(*, now: datetime, schedule: Schedule) -> None:
    """Make the edition whose time has come, freeze what is due, and let go on what was waiting for better weather."""
    _make_due(now=now, schedule=schedule)
    _hold_what_was_mailed(now=now)
    for edition in (
        Edition.objects.filter(state=State.DRAFT, due_at__lte=now)
        .exclude(repeat=Repeat.HELD)
        .order_by("due_at", "id")
    ):
        try:
            freeze(edition_id=edition.pk, now=now, schedule=schedule)
        except Exception as error:  # noqa: BLE001 # Whatever is wrong with one edition must not stop another.
            note_failure(edition_id=edition.pk, error=error)
    for edition in Edition.objects.filter(state=State.PAUSED, resume_at__lte=now).order_by("id"):
        resume(edition_id=edition.pk, now=now)
    _take_up_reopened(now=now)
    close_finished(now=now)
    _note_finished()


def note_failure(*, edition_id: UUID, error: Exception) -> None:
    """Say on the edition's pages why it does not begin; the next look of the clock tries again. Raises an outage."""
    if isinstance(error, DatabaseError) and met_outage(error):
        raise error
    logger.error("edition_not_begun", edition=str(edition_id), exc_info=error)
    reason = f"It can't be begun: {type(error).__name__}: {error}"
    Edition.objects.filter(pk=edition_id, state__in=[State.DRAFT, State.FROZEN, State.PREPARING]).update(
        state_reason=reason[:300]
    )


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
    """The week's edition, and the day's mail to those who asked for each new comparison."""
    day = due_day(now=now, schedule=schedule)
    if day:
        Edition.objects.bulk_create([Edition(week=day, due_at=now)], ignore_conflicts=True)
    week = due_week(now=now, schedule=schedule)
    if week is None:
        return
    Edition.objects.bulk_create([Edition(week=week)], ignore_conflicts=True)
    reach("edition_made")
    # A curator may have made it as a draft, with a subject and an intro of its own.
    Edition.objects.filter(week=week, state=State.DRAFT, due_at=None).update(due_at=now)


def _hold_what_was_mailed(*, now: datetime) -> None:
    """A week that this machine's journal knows to be mailed and the database doesn't waits for staff."""
    found = mailings.read_file().weeks
    due = Edition.objects.filter(state=State.DRAFT, due_at__lte=now, week__in=list(found))
    for week in due.values_list("week", flat=True):
        hold(week=week, mailing=found[week])


def hold(*, week: str, mailing: Mailing) -> bool:
    """Have the week wait for staff, since a journal says that it was mailed; whether it had not waited before.

    Nothing changes where the database knows that the week was begun or cancelled, or staff have decided.
    """
    Edition.objects.bulk_create([Edition(week=week)], ignore_conflicts=True)
    reason = (
        f"The journal says that this week was mailed: {mailing}. Send again mails it twice, Cancel does not."
    )
    held = Edition.objects.filter(week=week, state=State.DRAFT, repeat=Repeat.NO).update(
        repeat=Repeat.HELD, state_reason=reason
    )
    if held:
        logger.error("edition_held", week=week, reason=reason)
    return held == 1


def note_begun(*, edition_id: UUID) -> bool:
    """Whether the journal holds that the edition's week is begun; without it no copy may leave, and the edition waits."""
    week = Edition.objects.filter(pk=edition_id).values_list("week", flat=True).first()
    if week is None:
        return False
    try:
        mailings.note_begun(week)
    except OSError as error:
        logger.error("mailing_not_journaled", week=week, error=error.strerror)
        pause(
            edition_id=edition_id,
            reason=f"{mailings.file()} can't be written: {error.strerror}.",
            comes_back=True,
        )
        return False
    reach("mailing_noted")
    return True


def _note_finished() -> None:
    try:
        mailings.note_finished()
    except OSError as error:
        # The next look tries again.
        logger.error("mailing_not_journaled", error=error.strerror)


def _take_up_reopened(*, now: datetime) -> None:
    """An edition that was done has copies again once evidence says that they were not sent, or staff have them retried."""
    waiting = Delivery.objects.filter(
        edition=OuterRef("pk"), state__in=[Delivery.State.PENDING, Delivery.State.DEFERRED]
    )
    Edition.objects.filter(Exists(waiting), state=State.DONE).update(
        state=State.SENDING, done_at=None, retried_at=now
    )


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
    """Due at once; the next look of the clock begins. Whether it was a draft that isn't held, nor due already."""
    drafts = Edition.objects.filter(state=State.DRAFT).exclude(repeat=Repeat.HELD).exclude(due_at__lte=now)
    return drafts.filter(pk=edition_id).update(due_at=now) == 1


def send_again(*, edition_id: UUID, now: datetime) -> bool:
    """Due at once, although a journal says that its week was mailed. Whether it was held for that."""
    held = Edition.objects.filter(pk=edition_id, state=State.DRAFT, repeat=Repeat.HELD)
    return held.update(due_at=now, repeat=Repeat.ALLOWED, state_reason="") == 1


def pause(*, edition_id: UUID, reason: str, comes_back: bool = False) -> bool:
    """Whether it was going on. `comes_back`: it goes on by itself after SENDING_OUTAGE_SECONDS, else when staff say so."""
    values = {
        "edition": edition_id,
        "reason": reason[:300],
        "comes_back": comes_back,
        "seconds": settings.SENDING_OUTAGE_SECONDS,
    }
    return row_count(PAUSE, values) == 1


def pause_where_too_many_are_lost() -> None:
    """Where each process that is to send dies, none of them lives to say so."""
    for edition in Edition.objects.filter(state=State.SENDING):
        if too_many_are_lost(edition_id=edition.pk):
            pause(edition_id=edition.pk, reason="Too many copies were lost with the process that held them.")


def pause_where_in_trouble() -> None:
    """Where too many copies fail or readers complain, of which no worker may know: providers tell of bounces later."""
    for edition_id, trouble in health.troubles():
        if pause(edition_id=edition_id, reason=f"{trouble}."):
            logger.error("edition_paused", edition=str(edition_id), reason=trouble, comes_back=False)


def resume(*, edition_id: UUID, now: datetime, by_staff: bool = False) -> bool:
    """Go on where it was; whether this call did it.

    When staff say so, failures are counted anew, and what was refused in a burst is tried again. The clock ends only a
    pause whose time is over: it may have found another, before staff paused the edition.
    """
    paused = Edition.objects.filter(pk=edition_id, state=State.PAUSED)
    changes: dict[str, object] = {"state_reason": "", "resume_at": None}
    if by_staff:
        changes["resumed_at"] = now
    else:
        paused = paused.filter(resume_at__lte=now)
    with transaction.atomic():
        is_resumed = bool(
            paused.filter(prepared_at__isnull=False).update(state=State.SENDING, **changes)
            or paused.filter(prepared_at=None).update(state=State.PREPARING, **changes)
        )
        if is_resumed and by_staff:
            health.begin_anew(edition_id=edition_id)
            bounces.put_back_held(edition_id=edition_id)
    return is_resumed


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
