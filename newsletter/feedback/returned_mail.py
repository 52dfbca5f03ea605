"""Reads a mail that came to a return address: a bounce, a complaint, a wish to leave, or nothing that counts.

A mail counts only with a tag, which only we can make. Delivery status notifications (RFC 3464) and feedback reports
(RFC 5965) say what they are; of a bounce in plain words, as qmail and older mail servers write it, the first answer of an
SMTP server in it counts. What an answer means is decided by the table for our own refusals. An automatic reply (RFC 3834)
is none of these, whatever its sender and whatever it quotes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime

from newsletter.feedback.answers import answer_in, is_gone
from newsletter.models import ProviderEvent
from newsletter.transport.return_addresses import ReturnKind, ReturnTag, find_tag

# A report comes first, and behind it the mail that it is about, of any size.
MOST_OCTETS = 262_144
MOST_WORDS = 20_000
MOST_OF_FIELD = 1_000

Kind = ProviderEvent.Kind

# Where servers write down to which address they delivered, and a notification to whom it is.
ADDRESSED = (
    *("Delivered-To", "X-Original-To", "X-Delivered-To", "Envelope-To", "X-Envelope-To"),
    *("Resent-To", "To", "Cc"),
)
# Of a feedback report: the envelope sender of the mail, and its headers.
REPORTED = ("Original-Mail-From", "Return-Path", "X-Original-Return-Path", "List-Unsubscribe")
# Not of bounces alone: Exim and Exchange set them, and a report says itself that it is one.
AUTOMATIC = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-Auto-Response-From",
    "Delivered-By-Autoreply",
)
AUTO_REPLY_PRECEDENCES = {"auto_reply", "auto-reply", "autoreply"}
COMPLAINTS = {"abuse", "fraud", "virus", "other", "complaint"}
ACTIONS = {"delayed": Kind.DEFERRED, "delivered": Kind.TAKEN, "relayed": Kind.TAKEN, "expanded": Kind.TAKEN}

SERVERS = re.compile(r"(?<![\w.+-])(?:mailer-?daemon|mail-?daemon|postmaster|mdaemon)@", re.IGNORECASE)
# Of a mail that has no sender; Postfix writes the name to a pipe.
NO_SENDER = re.compile(r"(?:<(?:mailer-daemon(?:@[\w.-]{1,255})?)?>)?", re.IGNORECASE)
# What servers that write no report call their bounces, in the subject or in the first line. qmail's is a format of its own.
UNDELIVERED = re.compile(
    r"undeliver|non-?deliver|not (?:be )?(?:delivered|reach)|returned (?:mail|to sender)|failure notice|"
    r"deliver\w* (?:has |status )?(?:failed|failure|notification|problem|error)|mail (?:system )?error|^hi\. this is the\b",
    re.IGNORECASE,
)
STILL_TRYING = re.compile(r"\b(delay(?:ed)?|warning|still (?:being )?(?:trying|retried))\b", re.IGNORECASE)
# From here on the mail itself is quoted, which may hold any number.
QUOTED = re.compile(
    r"^-+ ?(?:below this line|this is a copy|the header of|original message|returned message|message header)",
    re.IGNORECASE | re.MULTILINE,
)
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")


@dataclass(frozen=True)
class ReturnedMail:
    """What a mail says of the one that went out; `detail` may hold addresses."""

    tag: ReturnTag
    kind: ProviderEvent.Kind
    detail: str
    # By its sender's clock; None where it does not say.
    written_at: datetime | None


def read_mail(raw: bytes, *, now: datetime) -> ReturnedMail | None:
    """What the mail means; None for one without a valid tag, and for a reply by a machine or a person. No query.

    At most MOST_OCTETS of it are read.
    """
    mail = message_from_bytes(raw[:MOST_OCTETS])
    feedback = next((part for part in mail.walk() if _is(part, "message/feedback-report")), None)
    if feedback is not None:
        return _complaint(mail, feedback, now=now)
    tag = find_tag(_fields([mail], ADDRESSED), now=now)
    if tag is None:
        return None
    found = _request_to_leave(mail, tag, now=now) if tag.kind == ReturnKind.LEAVING else _bounce(mail)
    return ReturnedMail(tag, *found, _written_at(mail)) if found else None


def _request_to_leave(
    mail: Message, tag: ReturnTag, *, now: datetime
) -> tuple[ProviderEvent.Kind, str] | None:
    """A mail to that very address. None for a copy or a forwarded one, an automatic reply, and a server's report."""
    is_to_us = find_tag(_fields([mail], ["To"]), now=now) == tag
    if not is_to_us or _is_automatic_reply(mail) or mail.get_content_type() == "multipart/report":
        return None
    return Kind.UNSUBSCRIBE, "By mail"


def _bounce(mail: Message) -> tuple[ProviderEvent.Kind, str] | None:
    if mail.get_content_type() == "multipart/report":
        return _notified(mail)
    return _in_words(mail)


def _is_automatic_reply(mail: Message) -> bool:
    submitted = _field(mail, "Auto-Submitted").lower()
    precedence = _field(mail, "Precedence").lower()
    return (
        submitted.startswith("auto-replied")
        or precedence in AUTO_REPLY_PRECEDENCES
        or any(name in mail for name in AUTOMATIC)
    )


# --- Feedback reports ---------------------------------------------------------------------------


def _complaint(mail: Message, feedback: Message, *, now: datetime) -> ReturnedMail | None:
    """It goes to one address for all mails: which one it is about stands in the report and in the headers it returns."""
    report = _inner(feedback)
    kind = _field(report, "Feedback-Type").lower()
    returned = [_inner(part) for part in mail.walk() if part.get_content_type().startswith("message/")]
    returned += [_headers_in(part) for part in mail.walk() if _is(part, "text/rfc822-headers")]
    tag = find_tag(_fields([report, *returned], REPORTED), now=now)
    if tag is None or kind not in COMPLAINTS:
        return None
    agent = _field(report, "User-Agent")
    return ReturnedMail(tag, Kind.COMPLAINT, f"{kind} {agent}".strip(), _written_at(mail))


# --- Delivery status notifications --------------------------------------------------------------


def _notified(mail: Message) -> tuple[ProviderEvent.Kind, str] | None:
    """What the worst of its recipients met; None for another report, such as that a mail was read.

    Only the report itself counts, and not another one that stands in the mail that it returns.
    """
    groups = [
        group
        for part in _parts(mail)
        if _is(part, "message/delivery-status")
        for group in _parts(part)
        if "Action" in group
    ]
    failed = [group for group in groups if _field(group, "Action").lower().startswith("failed")]
    if failed:
        return min((_failure(group) for group in failed), key=lambda found: found[0] != Kind.HARD_BOUNCE)
    for group in groups:
        kind = ACTIONS.get(_field(group, "Action").lower().partition(" ")[0])
        if kind:
            return kind, _field(group, "Diagnostic-Code")
    return None


def _failure(group: Message) -> tuple[ProviderEvent.Kind, str]:
    """The diagnostic code is a server's answer; the status, which some write as 5.0.0, fills in for what it lacks."""
    status = STATUS.search(_field(group, "Status"))
    words = _field(group, "Diagnostic-Code").partition(";")[2].strip()
    code, text = answer_in(words) or (0, words)
    known = status[1] if status and not status[1].endswith(".0.0") else ""
    code = code or (450 if known.startswith("4") else 550)
    return _kind_of(code, text if STATUS.search(text[:40]) else f"{known} {text}".strip())


def _kind_of(code: int, text: str) -> tuple[ProviderEvent.Kind, str]:
    return (Kind.HARD_BOUNCE if is_gone(code, text) else Kind.SOFT_BOUNCE), f"{code} {text}"


# --- Bounces in plain words ---------------------------------------------------------------------


def _in_words(mail: Message) -> tuple[ProviderEvent.Kind, str] | None:
    """None for a mail that no mail server wrote as a bounce: those have no sender, so that nobody answers them."""
    is_failure = "X-Failed-Recipients" in mail
    is_of_server = SERVERS.search(_field(mail, "From")[:MOST_OF_FIELD]) or is_failure
    if not (is_of_server and NO_SENDER.fullmatch(_field(mail, "Return-Path"))):
        return None
    if STILL_TRYING.search(_field(mail, "Subject")):
        return Kind.DEFERRED, ""
    words = QUOTED.split(_text_of(mail), maxsplit=1)[0]
    # Exim marks its bounces as replies, but has a header that says what they are.
    if is_failure or (not _is_automatic_reply(mail) and _is_undelivered(mail, words)):
        return _first_answer(words)
    return None


def _is_undelivered(mail: Message, words: str) -> bool:
    texts = _field(mail, "Subject"), words.lstrip()
    return any(UNDELIVERED.search(text[:MOST_OF_FIELD]) for text in texts)


def _first_answer(words: str) -> tuple[ProviderEvent.Kind, str]:
    answer, status = answer_in(words), STATUS.search(words)
    if answer:
        return _kind_of(*answer)
    if status:
        code = 450 if status[1].startswith("4") else 550
        line = next(line for line in words.splitlines() if status[1] in line)
        return _kind_of(code, f"{status[1]} {line}")
    return Kind.SOFT_BOUNCE, ""


def _text_of(mail: Message) -> str:
    part = next((part for part in mail.walk() if part.get_content_maintype() == "text"), None)
    raw = part.get_payload(decode=True) if part is not None else None
    return raw[:MOST_WORDS].decode("utf-8", "replace") if isinstance(raw, bytes) else ""


# --- Parts and fields ---------------------------------------------------------------------------


def _is(part: Message, content_type: str) -> bool:
    return part.get_content_type() == content_type


def _parts(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _inner(part: Message) -> Message:
    """The mail or the fields in a part of the type message/…."""
    payload = part.get_payload()
    first = payload[0] if isinstance(payload, list) and payload else part
    return first if isinstance(first, Message) else part


def _headers_in(part: Message) -> Message:
    raw = part.get_payload(decode=True)
    return message_from_bytes(raw if isinstance(raw, bytes) else b"")


def _fields(parts: Sequence[Message], names: Sequence[str]) -> Iterator[str]:
    for part in parts:
        for name in names:
            yield from (str(value) for value in part.get_all(name, []))


def _field(part: Message, name: str) -> str:
    """On one line; empty where there is none."""
    return " ".join(str(part.get(name, "")).split())


def _written_at(mail: Message) -> datetime | None:
    try:
        at = parsedate_to_datetime(_field(mail, "Date")[:MOST_OF_FIELD])
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
