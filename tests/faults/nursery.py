"""Starts Python programs by forking a process that has loaded what they need, which is most of a start.

One process has loaded the product's libraries, but nothing that reads settings, so each program sees its own environment.
From it are forked those that have loaded the product as well, each for one kind of program with one environment.

The programs are the tests' own children, as if they had started them: the process in between ends at once, and Linux gives
its child to us.
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
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
    *(
        "celery.app.builtins",
        "celery.app.amqp",
        "celery.app.events",
        "celery.backends.base",
        "celery.worker.consumer",
    ),
    *("celery.worker.autoscale", "celery.worker.strategy", "celery.worker.consumer.delayed_delivery"),
    *("billiard.sharedctypes", "billiard.synchronize"),
    *("redis.asyncio", "psycopg", "psycopg_pool", "structlog", "prometheus_client.multiprocess"),
    *("cryptography.x509", "cryptography.hazmat.primitives.serialization", "requests", "jsonschema", "yaml"),
    *("brotli", "granian.cli", "sentry_sdk", "smtplib", "idna", "uuid_utils.compat", "PIL.Image"),
    *("django.contrib.postgres.search", "django.core.management", "django.core.handlers.wsgi"),
    *("django.template.backends.django", "django.forms.models", "django.test.client", "django.views.generic"),
    *("django.db.migrations.executor", "django.db.backends.postgresql.base", "django.db.models.functions"),
    *("django.core.cache.backends.redis", "django.core.files.storage", "django.core.mail"),
    *("django.contrib.admin.decorators", "django.contrib.admin.views.main", "django.contrib.auth.hashers"),
    *("django.contrib.auth.password_validation", "django.contrib.humanize.templatetags.humanize"),
    *("django.contrib.postgres.fields.utils", "django.contrib.syndication.views"),
    *("django.core.management.commands.migrate", "rest_framework.serializers", "drf_spectacular.utils"),
    *("markdown_it", "fido2.webauthn", "uritemplate", "imaplib"),
    # Each process of a worker imports it, to ask for its end with its parent's.
    "cffi.cparser",
)
# Each takes some 60 MB; the one that was used longest ago ends for the next.
MOST_PRODUCTS = 6
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


class Nursery:
    """Linux alone knows it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        _adopt_orphans(True)
        self._lock = Lock()
        self._libraries, theirs = orders_to_another_process()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.nursery", str(theirs.fileno())],
                cwd=ROOT,
                env=environment,
                pass_fds=[theirs.fileno()],
            )
        # The one that was used last stands last.
        self._products: dict[tuple[str, frozenset[tuple[str, str]]], Product] = {}

    def start(
        self, command: Sequence[str], *, log: Path, environment: Mapping[str, str], kind: str = ""
    ) -> "Adopted":
        """Python with these arguments, of which the first is -m or -c, in a session of its own; it ends when we do.

        Of a program of the product, `kind` says which of `backend.process_kind`.
        """
        order = {
            "command": command,
            "kind": kind,
            "log": str(log),
            "environment": dict(environment),
            "parent": os.getpid(),
        }
        with self._lock:
            # Where the product can't be loaded with this environment, the program shall say so itself.
            pid = (forked_by(self._product(order), order) if kind else 0) or forked_by(self._libraries, order)
        assert pid, "nothing forks any more"
        return Adopted(command, pid)

    def _product(self, order: Mapping[str, Any]) -> socket.socket:
        key = (order["kind"], frozenset(order["environment"].items()))
        product = self._products.pop(key, None)
        if product is None:
            ours, theirs = orders_to_another_process()
            with theirs:
                pid = forked_by(self._libraries, order, theirs.fileno())
            product = Product(ours, Adopted(["a loaded product"], pid))
        self._products[key] = product
        if len(self._products) > MOST_PRODUCTS:
            self._products.pop(next(iter(self._products))).end()
        return product.orders

    def close(self) -> None:
        for product in self._products.values():
            product.end()
        self._libraries.close()
        self._process.wait()
        _adopt_orphans(False)


@dataclass(frozen=True)
class Product:
    """A process that has loaded the product, and forks as we order."""

    orders: socket.socket
    process: "Adopted"

    def end(self) -> None:
        self.orders.close()
        self.process.wait()


def orders_to_another_process() -> tuple[socket.socket, socket.socket]:
    """Our end and that of a process that forks, which ends when ours is closed; each message is one order or answer."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def forked_by(process: socket.socket, order: Mapping[str, Any], *orders: int) -> int:
    """The id of the new process, 0 where the one that forks has ended; with `orders` the new one forks as well."""
    with suppress(OSError):
        socket.send_fds(process, [json.dumps(order).encode()], orders)
        return int(process.recv(20) or 0)
    return 0


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


# --- In the processes that fork -----------------------------------------------------------------


def serve(orders: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Forks for each order, and ends after the last; comes back in the child, with the order and what came with it."""
    while True:
        message, others, _, _ = socket.recv_fds(orders, 1 << 20, 1)
        if not message:
            os._exit(0)
        order: dict[str, Any] = json.loads(message)
        pid = fork(order["parent"])
        if not pid:
            orders.close()
            return order, others
        for each in others:
            os.close(each)
        orders.send(str(pid).encode())


def fork(parent: int) -> int:
    """The id of a new process, a child of `parent`; 0 in that process itself."""
    reading, writing = os.pipe()
    between = os.fork()
    if between == 0:
        if os.fork():
            os._exit(0)
        os.close(reading)
        leave_home(parent)
        os.write(writing, str(os.getpid()).encode())
        os.close(writing)
        return 0
    os.close(writing)
    os.waitpid(between, 0)
    pid = int(os.read(reading, 20))
    os.close(reading)
    return pid


def leave_home(parent: int) -> None:
    """Into a session of its own, and to the parent that ordered it, whose end is its end."""
    os.setsid()
    while os.getppid() != parent:
        time.sleep(0.001)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


def load_product(order: Mapping[str, Any]) -> None:
    """As `manage.py` and `backend.wsgi` begin, without a connection to anything."""
    os.environ.clear()
    os.environ.update(order["environment"])
    log_to(order["log"])
    process_kind: Any = importlib.import_module("backend.process_kind")
    process_kind.current = order["kind"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    importlib.import_module("django").setup()
    if order["kind"] == "worker":
        importlib.import_module("backend").celery_app.loader.import_default_modules()
    else:
        importlib.import_module("backend.urls")
    gc.collect()
    gc.freeze()


def log_to(file: str) -> None:
    with Path(os.devnull).open("rb") as nothing, Path(file).open("ab") as log:
        os.dup2(nothing.fileno(), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)


def run(command: Sequence[str]) -> None:
    kind, what, *arguments = command
    if kind == "-m":
        sys.argv = [what, *arguments]
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.argv = [kind, *arguments]
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


def main(orders: str) -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
    settings: Any = importlib.import_module("django.conf").settings
    assert not settings.configured, "a library has read settings, which differ by program"
    gc.freeze()
    order, others = serve(socket.socket(fileno=int(orders)))
    if others:
        load_product(order)
        order, _ = serve(socket.socket(fileno=others[0]))
    else:
        os.environ.clear()
        os.environ.update(order["environment"])
    log_to(order["log"])
    run(order["command"])


if __name__ == "__main__":
    main(sys.argv[1])
