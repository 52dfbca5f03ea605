"""Addresses of ours that name what they answer: where a mail's bounces come back, and where a reader leaves by mail.

`bounces+<tag>@example.com` is the envelope sender of one mail (a variable envelope return path), and
`unsubscribe+<tag>@example.com` leaves for one reader. A tag is base32 in lower case, since servers on the way may change
case. It holds an id of 16 bytes, for a bounce also the day of sending in 2 bytes, and the first 9 bytes of an HMAC-SHA256
under a key of NEWSLETTER_KEYS: the first key signs, all verify. So a local part has 64 octets at most (RFC 5321, 4.5.3.1).
"""

import hmac
import re
from base64 import b32decode, b32encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings

from backend.api.digests import digest

MAC_LENGTH = 9
# Servers try for five days, some for ten; an old address is of no use to anybody who finds it.
BOUNCES_FOR = timedelta(days=30)
FIRST_DAY = date(2026, 1, 1)
# As long as the settings take; without a bound a long text would be searched from each of its letters. A server that
# signs senders for itself (BATV) puts a word in front, and leaves it in the header To.
ADDRESS = re.compile(
    r"(?:prvs=[0-9a-z]{10}=)?([a-z0-9._=-]{1,19})\+([a-z2-7]{40,44})@([a-z0-9.-]+)", re.IGNORECASE
)


class ReturnKind(StrEnum):
    """What the id in a tag is of, and what a mail to the address means. The value is part of what is signed."""

    COPY = "bounce of a copy/v1"
    READER = "bounce of a reader's mail/v1"
    LEAVING = "unsubscribe by mail/v1"


@dataclass(frozen=True)
class ReturnTag:
    """What the tag of an address says; `sent_on` is the day in UTC, and None for an address to leave by."""

    kind: ReturnKind
    id: UUID
    sent_on: date | None = None


def copy_return_path(delivery_id: UUID, *, now: datetime) -> str:
    """The envelope sender of an edition's copy; empty without BOUNCE_ADDRESS."""
    return _bounce_address(ReturnKind.COPY, delivery_id, now)


def reader_return_path(subscriber_id: UUID, *, now: datetime) -> str:
    """The envelope sender of a mail to a reader that is no copy; empty without BOUNCE_ADDRESS."""
    return _bounce_address(ReturnKind.READER, subscriber_id, now)


def unsubscribe_address(subscriber_id: UUID) -> str:
    """A mail to it unsubscribes the reader, like the link; it never expires. Empty without UNSUBSCRIBE_ADDRESS."""
    return _tagged(ReturnKind.LEAVING, subscriber_id.bytes)


def find_tag(texts: Iterable[str], *, now: datetime) -> ReturnTag | None:
    """The first tag of ours in the texts that is signed and not expired."""
    for text in texts:
        for local, tag, domain in ADDRESS.findall(text):
            found = _read(tag.upper(), now=now)
            if found and _address_of(found.kind) == f"{local}@{domain}".lower():
                return found
    return None


def _address_of(kind: ReturnKind) -> str:
    return str(settings.UNSUBSCRIBE_ADDRESS if kind == ReturnKind.LEAVING else settings.BOUNCE_ADDRESS)


def _bounce_address(kind: ReturnKind, subject: UUID, now: datetime) -> str:
    day = (now.astimezone(UTC).date() - FIRST_DAY).days
    return _tagged(kind, subject.bytes + day.to_bytes(2))


def _tagged(kind: ReturnKind, payload: bytes) -> str:
    address = _address_of(kind)
    if not address:
        return ""
    local, _, domain = address.rpartition("@")
    secret = next(iter(settings.NEWSLETTER_KEYS.values()))
    tag = b32encode(payload + _mac(secret, kind, payload)).decode().rstrip("=").lower()
    return f"{local}+{tag}@{domain}"


def _read(tag: str, *, now: datetime) -> ReturnTag | None:
    try:
        raw = b32decode(tag + "=" * (-len(tag) % 8))
    except ValueError:
        return None
    payload, mac = raw[:-MAC_LENGTH], raw[-MAC_LENGTH:]
    kinds = [ReturnKind.LEAVING] if len(payload) == 16 else [ReturnKind.COPY, ReturnKind.READER]
    for kind in kinds:
        for secret in settings.NEWSLETTER_KEYS.values():
            if hmac.compare_digest(mac, _mac(secret, kind, payload)):
                return _unexpired(kind, payload, now=now)
    return None


def _unexpired(kind: ReturnKind, payload: bytes, *, now: datetime) -> ReturnTag | None:
    subject = UUID(bytes=payload[:16])
    if kind == ReturnKind.LEAVING:
        return ReturnTag(kind, subject)
    sent_on = FIRST_DAY + timedelta(days=int.from_bytes(payload[16:]))
    is_good = now.astimezone(UTC).date() - sent_on <= BOUNCES_FOR
    return ReturnTag(kind, subject, sent_on) if is_good else None


def _mac(secret: bytes, kind: ReturnKind, payload: bytes) -> bytes:
    return digest(secret, kind.encode(), payload)[:MAC_LENGTH]
