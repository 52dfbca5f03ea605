"""Behind PgBouncer in transaction mode the product works, and behind one that it can't work with no process starts."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from backend.bootstrap import ROOT
from backend.pooler import NOT_FIT, OPTIONS_REFUSED, find_pooler
from backend.response_cache.changes import Changes, PooledError, connect_directly
from tests.pgbouncer import pgbouncer, required_program
from tests.ports import TIMEOUT_SECONDS, quiet_port

pytestmark = pytest.mark.django_db(transaction=True)

Begin = Callable[..., str]


@pytest.fixture
def begin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begin]:
    """Starts PgBouncer before the tests' database and has Django's connections lead through it; returns its address."""

    known: dict[str, Any] = connection.settings_dict
    login = f"{known['USER']}:{quote(known['PASSWORD'], safe='')}"
    before = f"postgres://{login}@{known['HOST']}:{known['PORT']}/{known['NAME']}"
    with ExitStack() as stack, pytest.MonkeyPatch.context() as changes:
        # Root's PgBouncer runs as somebody else, who may not enter pytest's own directories.
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pgbouncer-")))
        directory.chmod(0o755)

        def begin(variable: str = "PGBOUNCER", **settings: str | None) -> str:
            program = required_program(variable)
            url = stack.enter_context(
                pgbouncer(program, before=before, directory=directory, settings=settings)
            )
            changes.setitem(known, "PORT", str(urlsplit(url).port))
            return url

        yield begin


def test_without_a_pooler_none_is_found() -> None:
    assert find_pooler() is False


def test_without_a_database_none_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "PORT", str(quiet_port()))

    assert find_pooler() is False


def test_through_pgbouncer_nobody_is_believed_to_hear_changes(begin: Begin) -> None:
    begin()

    with connect_directly() as session, pytest.raises(PooledError):
        Changes(max_age=1, connect=connect_directly).listen(session)


def test_pgbouncer_with_its_two_settings_is_found_and_fit(begin: Begin) -> None:
    begin()

    assert find_pooler() is True


@pytest.mark.parametrize(
    ("variable", "settings", "sentence"),
    [
        pytest.param(
            "PGBOUNCER", {"ignore_startup_parameters": ""}, OPTIONS_REFUSED, id="without the first setting"
        ),
        pytest.param("PGBOUNCER", {"max_prepared_statements": "0"}, NOT_FIT, id="without the second"),
        pytest.param("PGBOUNCER", {"pool_mode": "session"}, NOT_FIT, id="session mode"),
        pytest.param("PGBOUNCER_OLD", {"max_prepared_statements": None}, NOT_FIT, id="1.18"),
        pytest.param(
            "PGBOUNCER_OLD",
            {"max_prepared_statements": None, "ignore_startup_parameters": ""},
            OPTIONS_REFUSED,
            id="1.18 without any setting",
        ),
    ],
)
def test_a_pooler_that_the_product_does_not_work_behind_is_refused(
    begin: Begin, variable: str, settings: dict[str, str | None], sentence: str
) -> None:
    begin(variable, **settings)

    for _ in range(3):
        with pytest.raises(ImproperlyConfigured) as refusal:
            find_pooler()
        assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["-c", "import backend.wsgi"], id="web"),
        pytest.param(["-m", "celery", "-A", "backend", "worker", "--pool", "solo"], id="worker"),
        pytest.param(["manage.py", "migrate"], id="migrate"),
    ],
)
def test_no_process_starts_behind_a_pooler_that_is_not_fit(begin: Begin, command: list[str]) -> None:
    url = begin(max_prepared_statements="0")

    ended = run(command, url)

    assert ended.returncode != 0
    assert ended.stderr.rstrip().endswith(NOT_FIT)


def test_migrations_want_postgresql_itself(begin: Begin) -> None:
    ended = run(["manage.py", "migrate"], begin())

    assert ended.returncode == 1
    assert (
        ended.stderr
        == "CommandError: Migrations need PostgreSQL itself, and DATABASE_URL leads to a pooler.\n"
    )


SHOW = """
from backend import process_kind
process_kind.current = "web"
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "jit"):
        cursor.execute(f"SHOW {name}")
        print(cursor.fetchone()[0])
"""


def test_the_time_outs_of_a_role_hold_through_pgbouncer(begin: Begin) -> None:
    limits = {
        "statement_timeout": "30s",
        "lock_timeout": "1500ms",
        "idle_in_transaction_session_timeout": "10s",
        "jit": "off",
    }
    database = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        for name, limit in limits.items():
            cursor.execute(f"ALTER ROLE CURRENT_USER IN DATABASE {database} SET {name} = '{limit}'")
    try:
        shown = run(["-c", SHOW], begin()).stdout.split()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER ROLE CURRENT_USER IN DATABASE {database} RESET ALL")

    assert shown == list(limits.values())


def run(command: list[str], url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
