"""Takes a provider's event about a mail: keeps it, suppresses the mailbox, settles an uncertain copy; each once."""

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from anymail.signals import AnymailTrackingEvent
from django.db import transaction

from newsletter.deliveries import resolution
from newsletter.feedback.provider_rules import kind_of, suppression_of
from newsletter.models import Consent, Delivery, ProviderEvent, Subscriber, Suppression
from newsletter.readers import consent
from newsletter.readers.addresses import InvalidAddress, address_key
from newsletter.readers.links import ErasedSubscriber

KEPT_FOR = timedelta(days=400)
# Week and id of a copy, as in the Message-IDs that the ledger makes; many providers send them back among the headers.
MESSAGE_ID = re.compile(r"\b\d{4}-W\d\d\.([0-9a-f]{32})@")
MOST_MESSAGE_IDS = 10
ADDRESS = re.compile(r"[^\s<>,;:()\"']+@[^\s<>,;:()\"']+")

Kind = ProviderEvent.Kind
State = Delivery.State
UNDECIDED = {State.SENDING, State.UNCERTAIN}


def take(event: AnymailTrackingEvent, *, provider: str, now: datetime) -> None:
    """Apply an event once, however often and in whatever order it comes. One that `kind_of` does not know is ignored."""
    kind = kind_of(event, provider=provider)
    if kind is None:
        return
    with transaction.atomic():
        delivery = _delivery_of(event)
        if kind == Kind.TAKEN and not (delivery and delivery.state in UNDECIDED):
            return
        key = _key_of(event.recipient) or (bytes(delivery.address_key) if delivery else None)
        happened_at = _time_of(event, now=now)
        told, is_new = ProviderEvent.objects.get_or_create(
            key=_event_key(event, kind, key, provider=provider),
            defaults={
                "provider": provider,
                "kind": kind,
                "delivery": delivery,
                "address_key": key,
                "detail": _detail_of(event),
                "happened_at": happened_at,
                "created_at": now,
            },
        )
        if not is_new:
            return
        reason = suppression_of(event, kind, provider=provider)
        if key and reason:
            _suppress(key, reason, happened_at=happened_at, now=now)
        if delivery and kind == Kind.REJECTED:
            detail = f"Not sent by {provider}: {told.detail}"
            resolution.reject(delivery_id=delivery.pk, detail=detail, now=now)
        elif delivery and delivery.state == State.UNCERTAIN:
            resolution.resolve([delivery.message_id], sent=True, source=provider)


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


def _suppress(key: bytes, reason: str, *, happened_at: datetime, now: datetime) -> None:
    source = Consent.Source.PROVIDER
    subscriber = Subscriber.objects.filter(address_key=key).first()
    came_back = subscriber and subscriber.confirmed_at and subscriber.confirmed_at > happened_at
    if came_back and reason != Suppression.Reason.COMPLAINT:
        # An old event comes late: since then the reader has confirmed, so the mailbox works.
        return
    if subscriber and reason == Suppression.Reason.UNSUBSCRIBE:
        try:
            consent.unsubscribe(subscriber=subscriber, source=source, now=now)
        except ErasedSubscriber:
            return
    else:
        consent.suppress(keys=[key], reason=reason, source=source, now=now)


def _delivery_of(event: AnymailTrackingEvent) -> Delivery | None:
    """The copy by the id that we sent along, else by the id in our Message-ID, anywhere in the event. One query."""
    metadata = event.metadata if isinstance(event.metadata, Mapping) else {}
    text = json.dumps([event.message_id, event.esp_event], default=str)
    ids = []
    for candidate in (str(metadata.get("delivery")), *MESSAGE_ID.findall(text)[:MOST_MESSAGE_IDS]):
        with suppress(ValueError):
            ids.append(UUID(candidate))
    found = Delivery.objects.in_bulk(ids)
    return next((found[each] for each in ids if each in found), None)


def _key_of(recipient: object) -> bytes | None:
    try:
        return address_key(recipient) if isinstance(recipient, str) else None
    except InvalidAddress:
        return None


def _event_key(event: AnymailTrackingEvent, kind: str, key: bytes | None, *, provider: str) -> bytes:
    """The same for each repetition of an event: from the provider's number of it, else from its content."""
    mailbox = key.hex() if key else ""
    named = [event.event_id] if event.event_id else [event.message_id, str(event.timestamp)]
    return hashlib.sha256(json.dumps([provider, kind, mailbox, *named], default=str).encode()).digest()


def _time_of(event: AnymailTrackingEvent, *, now: datetime) -> datetime:
    at = event.timestamp
    if not isinstance(at, datetime):
        return now
    return min(now, at if at.tzinfo else at.replace(tzinfo=UTC))


def _detail_of(event: AnymailTrackingEvent) -> str:
    """The provider's text, without any address."""
    words = " ".join(str(each) for each in (event.description, event.mta_response) if each)
    printable = "".join(each if each.isprintable() else " " for each in words[:1_000])
    return ADDRESS.sub("…", " ".join(printable.split()))[:300]
