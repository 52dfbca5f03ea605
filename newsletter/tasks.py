"""What happens to the mail by the clock; backend/schedule.py says when. Each may run twice, late, or not at all.

The clock is the database's: a machine whose own is wrong must not begin an edition early, nor take what another holds.
"""

import time
from uuid import UUID

import structlog
from celery import shared_task
from celery.signals import worker_init, worker_shutting_down
from django.conf import settings

from newsletter import retention
from newsletter.deliveries.claims import reap
from newsletter.deliveries.database import database_now
from newsletter.deliveries.resolution import assume_sent
from newsletter.deliveries.withdrawal import cancel_left_over, expire
from newsletter.feedback import provider_events
from newsletter.feedback.bounce_mailbox import Mailbox, read_mailbox
from newsletter.readers import mail_worker
from newsletter.sending import bounces, editions, identity, preparing, sender
from newsletter.sending.schedule import schedule_from_settings
from newsletter.sending.stopping import ask_to_stop, begin_worker, is_asked_to_stop
from newsletter.transport.mailer import edition_mailer

logger = structlog.get_logger(__name__)

ROUND_SECONDS = 50
# How long a look of the clock may take over providers' events.
EVENT_SECONDS = 5


# --- Editions ---------------------------------------------------------------------------------


@shared_task
def tick() -> None:
    """Take back what was lost, bring editions one step on, and have workers look. Losing a message loses nothing."""
    reaped = reap()
    if reaped:
        logger.warning("deliveries_reaped", **reaped)
    provider_events.apply_waiting(now=database_now(), seconds=EVENT_SECONDS)
    provider_events.settle()
    assume_sent()
    cancel_left_over()
    if not _may_send():
        return
    now = database_now()
    expired = expire()
    if expired:
        logger.warning("deliveries_expired", copies=expired)
    editions.pause_where_in_trouble()
    bounces.suppress_single_bounces(now=now)
    editions.ensure_due_editions(now=now, schedule=schedule_from_settings())
    for edition in editions.unprepared():
        prepare.apply_async([str(edition.pk)], expires=settings.SENDING_TICK_SECONDS)
    if "failed" in reaped:
        editions.pause_where_too_many_are_lost()
    for edition in editions.sendable(now=now):
        for _ in range(settings.SENDING_PROCESSES):
            send.apply_async([str(edition.pk)], expires=settings.SENDING_TICK_SECONDS)


@shared_task
def prepare(edition_id: str) -> None:
    try:
        preparing.prepare(edition_id=UUID(edition_id), now=database_now())
    except Exception as error:  # noqa: BLE001 # The edition's pages say what is wrong.
        editions.note_failure(edition_id=UUID(edition_id), error=error)


@shared_task
def send(edition_id: str) -> None:
    """Send for a while. How many of these there are makes no difference to what is sent."""
    if not is_asked_to_stop() and _may_send() and editions.note_begun(edition_id=UUID(edition_id)):
        sender.send(UUID(edition_id), new_mailer=edition_mailer, until=time.monotonic() + ROUND_SECONDS)


def _may_send() -> bool:
    return settings.SENDING_ENABLED and identity.may_send()


@worker_init.connect
def stop_for_itself(**_: object) -> None:
    begin_worker()


@worker_shutting_down.connect
def finish_the_mail_in_flight(**_: object) -> None:
    ask_to_stop()


# --- Bounces ----------------------------------------------------------------------------------


@shared_task
def read_bounces() -> None:
    """Read the mailbox of bounces. A copy of the database that may not send must not take away what comes back."""
    mailbox = Mailbox.from_settings()
    if mailbox and _may_send():
        read_mailbox(mailbox, clock=database_now)


# --- Sign-ups ---------------------------------------------------------------------------------


@shared_task
def send_due_jobs() -> None:
    if _may_send():
        mail_worker.send_due_jobs(clock=database_now)


# The name stays: during an upgrade beat and workers are of two releases.
@shared_task(name="newsletter.tasks.forget")
def purge_expired() -> None:
    """Everything that has been kept for as long as it may be, of all apps."""
    retention.purge_expired(now=database_now())
