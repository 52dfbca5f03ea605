"""Takes a report about a mail, by a provider or a mail server: keeps it, suppresses the mailbox, settles an uncertain copy.

Each counts once, however often and in whatever order it comes.
"""

import hashlib
import json
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from anymail.signals import AnymailTrackingEvent
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from newsletter.deliveries import bounces, health, resolution
from newsletter.feedback.provider_rules import kind_of, suppression_of
from newsletter.models import Consent, Delivery, ProviderEvent, Subscriber, Suppression
from newsletter.readers import consent
from newsletter.readers.addresses import InvalidAddress, address_key
from newsletter.readers.links import ErasedSubscriber

log = structlog.get_logger(__name__)

KEPT_FOR = timedelta(days=400)
# No mail of ours is older.
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
# Week and id of a copy, as in the Message-IDs that the ledger makes; many providers send them back among the headers.
MESSAGE_ID = re.compile(r"\b\d{4}-(?:W\d\d|\d\d-\d\d)\.([0-9a-f]{32})@")
MOST_MESSAGE_IDS = 10
ADDRESS = re.compile(r"[^\s<>,;:()\"']+@[^\s<>,;:()\"']+")

Kind = ProviderEvent.Kind
State = Delivery.State
UNDECIDED = {State.SENDING, State.UNCERTAIN}
BOUNCED = {Kind.HARD_BOUNCE, Kind.SOFT_BOUNCE, Kind.REJECTED}
# Bounces that no edition's window can judge, such as of sign-ups' mails: so many within an hour are a burst.
OF_NO_COPY = Q(kind=Kind.HARD_BOUNCE, delivery=None)
BURST = 10
BURST_WITHIN = timedelta(hours=1)

BATCH = 500
MOST_AT_ONCE = 5_000
# A request gives way to others after this long.
SECONDS_IN_REQUEST = 1.0


@dataclass(frozen=True)
class Report:
    """What is told of one mail. The first of `deliveries` that exists is its copy; `address_key` is its mailbox's or None.

    `identity` is the same for each repetition of the report. `detail` may hold addresses, which are left out.
    """

    kind: ProviderEvent.Kind
    deliveries: Sequence[UUID]
    address_key: bytes | None
    identity: Sequence[str | None]
    detail: str
    suppresses_as: str
    happened_at: datetime


def take(events: Sequence[AnymailTrackingEvent], *, provider: str, now: datetime) -> None:
    """Take a provider's events. Those that `kind_of` does not know are ignored."""
    known = ((event, kind_of(event, provider=provider)) for event in events)
    reports = [
        _report_of(event, kind, provider=provider, now=now) for event, kind in known if kind is not None
    ]
    take_reports(reports, provider=provider, now=now)


def take_reports(reports: Sequence[Report], *, provider: str, now: datetime) -> None:
    """Keep reports, each once; and apply those that come first, for a second.

    There may be thousands: they are kept in batches, and the clock applies what is left over.
    """
    for begin in range(0, len(reports), BATCH):
        _keep(reports[begin : begin + BATCH], provider=provider, now=now)
    apply_waiting(now=now, seconds=SECONDS_IN_REQUEST)


def apply_waiting(*, now: datetime, seconds: float) -> int:
    """Have events that are kept do what they do, one after the other, for so many seconds; how many. Runs by the clock."""
    until = time.monotonic() + seconds
    applied = 0
    waiting = _waiting(now=now)
    for event_id in waiting.values_list("pk", flat=True)[:MOST_AT_ONCE]:
        if time.monotonic() > until:
            break
        with transaction.atomic():
            event = waiting.select_for_update(skip_locked=True).filter(pk=event_id).first()
            # One whose reader confirms, is erased or imported at the moment waits for the next look.
            if event and _takes_reader(event):
                _apply(event, now=now)
                event.is_applied = True
                event.save(update_fields=["is_applied", "detail"])
                applied += 1
    return applied


def _waiting(*, now: datetime) -> QuerySet[ProviderEvent]:
    """In the order in which they came; a hard bounce of no copy is held as long as one of a copy."""
    held_since = now - timedelta(seconds=settings.SENDING_BOUNCE_SECONDS)
    waiting = ProviderEvent.objects.filter(is_applied=False)
    return waiting.exclude(OF_NO_COPY, created_at__gt=held_since).order_by("id")


def settle() -> int:
    """Settle copies that became uncertain after the event about them had come; how many. Runs by the clock.

    Every event about a mail shows that it was sent, except that it was rejected.
    """
    told = ProviderEvent.objects.filter(delivery__state=State.UNCERTAIN).exclude(kind=Kind.REJECTED)
    message_ids = told.values_list("delivery__message_id", flat=True)
    return resolution.resolve(message_ids, sent=True, source="an event of the provider")


def purge_expired(*, now: datetime) -> None:
    """Delete events older than KEPT_FOR."""
    ProviderEvent.objects.filter(created_at__lte=now - KEPT_FOR).delete()


# --- Keeping ------------------------------------------------------------------------------------


def _keep(reports: Sequence[Report], *, provider: str, now: datetime) -> None:
    """Two queries, whatever the number of reports."""
    found = Delivery.objects.in_bulk({key for report in reports for key in report.deliveries})
    rows = []
    for report in reports:
        delivery = next((found[key] for key in report.deliveries if key in found), None)
        if report.kind == Kind.TAKEN and not (delivery and delivery.state in UNDECIDED):
            continue
        mailbox = report.address_key or (bytes(delivery.address_key) if delivery else None)
        rows.append(
            ProviderEvent(
                key=_event_key(report, mailbox, provider=provider),
                provider=provider,
                kind=report.kind,
                delivery=delivery,
                address_key=mailbox,
                detail=_without_addresses(report.detail),
                suppresses_as=report.suppresses_as,
                is_applied=False,
                happened_at=_possible(report.happened_at, now=now),
                created_at=now,
            )
        )
    ProviderEvent.objects.bulk_create(rows, ignore_conflicts=True)


def _possible(at: datetime, *, now: datetime) -> datetime:
    """A clock that says anything else is wrong, so the event counts as new; and not every year could be kept."""
    return at if BEGAN <= at <= now else now


def _event_key(report: Report, mailbox: bytes | None, *, provider: str) -> bytes:
    whose = mailbox.hex() if mailbox else ""
    named = json.dumps([provider, report.kind, whose, *report.identity], default=str)
    return hashlib.sha256(named.encode()).digest()


def _without_addresses(text: str) -> str:
    printable = "".join(each if each.isprintable() else " " for each in text[:1_000])
    return ADDRESS.sub("…", " ".join(printable.split()))[:300]


# --- What a provider tells ----------------------------------------------------------------------


def _report_of(
    event: AnymailTrackingEvent, kind: ProviderEvent.Kind, *, provider: str, now: datetime
) -> Report:
    named = [event.event_id] if event.event_id else [event.message_id, str(event.timestamp)]
    return Report(
        kind=kind,
        deliveries=_deliveries_named_in(event),
        address_key=_key_of(event.recipient),
        # The provider's number of it, else its content.
        identity=named,
        detail=" ".join(str(each) for each in (event.description, event.mta_response) if each),
        suppresses_as=suppression_of(event, kind, provider=provider) or "",
        happened_at=_time_of(event, now=now),
    )


def _deliveries_named_in(event: AnymailTrackingEvent) -> list[UUID]:
    """By the id that we sent along, then by those in our Message-IDs, anywhere in the event."""
    metadata = event.metadata if isinstance(event.metadata, Mapping) else {}
    text = json.dumps([event.message_id, event.esp_event], default=str)
    ids = []
    for candidate in (str(metadata.get("delivery")), *MESSAGE_ID.findall(text)[:MOST_MESSAGE_IDS]):
        with suppress(ValueError):
            ids.append(UUID(candidate))
    return ids


def _key_of(recipient: object) -> bytes | None:
    try:
        return address_key(recipient) if isinstance(recipient, str) else None
    except InvalidAddress:
        return None


def _time_of(event: AnymailTrackingEvent, *, now: datetime) -> datetime:
    """By the provider's clock, whatever it says."""
    at = event.timestamp
    if not isinstance(at, datetime):
        return now
    return at if at.tzinfo else at.replace(tzinfo=UTC)


# --- Applying -----------------------------------------------------------------------------------


def _apply(event: ProviderEvent, *, now: datetime) -> None:
    mailbox = bytes(event.address_key) if event.address_key else None
    if mailbox and _came_back(mailbox, since=event.happened_at):
        # The event is old: since then the reader has confirmed, so the mailbox works, and they want the mail.
        mailbox = None
    elif event.delivery:
        _count(event, event.delivery)
    if mailbox and event.suppresses_as:
        _suppress(event, mailbox, now=now)
    delivery = event.delivery
    if delivery and event.kind == Kind.REJECTED:
        detail = f"Not sent by {event.provider}: {event.detail}"
        resolution.reject(delivery_id=delivery.pk, detail=detail, now=now)
    elif delivery and delivery.state == State.UNCERTAIN:
        resolution.resolve([delivery.message_id], sent=True, source=event.provider)


def _takes_reader(event: ProviderEvent) -> bool:
    """Locks the mailbox's reader, if there is one, until the transaction ends; whether that needs no waiting.

    Where there is none, they may have been erased: the text, which may name them, is not kept.
    """
    readers = Subscriber.objects.filter(address_key=event.address_key)
    if readers.select_for_update(skip_locked=True).values_list("pk").first():
        return True
    if readers.exists():
        return False
    event.detail = ""
    return True


def _came_back(key: bytes, *, since: datetime) -> bool:
    return Subscriber.objects.filter(address_key=key, confirmed_at__gt=since).exists()


def _count(event: ProviderEvent, delivery: Delivery) -> None:
    """What the edition's window must know: a copy that bounced, or the first complaint about one."""
    if event.kind in BOUNCED:
        health.count(edition_id=delivery.edition_id, failed=1)
    elif event.kind == Kind.COMPLAINT:
        others = ProviderEvent.objects.filter(delivery=delivery, kind=Kind.COMPLAINT, is_applied=True)
        if not others.exists():
            health.count(edition_id=delivery.edition_id, complaints=1)


def _is_of_a_burst(event: ProviderEvent) -> bool:
    """Whether many mailboxes that no edition's window counts were said to be gone at about the same time."""
    around = (event.happened_at - BURST_WITHIN, event.happened_at + BURST_WITHIN)
    others = ProviderEvent.objects.filter(OF_NO_COPY, happened_at__range=around)
    return others.values("address_key").distinct().count() >= BURST


def _suppress(event: ProviderEvent, key: bytes, *, now: datetime) -> None:
    reason, source = event.suppresses_as, Consent.Source.PROVIDER
    if event.delivery and event.kind == Kind.HARD_BOUNCE:
        # Like a refusal that we hear ourselves, it may be one of a burst.
        bounces.hold(delivery_id=event.delivery.pk, edition_id=event.delivery.edition_id, is_hard=True)
        return
    if event.kind == Kind.HARD_BOUNCE and _is_of_a_burst(event):
        log.warning("bounce_of_a_burst", provider=event.provider)
        return
    if reason == Suppression.Reason.UNSUBSCRIBE:
        subscriber = Subscriber.objects.filter(address_key=key).first()
        if subscriber:
            with suppress(ErasedSubscriber):
                consent.unsubscribe(subscriber=subscriber, source=source, now=now)
            return
    consent.suppress(keys=[key], reason=reason, source=source, now=now)
