"""The bytes of a mail: encoded once for all its recipients, then joined with what each of them has alone."""

import hashlib
import quopri
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from uuid import UUID, uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from catalog.validators import visible_text
from newsletter.models import Segment
from newsletter.transport.dkim import Signer

PLACES = re.compile(r"\{\{(unsubscribe_url|preferences_url)\}\}")
# What a mail server may be asked to deliver to; the rest would only be refused, or worse, understood.
DELIVERABLE = re.compile(r"[!-;=?-~]{1,64}@[A-Za-z0-9.-]{1,255}")
SOFT_BREAK = b"=\r\n"
WIDTH = 70
# RFC 2047, 2: octets of a line that has encoded words, the space at its beginning not counted.
MOST_OF_WORDS = 75
# So that no program answers: by RFC 3834 a process made the mail, and Exchange heeds a header of its own.
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"}
# Of letters in Persian or Hindi, and of emoji.
JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class Recipient:
    """What differs between the mails of one template."""

    address: str
    message_id: str
    # The page for people; a POST there unsubscribes at once (RFC 8058). Empty: the mail has no header for it.
    unsubscribe_url: str = ""
    preferences_url: str = ""
    # A provider's events name the copy by it.
    delivery_id: UUID | None = None
    # The envelope sender, to which bounces go; empty: the address of MAIL_FROM.
    return_path: str = ""
    # A mail to it unsubscribes as well; empty: the mail offers none.
    unsubscribe_address: str = ""

    @property
    def headers(self) -> dict[str, str]:
        own = {"Message-ID": self.message_id}
        if self.unsubscribe_url:
            by_mail = f", <mailto:{self.unsubscribe_address}>" if self.unsubscribe_address else ""
            own["List-Unsubscribe"] = f"<{self.unsubscribe_url}>{by_mail}"
            own["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return own


@dataclass(frozen=True)
class MessageTemplate:
    """A mail without its recipient, encoded once for all of them.

    In `body`, `text` and `html` every second part is the name of a place, which a recipient's own link fills.
    """

    head: bytes
    body: Sequence[bytes | str]
    sender: str
    # Where answers go, as a From header; empty: to the sender.
    reply_to: str
    subject: str
    headers: Mapping[str, str]
    text: Sequence[str]
    html: Sequence[str]
    # Where neither the mail server nor the provider signs.
    signer: Signer | None = None

    @classmethod
    def of(
        cls,
        *,
        subject: str,
        text: str,
        html: str,
        sender: str,
        headers: Mapping[str, str],
        reply_to: str = "",
        signer: Signer | None = None,
    ) -> "MessageTemplate":
        """`sender` and `reply_to` are names with an address, `headers` are those that all recipients get."""
        boundary = (
            f"=_{hashlib.sha256('|'.join([subject, text, html]).encode('utf-8', 'replace')).hexdigest()[:32]}"
        )
        body: list[bytes | str] = []
        for kind, content in (("plain", text), ("html", html)):
            _append(
                body,
                f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
                "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode(),
            )
            _append_text(body, content)
            _append(body, b"\r\n")
        _append(body, f"--{boundary}--\r\n".encode())
        return cls(
            head=_shared_headers(
                subject, sender=sender, reply_to=reply_to, headers=headers, boundary=boundary
            ),
            body=body,
            sender=sender,
            reply_to=reply_to,
            subject=_printable(subject),
            headers=headers,
            text=PLACES.split(text),
            html=PLACES.split(html),
            signer=signer,
        )

    def smtp_bytes(self, recipient: Recipient, *, now: datetime) -> bytes:
        """The mail as DATA wants it: lines of 998 bytes at most, CRLF, dots doubled.

        Raises ValueError where an address or a link is not ASCII.
        """
        places = {
            "unsubscribe_url": _encoded_value(recipient.unsubscribe_url),
            "preferences_url": _encoded_value(recipient.preferences_url),
        }
        headers = {
            "To": recipient.address,
            "Date": _date(now.replace(microsecond=0)),
            **recipient.headers,
        }
        own = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("ascii")
        body = b"".join(part if isinstance(part, bytes) else places[part] for part in self.body)
        mail = own + self.head + body
        if self.signer is None:
            return mail
        # What arrives is signed: the server takes the doubled dots away.
        return self.signer.header(re.sub(rb"(?m)^\.\.", b".", mail), now=now) + mail

    def django_mail(self, recipient: Recipient) -> EmailMultiAlternatives:
        """The mail as a provider's backend takes it; the provider writes the date and signs."""
        places = {"unsubscribe_url": recipient.unsubscribe_url, "preferences_url": recipient.preferences_url}
        mail = EmailMultiAlternatives(
            subject=self.subject,
            body=_filled(self.text, places),
            from_email=self.sender,
            to=[recipient.address],
            reply_to=[self.reply_to] if self.reply_to else None,
            headers={**recipient.headers, **self.headers},
        )
        mail.attach_alternative(_filled(self.html, places), "text/html")
        if recipient.delivery_id:
            mail.metadata = {"delivery": str(recipient.delivery_id)}  # type: ignore[attr-defined] # Anymail's.
        return mail


@dataclass(frozen=True)
class Message:
    """A mail to one recipient."""

    template: MessageTemplate
    recipient: Recipient


def contact_address() -> str:
    """Where a reader's words reach people: where answers to our mails go."""
    return parseaddr(settings.MAIL_REPLY_TO or settings.MAIL_FROM)[1]


def segment_template(segment: Segment) -> MessageTemplate:
    """What the readers of a segment get."""
    return MessageTemplate.of(
        subject=segment.subject,
        text=segment.text,
        html=segment.html,
        sender=settings.MAIL_FROM,
        headers={"List-Id": f"The weekly mail <weekly.{settings.MAIL_DOMAIN}>", **AUTOMATIC},
        reply_to=settings.MAIL_REPLY_TO,
        signer=Signer.from_settings(),
    )


def single_message(
    *,
    kind: str,
    address: str,
    subject: str,
    text: str,
    html: str,
    unsubscribe_url: str = "",
    unsubscribe_address: str = "",
    return_path: str = "",
) -> Message:
    """A mail that belongs to no edition; `kind` begins its Message-ID."""
    template = MessageTemplate.of(
        subject=subject,
        text=text,
        html=html,
        sender=settings.MAIL_FROM,
        headers=AUTOMATIC,
        reply_to=settings.MAIL_REPLY_TO,
        signer=Signer.from_settings(),
    )
    message_id = f"<{kind}.{uuid4()}@{settings.MAIL_DOMAIN}>"
    recipient = Recipient(
        address=address,
        message_id=message_id,
        unsubscribe_url=unsubscribe_url,
        unsubscribe_address=unsubscribe_address,
        return_path=return_path,
    )
    return Message(template, recipient)


@lru_cache(maxsize=4)
def _date(second: datetime) -> str:
    return format_datetime(second)


def is_deliverable(address: str) -> bool:
    """Whether it is ASCII, has one @, and holds nothing that could end the command that names it."""
    return DELIVERABLE.fullmatch(address) is not None


def _filled(parts: Sequence[str], places: Mapping[str, str]) -> str:
    """Every second part is the name of a place."""
    return "".join(places[part] if number % 2 else part for number, part in enumerate(parts))


def _shared_headers(
    subject: str, *, sender: str, reply_to: str, headers: Mapping[str, str], boundary: str
) -> bytes:
    lines = [
        f"From: {_mailbox(sender, header='From')}",
        *([f"Reply-To: {_mailbox(reply_to, header='Reply-To')}"] if reply_to else []),
        f"Subject: {_encoded_words(subject, header='Subject')}",
        *(f"{name}: {value}" for name, value in headers.items()),
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
    ]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("ascii")


def _mailbox(sender: str, *, header: str) -> str:
    """A name that is not plain becomes encoded words, and the address a line of its own."""
    name, address = parseaddr(sender)
    words = _encoded_words(name, header=header)
    if words == name:
        return formataddr((name, address))
    return f"{words}\r\n <{address}>"


def _printable(text: str) -> str:
    """What a reader sees; an editor's line break must not end the header."""
    visible = (each if each.isprintable() or each in JOINERS else " " for each in visible_text(text))
    return " ".join("".join(visible).split())


def _encoded_words(text: str, *, header: str) -> str:
    """Words that only look encoded must not be decoded by anybody. None has more than 75 octets, its line 76 at most."""
    words = _printable(text)
    is_plain = words.isascii() and "=?" not in words and len(words) <= WIDTH
    if is_plain:
        return words
    return Header(words, "utf-8", header_name=header, maxlinelen=MOST_OF_WORDS).encode(linesep="\r\n")


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
