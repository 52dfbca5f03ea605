"""Reads the mailbox to which bounces come back, over IMAP: what means something is deleted, all else is left as seen.

A mail is deleted after it was kept, so a crash between the two shows it once more, which changes nothing.
"""

import imaplib
import re
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import structlog
from django.conf import settings

from newsletter.failpoints import reach
from newsletter.feedback.bounce_mails import receive
from newsletter.feedback.returned_mail import MOST_OCTETS

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 10
# A run gives way to other tasks after this long; the next one goes on.
RUN_SECONDS = 40

# How many mails are held in memory at once.
BATCH = 20
# Servers write it before the text, or behind it.
# Of an answer of imaplib's: bytes, pairs of bytes, or None.
Part = TypeVar("Part")

UID = re.compile(rb"\bUID (\d+)")

DELETED, SEEN = r"(\Deleted)", r"(\Seen)"


@dataclass(frozen=True)
class Mailbox:
    """A folder on an IMAP server; `scheme` is imaps, imap+tls for STARTTLS, or imap for no encryption."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    folder: str

    @classmethod
    def from_settings(cls) -> "Mailbox | None":
        return cls(**settings.BOUNCE_MAILBOX) if settings.BOUNCE_MAILBOX else None


def read_mailbox(
    mailbox: Mailbox, *, clock: Callable[[], datetime], seconds: float = RUN_SECONDS
) -> Counter[str]:
    """Take new mails for so many seconds; how many were `taken`, and `left` as saying nothing to us.

    A server that can't be reached, or refuses us, is logged, and tried again by the next run. An error of the database
    is raised: the mails at hand stay.
    """
    counts: Counter[str] = Counter()
    until = time.monotonic() + seconds
    try:
        with _opened(mailbox) as server:
            uids = _unseen(server)
            for begin in range(0, len(uids), BATCH):
                if time.monotonic() > until:
                    break
                counts += _take(server, uids[begin : begin + BATCH], clock=clock)
            server.expunge()
    except (imaplib.IMAP4.error, OSError) as error:
        # The text of some errors holds the login.
        log.error("bounce_mailbox_failed", host=mailbox.host, error=type(error).__name__, **counts)
    else:
        if counts.total():
            log.info("bounce_mailbox_read", **counts)
    return +counts


@contextmanager
def _opened(mailbox: Mailbox) -> Iterator[imaplib.IMAP4]:
    server = _connected(mailbox)
    try:
        server.login(mailbox.user, mailbox.password)
        _must(server.select(f'"{mailbox.folder}"'))
        yield server
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            server.logout()


def _connected(mailbox: Mailbox) -> imaplib.IMAP4:
    """The server's certificate must be valid and its own."""
    where = (mailbox.host, mailbox.port)
    if mailbox.scheme == "imaps":
        return imaplib.IMAP4_SSL(*where, ssl_context=ssl.create_default_context(), timeout=TIMEOUT_SECONDS)
    server = imaplib.IMAP4(*where, timeout=TIMEOUT_SECONDS)
    if mailbox.scheme == "imap+tls":
        server.starttls(ssl.create_default_context())
    return server


def _unseen(server: imaplib.IMAP4) -> list[str]:
    """In the order in which they came."""
    [found, *_] = _must(server.uid("SEARCH", "UNSEEN", "UNDELETED"))
    return found.decode().split() if isinstance(found, bytes) else []


def _take(server: imaplib.IMAP4, uids: Sequence[str], *, clock: Callable[[], datetime]) -> Counter[str]:
    """Have each mail do what it does, and then flag all of them; one that another process has deleted is left out."""
    flagged: dict[str, list[str]] = {DELETED: [], SEEN: []}
    for uid, mail in _beginnings_of(server, uids):
        flagged[DELETED if receive(mail, now=clock()) else SEEN].append(uid)
    reach("bounces_kept")
    for flag, those in flagged.items():
        if those:
            _must(server.uid("STORE", ",".join(those), "+FLAGS.SILENT", flag))
    return Counter({"taken": len(flagged[DELETED]), "left": len(flagged[SEEN])})


def _beginnings_of(server: imaplib.IMAP4, uids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """With its number, the first MOST_OCTETS of each mail; fetching them does not mark it as seen."""
    found = _must(server.uid("FETCH", ",".join(uids), f"(UID BODY.PEEK[]<0.{MOST_OCTETS}>)"))
    # A mail is a pair of what stands before its text, and the text; what stands behind it comes alone.
    for part, behind in zip(found, [*found[1:], b""], strict=True):
        if not isinstance(part, tuple):
            continue
        around = part[0] + (behind if isinstance(behind, bytes) else b"")
        number = UID.search(around)
        if number:
            yield number[1].decode(), part[1]


def _must(answer: tuple[str, list[Part]]) -> list[Part]:
    """What the server sent, if it said OK."""
    state, found = answer
    if state != "OK":
        raise imaplib.IMAP4.error(state)
    return found
