"""Ways through the migrations, and copies of the database in which they are gone."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from psycopg import sql

from backend.api.migration_states import few_models_rendered

Key = tuple[str, str]
Target = tuple[str, str | None]
AfterEach = Callable[[str, Key, Any], None]

SCHEMA = """
SELECT 'column', format('%s.%s %s %s', table_name, column_name, data_type, is_nullable)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'constraint', format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger', pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


def schema() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)
        return set(cursor.fetchall())


class Executor(MigrationExecutor):
    """Calls `after_each` when a migration is applied or taken back, with its key and the models of then."""

    def __init__(self, after_each: AfterEach) -> None:
        super().__init__(connection)
        self.after_each = after_each

    def apply_migration(self, state: ProjectState, migration: Migration, *args: Any, **options: Any) -> Any:
        state = super().apply_migration(state, migration, *args, **options)
        self.after_each("apply", (migration.app_label, migration.name), state.apps)
        return state

    def unapply_migration(self, state: ProjectState, migration: Migration, *args: Any, **options: Any) -> Any:
        after = super().unapply_migration(state, migration, *args, **options)
        self.after_each("unapply", (migration.app_label, migration.name), state.apps)
        return after


def migrate(*targets: Target, after_each: AfterEach | None = None, rendering_all: bool = False) -> None:
    """Goes to the targets, forwards or back, as our `migrate` does or, `rendering_all`, as Django's."""
    executor = Executor(after_each) if after_each else MigrationExecutor(connection)
    plan = executor.migration_plan(list(targets))
    if plan[0][1]:
        # In the opposite order, so that the models of a state are those that the database has.
        order = [
            step for step, _ in executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
        ]
        plan.sort(key=lambda step: order.index(step[0]), reverse=True)
    with collecting_no_garbage() if rendering_all else few_models_rendered():
        executor.migrate(list(targets), plan)


@contextmanager
def collecting_no_garbage() -> Iterator[None]:
    """Thousands of classes are made, and looking for those that are garbage takes a fifth of the time."""
    gc.disable()
    yield
    gc.enable()


@cache
def loader() -> MigrationLoader:
    """Of the files; what is applied, it does not know."""
    return MigrationLoader(None)


@contextmanager
def in_a_copy_of(template: str) -> Iterator[None]:
    own = connection.settings_dict["NAME"]
    copy = f"{own}_copy"
    leave_database()
    with connection._nodb_cursor() as cursor:
        names = sql.Identifier(copy), sql.Identifier(template)
        cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    connection.settings_dict["NAME"] = copy
    try:
        yield
    finally:
        leave_database()
        connection.settings_dict["NAME"] = own
        with connection._nodb_cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(names[0]))


def leave_database() -> None:
    """PostgreSQL neither copies nor drops one that somebody is connected to."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
