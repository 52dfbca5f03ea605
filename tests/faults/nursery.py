"""Starts Python programs by forking a process that has loaded the product's libraries, which are most of a start.

The programs are the tests' own children, as if they had started them: the process in between ends at once, and Linux gives
its child to us. It loads nothing that reads settings, so each program sees its own environment.
"""

import ctypes
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

ROOT = Path(__file__).parents[2]
LIBRARIES = (
    *("celery.bin.celery", "celery.bin.worker", "celery.bin.beat", "celery.apps.worker", "celery.apps.beat"),
    *(
        "celery.concurrency.prefork",
        "celery.worker.components",
        "celery.events.state",
        "kombu.transport.redis",
    ),
    *("redis.asyncio", "psycopg", "psycopg_pool", "structlog", "prometheus_client.multiprocess"),
    *("cryptography.x509", "cryptography.hazmat.primitives.serialization", "requests", "jsonschema", "yaml"),
    *("brotli", "granian.cli", "sentry_sdk", "smtplib", "idna", "uuid_utils.compat", "PIL.Image"),
    *("django.contrib.postgres.search", "django.core.management", "django.core.handlers.wsgi"),
    *("django.template.backends.django", "django.forms.models", "django.test.client", "django.views.generic"),
    *("django.db.migrations.executor", "django.db.backends.postgresql.base", "django.db.models.functions"),
    *("django.core.cache.backends.redis", "django.core.files.storage", "django.core.mail"),
)
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


class Nursery:
    """Linux alone knows it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        _adopt_orphans(True)
        self._lock = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, command: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> "Adopted":
        """Python with these arguments, of which the first is -m or -c, in a session of its own; it ends when we do."""
        order = {
            "command": command,
            "log": str(log),
            "environment": dict(environment),
            "parent": os.getpid(),
        }
        assert self._process.stdin
        assert self._process.stdout
        with self._lock:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return Adopted(command, int(self._process.stdout.readline()))

    def close(self) -> None:
        self._process.communicate()
        _adopt_orphans(False)


class Adopted(subprocess.Popen[bytes]):
    """A child that another process has forked for us."""

    def __init__(self, args: Sequence[str], pid: int) -> None:
        self.args, self.pid = args, pid
        self.stdin = self.stdout = self.stderr = None
        self.returncode: Any = None
        self._polling = Lock()

    def poll(self) -> int | None:
        with self._polling:
            if self.returncode is None:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                self.returncode = os.waitstatus_to_exitcode(status) if pid else None
            return self.returncode  # type: ignore[no-any-return]

    def wait(self, timeout: float | None = None) -> int:
        until = time.monotonic() + timeout if timeout is not None else float("inf")
        while (status := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            time.sleep(0.01)
        return status


def _adopt_orphans(wanted: bool) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, int(wanted))


# --- In the process that forks ------------------------------------------------------------------


def serve() -> dict[str, Any] | None:
    """Forks for each order; comes back in the child with its order, and with nothing when there is none left."""
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        reading, writing = os.pipe()
        between = os.fork()
        if between == 0:
            if os.fork():
                os._exit(0)
            os.close(reading)
            leave_home(order["parent"])
            os.write(writing, str(os.getpid()).encode())
            os.close(writing)
            return order
        os.close(writing)
        os.waitpid(between, 0)
        sys.stdout.write(os.read(reading, 20).decode() + "\n")
        sys.stdout.flush()
        os.close(reading)
    return None


def leave_home(parent: int) -> None:
    """Into a session of its own, and to the parent that ordered it, whose end is its end."""
    os.setsid()
    while os.getppid() != parent:
        time.sleep(0.001)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


def become(order: Mapping[str, Any]) -> None:
    """Run the program with what it would have had from the start: its environment, log and arguments."""
    os.environ.clear()
    os.environ.update(order["environment"])
    with Path(os.devnull).open("rb") as nothing, Path(order["log"]).open("ab") as log:
        os.dup2(nothing.fileno(), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    kind, what, *arguments = order["command"]
    if kind == "-m":
        sys.argv = [what, *arguments]
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.argv = [kind, *arguments]
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


def main() -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
    settings: Any = importlib.import_module("django.conf").settings
    assert not settings.configured, "a library has read settings, which differ by program"
    order = serve()
    if order is not None:
        become(order)


if __name__ == "__main__":
    main()
