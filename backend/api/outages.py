"""
What each refusal of PostgreSQL means: for a reader, for a sender of mail, and for a task (decision 52).

One table, OUTAGES, lists the refusals that are nobody's mistake and pass by themselves. What it lists is

- for a reader, in the API, on pages and in the admin, a 503 with `Retry-After`;
- for a sender, a statement to repeat until it is written, over another connection: a copy is in doubt only
  between the final dot and the server's answer;
- for a task, a warning and another try.

What it does not list is a mistake of ours: a 500, an error that ends a round, a task that has failed.
"""

import time
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import psycopg
from django.db import Error as DatabaseFailure
from django.db import InterfaceError, OperationalError, connection
from psycopg_pool import ConnectionPool, PoolTimeout

from backend.api.deadlines import is_past_deadline

RENEWAL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Outage:
    """
    Why the database refuses what it takes at other times.

    `is_elsewhere`: the other connections of the process may be cut too, or lead to the wrong server.
    """

    meaning: str
    is_elsewhere: bool = False


# By class of SQLSTATE (two characters or three) or by a whole SQLSTATE; the longest that fits counts.
OUTAGES = {
    "08": Outage("connection failure", is_elsewhere=True),
    "25006": Outage("read-only: a standby, or a primary that was demoted", is_elsewhere=True),
    "25P03": Outage("idle in a transaction for too long"),
    "25P04": Outage("a transaction that took too long"),
    "40": Outage("deadlock, or another transaction was first"),
    "53": Outage("out of connections, memory or disk"),
    "55P03": Outage("a lock that others hold for too long"),
    "57014": Outage("a statement that took too long, or was cancelled"),
    "57P": Outage("a server that stops or starts", is_elsewhere=True),
    "58": Outage("the server's disk or system failed"),
}
# The SQLSTATE of everything that PostgreSQL can't do: only this of it passes, and its server names the place in its code.
NOT_SUPPORTED = "0A000"
UNLOGGED_TABLE_CHECK = "get_relation_info"
UNLOGGED = Outage("a standby, which has no unlogged tables", is_elsewhere=True)
# What the driver itself finds has no SQLSTATE.
NONE_FREE = Outage("no connection is free, or none can be made")
TOO_LATE = Outage("the time of the request is over")
LOST = Outage("connection refused or lost", is_elsewhere=True)


def outage_of(error: BaseException | None) -> Outage | None:
    """The outage that the error tells of; None where it is a mistake of ours, or no error of the database."""
    if not isinstance(error, DatabaseFailure):
        return None
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    if isinstance(cause, psycopg.Error) and state == NOT_SUPPORTED:
        return UNLOGGED if cause.diag.source_function == UNLOGGED_TABLE_CHECK else None
    if state is not None:
        return next((OUTAGES[key] for key in (state, state[:3], state[:2]) if key in OUTAGES), None)
    if isinstance(cause, PoolTimeout):
        return NONE_FREE
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    return TOO_LATE if is_past_deadline() else LOST


def met_outage(error: BaseException | None) -> bool:
    """Whether the error tells of an outage; then the next request or task finds connections that work."""
    outage = outage_of(error)
    if outage is None:
        return False
    if outage.is_elsewhere:
        renew_connections()
    return True


# When each pool was renewed, by the monotonic clock.
_renewals: WeakKeyDictionary[ConnectionPool, float] = WeakKeyDictionary()


def renew_connections() -> None:
    """
    Have the pool replace its connections, at most once a second: idle ones now, those in use when they come back.

    Looking at each connection before each use would do the same at the price of a round trip a request.
    """
    pool = connection.pool  # type: ignore[attr-defined]
    now = time.monotonic()
    if pool and not pool.closed and now - _renewals.get(pool, -RENEWAL_SECONDS) >= RENEWAL_SECONDS:
        _renewals[pool] = now
        pool.drain()
