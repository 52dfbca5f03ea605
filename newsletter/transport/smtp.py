"""One SMTP connection, driven phase by phase, so that after any failure it is known whether the mail may be out."""

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from threading import Thread
from typing import TypeVar

from django.conf import settings

# How long a connection is used. A server that counts its mails says 421, after which there is a new one.
MOST_SECONDS = 60
# How long a server may take to let us in before we try over another connection; the last may take its time.
OPENING_SECONDS = (5, 5, None)
Opened = TypeVar("Opened")
Reply = tuple[int, bytes]

# Not the beginning of an IP address.
ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")


class Phase(IntEnum):
    CONNECT = 1
    LOGIN = 2
    MAIL = 3
    RCPT = 4
    DATA = 5
    BODY = 6
    # The final dot: from here on the server may have taken the mail, whatever we hear.
    DOT = 7


DATA = b"DATA\r\n"
# What a server says where it lets us go on.
GOOD = {Phase.MAIL: {250}, Phase.RCPT: {250, 251}, Phase.DATA: {354}, Phase.DOT: {250}}


class TransportError(Exception):
    """A mail was not handed over, or perhaps not; `phase` says how far it came, `words` what was answered."""

    def __init__(self, phase: Phase, words: str) -> None:
        super().__init__(f"{phase.name}: {words}")
        self.phase = phase
        self.words = words


class RefusedError(TransportError):
    """The server said no: the mail was surely not taken. `code` is the reply's, `enhanced` as in RFC 3463, or empty."""

    def __init__(self, phase: Phase, code: int, text: str) -> None:
        # PostgreSQL takes no NUL.
        text = text.replace("\0", "")
        super().__init__(phase, f"{code} {text}")
        self.code = code
        self.text = text[:300]
        found = ENHANCED.search(text[:40])
        self.enhanced = found[1] if found else ""


class BrokenError(TransportError):
    """The connection is gone. Before the final dot the mail was surely not taken; after it, it may have been.

    `cause` is the kind of error that ended it, such as ConnectionResetError, or empty.
    """

    def __init__(self, phase: Phase, words: str, *, cause: str = "") -> None:
        super().__init__(phase, words)
        self.cause = cause

    @classmethod
    def by(cls, error: BaseException, phase: Phase) -> "BrokenError":
        cause = type(error).__name__
        return cls(phase, f"{cause}: {error}", cause=cause)


@dataclass(frozen=True)
class Server:
    """A mail server, and how many seconds it may take for each answer: `final_seconds` for that to the final dot."""

    host: str
    port: int
    user: str
    password: str
    use_tls: bool
    use_ssl: bool
    final_seconds: float
    timeout_seconds: float = 30

    @classmethod
    def from_settings(cls) -> "Server":
        """The server of Django's EMAIL_… settings, with the time-outs that editions have."""
        return cls(
            host=settings.EMAIL_HOST or "localhost",
            port=settings.EMAIL_PORT or 25,
            user=settings.EMAIL_HOST_USER or "",
            password=settings.EMAIL_HOST_PASSWORD or "",
            use_tls=settings.EMAIL_USE_TLS,
            use_ssl=settings.EMAIL_USE_SSL,
            final_seconds=settings.SENDING_FINAL_SECONDS,
        )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def open_soon(opened: Callable[[], Opened]) -> Opened:
    """What `opened` returns. A large server is many machines, and one of them may be slow: the next may be another.

    A socket's own timeout would begin anew with each byte. Raises what `opened` raises.
    """
    for seconds in OPENING_SECONDS:
        opening: Future[Opened] = Future()
        Thread(target=_fulfil, args=(opening, opened), daemon=True).start()
        wait([opening], seconds)
        if opening.done():
            break
    return opening.result()


def _fulfil(opening: Future[Opened], opened: Callable[[], Opened]) -> None:
    try:
        opening.set_result(opened())
    except Exception as error:  # noqa: BLE001 # The thread that waits raises it.
        opening.set_exception(error)


class Connection:
    """One connection to a server; it opens when it is needed, and anew after a minute and after a failure."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None
        self._messages = 0
        self._opened = 0.0
        # The server waits for a mail's content.
        self._is_data_open = False

    @property
    def is_fresh(self) -> bool:
        """No mail has gone over it yet: whatever it refuses, it is not because it was used for too long."""
        return self._smtp is None or self._messages == 0

    def offer(self, *, sender: str, recipient: str, size: int) -> None:
        """MAIL and RCPT, and DATA with them where the server takes several commands at once (RFC 2920).

        A server that announces SIZE is told the mail's size in octets, and not offered one that is larger (RFC 1870).
        RefusedError leaves the connection ready for the next recipient.
        """
        smtp = self._ready()
        parameters = ""
        if smtp.has_extn("size"):
            _require_size(size, smtp.esmtp_features["size"])
            parameters = f" SIZE={size}"
        commands = {
            Phase.MAIL: f"MAIL FROM:<{sender}>{parameters}\r\n".encode("ascii"),
            Phase.RCPT: f"RCPT TO:<{recipient}>\r\n".encode("ascii"),
            Phase.DATA: DATA,
        }
        if smtp.has_extn("pipelining"):
            self._ask_at_once(commands)
        else:
            for phase in (Phase.MAIL, Phase.RCPT):
                self._ask(phase, commands[phase])

    def open_data(self) -> None:
        if not self._is_data_open:
            self._ask(Phase.DATA, DATA)
            self._is_data_open = True

    def send_body(self, body: bytes) -> None:
        """`body` has its dots doubled and ends with CRLF."""
        self._send(Phase.BODY, body)

    def finish(self) -> str:
        """The final dot; what the server said when it took the mail."""
        self._wait_for(self._server.final_seconds)
        self._send(Phase.DOT, b".\r\n")
        reply = self._reply(Phase.DOT)
        self._wait_for(self._server.timeout_seconds)
        self._is_data_open = False
        self._messages += 1
        self._require(Phase.DOT, reply)
        return _text(reply)

    def reset(self) -> None:
        """Withdraw the recipient; where that fails, the connection is dropped."""
        if self._smtp is None:
            return
        if self._is_data_open:
            # Whatever we said now would be a mail.
            self.drop()
            return
        with suppress(BrokenError):
            self._send(Phase.MAIL, b"RSET\r\n")
            if self._reply(Phase.MAIL)[0] not in GOOD[Phase.MAIL]:
                self.drop()

    def drop(self) -> None:
        """Without another word: a reply that comes late must not be read as the answer to what we say next."""
        smtp, self._smtp = self._smtp, None
        self._is_data_open = False
        if smtp is not None:
            smtp.close()

    def close(self) -> None:
        if self._smtp is not None and not self._is_data_open:
            with suppress(BrokenError):
                self._send(Phase.MAIL, b"QUIT\r\n")
        self.drop()

    def renew_if_worn(self) -> None:
        """Between two mails only."""
        if time.monotonic() - self._opened >= MOST_SECONDS:
            self.close()

    def _ask_at_once(self, commands: Mapping[Phase, bytes]) -> None:
        replies: dict[Phase, Reply] = {}
        try:
            self._send(Phase.MAIL, b"".join(commands.values()))
            for phase in commands:
                replies[phase] = self._reply(phase)
        except BrokenError:
            # Some say no and close: then that is what they said.
            if all(reply[0] in GOOD[phase] for phase, reply in replies.items()):
                raise
        else:
            # A server may let us begin a mail that it gave no recipient.
            self._is_data_open = replies[Phase.DATA][0] in GOOD[Phase.DATA]
        for phase, reply in replies.items():
            self._require(phase, reply)

    def _ask(self, phase: Phase, command: bytes) -> None:
        self._send(phase, command)
        self._require(phase, self._reply(phase))

    def _send(self, phase: Phase, said: bytes) -> None:
        smtp = self._ready()
        try:
            smtp.send(said)
        except OSError as error:
            self.drop()
            raise BrokenError.by(error, phase) from error

    def _reply(self, phase: Phase) -> Reply:
        smtp = self._ready()
        try:
            return smtp.getreply()
        except OSError as error:
            # Also a line too long, which says nothing of the mail.
            self.drop()
            raise BrokenError.by(error, phase) from error

    def _wait_for(self, seconds: float) -> None:
        if self._smtp is not None and self._smtp.sock is not None:
            self._smtp.sock.settimeout(seconds)

    def _require(self, phase: Phase, reply: Reply) -> None:
        if reply[0] in GOOD[phase]:
            return
        if not 400 <= reply[0] <= 599:
            self.drop()
            raise BrokenError(phase, f"an answer that is none: {reply[0]} {_text(reply)}")
        if reply[0] == 421:
            self.drop()
        else:
            self.reset()
        raise RefusedError(phase, reply[0], _text(reply))

    def _ready(self) -> smtplib.SMTP:
        if self._smtp is None:
            self._smtp = open_soon(partial(_opened, self._server))
            self._messages, self._opened = 0, time.monotonic()
        return self._smtp


def _opened(server: Server) -> smtplib.SMTP:
    """Greeted and logged in."""
    with _trouble_in(Phase.CONNECT):
        # It is given no host yet, so that a refusing banner is ours to read; without a name of its own it would ask DNS for
        # this machine's, which takes seconds where there is none.
        timeout, own_name = server.timeout_seconds, settings.MAIL_DOMAIN
        smtp = (
            smtplib.SMTP_SSL(local_hostname=own_name, timeout=timeout, context=ssl.create_default_context())
            if server.use_ssl
            else smtplib.SMTP(local_hostname=own_name, timeout=timeout)
        )
        # smtplib checks certificates against the name it was made with.
        smtp._host = server.host  # type: ignore[attr-defined]
        reply = smtp.connect(server.host, server.port)
        # Body and dot are two writes: the second must not wait for the first to be acknowledged.
        if smtp.sock is not None:
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _require_open(smtp, Phase.CONNECT, reply, 220)
    with _trouble_in(Phase.LOGIN):
        _require_open(smtp, Phase.LOGIN, smtp.ehlo(), 250)
        if server.use_tls:
            _require_open(smtp, Phase.LOGIN, smtp.starttls(context=ssl.create_default_context()), 220)
            _require_open(smtp, Phase.LOGIN, smtp.ehlo(), 250)
        if server.user:
            smtp.login(server.user, server.password)
    return smtp


def _require_size(size: int, announced: str) -> None:
    """Raises RefusedError in the server's stead; an announcement of none or of 0 is no limit."""
    most = int(announced) if announced.isdecimal() else 0
    if 0 < most < size:
        raise RefusedError(
            Phase.DATA,
            552,
            f"5.3.4 The mail is too large: it has {size} octets, and the server takes {most}.",
        )


@contextmanager
def _trouble_in(phase: Phase) -> Iterator[None]:
    """What smtplib and sockets raise while a connection is opened, told by its phase."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        text = error.smtp_error
        said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        raise RefusedError(phase, error.smtp_code, said) from error
    except smtplib.SMTPNotSupportedError as error:
        raise RefusedError(phase, 530, str(error)) from error
    except OSError as error:
        raise BrokenError.by(error, phase) from error


def _require_open(smtp: smtplib.SMTP, phase: Phase, reply: Reply, good: int) -> None:
    if reply[0] != good:
        smtp.close()
        raise RefusedError(phase, reply[0], _text(reply))


def _text(reply: Reply) -> str:
    # PostgreSQL takes no NUL.
    return reply[1].decode("utf-8", "replace").replace("\0", "")
