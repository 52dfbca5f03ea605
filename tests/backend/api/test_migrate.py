"""Migrations queue for no lock with all readers behind them."""

import io
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command, get_commands
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations import Migration
from pytest_django.fixtures import Settings

from backend.api.management.commands import migrate
from backend.api.management.commands.migrate import PAUSE_SECONDS, Command

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
    # With its lock time-out.
    connection.close()


def unmigrate(command: Command) -> None:
    """Of an app that no migration of ours depends on: each of those takes seconds to come back."""
    call_command(command, "admin", "zero", verbosity=0, interactive=False)


def is_there() -> bool:
    return "django_admin_log" in connection.introspection.table_names()


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

    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == (timeout,)
