"""Tells an absent PostgreSQL from a mistake of ours, and helps the connection pool over it."""

from django.db import OperationalError, connection

# Connection failures, exhausted resources (connections among them), and a server that stops or starts.
ABSENT = ("08", "53", "57P")


def is_outage(error: BaseException | None) -> bool:
    """Deadlocks and cancelled statements are operational errors too, and no outage."""
    if not isinstance(error, OperationalError):
        return False
    # What the driver itself finds has no SQLSTATE: refused, lost, none free in the pool.
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(ABSENT)


def drop_broken_connections() -> None:
    """Has the pool replace those of its idle connections that a restart of PostgreSQL has cut.

    Looking at each connection before each use would do the same at the price of a round trip a request.
    """
    pool = connection.pool  # type: ignore[attr-defined]
    if pool and not pool.closed:
        pool.check()
