"""A mailbox on a real IMAP server (pymap), which keeps it in memory for one test."""

import imaplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from backend.bootstrap import ROOT
from newsletter.feedback.bounce_mailbox import Mailbox
from tests.ports import answers, quiet_port, wait_until


@dataclass(frozen=True)
class RunningMailbox:
    """`mailbox` is the server's, as the product opens it."""

    mailbox: Mailbox

    def deliver(self, *mails: bytes) -> None:
        with self._open() as server:
            for mail in mails:
                # imaplib takes a flag or nothing, and a date or nothing.
                server.append("INBOX", "", "", mail)

    def uids(self, criterion: str = "ALL") -> list[str]:
        """Of the mails that are there."""
        with self._open() as server:
            server.select("INBOX", readonly=True)
            found: bytes = server.uid("SEARCH", criterion)[1][0]
            return found.decode().split()

    @contextmanager
    def _open(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4(self.mailbox.host, self.mailbox.port, timeout=60) as server:
            # imaplib sends a mail in two parts, and the system would hold the second back for 40 ms.
            server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.login(self.mailbox.user, self.mailbox.password)
            yield server


@contextmanager
def imap_server(*, certificate: Path | None = None) -> Iterator[RunningMailbox]:
    """With a certificate and its key in one file it offers STARTTLS."""
    port = quiet_port()
    tls = ["--cert", str(certificate), "--key", str(certificate)] if certificate else ["--no-tls"]
    program = Path(sys.executable).with_name("pymap")
    command = [str(program), "--host", "127.0.0.1", "--port", str(port), *tls]
    options = ["dict", "--demo-user", "ada", "--demo-password", "secret"]
    popen = subprocess.Popen([*command, *options], cwd=ROOT)
    try:
        wait_until(lambda: answers(port))
        scheme = "imap+tls" if certificate else "imap"
        yield RunningMailbox(Mailbox(scheme, "127.0.0.1", port, "ada", "secret", "INBOX"))
    finally:
        popen.kill()
        popen.wait()
