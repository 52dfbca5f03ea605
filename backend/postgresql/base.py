"""Django's engine for PostgreSQL, but a request waits no longer for a connection than it has time, and C reads times."""

from datetime import UTC
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format

from backend.api.deadlines import seconds_left

OwnLoader = psycopg.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, Format.TEXT) or Loader


class TimeLoader(Loader):
    """Reads a time in a tenth of the microseconds that Django's loader takes; connections are in UTC."""

    # Django compares it with the zone of the connection.
    timezone = UTC

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        # The class in C is no parent that Python allows.
        self.load = OwnLoader(oid, context).load  # type: ignore[method-assign]

    def load(self, data: Buffer) -> object:
        """Each instance has its own."""
        raise NotImplementedError


class DatabaseWrapper(base.DatabaseWrapper):
    """What Django looks for in the module that ENGINE names."""

    # Any: Django's stubs know neither the pool nor what they return here.
    def get_connection_params(self) -> dict[str, object]:
        params: dict[str, Any] = super().get_connection_params()
        if self.timezone is UTC:
            params["context"].register_loader("timestamptz", TimeLoader)
        return params

    def get_new_connection(self, conn_params: dict[str, object]) -> Any:
        """Raises psycopg_pool.PoolTimeout where none is free in time, psycopg.OperationalError where none can be made."""
        seconds = seconds_left()
        pool: Any = self.pool
        if seconds is None or pool is None:
            return super().get_new_connection(conn_params)
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        pool.open()
        return pool.getconn(timeout=min(seconds, pool.timeout))
