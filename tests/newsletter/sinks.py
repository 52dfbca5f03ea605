"""The sink of the fault tests, for tests that send from their own process."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string
from email.message import Message
from pathlib import Path

from backend.bootstrap import ROOT
from newsletter.transport.smtp import Server
from tests.faults.mail_sink import Line, lines_of
from tests.ports import answers, quiet_port


class RunningSink:
    def __init__(self, log: Path, port: int) -> None:
        self.log = log
        self.port = port

    @property
    def server(self) -> Server:
        return Server(
            "127.0.0.1", self.port, user="", password="", use_tls=False, use_ssl=False, final_seconds=0.5
        )

    def go(self) -> None:
        """What a sink with `hold` lets wait is answered."""
        Path(f"{self.log}.go").touch()

    def lines(self) -> list[Line]:
        lines, _ = lines_of(self.log)
        return lines

    def taken(self) -> list[str]:
        return [line["to"] for line in self.lines() if "to" in line]

    def mails(self) -> list[Message]:
        return [message_from_string(line["mail"]) for line in self.lines() if "to" in line]


@contextmanager
def sink_running(directory: Path, *options: str) -> Iterator[RunningSink]:
    sink = RunningSink(directory / "sink.jsonl", quiet_port())
    sink.log.touch()
    command = [sys.executable, "-m", "tests.faults.mail_sink", str(sink.log), str(sink.port), *options]
    popen = subprocess.Popen(command, cwd=ROOT)
    try:
        until = time.monotonic() + 30
        while not answers(sink.port):
            assert time.monotonic() < until, "the sink does not come up"
            time.sleep(0.02)
        yield sink
    finally:
        popen.kill()
        popen.wait()
