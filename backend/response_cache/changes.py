"""Hears from PostgreSQL when public data change, so that a held answer is known to be right (decision 86).

Triggers notify one channel when a statement has changed what public answers show. One thread of each process listens, over
a connection of its own. Every quarter of a second, and after each notification, it asks when something will become
public by the clock; the answer also confirms that nothing was missed.
"""

import os
import threading
import time
from collections.abc import Callable
from datetime import datetime
from math import inf
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db import connection

logger = structlog.get_logger(__name__)

CHANNEL = "public_change"
PERIOD_SECONDS = 0.25
# Before the next try, where a connection was refused.
RETRY_SECONDS = 0.5
# How long the first connection may take.
CONNECT_SECONDS = 2

# A network that swallows everything is noticed within seconds, and another connection made.
KEEPALIVES = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 3_000,
}

# The next moment at which something becomes public by the clock, and the seconds until then; nulls: nothing is scheduled.
NEXT_PUBLICATION = """
SELECT moment, extract(epoch FROM moment - clock_timestamp())::float8 FROM comparisons_next_publication() AS moment
"""

Session = psycopg.Connection[tuple[Any, ...]]


class PooledError(Exception):
    """The address leads to a pooler, over which notifications do not come."""


class Changes:
    """How often public data have changed, as far as this process knows.

    `generation` rises with every change. What was read from the database under the present one is right as of
    `confirmed_at`, in seconds of the monotonic clock.
    """

    def __init__(
        self,
        *,
        max_age: float,
        connect: Callable[[], Session],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`max_age`: how long, in seconds, an answer may be believed that nothing confirms."""
        self.generation = 0
        self.confirmed_at = -inf
        self.is_pooled = False
        self._max_age = max_age
        self._connect = connect
        self._clock = clock
        self._starting = threading.Lock()
        self._pid = 0
        self._first_heard = threading.Event()
        self._was_heard = True

    def seconds_unconfirmed(self, *, generation: int, began: float, now: float) -> float:
        """For how long nothing has confirmed what was read under a generation from `began` on; inf: it has changed."""
        if generation != self.generation:
            return inf
        confirmed_at = self.confirmed_at
        return max(0.0, now - (confirmed_at if confirmed_at > began else began))

    def is_fresh(self, *, generation: int, began: float, now: float) -> bool:
        return self.seconds_unconfirmed(generation=generation, began=began, now=now) <= self._max_age

    def is_heard(self) -> bool:
        """Whether changes are known at once, or nothing is cached yet; otherwise answers are believed for `max_age`."""
        if self._pid != os.getpid():
            return True
        self._first_heard.wait(CONNECT_SECONDS)
        return self._clock() - self.confirmed_at <= max(self._max_age, 2 * PERIOD_SECONDS)

    def start(self) -> None:
        """Listen from here on. A thread does not survive a fork."""
        if self._pid == os.getpid():
            return
        with self._starting:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._run, name="changes", daemon=True).start()

    def _run(self) -> None:
        while not self.is_pooled:
            reason = "A pooler stands before PostgreSQL."
            try:
                with self._connect() as session:
                    self.listen(session)
            except PooledError:
                self.is_pooled = True
            except Exception as error:  # noqa: BLE001 - whatever it was, the next connection may be better.
                reason = str(error).strip()
            self._first_heard.set()
            if self._was_heard:
                # Said once for each outage, and the first try comes at once.
                self._was_heard = False
                logger.warning("changes_not_heard", reason=reason)
            else:
                time.sleep(RETRY_SECONDS)

    def listen(self, session: Session) -> None:
        """Follow what the session hears until it is lost. Raises psycopg.Error, and PooledError behind a pooler."""
        ((pid,),) = session.execute("SELECT pg_backend_pid()").fetchall()
        if pid != session.info.backend_pid:
            raise PooledError
        session.execute(f"LISTEN {CHANNEL}".encode())
        # What was notified before is unknown: the first round finds another moment than this one.
        awaited: datetime | str | None = "unknown"
        while True:
            asked_at = self._clock()
            ((moment, seconds),) = session.execute(NEXT_PUBLICATION).fetchall()
            has_changed = bool(list(session.notifies(timeout=0)))
            # Another moment is awaited: the former one has come, or was put off.
            if has_changed or moment != awaited:
                self.generation += 1
            awaited = moment
            self.confirmed_at = asked_at
            self._was_heard = True
            self._first_heard.set()
            patience = PERIOD_SECONDS if seconds is None else min(PERIOD_SECONDS, max(0.001, seconds))
            if list(session.notifies(timeout=patience, stop_after=1)):
                self.generation += 1


def connect_directly() -> Session:
    """A session at DATABASE_LISTEN_URL, or where the product's own connections lead. Raises psycopg.Error."""
    wrapper: Any = connection.copy()
    wrapper.settings_dict = {**wrapper.settings_dict, **settings.DATABASE_LISTEN}
    parameters = {**KEEPALIVES, "application_name": "changes", **wrapper.get_connection_params()}
    parameters["autocommit"] = True
    return psycopg.connect(**parameters)


changes = Changes(max_age=settings.RESPONSE_CACHE_AGE / 1000, connect=connect_directly)
