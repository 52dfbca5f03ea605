"""How many mails one SMTP server may get from all our processes: a token bucket whose rate is learned from refusals.

A rate is learned from a whole minute of sending, never from less: thousands leave within seconds, and what came before the
first refusal of an edition says nothing. Each refusal takes a little; each quiet minute adds twice as much as the one
before, so that a rate that was learned wrongly is gone after ten of them, and one that is right is met again gently.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from newsletter.deliveries.totals import SentLately, sent_lately
from newsletter.models import MailRate

FIRST_INCREASE = 1.0
DECREASE = 0.95
# Servers count in minutes: once the allowance is used up, the first pause must reach into the next one.
FIRST_PAUSE = timedelta(seconds=60)
LATER_PAUSE = timedelta(seconds=3)
# What may come at once, and what comes evenly after it, are together no more in a minute than what the server took.
BURST_SECONDS = 60 * (1 - DECREASE)

# Staff may delete the row at any moment; the clock is read once the row is ours.
LOCK = """
INSERT INTO newsletter_mailrate (server, tokens, refilled_at, raised_at)
VALUES (%s, 0, clock_timestamp(), clock_timestamp())
ON CONFLICT (server) DO UPDATE SET server = excluded.server
RETURNING per_minute, tokens, refilled_at, raised_at, closed_until, clock_timestamp()
"""


@dataclass(frozen=True)
class Bucket:
    """`per_minute` None: no limit was met yet."""

    per_minute: float | None
    tokens: float
    refilled_at: datetime
    raised_at: datetime
    closed_until: datetime | None


@dataclass(frozen=True)
class Allowance:
    mails: int
    wait_seconds: float


def take(bucket: Bucket, *, wanted: int, most_per_minute: int, now: datetime) -> tuple[Bucket, Allowance]:
    """`most_per_minute` 0: as many as the server takes."""
    if bucket.closed_until and now < bucket.closed_until:
        return bucket, Allowance(0, (bucket.closed_until - now).total_seconds())
    bucket = _raised(bucket, now)
    limits = [limit for limit in (bucket.per_minute, most_per_minute) if limit]
    if not limits:
        return bucket, Allowance(wanted, 0)
    per_second = min(limits) / 60
    earned = max(0.0, (now - bucket.refilled_at).total_seconds()) * per_second
    tokens = min(max(1.0, per_second * BURST_SECONDS), bucket.tokens + earned)
    mails = min(wanted, int(tokens))
    wait = 0 if mails else (1 - tokens) / per_second
    return replace(bucket, tokens=tokens - mails, refilled_at=now), Allowance(mails, wait)


def slower(bucket: Bucket, *, sent: SentLately, now: datetime) -> Bucket:
    """Those who are refused while the bucket is closed asked before it closed: that is one refusal, not several."""
    if bucket.closed_until and now < bucket.closed_until:
        return bucket
    known = bucket.per_minute
    rates = [known] if known else []
    if sent.for_a_minute:
        rates.append(float(sent.in_a_minute))
    learned = max(1.0, min(rates) * DECREASE) if rates else None
    pause = LATER_PAUSE if known else FIRST_PAUSE
    return replace(bucket, per_minute=learned, tokens=0, raised_at=now, closed_until=now + pause)


def take_from(server: str, *, wanted: int, most_per_minute: int) -> Allowance:
    has_limit = (
        most_per_minute
        or MailRate.objects.filter(
            Q(per_minute__isnull=False) | Q(closed_until__gt=Now()), server=server
        ).exists()
    )
    if not has_limit:
        return Allowance(wanted, 0)
    with transaction.atomic():
        bucket, now = _locked(server)
        after, allowance = take(bucket, wanted=wanted, most_per_minute=most_per_minute, now=now)
        if after != bucket:
            _keep(server, after)
    return allowance


def slow_down(server: str, *, edition_id: UUID) -> None:
    sent = sent_lately(edition_id=edition_id)
    with transaction.atomic():
        bucket, now = _locked(server)
        _keep(server, slower(bucket, sent=sent, now=now))


def _raised(bucket: Bucket, now: datetime) -> Bucket:
    if bucket.per_minute is None or now - bucket.raised_at < timedelta(minutes=1):
        return bucket
    quiet_since = bucket.closed_until or bucket.raised_at
    quiet_minutes = max(1, (now - quiet_since) // timedelta(minutes=1))
    # After a week without mail the first minute doubles the rate and doesn't undo it.
    increase = min(bucket.per_minute, FIRST_INCREASE * 2.0 ** min(quiet_minutes - 1, 30))
    return replace(bucket, per_minute=bucket.per_minute + increase, raised_at=now)


def _locked(server: str) -> tuple[Bucket, datetime]:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [server])
        *bucket, now = cursor.fetchone()
    return Bucket(*bucket), now


def _keep(server: str, bucket: Bucket) -> None:
    MailRate.objects.filter(server=server).update(
        per_minute=bucket.per_minute,
        tokens=bucket.tokens,
        refilled_at=bucket.refilled_at,
        raised_at=bucket.raised_at,
        closed_until=bucket.closed_until,
    )
