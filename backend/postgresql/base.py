"""Django's engine for PostgreSQL, but a request waits for a connection of the pool no longer than it has time."""

from typing import Any

import psycopg
from django.db.backends.postgresql import base

from backend.api.deadlines import seconds_left


class DatabaseWrapper(base.DatabaseWrapper):
    """What Django looks for in the module that ENGINE names."""

    # Any: as Django's stubs have it.
    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """Raises psycopg_pool.PoolTimeout where none is free in time, psycopg.OperationalError where none can be made."""
        seconds = seconds_left()
        # Any: Django's stubs do not know the pool.
        wrapper: Any = self
        if seconds is None or wrapper.pool is None:
            unpooled: psycopg.Connection[Any] = super().get_new_connection(conn_params)
            return unpooled
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        wrapper.pool.open()
        connection: psycopg.Connection[Any] = wrapper.pool.getconn(timeout=min(seconds, wrapper.pool.timeout))
        return connection
