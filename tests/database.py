"""What tests of the database share: constraints by name, and deeds of several connections at once."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from time import monotonic, sleep
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

CONSTRAINTS = """
SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = ANY(%(tables)s::regclass[])
UNION
SELECT indexrelid::regclass::text FROM pg_index
WHERE indisunique AND NOT indisprimary AND indrelid = ANY(%(tables)s::regclass[])
"""


def constraints_of(app: str) -> set[str]:
    """The name of every CHECK and of every unique index but primary keys, as PostgreSQL knows them."""
    tables = [
        model._meta.db_table for model in apps.get_app_config(app).get_models(include_auto_created=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(CONSTRAINTS, {"tables": tables})
        return {name for (name,) in cursor.fetchall()}


def broken_constraint(write: Callable[[], object]) -> str:
    """The name of the constraint that refuses the write, of which nothing remains."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        write()
    return constraint_in(refusal.value)


def constraint_in(error: BaseException) -> str:
    cause: Any = error.__cause__
    return str(cause.diag.constraint_name)


def with_pg_trgm() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if not cursor.rowcount:
            pytest.skip("this PostgreSQL comes without pg_trgm")
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")


def execute(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def move_moment(tool: Any, sql: str) -> None:
    """Sets when readers can read a tool, as the clock would, or as an earlier release left it: the database refuses it."""
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("ALTER TABLE catalog_tool DISABLE TRIGGER tool_would_be_public_otherwise")
    execute(f"UPDATE catalog_tool SET public_at = {sql} WHERE id = %s", tool.pk)
    execute("ALTER TABLE catalog_tool ENABLE TRIGGER tool_would_be_public_otherwise")
    execute("SET CONSTRAINTS ALL DEFERRED")


def database_now() -> datetime:
    """PostgreSQL's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row: tuple[datetime] = cursor.fetchone()
    return row[0]


def at_once(*deeds: Callable[[], object]) -> list[BaseException | None]:
    """Does each deed on a connection of its own, all starting together; what each of them raised."""
    barrier = Barrier(len(deeds))

    def perform(deed: Callable[[], object]) -> None:
        barrier.wait(timeout=30)
        deed()

    with ThreadPoolExecutor(len(deeds)) as threads:
        futures = [threads.submit(_on_own_connection, perform, deed) for deed in deeds]
    return [future.exception() for future in futures]


def start_elsewhere(deed: Callable[[], object], *, waiting: int = 1) -> Future[None]:
    """Begins the deed on another connection; comes back once so many, itself among them, wait for locks of others."""
    threads = ThreadPoolExecutor(1)
    future = threads.submit(_on_own_connection, deed)
    threads.shutdown(wait=False)
    _wait_for_locks(waiting)
    return future


def _on_own_connection(deed: Callable[..., object], *arguments: object) -> None:
    try:
        deed(*arguments)
    finally:
        connection.close()


def _wait_for_locks(waiting: int) -> None:
    deadline = monotonic() + 30
    while monotonic() < deadline:
        with connection.cursor() as cursor:
            # Within a transaction it would show again what it has shown.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.rowcount >= waiting:
                return
        sleep(0.01)
    raise TimeoutError("Nobody waits for a lock.")
