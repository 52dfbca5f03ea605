"""What happens to the mail by the clock; backend/settings.py says when. Each may run twice, late, or not at all."""

import time
from typing import Any
from uuid import UUID

import structlog
from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings
from django.utils import timezone

from newsletter import deliveries
from newsletter.feedback import provider_events
from newsletter.readers import sign_ups
from newsletter.sending import editions
from newsletter.sending.sender import Sender, ask_to_stop, is_asked_to_stop
from newsletter.transport.post import NoMailServerError, Post
from newsletter.transport.smtp import Server

logger = structlog.get_logger(__name__)

ROUND_SECONDS = 50


# --- Editions ---------------------------------------------------------------------------------


@shared_task
def tick() -> None:
    """Take back what was lost, bring editions one step on, and have workers look. Losing a message loses nothing."""
    reaped = deliveries.reap()
    if reaped:
        logger.warning("deliveries_reaped", **reaped)
    provider_events.settle()
    deliveries.assume_sent()
    if not settings.SENDING_ENABLED:
        return
    # A machine whose clock is wrong must not begin an edition early.
    now = deliveries.database_now()
    editions.ensure_due_editions(now=now, schedule=editions.schedule_from_settings())
    for edition in editions.unprepared():
        prepare.apply_async([str(edition.pk)], expires=settings.SENDING_TICK_SECONDS)
    for edition in editions.sendable(now=now):
        for _ in range(settings.SENDING_PROCESSES):
            send.apply_async([str(edition.pk)], expires=settings.SENDING_TICK_SECONDS)


@shared_task
def prepare(edition_id: str) -> None:
    editions.prepare(edition_id=UUID(edition_id), now=timezone.now())


@shared_task
def send(edition_id: str) -> None:
    """Send for a while. How many of these there are makes no difference to what is sent."""
    if settings.SENDING_ENABLED and not is_asked_to_stop():
        sender = Sender(UUID(edition_id), server=Server.from_settings(), provider=settings.MAIL_PROVIDER)
        sender.run(until=time.monotonic() + ROUND_SECONDS)


@worker_shutting_down.connect
def finish_the_mail_in_flight(**_: Any) -> None:
    ask_to_stop()


# --- Sign-ups ---------------------------------------------------------------------------------


@shared_task
def send_due_jobs() -> None:
    """Mails that sign-ups wait for, one after the other; several workers share them."""
    post, until = Post(), time.monotonic() + sign_ups.RUN_SECONDS
    try:
        while time.monotonic() < until:
            job = sign_ups.claim_job(now=timezone.now())
            if job is None:
                break
            sign_ups.perform(job, post=post, now=timezone.now())
    except NoMailServerError:
        # The next run tries again, with the job after this one.
        return
    finally:
        post.close()


@shared_task
def forget() -> None:
    sign_ups.forget(now=timezone.now())
    provider_events.forget(now=timezone.now())
