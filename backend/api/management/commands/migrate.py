"""Django's `migrate`, which queues for no lock with all readers behind it (decision 53)."""

import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management.base import CommandError, no_translations
from django.core.management.commands import migrate
from django.db import DatabaseError, OperationalError, connections
from django.db.backends.utils import CursorWrapper
from django.db.migrations import Migration
from django.db.migrations.recorder import MigrationRecorder
from psycopg.errors import DeadlockDetected, LockNotAvailable

from backend.api.migration_states import few_models_rendered
from backend.pooler import find_pooler

TRIES = 60
PAUSE_SECONDS = 5


class Command(migrate.Command):
    """
    While a statement waits for an exclusive lock, every other statement on the table waits behind it.

    So a migration gives up after the lock time-out of DATABASE_TIMEOUTS_MIGRATE, or in a deadlock, lets the others pass and
    begins anew, 60 times in five minutes. What was migrated before stays.
    """

    pause: Callable[[float], None] = staticmethod(time.sleep)

    @no_translations
    def handle(self, *args: object, **options: Any) -> None:
        # A session's lock time-out would stay there for others, and new tables belong to the role that makes them.
        if find_pooler():
            raise CommandError("Migrations need PostgreSQL itself, and DATABASE_URL leads to a pooler.")
        for attempt in range(1, TRIES + 1):
            self._database = options["database"]
            try:
                # What holds data already is migrated as Django does it.
                is_new = not MigrationRecorder(connections[self._database]).applied_migrations()
                with few_models_rendered() if is_new else nullcontext():
                    super().handle(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
                    raise
                words = str(error).partition("\n")[0]
            else:
                return
            finally:
                # The pool would hand on the session as it is.
                with suppress(DatabaseError), connections[self._database].cursor() as cursor:
                    cursor.execute("RESET lock_timeout")
            if attempt < TRIES:
                self.stderr.write(f"\n{words}; try {attempt + 1} of {TRIES} in {PAUSE_SECONDS} s.")
                self.pause(PAUSE_SECONDS)
        raise CommandError(
            f"{words}, {TRIES} times. pg_stat_activity shows who holds it, such as a dump; then run migrate again."
        )

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
        """CREATE INDEX CONCURRENTLY blocks nobody while it waits, and broken off it leaves an invalid index."""
        if action in {"apply_start", "unapply_start"}:
            milliseconds = settings.DATABASE_TIMEOUTS["migrate"][1] if migration.atomic else 0
            with connections[self._database].cursor() as cursor:
                # Here and not with the connection alone, whose options PgBouncer drops.
                cursor.execute(f"SET lock_timeout = {milliseconds:d}")
                if action == "apply_start" and not fake:
                    _drop_unfinished_indexes(cursor, migration)
        super().migration_progress_callback(action, migration, fake)


def _drop_unfinished_indexes(cursor: CursorWrapper, migration: Migration) -> None:
    """A migration that was broken off leaves the indexes that it made, the last one invalid; they are made anew."""
    for operation in migration.operations:
        if isinstance(operation, AddIndexConcurrently):
            cursor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{operation.index.name}"')
