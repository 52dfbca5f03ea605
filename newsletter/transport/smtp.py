"""One SMTP connection, driven phase by phase, so that after any failure it is known whether the mail may be out."""

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
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
TIMEOUT_SECONDS = 30
# How long a server may take to let us in before we try over another connection; the last may take its time.
OPENING_SECONDS = (5, 5, None)
Opened = TypeVar("Opened")

ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


class Phase(IntEnum):
    CONNECT = 1
    LOGIN = 2
    MAIL = 3
    RCPT = 4
    DATA = 5
    BODY = 6
    # The final dot: from here on the server may have taken the mail, whatever we hear.
    DOT = 7


class RefusedError(Exception):
    """The server said no: the mail was surely not taken."""

    def __init__(self, phase: Phase, code: int, text: str) -> None:
        super().__init__(f"{phase.name}: {code} {text}")
        self.phase = phase
        self.code = code
        self.text = text[:300]
        found = ENHANCED.search(text[:40])
        self.enhanced = found[1] if found else ""


class BrokenError(Exception):
    """The connection is gone. Before the final dot the mail was surely not taken; after it, nobody knows."""

    def __init__(self, phase: Phase, detail: str) -> None:
        super().__init__(f"{phase.name}: {detail}")
        self.phase = phase
        self.detail = detail[:300]


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    user: str
    password: str
    use_tls: bool
    use_ssl: bool
    final_seconds: float

    @classmethod
    def from_settings(cls) -> "Server":
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
    """What `opened` gives. A large server is many machines, of which one may crawl: the next need not be that one.

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
    except Exception as error:  # noqa: BLE001 # Whoever waits raises it.
        opening.set_exception(error)


class Connection:
    """Opens itself when it is needed, and anew after a minute, and after any trouble."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None
        self._messages = 0
        self._opened = 0.0

    @property
    def is_fresh(self) -> bool:
        """No mail has gone over it yet: whatever it refuses, it is not because it was used for too long."""
        return self._smtp is None or self._messages == 0

    def offer(self, *, sender: str, recipient: str) -> None:
        """MAIL and RCPT. RefusedError leaves the connection ready for the next recipient."""
        smtp = self._ready()
        with self._breaking(Phase.MAIL):
            commands = [f"MAIL FROM:<{sender}>\r\n", f"RCPT TO:<{recipient}>\r\n"]
            if smtp.has_extn("pipelining"):
                smtp.send("".join(commands).encode("ascii"))
                mail, rcpt = smtp.getreply(), smtp.getreply()
            else:
                smtp.send(commands[0].encode("ascii"))
                mail = smtp.getreply()
                if mail[0] == 250:
                    smtp.send(commands[1].encode("ascii"))
                rcpt = smtp.getreply() if mail[0] == 250 else mail
        self._require(Phase.MAIL, mail, {250})
        self._require(Phase.RCPT, rcpt, {250, 251})

    def open_data(self) -> None:
        smtp = self._ready()
        with self._breaking(Phase.DATA):
            smtp.send(b"DATA\r\n")
            reply = smtp.getreply()
        self._require(Phase.DATA, reply, {354})

    def send_body(self, body: bytes) -> None:
        """`body` has its dots doubled and ends with CRLF."""
        smtp = self._ready()
        with self._breaking(Phase.BODY):
            smtp.send(body)

    def finish(self) -> str:
        """The final dot; what the server said when it took the mail."""
        smtp = self._ready()
        with self._breaking(Phase.DOT):
            _socket_of(smtp).settimeout(self._server.final_seconds)
            smtp.send(b".\r\n")
            reply = smtp.getreply()
            _socket_of(smtp).settimeout(TIMEOUT_SECONDS)
        self._messages += 1
        self._require(Phase.DOT, reply, {250})
        return _text(reply)

    def reset(self) -> None:
        """Forget the recipient; where that fails, the connection is of no more use."""
        if self._smtp is None:
            return
        try:
            with self._breaking(Phase.MAIL):
                self._smtp.send(b"RSET\r\n")
                code, _ = self._smtp.getreply()
        except BrokenError:
            return
        if code != 250:
            self.drop()

    def drop(self) -> None:
        """Without another word: a reply that comes late must not be read as the answer to what we say next."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def close(self) -> None:
        if self._smtp is not None:
            with suppress(BrokenError), self._breaking(Phase.MAIL):
                self._smtp.send(b"QUIT\r\n")
        self.drop()

    def renew_if_worn(self) -> None:
        """Between two mails only."""
        if time.monotonic() - self._opened >= MOST_SECONDS:
            self.close()

    def _require(self, phase: Phase, reply: tuple[int, bytes], good: set[int]) -> None:
        if reply[0] in good:
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

    @contextmanager
    def _breaking(self, phase: Phase) -> Iterator[None]:
        try:
            with _trouble_in(phase):
                yield
        except (BrokenError, RefusedError):
            self.drop()
            raise


def _opened(server: Server) -> smtplib.SMTP:
    """Greeted and logged in."""
    with _trouble_in(Phase.CONNECT):
        # It is given no host yet, so that a refusing banner is ours to read.
        smtp = (
            smtplib.SMTP_SSL(timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
            if server.use_ssl
            else smtplib.SMTP(timeout=TIMEOUT_SECONDS)
        )
        # smtplib checks certificates against the name it was made with.
        smtp._host = server.host  # type: ignore[attr-defined]
        reply = smtp.connect(server.host, server.port)
        # Body and dot are two writes: the second must not wait for the first to be acknowledged.
        _socket_of(smtp).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _require_open(smtp, Phase.CONNECT, reply, 220)
    with _trouble_in(Phase.LOGIN):
        _require_open(smtp, Phase.LOGIN, smtp.ehlo(settings.MAIL_DOMAIN), 250)
        if server.use_tls:
            _require_open(smtp, Phase.LOGIN, smtp.starttls(context=ssl.create_default_context()), 220)
            _require_open(smtp, Phase.LOGIN, smtp.ehlo(settings.MAIL_DOMAIN), 250)
        if server.user:
            smtp.login(server.user, server.password)
    return smtp


@contextmanager
def _trouble_in(phase: Phase) -> Iterator[None]:
    """What smtplib and sockets raise, told by its phase."""
    try:
        yield
    except smtplib.SMTPServerDisconnected as error:
        raise BrokenError(phase, str(error)) from error
    except smtplib.SMTPResponseException as error:
        text = error.smtp_error
        raise RefusedError(
            phase, error.smtp_code, text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise RefusedError(phase, 530, str(error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise BrokenError(phase, f"{type(error).__name__}: {error}") from error


def _require_open(smtp: smtplib.SMTP, phase: Phase, reply: tuple[int, bytes], good: int) -> None:
    if reply[0] != good:
        smtp.close()
        raise RefusedError(phase, reply[0], _text(reply))


def _socket_of(smtp: smtplib.SMTP) -> socket.socket:
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected("no connection")
    return smtp.sock


def _text(reply: tuple[int, bytes]) -> str:
    return reply[1].decode("utf-8", "replace")
