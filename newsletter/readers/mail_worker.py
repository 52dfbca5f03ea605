"""Has each mail job become the mail that its address needs: a confirmation, a reminder, links, or none.

The worker looks the address up and sends the mail that fits: a confirmation to a reader who is new, pending or
unsubscribed; a reminder, at most once in 30 days, to a subscriber; nothing to a blocked mailbox. A mailbox gets at most 3
confirmations in 24 hours and one in 5 minutes while the link in that still works; further ones are dropped, whatever the
number of sign-ups. A mail counts if a server has taken it, or perhaps has; one that was surely not sent counts nothing,
however many tries it took.
"""

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction

from backend.api.rate_limits import Limit
from backend.api.throttling import Throttled, throttle
from newsletter.models import ConfirmationToken, MailJob, Subscriber
from newsletter.readers import mails, suppressions
from newsletter.readers.addresses import address_key, mailbox_key
from newsletter.readers.consent_record import record
from newsletter.readers.links import CONFIRMATION_LIFETIME, confirmation_key, confirmation_token
from newsletter.transport.failures import DeliveryError, DeliveryFailure
from newsletter.transport.mailer import Mailer, single_mailer
from newsletter.transport.messages import Message

log = structlog.get_logger(__name__)

# The owner of a domain can read all its mailboxes, and make up any number of them; these are run for other people.
LARGE_HOSTS = {
    *("126.com", "163.com", "aol.com", "btinternet.com", "comcast.net", "fastmail.com", "free.fr"),
    *("gmail.com", "gmx.at", "gmx.ch", "gmx.de", "gmx.net", "googlemail.com", "hotmail.co.uk"),
    *("hotmail.com", "hotmail.de", "hotmail.fr", "icloud.com", "laposte.net", "libero.it"),
    *("live.com", "mac.com", "mail.com", "mail.ru", "me.com", "msn.com", "naver.com", "orange.fr"),
    *("outlook.com", "pm.me", "proton.me", "protonmail.com", "qq.com", "rediffmail.com"),
    *("t-online.de", "uol.com.br", "web.de", "wp.pl", "yahoo.co.jp", "yahoo.co.uk", "yahoo.com"),
    *("yahoo.de", "yahoo.fr", "yandex.ru", "ymail.com", "zoho.com"),
}

CONFIRMATIONS_A_DAY = 3
BETWEEN_CONFIRMATIONS = timedelta(minutes=5)
BETWEEN_REMINDERS = timedelta(days=30)

# How long after each try the next one is due; there is none after the last. Each is longer than a try can take.
BACK_OFF = [60, 120, 300, 900, 3_600, 10_800, 21_600]
# How long a server may take to answer the final dot, within which a try mostly ends before the next is due.
FINAL_SECONDS = 30
# A run gives way to other tasks after this long.
RUN_SECONDS = 5
# How much of a connection's time one mail may take: 0.8 of a slow server, the rest of a busy machine.
SECONDS_A_MAIL = 1.5

TOKENS_KEPT_FOR = timedelta(days=30)
FAILURES_KEPT_FOR = timedelta(days=7)
PURGED_AT_ONCE = 500

# What only readers get who once confirmed.
TO_READERS: Mapping[str, Callable[..., Message]] = {
    MailJob.Kind.OWNER: mails.owner_mail,
    MailJob.Kind.MOVED: mails.moved_mail,
    MailJob.Kind.LINKS: mails.links_mail,
}

CLAIM = """
UPDATE newsletter_mailjob SET
    attempts = attempts + 1,
    state = CASE WHEN attempts < %(retries)s THEN 'waiting' ELSE 'failed' END,
    due_at = %(now)s::timestamptz
        + (%(back_off)s::int[])[least(attempts + 1, %(retries)s)] * interval '1 second'
WHERE id = (
    SELECT id FROM newsletter_mailjob WHERE state = 'waiting' AND due_at <= %(now)s
    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class NotedMail:
    """A mail that is counted as sent before it is; `unsend` takes the count back when it was surely not sent."""

    mail: Message
    unsend: Callable[[], object]
    # An earlier try may have sent it.
    is_repeated: bool = False
    # The key of the mailbox whose consent the mail asks for, if it does.
    asks: bytes | None = None


def send_due_jobs(*, clock: Callable[[], datetime], seconds: float = RUN_SECONDS) -> None:
    """Send the mails of due sign-ups for so many seconds, over several connections; several workers share the jobs.

    All workers must pass the same clock: by it a worker holds the job that it sends.
    """
    until = time.monotonic() + seconds
    due = MailJob.objects.filter(state=MailJob.State.WAITING, due_at__lte=clock())[
        : most_connections()
    ].count()
    if not due:
        return
    with ThreadPoolExecutor(most_connections()) as threads:
        others = [threads.submit(_send_in_thread, clock=clock, until=until) for _ in range(due - 1)]
        _send_over_one_connection(clock=clock, until=until)
    for other in others:
        other.result()


def most_connections() -> int:
    """As many as send SIGN_UPS_A_MINUTE over a slow server; each needs a connection to the database as well."""
    needed = math.ceil(settings.SIGN_UPS_A_MINUTE * SECONDS_A_MAIL / 60)
    return min(needed, settings.DATABASE_POOL_SIZE - 1)


def _send_in_thread(*, clock: Callable[[], datetime], until: float) -> None:
    try:
        _send_over_one_connection(clock=clock, until=until)
    finally:
        connection.close()


def _send_over_one_connection(*, clock: Callable[[], datetime], until: float) -> None:
    """One mail after the other, until no job is due or the monotonic clock says `until`."""
    mailer = single_mailer(final_seconds=FINAL_SECONDS)
    try:
        while time.monotonic() < until:
            now = clock()
            job = claim_job(now=now)
            if job is None:
                break
            perform(job, mailer=mailer, now=now)
    except DeliveryError:
        # The next run tries again, with the job after this one.
        return
    finally:
        mailer.close()


def claim_job(*, now: datetime) -> MailJob | None:
    """Take the job that has been due longest, if there is one; its attempt is counted before it begins."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "back_off": BACK_OFF, "retries": len(BACK_OFF)})
        row = cursor.fetchone()
    # Its reader may have been erased by now.
    return MailJob.objects.filter(pk=row[0]).first() if row else None


def perform(job: MailJob, *, mailer: Mailer, now: datetime) -> None:
    """Send what the job's address needs, if anything. Raises DeliveryError where no other job would fare better."""
    noted = prepare(job, now=now)
    if noted is None:
        job.delete()
        return
    if _waits_for_its_domain(job, now=now):
        noted.unsend()
        return
    try:
        mailer.send(noted.mail)
    except DeliveryError as error:
        if not error.failure.may_be_sent:
            noted.unsend()
        _put_back(job, error.failure, is_over=error.failure.may_be_sent and noted.is_repeated)
        if error.failure.is_of_server:
            raise
    else:
        _finish(job, noted, now=now)


def _waits_for_its_domain(job: MailJob, *, now: datetime) -> bool:
    """Whether its domain has had its mails of this hour: then the job waits for the next, and no try is counted."""
    domain = job.address.rpartition("@")[2]
    if job.attempts > 1 or domain in LARGE_HOSTS:
        return False
    limit = Limit("sign-ups-of-domain-3600s", settings.SIGN_UPS_A_DOMAIN_AND_HOUR, 3_600)
    try:
        throttle((f"domain {domain}", [limit]), now=now)
    except Throttled as throttled:
        MailJob.objects.filter(pk=job.pk).update(
            attempts=0, detail="DOMAIN", due_at=now + timedelta(seconds=throttled.seconds_left)
        )
        log.error("too_many_sign_ups_of_a_domain", job=str(job.pk), limit=limit.count)
        return True
    return False


def _finish(job: MailJob, noted: NotedMail, *, now: datetime) -> None:
    with transaction.atomic():
        if noted.asks:
            record([noted.asks], "asked", source=job.source, now=now)
        job.delete()


def prepare(job: MailJob, *, now: datetime) -> NotedMail | None:
    """The mail for the job's address, already counted as sent, so that none goes out uncounted; or None."""
    key = address_key(job.address)
    # Its owner may want to be erased, blocked or not; only who has a link of ours can ask for that mail.
    if job.kind != MailJob.Kind.OWNER and suppressions.is_blocked(job.address):
        return None
    if write := TO_READERS.get(job.kind):
        reader = Subscriber.objects.filter(address_key=key).exclude(status=Subscriber.Status.PENDING).first()
        return NotedMail(write(subscriber=reader, now=now), lambda: None) if reader else None
    with transaction.atomic():
        mailbox = mailbox_key(job.address)
        _one_at_a_time(mailbox)
        subscriber, _ = Subscriber.objects.select_for_update().get_or_create(
            address_key=key, defaults={"address": job.address}
        )
        if not MailJob.objects.filter(pk=job.pk).exists():
            # Its reader was erased meanwhile: nothing of them comes back.
            transaction.set_rollback(True)
            return None
        if subscriber.status == Subscriber.Status.ACTIVE and not job.replaces_id:
            return _reminder(subscriber, now=now)
        return _confirmation(subscriber, mailbox, job, now=now)


def _reminder(subscriber: Subscriber, *, now: datetime) -> NotedMail | None:
    if subscriber.reminded_at and subscriber.reminded_at > now - BETWEEN_REMINDERS:
        return None
    row, before = Subscriber.objects.filter(pk=subscriber.pk), subscriber.reminded_at
    row.update(reminded_at=now)
    mail = mails.reminder_mail(subscriber=subscriber, now=now)
    return NotedMail(mail, lambda: row.update(reminded_at=before))


def _confirmation(subscriber: Subscriber, mailbox: bytes, job: MailJob, *, now: datetime) -> NotedMail | None:
    # A mail that an earlier try of this job may have sent does not count.
    sent = ConfirmationToken.objects.filter(mailbox_key=mailbox).exclude(job_id=job.pk)
    if (
        sent.filter(created_at__gt=now - timedelta(hours=24)).count() >= CONFIRMATIONS_A_DAY
        # One whose link was used or has ended helps nobody who comes back.
        or sent.filter(created_at__gt=now - BETWEEN_CONFIRMATIONS, used_at=None, expires_at__gt=now).exists()
    ):
        return None
    # A sign-up at the address that a reader moves to may come in between: its link still moves them.
    replaces_id = job.replaces_id or _open_move_to(subscriber, now=now)
    token = confirmation_token(job.pk)
    until = {"expires_at": now + CONFIRMATION_LIFETIME}
    noted = {
        "job_id": job.pk,
        "subscriber": subscriber,
        "mailbox_key": mailbox,
        "choices": job.choices,
        "replaces_id": replaces_id,
        "created_at": now,
    }
    confirmation, is_new = ConfirmationToken.objects.update_or_create(
        key=confirmation_key(token), defaults=until, create_defaults=noted | until
    )
    mail = mails.confirmation_mail(subscriber=subscriber, token=token, is_move=bool(replaces_id), now=now)
    asks = bytes(subscriber.address_key)
    if not is_new:
        # The mail of an earlier try may be there, with this very link.
        return NotedMail(mail, lambda: None, is_repeated=True, asks=asks)
    # Without this token the link in the mail of an earlier sign-up is valid again.
    return NotedMail(mail, confirmation.delete, asks=asks)


def _open_move_to(subscriber: Subscriber, *, now: datetime) -> UUID | None:
    """Whose subscription this one takes the place of, by a link that is still good. One query."""
    moves = subscriber.confirmation_tokens.filter(used_at=None, expires_at__gt=now, replaces__isnull=False)
    return moves.order_by("-created_at").values_list("replaces_id", flat=True).first()


def _put_back(job: MailJob, failure: DeliveryFailure, *, is_over: bool) -> None:
    """For its next try, unless `is_over` or the mailbox is refused for good."""
    is_over = is_over or failure.is_of_mailbox
    MailJob.objects.filter(pk=job.pk).update(
        detail=failure.summary, state=MailJob.State.FAILED if is_over else job.state
    )
    log.warning("sign_up_mail_not_sent", job=str(job.pk), error=failure.summary, attempts=job.attempts)


def _one_at_a_time(mailbox: bytes) -> None:
    """Lock the mailbox until the transaction ends: two spellings of it must see each other's count."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(mailbox[:8], signed=True)])


# --- By the clock -------------------------------------------------------------------------------


def purge_expired(*, now: datetime) -> None:
    """Delete old links, jobs that failed or that no worker ever took, and subscribers who never confirmed."""
    ConfirmationToken.objects.filter(expires_at__lte=now - TOKENS_KEPT_FOR).delete()
    MailJob.objects.filter(state=MailJob.State.FAILED, created_at__lte=now - FAILURES_KEPT_FOR).delete()
    MailJob.objects.filter(created_at__lte=now - TOKENS_KEPT_FOR).delete()
    never_confirmed = Subscriber.objects.filter(
        status=Subscriber.Status.PENDING,
        confirmation_tokens=None,
        created_at__lte=now - TOKENS_KEPT_FOR,
    )
    while keys := list(never_confirmed.values_list("pk", flat=True)[:PURGED_AT_ONCE]):
        with transaction.atomic():
            found = Subscriber.objects.filter(pk__in=keys)
            # Once they are locked, none signs up anew or is imported; who has is asked for again.
            list(found.select_for_update().order_by("pk").values_list("pk"))
            never_confirmed.filter(pk__in=keys).delete()
