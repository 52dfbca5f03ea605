"""Migrations queue for no lock with all readers behind them."""

import io
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command, get_commands
from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection
from django.db.migrations import Migration
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from psycopg.errors import DeadlockDetected, LockNotAvailable
from pytest_django.fixtures import Settings

from backend.api.management.commands import migrate
from backend.api.management.commands.migrate import PAUSE_SECONDS, Command
from backend.api.migration_states import FOUND_BY_DJANGO
from tests.database import execute

pytestmark = pytest.mark.django_db(transaction=True)


def open_elsewhere() -> psycopg.Connection[Any]:
    known = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return psycopg.connect(**{name: known[key] for name, key in names.items() if known[key]})


@pytest.fixture
def reader() -> Iterator[psycopg.Connection[Any]]:
    """Has read the admin's log in a transaction that is still open, as a dump has."""
    with open_elsewhere() as reader:
        reader.execute("SELECT FROM django_admin_log")
        yield reader
        reader.rollback()
        call_command("migrate", verbosity=0)


@pytest.fixture
def command(settings: Settings) -> Iterator[Command]:
    settings.DATABASE_TIMEOUTS = {**settings.DATABASE_TIMEOUTS, "migrate": (0, 20, 0)}
    command = Command(stderr=io.StringIO(), stdout=io.StringIO())
    command.pause = lambda seconds: None
    yield command
    # Closed, it would go on in the pool with its time-out.
    execute("RESET lock_timeout")


def unmigrate(command: Command) -> None:
    """Of an app that no migration of ours depends on: each of those takes seconds to come back."""
    call_command(command, "admin", "zero", verbosity=0, interactive=False)


def shown(setting: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        return str(cursor.fetchone()[0])


def is_there() -> bool:
    return "django_admin_log" in connection.introspection.table_names()


@pytest.mark.parametrize(
    ("applied", "renders_few"), [({}, True), ({("catalog", "0001_initial"): None}, False)]
)
def test_only_a_new_database_is_migrated_with_few_models_rendered(
    command: Command, monkeypatch: pytest.MonkeyPatch, applied: dict[Any, Any], renders_few: bool
) -> None:
    seen = []
    monkeypatch.setattr(MigrationRecorder, "applied_migrations", lambda recorder: applied)
    monkeypatch.setattr(
        DjangoCommand,
        "handle",
        lambda *args, **options: seen.append(ProjectState._find_reload_model is not FOUND_BY_DJANGO),  # type: ignore[attr-defined]
    )

    call_command(command, verbosity=0)

    assert seen == [renders_few]


def test_the_project_has_this_migrate() -> None:
    assert get_commands()["migrate"] == "backend.api"


def test_a_migration_lets_others_pass_and_begins_anew_once_the_lock_is_free(
    command: Command, reader: psycopg.Connection[Any]
) -> None:
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        with open_elsewhere() as passing:
            passing.execute("SET lock_timeout = 1; SELECT FROM django_admin_log")
        reader.rollback()

    command.pause = pause

    unmigrate(command)

    assert not is_there()
    assert pauses == [PAUSE_SECONDS]
    # The connection's next user has the time-out that the process began with.
    assert shown("lock_timeout") == "10s"
    assert "canceling statement due to lock timeout; try 2 of 60 in 5 s." in command.stderr.getvalue()


def test_a_lock_that_is_never_free_ends_in_a_sentence(
    command: Command, reader: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "TRIES", 2)

    with pytest.raises(CommandError, match=r"lock timeout, 2 times\. pg_stat_activity shows who holds it"):
        unmigrate(command)

    assert is_there()


@pytest.mark.parametrize(("atomic", "timeout"), [(True, "20ms"), (False, "0")])
def test_only_migrations_in_a_transaction_have_a_lock_time_out(
    command: Command, atomic: bool, timeout: str
) -> None:
    migration = type("OneMigration", (Migration,), {"atomic": atomic})("one", "tests")
    command.verbosity, command._database = 0, DEFAULT_DB_ALIAS

    command.migration_progress_callback("apply_start", migration)

    assert shown("lock_timeout") == timeout


def validity(index: str) -> list[bool]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indisvalid FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relname = %s",
            [index],
        )
        return [is_valid for (is_valid,) in cursor.fetchall()]


def test_an_index_whose_making_was_broken_off_is_made_anew(command: Command) -> None:
    call_command("migrate", "votes", "0026", verbosity=0)
    with open_elsewhere() as writer:
        writer.execute("LOCK TABLE votes_alert IN ROW EXCLUSIVE MODE")
        execute("SET statement_timeout = 100")
        with pytest.raises(OperationalError, match="statement timeout"):
            execute("CREATE INDEX CONCURRENTLY open_alerts ON votes_alert (id)")
        execute("RESET statement_timeout")
    assert validity("open_alerts") == [False]

    call_command(command, verbosity=0)

    assert validity("open_alerts") == [True]


@pytest.mark.parametrize("cause", [LockNotAvailable, DeadlockDetected])
def test_what_postgresql_ends_for_the_sake_of_others_is_begun_anew(
    command: Command, monkeypatch: pytest.MonkeyPatch, cause: type[psycopg.Error]
) -> None:
    tries: list[int] = []

    def end_first(*args: object, **options: object) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError("ended for others") from cause()

    monkeypatch.setattr(DjangoCommand, "handle", end_first)

    call_command(command, verbosity=0)

    assert len(tries) == 2
