"""What readers are told, and what becomes of a mailing, while the database refuses what it takes at other times."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Event

from django.conf import settings

from backend.bootstrap import ROOT
from tests.faults.clients import Client, Crowd
from tests.faults.mail_run import IMPATIENT_WORKERS, MailRun
from tests.faults.network import Network
from tests.faults.scale import IS_LONG, scaled
from tests.faults.stack import IMPATIENT, FaultStack, WebServer
from tests.faults.test_sign_ups import EVERYBODY

OUTAGE_SECONDS = scaled("OUTAGE_SECONDS", short=3, long=60)
LOCK_SECONDS = scaled("OUTAGE_LOCK_SECONDS", short=3, long=20)
VOTERS, PAGES, NEWCOMERS = 8, 4, 2
READERS = scaled("OUTAGE_READERS", short=240, long=4_000)
# Between an answer and the client's next request: a busy site, and not more than two cores can answer beside their clients.
PAUSE_SECONDS = 0.2
# How long an answer of 503, and one that needs no database, may take; on a busy machine nothing is known of seconds.
REFUSED_WITHIN, HEALTHY_WITHIN = 2.0, 0.1
# Whenever the database goes away, each connection of two processes has sent one copy at most.
MAY_BE_IN_DOUBT = 2 * settings.SENDING_CONNECTIONS

Answers = list[tuple[str, int, float]]


class Readers:
    """Clients that vote, read pages and sign up without end, and write down each answer."""

    def __init__(self, web: WebServer, tool: str, voters: list[str]) -> None:
        self._tool, self._voters = tool, voters
        self._crowd = Crowd(web.port, VOTERS + PAGES + NEWCOMERS)
        self._numbers = count()
        self._is_over = Event()
        self.answers: Answers = []

    def __enter__(self) -> "Readers":
        self._crowd.__enter__()
        self._crowd.begin(self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._crowd.__exit__(None, None, None)
        self._crowd.finish()

    def _ask(self, client: Client, place: int) -> None:
        while not self._is_over.is_set():
            kind = "vote" if place < VOTERS else "page" if place < VOTERS + PAGES else "sign-up"
            began = time.monotonic()
            answer = self._one(client, kind, place)
            self.answers.append((kind, answer, time.monotonic() - began))
            time.sleep(PAUSE_SECONDS)

    def _one(self, client: Client, kind: str, place: int) -> int:
        number = next(self._numbers)
        if kind == "vote":
            value = "ship" if number % 2 else "skip"
            return client.vote(self._tool, voter=self._voters[place], value=value).answer.status
        if kind == "page":
            return client.send("GET", f"/tools/{self._tool}" if number % 2 else "/tools").status
        headers = {"ClientAddress": f"10.{number // 62_500 % 250}.{number // 250 % 250}.{number % 250}"}
        body = {"email": f"outage-{number}@example.com"}
        return client.send("POST", "/newsletter/subscriptions", body=body, headers=headers).status

    def during(self) -> "Answers":
        """What was answered since this was asked last."""
        taken, self.answers = self.answers, []
        return taken

    def await_success(self) -> None:
        """Until each kind of request is answered again, as a reader would see it."""
        self.during()
        until = time.monotonic() + 60
        while {kind for kind, status, _ in self.answers if 200 <= status < 300} != {
            "vote",
            "page",
            "sign-up",
        }:
            assert time.monotonic() < until, Counter((kind, status) for kind, status, _ in self.answers)
            time.sleep(0.05)


@contextmanager
def read_only(stack: FaultStack, _network: Network) -> Iterator[None]:
    """As on a primary that was demoted."""

    server = stack.postgresql.child.popen
    # PostgreSQL works in its data directory.
    settings = Path(f"/proc/{server.pid}/cwd/postgresql.auto.conf")
    before = settings.read_bytes()
    settings.write_bytes(before + b"\ndefault_transaction_read_only = on\n")
    server.send_signal(signal.SIGHUP)
    try:
        yield
    finally:
        settings.write_bytes(before)
        server.send_signal(signal.SIGHUP)


@contextmanager
def locked(stack: FaultStack, _network: Network) -> Iterator[None]:
    with ExitStack() as locks:
        # One connection each: who holds one lock and waits for another may end as a deadlock.
        for table in ("newsletter_subscriber", "votes_vote", "catalog_tool"):
            connection = locks.enter_context(stack.connect())
            locks.enter_context(connection.transaction())
            connection.execute(f"LOCK TABLE {table}".encode())
        yield


@contextmanager
def cut(_stack: FaultStack, network: Network) -> Iterator[None]:
    network.cut()
    try:
        yield
    finally:
        network.mend()


@contextmanager
def slow(_stack: FaultStack, network: Network) -> Iterator[None]:
    network.delay = 0.4
    try:
        yield
    finally:
        network.mend()


OUTAGES: dict[Callable[..., object], int] = {
    read_only: OUTAGE_SECONDS,
    locked: LOCK_SECONDS,
    cut: OUTAGE_SECONDS,
    slow: OUTAGE_SECONDS,
}


@dataclass(frozen=True)
class Outcome:
    """Answers in an outage by kind and status, and the longest that a 503 and `/healthz` took, in seconds."""

    answers: Counter[tuple[str, int]]
    refused_after: float
    healthy_after: float


def outcome(answers: Answers, health: list[float]) -> Outcome:
    refusals = [seconds for _, status, seconds in answers if status == 503]
    return Outcome(
        Counter((kind, status) for kind, status, _ in answers), max(refusals, default=0.0), max(health)
    )


def await_health(port: int, seconds: float) -> list[float]:
    """How long each answer took, asked by a process of its own: this one is busy with the readers' threads."""
    asked = subprocess.run(
        [sys.executable, "-m", "tests.faults.health", str(port), str(seconds)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    taken: list[float] = json.loads(asked.stdout)
    return taken


def test_while_the_database_refuses_everybody_is_told_503_at_once_and_no_copy_is_sent_twice(
    stack: FaultStack, tmp_path: Path
) -> None:
    tool, voters = stack.new_tool(), stack.new_voters(VOTERS)
    outcomes: dict[str, Outcome] = {}
    with (
        Network(stack.database_url) as network,
        MailRun(
            stack, tmp_path, DATABASE_URL=network.url, SENDING_PER_MINUTE="1200", **IMPATIENT_WORKERS
        ) as run,
        stack.serving(DATABASE_URL=network.url, **EVERYBODY, **IMPATIENT) as web,
    ):
        run.begin({"reader": READERS})
        with Readers(web, tool, voters) as readers:
            for outage, seconds in OUTAGES.items():
                readers.await_success()
                taken = run.number_taken()
                run.await_(lambda before=taken: run.number_taken() > before or run.state()[0] == "done")  # type: ignore[misc]
                readers.during()
                with outage(stack, network):  # type: ignore[attr-defined]
                    health = await_health(web.port, seconds)
                outcomes[outage.__name__] = outcome(readers.during(), health)
            readers.await_success()
        # `-rP` shows the figures.
        print(*outcomes.items(), sep="\n")  # noqa: T201
        run.await_state("done", seconds=900)
        states, taken_by = run.states(), Counter(line["to"] for line in run.taken())

    for name, told in outcomes.items():
        assert {status for _, status in told.answers if not 200 <= status < 300} == {503}, name
        if IS_LONG:
            assert told.refused_after <= REFUSED_WITHIN, name
            assert told.healthy_after <= HEALTHY_WITHIN, name
    sent = {address: times for address, times in taken_by.items() if address.startswith("reader-")}
    assert set(sent.values()) == {1}
    # The server took those in doubt, too: only its answer was not written down.
    assert len(sent) == READERS
    assert states["accepted"] + states["uncertain"] == READERS
    assert states["uncertain"] <= MAY_BE_IN_DOUBT * len(OUTAGES)
