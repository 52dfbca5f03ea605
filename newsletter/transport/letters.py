"""The bytes of a mail: built once for all readers of a segment, then joined with what is each one's own."""

import hashlib
import quopri
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from uuid import UUID

from django.core.mail import EmailMultiAlternatives

from newsletter.models import Segment
from newsletter.transport.dkim import Signer

PLACES = re.compile(r"\{\{(unsubscribe_url|preferences_url)\}\}")
# What a mail server may be asked to deliver to; the rest would only be refused, or worse, understood.
DELIVERABLE = re.compile(r"[!-;=?-~]{1,64}@[A-Za-z0-9.-]{1,255}")
SOFT_BREAK = b"=\r\n"
WIDTH = 70


@dataclass(frozen=True)
class Personal:
    """What differs between the readers of one segment."""

    address: str
    message_id: str
    # The page for people; a POST there unsubscribes at once (RFC 8058).
    unsubscribe_url: str
    preferences_url: str
    # By which a provider's events name the copy.
    delivery_id: UUID | None = None


@dataclass(frozen=True)
class Letter:
    """A segment's mail with places left open. Every second part is the name of a place."""

    head: bytes
    body: Sequence[bytes | str]
    sender: str
    subject: str
    list_id: str
    text: Sequence[str]
    html: Sequence[str]
    # Where the mail server does not sign.
    signer: Signer | None = None

    @classmethod
    def of(cls, segment: Segment, *, sender: str, domain: str, signer: Signer | None = None) -> "Letter":
        list_id = f"The weekly mail <weekly.{domain}>"
        boundary = f"=_{hashlib.sha256(segment.id.bytes).hexdigest()[:32]}"
        body: list[bytes | str] = []
        for kind, content in (("plain", segment.text), ("html", segment.html)):
            _append(
                body,
                f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
                "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode(),
            )
            _append_text(body, content)
            _append(body, b"\r\n")
        _append(body, f"--{boundary}--\r\n".encode())
        return cls(
            head=_shared_headers(segment.subject, sender=sender, list_id=list_id, boundary=boundary),
            body=body,
            sender=sender,
            subject=_printable(segment.subject),
            list_id=list_id,
            text=PLACES.split(segment.text),
            html=PLACES.split(segment.html),
            signer=signer,
        )

    def to(self, reader: Personal, *, now: datetime) -> bytes:
        """The mail as DATA wants it: lines of 998 bytes at most, CRLF, dots doubled."""
        places = {
            "unsubscribe_url": _encoded_value(reader.unsubscribe_url),
            "preferences_url": _encoded_value(reader.preferences_url),
        }
        own = (
            f"To: {reader.address}\r\n"
            f"Date: {_date(now.replace(microsecond=0))}\r\n"
            f"Message-ID: {reader.message_id}\r\n"
            f"List-Unsubscribe: <{reader.unsubscribe_url}>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        ).encode("ascii")
        body = b"".join(part if isinstance(part, bytes) else places[part] for part in self.body)
        mail = own + self.head + body
        if self.signer is None:
            return mail
        # What arrives is signed: the server takes the doubled dots away.
        return self.signer.header(re.sub(rb"(?m)^\.\.", b".", mail), now=now) + mail

    def mail_for(self, reader: Personal) -> EmailMultiAlternatives:
        """The mail as a provider's API takes it; the provider writes the date and signs."""
        places = {"unsubscribe_url": reader.unsubscribe_url, "preferences_url": reader.preferences_url}
        mail = EmailMultiAlternatives(
            subject=self.subject,
            body=_filled(self.text, places),
            from_email=self.sender,
            to=[reader.address],
            headers={
                "Message-ID": reader.message_id,
                "List-Id": self.list_id,
                "List-Unsubscribe": f"<{reader.unsubscribe_url}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
        mail.attach_alternative(_filled(self.html, places), "text/html")
        if reader.delivery_id:
            mail.metadata = {"delivery": str(reader.delivery_id)}  # type: ignore[attr-defined] # Anymail's.
        return mail


@lru_cache(maxsize=4)
def _date(second: datetime) -> str:
    return format_datetime(second)


def is_deliverable(address: str) -> bool:
    return DELIVERABLE.fullmatch(address) is not None


def _filled(parts: Sequence[str], places: Mapping[str, str]) -> str:
    """Every second part is the name of a place."""
    return "".join(places[part] if number % 2 else part for number, part in enumerate(parts))


def _shared_headers(subject: str, *, sender: str, list_id: str, boundary: str) -> bytes:
    lines = [
        f"From: {formataddr(parseaddr(sender))}",
        f"Subject: {_encoded_words(subject)}",
        f"List-Id: {list_id}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
    ]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("ascii")


def _printable(text: str) -> str:
    """An editor's line break must not end the header."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())


def _encoded_words(text: str) -> str:
    """Words that only look encoded must not be decoded by anybody."""
    words = _printable(text)
    is_plain = words.isascii() and "=?" not in words and len(words) <= WIDTH
    return words if is_plain else Header(words, "utf-8", header_name="Subject").encode(linesep="\r\n")


def _append_text(body: list[bytes | str], content: str) -> None:
    """Quoted-printable, with soft line breaks around each place, so that what comes in there stays whole."""
    lines = "\r\n".join(content.splitlines())
    for number, part in enumerate(PLACES.split(lines)):
        if number % 2:
            _append(body, SOFT_BREAK)
            body.append(part)
            _append(body, SOFT_BREAK)
        else:
            _append(body, _doubled_dots(_encoded(part)))


def _append(body: list[bytes | str], part: bytes) -> None:
    if body and isinstance(body[-1], bytes):
        body[-1] += part
    else:
        body.append(part)


def _encoded(text: str) -> bytes:
    encoded = quopri.encodestring(text.replace("\r\n", "\n").encode("utf-8", "replace"))
    return encoded.replace(b"\n", b"\r\n")


def _encoded_value(value: str) -> bytes:
    """One long value over several lines; a dot at the beginning of one must not end the mail."""
    text = value.replace("=", "=3D").replace(".", "=2E").encode("ascii")
    lines, rest = [], text
    while len(rest) > WIDTH:
        # An escape is three bytes that belong together.
        cut = WIDTH
        for back in (1, 2):
            cut = WIDTH - back if rest[WIDTH - back : WIDTH - back + 1] == b"=" else cut
        lines.append(rest[:cut])
        rest = rest[cut:]
    return SOFT_BREAK.join([*lines, rest])


def _doubled_dots(text: bytes) -> bytes:
    return re.sub(rb"(?m)^\.", b"..", text)
