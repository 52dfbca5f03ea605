"""An SMTP server in a process of its own that does to each mail what its recipient's local part says.

Every mail that is taken is on the disk before its sender hears so: one JSON object a line. `python -m
tests.faults.mail_sink FILE PORT [OPTION=VALUE …]`; without an asyncio library's niceties, so that each phase can fail.

Local parts, up to the first hyphen: `hang` never answers the dot, `reset` takes the mail and cuts off, `lost` cuts off
without taking it, `later` says 451 to the dot the first time, `foul` 554. To RCPT, `gone` says 550, `barred` 550 5.7.1,
`full` 552, `busy` 451 the first time, `fast` 450 as Gmail does for one mailbox, `bye` 221, `end` 421; `noise` and `long`
get no answer that can be read, `cut` is cut off. To DATA, `skip` says 250. Any other is taken.
"""

import asyncio
import base64
import contextlib
import json
import os
import ssl
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Line = dict[str, Any]
REFUSALS = {
    "barred": "550 5.7.1 we do not relay for you",
    "fast": "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages",
    "bye": "221 2.0.0 bye",
    "end": "421 4.3.0 not with me",
    "long": f"250 {'x' * 9_000}",
}


def lines_of(log: Path, *, since: int = 0) -> tuple[list[Line], int]:
    """What a sink has written from that byte on, and the byte to read on from. The line that it writes now is not whole."""
    with log.open("rb") as file:
        file.seek(since)
        whole, end, _ = file.read().rpartition(b"\n")
    return [json.loads(line) for line in whole.splitlines()], since + len(whole + end)


@dataclass
class Sink:
    """`quota` mails in each `quota_seconds`; `most` mails a connection, then 421; `idle` seconds, then cut off.

    After `first` recipients the others wait for their answer until there is a file FILE.go; with `hold` 1 mails do.

    One connection in `slow` answers a byte a second. `abrupt` 1: who exceeds the quota is cut off as well.

    `tls` is a file with a key and a certificate: STARTTLS is offered, and one handshake in `broken` fails. `size` is
    announced. Once so many mails were taken as `turn` says, it is `bad` to everybody: `unknown`, `spam`, `quota`, `closed`
    or `tls`.
    """

    file: int
    delay: float = 0.0
    most: int = 0
    idle: float = 0.0
    slow: int = 0
    first: int = 0
    hold: int = 0
    go: Path = Path()
    abrupt: int = 0
    quota: int = 0
    quota_seconds: float = 60.0
    password: str = ""
    tls: str = ""
    broken: int = 0
    size: int = 0
    turn: int = 0
    bad: str = ""
    handshakes: int = 0
    taken: int = 0
    strict: bool = True
    seen: set[str] = field(default_factory=set)
    window: float = 0.0
    used: int = 0
    connections: int = 0
    turns: int = 0

    def keep(self, **line: object) -> None:
        os.write(self.file, (json.dumps(line) + "\n").encode())

    def has_quota(self) -> bool:
        if not self.quota:
            return True
        now = time.monotonic()
        if now - self.window >= self.quota_seconds:
            self.window, self.used = now, 0
        self.used += 1
        return self.used <= self.quota

    def is_bad(self, way: str) -> bool:
        return self.bad == way and self.taken >= self.turn

    def breaks_handshake(self) -> bool:
        self.handshakes += 1
        return self.is_bad("tls") or bool(self.broken and self.handshakes % self.broken == 0)

    async def await_turn(self) -> None:
        self.turns += 1
        if self.first and self.turns > self.first:
            await self.await_go()

    async def await_go(self) -> None:
        while not self.go.exists():
            await asyncio.sleep(0.01)

    def is_first(self, recipient: str) -> bool:
        is_first = recipient not in self.seen
        self.seen.add(recipient)
        return is_first

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            await Session(self, self.connections, reader, writer).run()
        writer.close()


class Session:
    def __init__(
        self, sink: Sink, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._sink, self._number, self._reader, self._writer = sink, number, reader, writer
        self._sender = ""
        self._recipient = ""
        self._mails = 0
        self._is_known = not sink.password
        self._is_encrypted = False

    async def run(self) -> None:
        await self._say("220 sink")
        while line := await self._line():
            word, _, rest = line.partition(" ")
            if not await self._obey(word.upper(), rest):
                return

    async def _obey(self, word: str, rest: str) -> bool:
        match word:
            case "EHLO" | "HELO":
                await self._say(*self._offers())
            case "STARTTLS":
                return await self._begin_tls()
            case "AUTH":
                given = base64.b64decode(rest.rsplit(maxsplit=1)[-1]).decode().split("\0")[-1]
                self._is_known = given == self._sink.password
                await self._say("235 2.7.0 welcome" if self._is_known else "535 5.7.8 wrong password")
            case "MAIL":
                return await self._mail(rest)
            case "RCPT":
                return await self._rcpt(rest)
            case "DATA":
                return await self._data()
            case "RSET":
                self._sender = self._recipient = ""
                await self._say("250 2.0.0 forgotten")
            case "QUIT":
                await self._say("221 bye")
                return False
            case _:
                await self._say("500 what?")
        return True

    def _offers(self) -> list[str]:
        offers = ["250-sink", "250-PIPELINING", "250-AUTH PLAIN"]
        if self._sink.tls and not self._is_encrypted:
            offers.append("250-STARTTLS")
        if self._sink.size:
            offers.append(f"250-SIZE {self._sink.size}")
        return [*offers, "250 8BITMIME"]

    async def _begin_tls(self) -> bool:
        await self._say("220 2.0.0 go on")
        if self._sink.breaks_handshake():
            self._writer.write(b"this is no handshake\r\n")
            return False
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._sink.tls)
        await self._writer.start_tls(context)
        self._is_encrypted = True
        return True

    async def _mail(self, rest: str) -> bool:
        if self._sink.is_bad("tls"):
            self._writer.transport.abort()
            return False
        if not self._is_known:
            await self._say("530 5.7.0 log in first")
        elif self._sink.most and self._mails >= self._sink.most:
            self._sink.keep(closed=self._number, mails=self._mails)
            await self._say("421 4.3.0 enough for one connection")
            return False
        elif self._sender:
            await self._say("503 5.5.1 sender already specified")
        else:
            self._sender = rest
            await self._say("250 2.1.0 ok")
        return True

    async def _rcpt(self, rest: str) -> bool:
        if not self._sender:
            await self._say("503 5.5.1 no sender")
            return True
        address = rest[rest.index("<") + 1 : rest.index(">")]
        kind = address.partition("-")[0]
        if kind == "cut" or self._sink.is_bad("closed"):
            self._writer.transport.abort()
            return False
        if kind == "noise":
            self._writer.write(b"\xff\xfe\r\n")
        elif answer := self._refusal_of(kind):
            await self._say(answer)
        elif kind == "busy" and self._sink.is_first(address):
            await self._say("451 4.3.2 come again")
        elif not self._sink.has_quota():
            self._sink.keep(refused=address, at=time.time())
            await self._say("450 4.7.0 too many mails, slow down")
            if self._sink.abrupt:
                self._writer.transport.abort()
                return False
        else:
            await self._sink.await_turn()
            self._recipient = address
            await self._say("250 2.1.5 ok")
        return True

    def _refusal_of(self, kind: str) -> str | None:
        if kind == "gone" or self._sink.is_bad("unknown"):
            return "550 5.1.1 no such user"
        if kind == "full" or self._sink.is_bad("quota"):
            return "552 5.2.2 mailbox full"
        return REFUSALS.get(kind)

    async def _data(self) -> bool:
        if not self._recipient:
            await self._say("503 5.5.1 no recipient")
            return True
        if self._recipient.startswith("skip-"):
            self._recipient = ""
            await self._say("250 2.0.0 as you like")
            return True
        await self._say("354 go on")
        lines = []
        while (line := await self._reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        kind, recipient = self._recipient.partition("-")[0], self._recipient
        sender, self._sender, self._recipient = self._sender, "", ""
        self._mails += 1
        if self._sink.delay:
            await asyncio.sleep(self._sink.delay)
        if self._sink.hold:
            await self._sink.await_go()
        if kind == "later" and self._sink.is_first(recipient):
            await self._say("451 4.3.0 not now")
        elif self._sink.is_bad("spam"):
            await self._say("554 5.7.1 this looks like spam")
        elif kind == "foul":
            await self._say("554 5.6.0 not like this")
        elif kind == "lost":
            self._writer.transport.abort()
            return False
        else:
            self._sink.taken += 1
            self._sink.keep(
                to=recipient,
                sender=sender,
                connection=self._number,
                at=time.time(),
                mail=b"".join(lines).decode("latin-1"),
            )
            if kind == "reset":
                self._writer.transport.abort()
                return False
            if kind == "hang":
                await asyncio.sleep(3600)
            await self._say("250 2.0.0 taken")
        return True

    async def _line(self) -> str:
        idle = self._sink.idle or None
        line = await asyncio.wait_for(self._reader.readuntil(b"\r\n"), idle)
        return line.decode("latin-1").rstrip("\r\n")

    async def _say(self, *lines: str) -> None:
        answer = "".join(f"{line}\r\n" for line in lines).encode()
        is_slow = self._sink.slow and self._number % self._sink.slow == 0
        for part in [answer[at : at + 1] for at in range(len(answer))] if is_slow else [answer]:
            self._writer.write(part)
            await self._writer.drain()
            await asyncio.sleep(1 if is_slow else 0)


async def main(path: str, port: str, *options: str) -> None:
    sink = Sink(os.open(Path(path), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), go=Path(f"{path}.go"))
    for option in options:
        name, _, value = option.partition("=")
        setattr(sink, name, type(getattr(sink, name))(value))
    server = await asyncio.start_server(sink.serve, "127.0.0.1", int(port), limit=2**22, backlog=256)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
