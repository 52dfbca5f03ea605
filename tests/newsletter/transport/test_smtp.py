"""One connection against a server that says what a test tells it to, also what no good server would."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import cast

import pytest

from newsletter.transport.smtp import BrokenError, Connection, Phase, RefusedError, Server

# A server that says this has closed; it says nothing of it.
CLOSED = ""


@dataclass
class Script:
    """What a server says to each command, once; then it says yes. `verbs` and `mails` are what it was told."""

    says: dict[str, str]
    offers: str = "PIPELINING"
    verbs: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    connections: int = 0

    def answer(self, line: str) -> str:
        verb = line.split(maxsplit=1)[0].upper()
        self.verbs.append(verb)
        self.lines.append(line)
        usual = {"EHLO": f"250-server\r\n250 {self.offers}", "DATA": "354 go on", ".": "250 taken"}
        return self.says.pop(verb, usual.get(verb, "250 fine"))


class ScriptedServer(ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), ScriptedSession)
        self.script = script


class ScriptedSession(StreamRequestHandler):
    def handle(self) -> None:
        script = cast(ScriptedServer, self.server).script
        script.connections += 1
        self.wfile.write(b"220 server\r\n")
        mail: list[bytes] | None = None
        while line := self.rfile.readline():
            if mail is not None and line != b".\r\n":
                mail.append(line)
                continue
            answer = script.answer(line.decode().strip())
            if answer == CLOSED:
                return
            if mail is not None:
                script.mails.append(b"".join(mail))
            mail = [] if answer.startswith("354") else None
            self.wfile.write(f"{answer}\r\n".encode())


@contextmanager
def serving(script: Script) -> Iterator[Connection]:
    with ScriptedServer(script) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        port = server.server_address[1]
        connection = Connection(
            Server("127.0.0.1", port, user="", password="", use_tls=False, use_ssl=False, final_seconds=5)
        )
        try:
            yield connection
        finally:
            connection.close()
            server.shutdown()


def offer(connection: Connection, *, size: int = 7) -> None:
    connection.offer(sender="weekly@example.com", recipient="reader@example.com", size=size)


def deliver(connection: Connection, body: bytes) -> str:
    offer(connection)
    connection.open_data()
    connection.send_body(body)
    return connection.finish()


@pytest.mark.parametrize(
    ("says", "phase", "code", "connections"),
    [
        pytest.param(
            {"MAIL": "451 later", "RCPT": "503 no", "DATA": "503 no"}, Phase.MAIL, 451, 1, id="sender"
        ),
        pytest.param({"RCPT": "550 nobody", "DATA": "554 no"}, Phase.RCPT, 550, 1, id="recipient"),
        pytest.param({"RCPT": "550 nobody"}, Phase.RCPT, 550, 2, id="recipient, and yet 354"),
        pytest.param({"RCPT": "450 slow", "DATA": CLOSED}, Phase.RCPT, 450, 2, id="recipient, and closes"),
        pytest.param({"DATA": "451 not now"}, Phase.DATA, 451, 1, id="content"),
        pytest.param({"MAIL": "421 bye", "RCPT": CLOSED}, Phase.MAIL, 421, 2, id="421, and closes"),
        pytest.param({"MAIL": "421 bye"}, Phase.MAIL, 421, 2, id="421, and stays"),
        pytest.param({".": "552 too large"}, Phase.DOT, 552, 1, id="the whole mail"),
    ],
)
@pytest.mark.parametrize("offers", ["PIPELINING", "8BITMIME"])
def test_a_refusal_says_what_was_refused_and_the_next_mail_goes_out_alone(
    says: dict[str, str], phase: Phase, code: int, connections: int, offers: str
) -> None:
    script = Script(dict(says), offers)

    with serving(script) as connection:
        with pytest.raises(RefusedError) as refused:
            deliver(connection, b"first\r\n")
        script.says.clear()
        script.mails.clear()
        deliver(connection, b"second\r\n")

    assert (refused.value.phase, refused.value.code) == (phase, code)
    assert script.mails == [b"second\r\n"]
    # One that takes a command at a time never says 354 to nobody, and is not asked on after its refusal.
    assert script.connections == (connections if offers == "PIPELINING" or code == 421 else 1)


@pytest.mark.parametrize(
    ("verb", "phase"), [("MAIL", Phase.MAIL), ("RCPT", Phase.RCPT), ("DATA", Phase.DATA), (".", Phase.DOT)]
)
@pytest.mark.parametrize("offers", ["PIPELINING", "8BITMIME"])
def test_an_end_without_a_word_says_how_far_it_came(verb: str, phase: Phase, offers: str) -> None:
    script = Script({verb: CLOSED}, offers)

    with serving(script) as connection:
        with pytest.raises(BrokenError) as broken:
            deliver(connection, b"first\r\n")
        deliver(connection, b"second\r\n")

    assert broken.value.phase == phase
    assert script.mails == [b"second\r\n"]


@pytest.mark.parametrize(
    ("offers", "verbs"),
    [("PIPELINING", ["EHLO", "MAIL", "RCPT", "DATA"]), ("8BITMIME", ["EHLO", "MAIL", "RCPT"])],
)
def test_only_who_takes_several_commands_at_once_gets_them(offers: str, verbs: list[str]) -> None:
    script = Script({}, offers)

    with serving(script) as connection:
        offer(connection)

        assert script.verbs == verbs


@pytest.mark.parametrize("offers", ["PIPELINING", "8BITMIME"])
def test_what_is_kept_back_after_all_is_no_mail(offers: str) -> None:
    script = Script({}, offers)

    with serving(script) as connection:
        offer(connection)
        connection.reset()
        deliver(connection, b"second\r\n")

    assert script.mails == [b"second\r\n"]


@pytest.mark.parametrize("offers", ["PIPELINING", "8BITMIME"])
def test_a_server_that_waits_for_content_is_left_without_a_word(offers: str) -> None:
    script = Script({}, offers)

    with serving(script) as connection:
        offer(connection)
        connection.open_data()
        connection.close()

    assert script.verbs == ["EHLO", "MAIL", "RCPT", "DATA"]
    assert script.mails == []


def test_an_answer_that_is_too_long_leaves_open_what_became_of_the_mail() -> None:
    script = Script({".": f"250 {'x' * 9_000}"})

    with serving(script) as connection, pytest.raises(BrokenError) as broken:
        deliver(connection, b"first\r\n")

    assert broken.value.phase == Phase.DOT


def test_an_answer_can_be_kept_in_the_database() -> None:
    script = Script({"EHLO": "550 g\0o", ".": "250 ta\0ken"})

    with serving(script) as connection:
        with pytest.raises(RefusedError) as refused:
            offer(connection)

        assert (str(refused.value), refused.value.text) == ("LOGIN: 550 go", "go")
        assert deliver(connection, b"first\r\n") == "taken"


# --- What a server says of itself -------------------------------------------------------------


@pytest.mark.parametrize(
    ("offers", "size", "sender"),
    [
        ("SIZE 1000", 1_000, "MAIL FROM:<weekly@example.com> SIZE=1000"),
        ("SIZE 0", 5_000, "MAIL FROM:<weekly@example.com> SIZE=5000"),
        ("SIZE", 5_000, "MAIL FROM:<weekly@example.com> SIZE=5000"),
        ("8BITMIME", 5_000, "MAIL FROM:<weekly@example.com>"),
    ],
)
def test_a_server_that_announces_size_hears_how_large_the_mail_is(
    offers: str, size: int, sender: str
) -> None:
    script = Script({}, offers)

    with serving(script) as connection:
        offer(connection, size=size)

        assert script.lines[1] == sender


def test_a_mail_that_is_larger_than_the_server_takes_is_not_offered_and_a_smaller_one_is() -> None:
    script = Script({}, "SIZE 1000")

    with serving(script) as connection:
        with pytest.raises(RefusedError) as refused:
            offer(connection, size=1_001)
        told = list(script.verbs)
        offer(connection, size=1_000)

    assert (refused.value.phase, refused.value.enhanced) == (Phase.DATA, "5.3.4")
    assert told == ["EHLO"]
    assert script.connections == 1
