"""A real SMTP server that keeps what it is sent, and answers as the recipient's local part says."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Thread
from typing import Any

from aiosmtpd.smtp import SMTP


@dataclass
class Received:
    """One accepted message, with the recipient of its envelope and its sender, where bounces go."""

    recipient: str
    raw: bytes
    sender: str = ""

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def text(self) -> str:
        body = self.mail.get_body(("plain",))
        assert body
        return str(body.get_content())

    @property
    def html(self) -> str:
        body = self.mail.get_body(("html",))
        assert body
        return str(body.get_content())


@dataclass
class Sink:
    """`refused-…` is answered 550 and `busy-…` 450 after RCPT; `late-…` is taken, but the 250 gets lost.

    With `meeting` no mail is answered before so many are here at the same time.
    """

    port: int = 0
    meeting: int = 0
    has_met: asyncio.Event = field(default_factory=asyncio.Event)
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    transports: list[Any] = field(default_factory=list)

    def to(self, address: str) -> list[Received]:
        return [each for each in self.received if each.recipient == address]

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's names.
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        self.transports.append(server.transport)
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        refusals = {"refused": "550 5.1.1 No such user", "busy": "450 4.2.1 Try later"}
        word = address.partition("-")[0]
        if word in refusals:
            return refusals[word]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.received += [
            Received(address, envelope.original_content, envelope.mail_from) for address in envelope.rcpt_tos
        ]
        if len(self.received) >= self.meeting:
            self.has_met.set()
        await self.has_met.wait()
        if envelope.rcpt_tos[0].startswith("late-"):
            server.transport.abort()
        return "250 OK"


@contextmanager
def listening() -> Iterator[Sink]:
    """The server runs in a thread of its own; aiosmtpd's own controller would wait for its port by a clock."""
    sink = Sink()
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> asyncio.Server:
        return await loop.create_server(lambda: SMTP(sink, hostname="sink.example"), "127.0.0.1", 0)

    async def end() -> None:
        server.close()
        own = asyncio.current_task()
        for task in asyncio.all_tasks() - {own}:
            task.cancel()
        for transport in sink.transports:
            transport.abort()

    server = asyncio.run_coroutine_threadsafe(begin(), loop).result(30)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
