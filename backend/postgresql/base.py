"""Django's engine for PostgreSQL, but a request waits for a connection of the pool no longer than it has time."""

from typing import Any

import psycopg
from django.db.backends.postgresql import base

from backend.api.deadlines import seconds_left


class DatabaseWrapper(base.DatabaseWrapper):
    """What Django looks for in the module that ENGINE names."""

    # Any: Django's stubs know neither the pool nor what they return here.
    def get_new_connection(self, conn_params: dict[str, object]) -> Any:
        """Raises psycopg_pool.PoolTimeout where none is free in time, psycopg.OperationalError where none can be made."""
        seconds = seconds_left()
        pool: Any = self.pool
        if seconds is None or pool is None:
            return super().get_new_connection(conn_params)
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        pool.open()
        return pool.getconn(timeout=min(seconds, pool.timeout))
