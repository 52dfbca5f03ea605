"""
A request ends within its time, whatever the database does (decision 53).

A thread that waits for PostgreSQL can't be interrupted: not by a time-out of a statement, which is the server's and
counts each statement alone, and not at all while the network or the server is silent. So one thread per process looks
every 50 ms for requests past their deadline, and shuts the socket of the connection that each of them waits for. The
waiting thread then meets a lost connection, which is an outage: a 503.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.pq import TransactionStatus
from psycopg.pq.abc import PGconn

# An answer is to come within two seconds, unless the operator wants another bound.
REQUEST_SECONDS = settings.REQUEST_TIMEOUT / 1000
# Staff ask for more at once, and providers tell of many mails at once.
LONG_REQUEST_SECONDS = 30.0
LONG_PATHS = ("/admin/", "/hooks/")
PERIOD_SECONDS = 0.05

# What a request has waited for so long for one statement that the database is taken for stuck.
STUCK_SECONDS = REQUEST_SECONDS / 3.6
# With so many such requests, others are refused at once and leave the remaining threads to what needs no database.
MOST_STUCK = max(1, settings.DATABASE_POOL_SIZE * 3 // 4)


class Deadline:
    """The time of one request, and the connection that it may wait for."""

    __slots__ = ("active_since", "is_past", "lock", "moment", "wrapper")

    def __init__(self, seconds: float) -> None:
        self.moment = time.monotonic() + seconds
        self.lock = threading.Lock()
        # Any: Django's types do not tell what a wrapper holds. None: the request is over.
        self.wrapper: Any = connections[DEFAULT_DB_ALIAS]
        self.is_past = False
        self.active_since: float | None = None

    def end(self) -> None:
        """From here on its connection may be another's."""
        with self.lock:
            self.wrapper = None

    def look(self, now: float) -> None:
        """Called by the watching thread."""
        with self.lock:
            held = self.wrapper.connection if self.wrapper else None
            if held is None or held.closed:
                self.active_since = None
                return
            if held.pgconn.transaction_status != TransactionStatus.ACTIVE:
                self.active_since = None
                return
            self.active_since = self.active_since or now
            if now >= self.moment:
                self.is_past = True
                _cut(held.pgconn)

    def is_stuck(self, now: float) -> bool:
        return self.active_since is not None and now - self.active_since >= STUCK_SECONDS


def _cut(pgconn: PGconn) -> None:
    """Wake the thread that waits for the socket, without closing the descriptor, which libpq owns."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(pgconn.socket)) as copy:
        copy.shutdown(socket.SHUT_RDWR)


class Watch:
    """The deadlines of this process, and the thread that looks after them; it starts with the first request."""

    def __init__(self) -> None:
        self._deadlines: dict[int, Deadline] = {}
        self._starting = threading.Lock()
        self._pid = 0
        # How many requests have waited long for one statement.
        self.stuck = 0

    def add(self, deadline: Deadline) -> None:
        self._deadlines[id(deadline)] = deadline
        if self._pid != os.getpid():
            self._start()

    def remove(self, deadline: Deadline) -> None:
        del self._deadlines[id(deadline)]
        deadline.end()

    def _start(self) -> None:
        with self._starting:
            # A thread does not survive a fork.
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._run, name="deadlines", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(PERIOD_SECONDS)
            self.look(time.monotonic())

    def look(self, now: float) -> None:
        deadlines = list(self._deadlines.values())
        for deadline in deadlines:
            deadline.look(now)
        self.stuck = sum(deadline.is_stuck(now) for deadline in deadlines)


watch = Watch()
_mine = threading.local()


@contextmanager
def request_deadline(path: str, *, seconds: float | None = None) -> Iterator[None]:
    """Around the work of one request, to the moment at which it hands its connection back.

    `seconds`: what a reader's request has left, where it has waited before; None: all of its time.
    """
    whole = REQUEST_SECONDS if seconds is None else seconds
    deadline = Deadline(LONG_REQUEST_SECONDS if path.startswith(LONG_PATHS) else whole)
    watch.add(deadline)
    _mine.deadline = deadline
    try:
        yield
    finally:
        _mine.deadline = None
        watch.remove(deadline)


def is_past_deadline() -> bool:
    """Whether this thread's request has lost its connection to its own deadline."""
    deadline: Deadline | None = getattr(_mine, "deadline", None)
    return deadline is not None and deadline.is_past


def seconds_left() -> float | None:
    """How long this thread's request may still wait for a connection; None outside requests.

    Never less than a tenth of a second: where connections are free or soon will be, a request that waited for its turn
    before is answered late rather than refused.
    """
    deadline: Deadline | None = getattr(_mine, "deadline", None)
    return None if deadline is None else max(0.1, deadline.moment - time.monotonic())
