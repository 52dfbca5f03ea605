"""What every test may use."""

import fcntl
import gc
import os
from collections.abc import Callable, Generator, Iterator
from itertools import compress
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import psycopg
import pytest
from django.conf import settings as configured
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from django.test import TestCase, TransactionTestCase
from psycopg import sql
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.test import APIClient
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from backend.api import rendering
from backend.api.parameters import AnySerializer
from tests import mail_sink, queues
from tests.mail_sink import Sink

# Those that take longest, in order: begun last, they would keep one process busy while the others have nothing left to do.
SLOW = (
    # It has engines of its own: a core has work while the first process migrates the database that all others copy.
    "tests/backend/devstack/test_serve.py",
    *("tests/faults/test_mail_outages.py", "tests/faults/test_database_outages.py"),
    *("tests/test_migrations.py", "tests/browser/", "tests/faults/"),
    *("tests/test_contract.py", "tests/backend/devstack/", "tests/backend/test_bootstrap.py"),
    *("tests/votes/test_rules.py", "tests/newsletter/readers/test_mail_worker.py"),
)
# Single tests of these take seconds, and wait for much of them. Those of other files stay together, file by file: one
# process makes what they share, once.
APART = ("tests/backend/devstack/", "tests/faults/", "tests/test_migrations.py")
# What migrations make, and what Django makes after them: its flush makes that anew, which takes longer than most tests.
LASTING = {
    *("django_migrations", "django_content_type", "auth_permission"),
    *("auth_group", "auth_group_permissions"),
}
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


def pytest_configure() -> None:
    """Give each process that tests a database of its own in Redis, as pytest-django does in PostgreSQL.

    Redis has 16, unless it is told otherwise; the Makefile starts no more processes, and a further one would fail.
    """
    number = int(WORKER.removeprefix("gw") or 0)
    url = urlsplit(configured.REDIS_URL)._replace(path=f"/{number}").geturl()
    configured.REDIS_URL = configured.CELERY_BROKER_URL = os.environ["REDIS_URL"] = url
    configured.CACHES["default"]["LOCATION"] = url
    # Otherwise each test client looks for all files of the admin first.
    configured.WHITENOISE_AUTOREFRESH = True
    # On a busy machine any example of hypothesis may take longer than its 200 ms.
    hypothesis.settings.register_profile("patient", hypothesis.settings(), deadline=None)
    hypothesis.settings.load_profile("patient")
    # Half a second of CPU for each password that a test sets or enters; programs that tests start can check it too.
    PBKDF2PasswordHasher.iterations = 1_000
    # Of fifty threads the last waits longer on a busy machine than a reader does.
    options: Any = configured.DATABASES["default"]["OPTIONS"]
    options["pool"]["timeout"] = 60
    TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[attr-defined]
    TestCase._fixture_setup = classmethod(begin_transaction)  # type: ignore[attr-defined]


# As Django begins a test in a transaction.
BEGIN: Callable[[type[TestCase]], None] = TestCase._fixture_setup.__func__  # type: ignore[attr-defined]


def begin_transaction(case: type[TestCase]) -> None:
    """A test that never commits has what is done at a commit after each statement."""
    BEGIN(case)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS documents_are_made_at_commit, listings_are_made_at_commit IMMEDIATE")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What collecting makes stays until the end: nothing looks for garbage in it, neither then nor while tests run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def empty_tables(_: TransactionTestCase) -> None:
    """Instead of Django's flush, which truncates all tables after each test that commits, whichever it wrote."""
    names = set(connection.introspection.django_table_names()) - LASTING
    tables = [sql.Identifier(name) for name in sorted(names)]
    written = sql.SQL(", ").join(sql.SQL("EXISTS (SELECT FROM {})").format(table) for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {}").format(written))
        found = list(compress(tables, cursor.fetchone() or ()))
        if found:
            cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(found)))


def pytest_xdist_auto_num_workers() -> int:
    """Two processes for each core: the servers and mail that many tests wait for leave the cores to others."""
    return 2 * (os.cpu_count() or 1)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return ByFile(config, log)


class ByFile(LoadScopeScheduling):
    """Gives a process whole files, in their order."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(APART) else nodeid.partition("::")[0]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=place)


def place(item: pytest.Item) -> int:
    """Where among those of SLOW, or behind them. Neighbours share what takes long to start, as a browser."""
    return next((place for place, start in enumerate(SLOW) if item.nodeid.startswith(start)), len(SLOW))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Migrating takes seconds of CPU: of several processes the first does it, and the databases of all are copies."""
    if not WORKER:
        return
    made = tmp_path_factory.getbasetemp().parent / "migrated"
    with made.with_suffix(".lock").open("w") as lock, django_db_blocker.unblock():
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make_migrated_database()
            made.touch()
    connection.settings_dict["TEST"]["TEMPLATE"] = migrated_database()


def migrated_database() -> str:
    return f"test_{configured.DATABASES['default']['NAME']}_migrated"


def make_migrated_database() -> None:
    settings, name = connection.settings_dict, connection.settings_dict["NAME"]
    own = settings["TEST"]["NAME"]
    settings["TEST"]["NAME"] = migrated_database()
    connection.creation.create_test_db(verbosity=0, serialize=False)
    connection.creation.destroy_test_db(name, verbosity=0, keepdb=True)
    settings["TEST"]["NAME"] = own
    # PostgreSQL copies no database that somebody is connected to.
    connection.close_pool()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """PostgreSQL drops no database that somebody is connected to, as a thread of a server that is ending may be."""
    yield
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        database.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s",
            [connection.settings_dict["NAME"]],
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What all processes have shared goes when all have ended."""
    if not session.config.pluginmanager.hasplugin("dsession"):
        return
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        database.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(migrated_database())))


@pytest.fixture
def queue() -> Iterator[None]:
    """The queue of tasks, in which none waits when the test begins and ends."""
    queues.clear()
    yield
    queues.clear()


@pytest.fixture
def api() -> APIClient:
    """A reader's browser: no session, no cookies."""
    return APIClient()


@pytest.fixture
def rendered_as_serialized(monkeypatch: pytest.MonkeyPatch) -> None:
    """Holds each value that a test's answers are written from to what its serializer says of it."""
    made = rendering._writer_of_some

    def checked(serializer: type[AnySerializer], only: frozenset[str]) -> rendering.Read:
        write = made(serializer, only)

        def write_and_compare(value: object) -> object:
            written = write(value)
            whole = serializer(value)
            for name in (whole.fields.keys() - only) if only else ():
                del whole.fields[name]
            assert written == whole.data
            return written

        return write_and_compare

    monkeypatch.setattr(rendering, "_writer_of_some", checked)


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    """A mail server, which all mail goes to."""
    with mail_sink.listening() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield sink
