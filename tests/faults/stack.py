"""A whole product for one test session, as production runs it, whose engines and workers a test may kill."""

import json
import os
import random
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import psycopg
from redis import Redis

from backend.bootstrap import ROOT, last_lines
from backend.devstack import processes
from backend.devstack.directory import StackDirectory
from backend.devstack.engines import Server
from backend.devstack.location import choose_location, remove_outside
from backend.devstack.postgresql import start_postgresql
from backend.devstack.processes import Child, Process
from backend.devstack.redis import start_redis
from backend.devstack.stack import STOP_SECONDS, product_environment
from tests.faults.nursery import Nursery
from tests.pgbouncer import pgbouncer
from tests.ports import TIMEOUT_SECONDS, quiet_port, wait_until

# What the stack that runs these tests has set for its own product.
NOT_INHERITED = {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "TEST_DATABASE_URL", "TEST_REDIS_URL"}
# Each test says which limit it is about; the others vote as fast as they can.
UNLIMITED = "900000/60"
# A busy machine is no outage. Tests of outages serve with IMPATIENT, which production has by default.
PATIENT = {"REQUEST_TIMEOUT": "60000", "DATABASE_TIMEOUTS_WEB": "90000,60000,60000"}
IMPATIENT: dict[str, Any] = {"REQUEST_TIMEOUT": "1800", "DATABASE_TIMEOUTS_WEB": "30000,1500,10000"}
# A test's own connection may hold a lock for as long as it likes.
NO_TIME_OUTS = "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
# Granian forks its workers, so that one born with the product loaded serves at once: fifty deaths are then cheap.
GRANIAN = "import backend.wsgi; from granian.cli import entrypoint; entrypoint()"
WORKER_LINE = re.compile(r"(Spawning|Started) (worker-\d+)(?: with PID: (\d+))?")

# One statement sees one snapshot.
COUNT = """
SELECT (SELECT (ship, skip, pending, quarantined, rejected)::text FROM votes_tally WHERE tool_id = tool.id),
    (
        SELECT (
            count(*) FILTER (WHERE status = 'counted' AND value = 'ship'),
            count(*) FILTER (WHERE status = 'counted' AND value = 'skip'),
            count(value) FILTER (WHERE status = 'pending'),
            count(value) FILTER (WHERE status = 'quarantined'),
            count(value) FILTER (WHERE status = 'rejected')
        )::text
        FROM votes_vote WHERE tool_id = tool.id
    )
FROM catalog_tool AS tool WHERE slug = %s
"""


@dataclass(frozen=True)
class Count:
    """The votes on one tool: `tally` as it was kept, `recount` as the rows say now.

    Both list counted ships, counted skips, pending, quarantined, rejected.
    """

    tally: tuple[int, ...]
    recount: tuple[int, ...]

    @property
    def rows(self) -> int:
        return sum(self.recount)

    @property
    def has_drifted(self) -> bool:
        return self.tally != self.recount


class FaultStack:
    """PostgreSQL, still empty, and Redis with durable settings; each starts again on its own port with its own data.

    Start engines from the thread that lives longest: Linux ends a child when the thread that started it ends.
    """

    def __init__(self, path: Path) -> None:
        self._directory = StackDirectory(path / "stack").make()
        self._directory.acquire()
        self._mark = self._directory.begin()
        self._location = choose_location(self._directory, is_lasting=False)
        self._postgresql_port, self._redis_port = quiet_port(), quiet_port()
        # Always the same: programs that differ in their environment are loaded anew.
        self.mail_port = quiet_port()
        self._tools: list[str] = []
        self._tokens: list[str] = []
        # Tests ask many times a second: a connection for each question would cost more than what they watch.
        self._asking = Lock()
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self.redis = self._begin_redis()
        self.postgresql = self._begin_postgresql()
        self._nursery = Nursery({**os.environ, processes.MARK: self._mark})
        self._around = ExitStack()
        # Where the product finds its database: through PGBOUNCER, a path, all tests of faults run behind it.
        self.database_url = self._around.enter_context(self._pooler(path))
        self._desk = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.desk"],
            cwd=ROOT,
            # Migrations connect to PostgreSQL itself.
            env={**self.environment(), "DATABASE_URL": self.postgresql.url, processes.MARK: self._mark},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def desk(self, deed: str, *arguments: object) -> Any:
        """What a function of `tests.faults.desk` answers."""
        assert self._desk.stdin
        assert self._desk.stdout
        self._desk.stdin.write(json.dumps([deed, *arguments]) + "\n")
        self._desk.stdin.flush()
        line = self._desk.stdout.readline()
        assert line, "the desk has ended"
        is_done, answer = json.loads(line)
        assert is_done, answer
        return answer

    def close(self) -> None:
        """End whatever still runs, and leave nothing on the disk."""
        self._desk.communicate()
        self._nursery.close()
        self._around.close()
        self._forget_connection()
        processes.stop([self.postgresql.child, self.redis.child], timeout=STOP_SECONDS)
        processes.end(processes.marked(self._mark), timeout=0)
        remove_outside(self._directory)
        self._directory.remove()

    # --- PostgreSQL ---------------------------------------------------------------------------

    def restart_postgresql(self) -> float:
        """As after a power cut: nothing is written down first. The moment at which it was ready again."""
        end_at_once(self.postgresql.child, signal.SIGQUIT)
        self.postgresql = self._begin_postgresql()
        return time.monotonic()

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.postgresql.url, autocommit=True, options=NO_TIME_OUTS)

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._asking:
            if self._connection is None or self._connection.closed:
                self._connection = self.connect()
            try:
                return self._connection.execute(statement.encode(), values).fetchall()
            except psycopg.OperationalError:
                self._forget_connection()
                raise

    def _forget_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def count(self, tool: str) -> Count:
        with self.connect() as connection:
            return count_in(connection, tool)

    def deadlocks(self) -> int:
        """Complete once the web server has ended: a connection reports what it met when it closes."""
        ((deadlocks,),) = self.query(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(deadlocks)

    # --- Redis --------------------------------------------------------------------------------

    def stop_redis(self) -> None:
        end_at_once(self.redis.child, signal.SIGKILL)

    def start_redis(self) -> None:
        self.redis = self._begin_redis()

    def silence_redis(self) -> None:
        """It takes connections, and answers nothing."""
        self.redis.child.popen.send_signal(signal.SIGSTOP)

    def wake_redis(self) -> None:
        self.redis.child.popen.send_signal(signal.SIGCONT)

    def flush_redis(self) -> None:
        with Redis.from_url(self.redis.url) as connection:
            connection.flushall()

    def mend(self) -> None:
        """Bring up again what a failed test left down, and forget what killed workers left unacknowledged."""
        self.wake_redis()
        if self.redis.child.has_ended():
            self.start_redis()
        self.flush_redis()
        if self.postgresql.child.has_ended():
            self.postgresql = self._begin_postgresql()

    # --- The product --------------------------------------------------------------------------

    @contextmanager
    def serving(
        self, *, workers: int = 2, blocking_threads: int = 32, **environment: str
    ) -> Iterator["WebServer"]:
        """A web server as production runs it, for the length of the block."""
        web = self._begin_web(workers, blocking_threads, environment)
        try:
            web.await_answer()
            yield web
        finally:
            processes.stop([web.child], timeout=STOP_SECONDS)

    @contextmanager
    def working(
        self, *, queues: str = "celery,sign-ups", has_own_beat: bool = False, **environment: str
    ) -> Iterator[list[Child]]:
        """A Celery worker and beat, for the length of the block: as one program, or as the two that production has."""
        schedule = ("--schedule", str(self._directory.path / "beat-schedule"))
        worker = worker_command("worker", queues=queues, processes=1)
        commands = (
            {"worker": worker, "beat": ("beat", *schedule)}
            if has_own_beat
            else {"worker": (*worker, "--beat", *schedule)}
        )
        children = []
        try:
            for name, command in commands.items():
                children.append(self.start(name, "-m", "celery", "-A", "backend", *command, **environment))
            yield children
        finally:
            processes.stop(children, timeout=0)

    def start(self, name: str, *command: str, **environment: str) -> Child:
        """Python with these arguments and the product's settings, until somebody stops it or the stack closes."""
        log, environment = self._directory.log(name), {**self.environment(), **environment}
        if "LD_PRELOAD" in environment:
            # It works on programs that begin from nothing.
            return processes.start(
                name,
                [sys.executable, *command],
                log=log,
                mark=self._mark,
                environment=environment,
                directory=ROOT,
            )
        kind = "web" if GRANIAN in command else "worker" if "celery" in command else ""
        popen = self._nursery.start(
            command, log=log, environment={**environment, processes.MARK: self._mark}, kind=kind
        )
        process = Process.find(popen.pid) or Process(popen.pid, "ended at once")
        return Child(name, popen, process, log, signal.SIGTERM)

    def logs(self) -> dict[str, str]:
        """What each process has logged since it was started last, by file; what it had logged before is in NAME.log.1."""
        return {log.name: log.read_text(errors="replace") for log in self._directory.logs.iterdir()}

    def new_tool(self) -> str:
        """The slug of a published tool that nobody has voted on."""
        if not self._tools:
            self._tools = self.desk("tools", 20)
        return self._tools.pop()

    def new_voters(self, number: int) -> list[str]:
        """Tokens of voters who have not voted yet, as the product would issue them."""
        if len(self._tokens) < number:
            self._tokens += self.desk("voters", max(number, 500))
        taken, self._tokens = self._tokens[:number], self._tokens[number:]
        return taken

    def new_subscribers(self, number: int) -> list[str]:
        """Addresses of readers who have confirmed."""
        addresses: list[str] = self.desk("subscribers", number)
        return addresses

    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        servers = {"DATABASE_URL": self.postgresql, "REDIS_URL": self.redis}
        return {
            **inherited,
            **product_environment(self._directory, url="http://127.0.0.1:8000", servers=servers),
            "DATABASE_URL": self.database_url,
            # As the guide asks behind a pooler: notifications do not pass one.
            "DATABASE_LISTEN_URL": self.postgresql.url if os.environ.get("PGBOUNCER") else "",
            "VOTER_KEYS": f"first:{self._directory.secret('voter_key')}",
            "VOTER_PEPPER": self._directory.secret("voter_pepper"),
            "VOTE_LIMITS": UNLIMITED,
            **PATIENT,
            "LOG_LEVEL": "WARNING",
        }

    def _pooler(self, path: Path) -> AbstractContextManager[str]:
        program = os.environ.get("PGBOUNCER")
        if not program:
            return nullcontext(self.postgresql.url)
        # A pooler drops the time-outs that a connection asks for, so the guide sets them by role. Without one, what a cut
        # request was waiting for keeps its connection to PostgreSQL, until all are taken.
        statement, lock, idle = IMPATIENT["DATABASE_TIMEOUTS_WEB"].split(",")
        with self.connect() as database:
            database.execute(f"ALTER ROLE CURRENT_USER SET statement_timeout = {statement}".encode())
            database.execute(f"ALTER ROLE CURRENT_USER SET lock_timeout = {lock}".encode())
            database.execute(
                f"ALTER ROLE CURRENT_USER SET idle_in_transaction_session_timeout = {idle}".encode()
            )
        return pgbouncer(program, before=self.postgresql.url, directory=path)

    def _begin_postgresql(self) -> Server:
        with self._asking:
            self._forget_connection()
        return start_postgresql(
            self._directory, self._location, mark=self._mark, is_lasting=True, port=self._postgresql_port
        )

    def _begin_redis(self) -> Server:
        return start_redis(
            self._directory, self._location, mark=self._mark, is_lasting=True, port=self._redis_port
        )

    def _begin_web(self, workers: int, blocking_threads: int, environment: dict[str, str]) -> "WebServer":
        port, log = quiet_port(), self._directory.log("web")
        # Of servers that were there before.
        logged = log.stat().st_size if log.exists() else 0
        child = self.start(
            "web",
            *("-c", GRANIAN, "backend.wsgi:application", "--interface", "wsgi"),
            *("--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)),
            *("--blocking-threads", str(blocking_threads)),
            *("--access-log", "--access-log-fmt", "%(method)s %(path)s %(status)d in %(dt_ms).0f ms"),
            *("--respawn-failed-workers", "--workers-kill-timeout", "3"),
            **environment,
        )
        return WebServer(child, port, logged)


class WebServer:
    """A running granian, and its worker processes."""

    def __init__(self, child: Child, port: int, logged: int) -> None:
        """`logged`: how many bytes of the log are not this server's."""
        self.child = child
        self.port = port
        self._lines: list[tuple[str, str, str]] = []
        self._read = logged
        self._latest_victim: tuple[str, Process | None] = ("", None)

    def await_answer(self) -> None:
        wait_until(lambda: self.child.has_ended() or self._answers())
        self.require_running()

    def require_running(self) -> None:
        assert not self.child.has_ended(), last_lines(self.log())

    def log(self) -> str:
        return self.child.log.read_text(errors="replace")

    def _worker_lines(self) -> list[tuple[str, str, str]]:
        """What granian logged of its workers, of which each call reads only what is new."""
        with self.child.log.open("rb") as log:
            log.seek(self._read)
            new, end, _ = log.read().rpartition(b"\n")
        self._read += len(new + end)
        self._lines += WORKER_LINE.findall(new.decode(errors="replace"))
        return self._lines

    def workers(self) -> dict[str, Process]:
        """Those that run and have loaded the product, by their names in granian's log."""
        spawned: dict[str, list[int]] = defaultdict(list)
        started: Counter[str] = Counter()
        for deed, name, pid in self._worker_lines():
            if deed == "Spawning":
                spawned[name].append(int(pid))
            else:
                started[name] += 1
        children = {process.pid: process for process in children_of(self.child.popen.pid)}
        # Two processes write the two lines, in either order: as many of one as of the other tell that the last has begun.
        return {
            name: children[pids[-1]]
            for name, pids in spawned.items()
            if started[name] == len(pids) and pids[-1] in children
        }

    def kill_a_worker(self, chance: random.Random) -> Process:
        """Kill one at random that is at work, but never the same twice running.

        Granian ends itself where a worker dies within 5.5 s of its respawn, but remembers only those that it respawned
        last, together (`_serve_loop` in granian/server/common.py). So the next one dies only once the latest is back.
        """
        wait_until(lambda: self.child.has_ended() or len(self._possible_victims()) > 0)
        self.require_running()
        victims = self._possible_victims()
        name = chance.choice(sorted(victims))
        self._latest_victim = (name, victims[name])
        os.kill(victims[name].pid, signal.SIGKILL)
        return victims[name]

    def _possible_victims(self) -> dict[str, Process]:
        workers = self.workers()
        name, dead = self._latest_victim
        is_back = dead is None or workers.pop(name, dead) != dead
        return workers if is_back else {}

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return connection.recv(12) == b"HTTP/1.1 200"
        except OSError:
            return False


def worker_command(name: str, *, queues: str, processes: int) -> tuple[str, ...]:
    """What follows `celery -A …`; each worker gets a name of its own."""
    return (
        *("worker", "--hostname", f"{name}-{secrets.token_hex(4)}@%h", "--queues", queues),
        *("--concurrency", str(processes), "--without-gossip", "--without-mingle"),
    )


def count_in(connection: psycopg.Connection[tuple[Any, ...]], tool: str) -> Count:
    row = connection.execute(COUNT, (tool,)).fetchone()
    assert row is not None
    tally, recount = (tuple(int(part) for part in text.strip("()").split(",")) for text in row)
    return Count(tally, recount)


def end_at_once(child: Child, number: signal.Signals) -> None:
    child.popen.send_signal(number)
    child.popen.wait(TIMEOUT_SECONDS)


def children_of(pid: int) -> set[Process]:
    """Those that have not ended. Tests look often, and to go through all processes of a machine takes many milliseconds."""
    found = set()
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):
            found |= {Process.find(int(child)) for child in (task / "children").read_text().split()}
    return {process for process in found if process is not None}
