"""One edition sent by real workers to a real sink, and what both of them know of it afterwards."""

import os
import random
import re
import secrets
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from email import message_from_string
from email.message import Message
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from redis import Redis

from backend.devstack import processes
from backend.devstack.processes import Child
from tests.faults.false_clock import FalseClock
from tests.faults.mail_sink import Line, lines_of
from tests.faults.stack import FaultStack, children_of, worker_command
from tests.ports import POLL_SECONDS, answers

CLAIM_SECONDS = 3
# A busy machine holds up processes that nobody harms for some seconds: only one that is harmed outlasts this.
FINAL_SECONDS = 8
TABLES = (
    "delivery, segment, edition, mailjob, subscriber, suppression, mailrate, sendingidentity, mailingjournal"
)
# A worker waits so long, in milliseconds, for a connection to a database that does not answer; then its task begins anew.
IMPATIENT_WORKERS: dict[str, Any] = {"REQUEST_TIMEOUT": "5000"}
QUIET = {
    "SENDING_TICK_SECONDS": "1",
    "SENDING_CLAIM_SECONDS": str(CLAIM_SECONDS),
    "SENDING_FINAL_SECONDS": str(FINAL_SECONDS),
    "SENDING_RETRY_SECONDS": "1,1,1",
    "SENDING_BOUNCE_SECONDS": "0",
    "SIGN_UPS_A_DOMAIN_AND_HOUR": "100000",
    "SENDING_PROCESSES": "4",
    # Mail has nothing to do with steps of the tallies, and each would be a task and a connection.
    "TALLY_PUBLISH_SECONDS": "86400",
    # As they are by default: a test that says so has the others' environment, and their loaded product.
    "SENDING_CONNECTIONS": str(settings.SENDING_CONNECTIONS),
    "SENDING_PER_MINUTE": "0",
}


@dataclass(frozen=True)
class Report:
    """What is known when a run is over."""

    readers: int
    states: Counter[str]
    duplicates: int
    taken: int
    silently_lost: int
    # What the books say of the copies in doubt.
    doubts: Counter[str]


class MailRun:
    """Workers that send, a worker for everything else, beat, and a sink; `with` starts and ends them.

    One worker sends, and beat is a part of the other; with `workers` that many send, and beat runs apart, as in production.
    Each that sends has two processes, as production has by default.

    With `sign_up_processes` the mails of sign-ups have a worker of their own, as in production. Of `clocks`, each worker
    gets one; beat and the worker for everything else share the first's.
    """

    def __init__(
        self,
        stack: FaultStack,
        directory: Path,
        *,
        workers: int = 0,
        sink: str = "",
        user: str = "",
        scheme: str = "smtp",
        sign_up_processes: int = 0,
        clocks: Sequence[FalseClock] = (),
        before: Callable[[], object] | None = None,
        **environment: str,
    ) -> None:
        """`before` puts the database in order before anybody looks; else it is emptied of mail."""
        self.stack = stack
        self.port = stack.mail_port
        self.log = directory / f"sink-{secrets.token_hex(4)}.jsonl"
        self.log.touch()
        self._read = self._taken = 0
        self._number = workers
        self._sign_up_processes = sign_up_processes
        self._clocks: list[dict[str, Any]] = [clock.environment() for clock in clocks] or [{}]
        self._sink_options = sink.split()
        self._environment = QUIET | {"EMAIL_URL": f"{scheme}://{user}127.0.0.1:{self.port}"} | environment
        self._workers: list[Child] = []
        self._others: list[Child] = []
        self._before = before or (lambda: forget_mail(stack))
        self._sink: Child | None = None
        self._open = ExitStack()
        self.edition = str(UUID(int=0))

    def __enter__(self) -> "MailRun":
        self._before()
        self.start_sink()
        queues = "celery" if self._sign_up_processes else "celery,sign-ups"
        self._others = self._open.enter_context(
            self.stack.working(
                queues=queues, has_own_beat=self._number > 0, **self._environment, **self._clocks[0]
            )
        )
        clocks = islice(cycle(self._clocks), self._number or 1)
        self._workers = [self._start_worker(**clock) for clock in clocks]
        if self._sign_up_processes:
            self._workers.append(self._start_worker("sign-ups", processes=self._sign_up_processes))
        return self

    def __exit__(self, *_: object) -> None:
        processes.stop(self._workers, timeout=0)
        self._open.close()
        self.stop_sink()

    # --- Who takes part -----------------------------------------------------------------------

    def start_sink(self) -> None:
        self._sink = self.stack.start(
            "sink", "-m", "tests.faults.mail_sink", str(self.log), str(self.port), *self._sink_options
        )
        self.await_(lambda: answers(self.port))

    def restart_sink(self, options: str) -> None:
        self.stop_sink()
        self._sink_options = options.split()
        self.start_sink()

    def let_the_others_pass(self) -> None:
        """Those whom a sink with `first` lets wait between recipient and content."""
        Path(f"{self.log}.go").touch()

    def stop_sink(self) -> None:
        if self._sink:
            processes.stop([self._sink], timeout=2)

    def begin(self, readers: dict[str, int]) -> str:
        self.edition = self.stack.desk("open_edition", "2020-W01", readers)
        return self.edition

    def _start_worker(self, queue: str = "mail", *, processes: int = 0, **clock: str) -> Child:
        processes = processes or 2
        command = worker_command(queue, queues=queue, processes=processes)
        environment = {**self._environment, **clock}
        return self.stack.start(queue, "-m", "celery", "-A", "backend", *command, **environment)

    def everybody_lives(self) -> bool:
        return not any(child.has_ended() for child in [*self._workers, *self._others])

    # --- What is done to them -----------------------------------------------------------------

    def victims(self) -> list[int]:
        """The workers' main processes and their children."""
        mains = [worker.popen.pid for worker in self._workers if not worker.has_ended()]
        return [*mains, *sorted(child.pid for main in mains for child in children_of(main))]

    def kill_somebody(self, chance: random.Random) -> None:
        victim = chance.choice(self.victims())
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        for place, worker in enumerate(self._workers):
            if worker.popen.pid == victim:
                worker.popen.wait()
                self._workers[place] = self._start_worker()

    def stop_a_worker(self, chance: random.Random) -> None:
        """As a deployment does: ask, wait, start a new one."""
        place = chance.randrange(len(self._workers))
        processes.stop([self._workers[place]], timeout=60)
        self._workers[place] = self._start_worker()

    def freeze_somebody(self, chance: random.Random, seconds: float) -> None:
        victim = chance.choice(self.victims())
        # A child of a killed worker may end by itself at any moment.
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(victim, signal.SIGCONT)

    # --- What became of it --------------------------------------------------------------------

    def taken(self) -> list[Line]:
        lines, _ = lines_of(self.log)
        return [line for line in lines if "to" in line]

    def refusals(self) -> list[Line]:
        lines, _ = lines_of(self.log)
        return [line for line in lines if "refused" in line]

    def mails(self) -> list[Message]:
        return [message_from_string(line["mail"]) for line in self.taken()]

    def number_taken(self) -> int:
        """Of the log each call reads only what is new."""
        new, self._read = lines_of(self.log, since=self._read)
        self._taken += sum("to" in line for line in new)
        return self._taken

    def editions(self) -> dict[str, str]:
        return dict(self.stack.query("SELECT week, state FROM newsletter_edition"))

    def state(self) -> tuple[str, str]:
        rows = self.stack.query(
            "SELECT state, state_reason FROM newsletter_edition WHERE id = %s", self.edition
        )
        return rows[0] if rows else ("", "")

    def states(self) -> Counter[str]:
        return Counter(
            dict(
                self.stack.query(
                    "SELECT state, count(*) FROM newsletter_delivery WHERE edition_id = %s GROUP BY state",
                    self.edition,
                )
            )
        )

    def attempts(self) -> int:
        ((attempts,),) = self.stack.query("SELECT sum(attempts) FROM newsletter_delivery")
        return int(attempts)

    def mails_by_connection(self) -> list[int]:
        return list(Counter(line["connection"] for line in self.taken()).values())

    @staticmethod
    def shared_part(mail: str) -> str:
        """Without what is one reader's own: the first headers, and the two links."""
        head, _, rest = mail.partition("List-Unsubscribe-Post")
        assert head.startswith("To: ")
        return re.sub(r"token=3D[^<\"]*", "token", rest.replace("=\r\n", ""))

    def await_pauses(self, number: int) -> None:
        """Until the edition was seen in so many pauses, each of which ends by itself."""
        moments = set()

        def seen() -> bool:
            moments.update(
                self.stack.query("SELECT resume_at FROM newsletter_edition WHERE resume_at IS NOT NULL")
            )
            return len(moments) >= number

        self.await_(seen)

    def await_idle_workers(self) -> None:
        """Until all that was asked of them is done."""
        with Redis.from_url(self.stack.redis.url) as broker:
            self.await_(lambda: broker.llen("mail") == broker.llen("celery") == broker.hlen("unacked") == 0)

    def await_state(self, *states: str, seconds: float = 300) -> None:
        self.await_(lambda: self.state()[0] in states, seconds=seconds)

    def await_taken(self, number: int, seconds: float = 300) -> None:
        self.await_(lambda: self.number_taken() >= number, seconds=seconds)

    def await_(self, condition: Callable[[], bool], seconds: float = 300) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, self.story()
            time.sleep(POLL_SECONDS)

    def story(self) -> Any:
        return self.state(), self.states(), self.number_taken()

    def resolve(self) -> Any:
        """With the sink's log as evidence, once all that is in doubt is old enough."""
        final_seconds = int(self._environment["SENDING_FINAL_SECONDS"])
        time.sleep(final_seconds * 1.5 + 0.2)
        return self.stack.desk("resolve", str(self.log), final_seconds)

    def report(self) -> Report:
        taken = self.taken()
        addresses = Counter(line["to"] for line in taken)
        keys = Counter(mail["Message-ID"] for mail in self.mails())
        unsent = self.stack.query(
            "SELECT address FROM newsletter_delivery WHERE edition_id = %s AND state = 'accepted'",
            self.edition,
        )
        ((readers,),) = self.stack.query("SELECT count(*) FROM newsletter_subscriber")
        ((copies,),) = self.stack.query(
            "SELECT count(*) FROM newsletter_delivery WHERE edition_id = %s", self.edition
        )
        doubts = self.stack.query(
            "SELECT detail FROM newsletter_delivery WHERE edition_id = %s AND state = 'uncertain'",
            self.edition,
        )
        return Report(
            readers=readers,
            states=self.states(),
            duplicates=sum(addresses.values()) - len(addresses) + sum(keys.values()) - len(keys),
            taken=len(addresses),
            silently_lost=sum(1 for (address,) in unsent if address not in addresses) + readers - copies,
            doubts=Counter(detail for (detail,) in doubts),
        )


def forget_mail(stack: FaultStack) -> None:
    """Readers, editions and copies, and which journal the database knows."""
    names = ", ".join(f"newsletter_{name}" for name in TABLES.split(", "))
    with stack.connect() as connection:
        connection.execute(f"TRUNCATE {names} CASCADE".encode())
