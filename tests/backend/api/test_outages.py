"""What readers are told while PostgreSQL is away, and that all is well once it is back."""

import tempfile
import time
from collections.abc import Iterator
from json import dumps
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from django.db import (
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    close_old_connections,
    connections,
)
from django.http import HttpResponse
from psycopg import errors
from psycopg_pool import PoolTimeout
from rest_framework.test import APIClient

from backend.api.deadlines import REQUEST_SECONDS
from backend.api.outages import outage_of
from backend.devstack import processes
from backend.devstack.__main__ import reset
from backend.devstack.directory import StackDirectory
from backend.devstack.location import choose_location
from backend.devstack.postgresql import start_postgresql
from backend.postgresql.base import DatabaseWrapper
from newsletter.readers.links import preferences_token, unsubscribe_token
from tests.factories import SubscriberFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.backend.api.probe")]

PATHS = ["/api/v1/database", "/api/v1/database-page"]
PAGE = "/page/database"
# The pool gives up after two seconds; one that is not told to waits for thirty.
MOMENT_SECONDS = 10


def caused_by(cause: Exception, error: type[Exception] = OperationalError) -> Exception:
    wrapped = error(str(cause))
    wrapped.__cause__ = cause
    return wrapped


def of_an_unlogged_table() -> Exception:
    """As PostgreSQL tells it; tests/faults/test_restores.py asks a real standby."""

    class Refused(errors.FeatureNotSupported):
        diag = SimpleNamespace(source_function="get_relation_info")  # type: ignore[assignment]

    return Refused()


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        pytest.param(caused_by(psycopg.OperationalError("connection refused")), True, id="refused or lost"),
        pytest.param(caused_by(PoolTimeout()), True, id="no connection free"),
        pytest.param(caused_by(errors.AdminShutdown()), True, id="stopping"),
        pytest.param(caused_by(errors.CannotConnectNow()), True, id="starting"),
        pytest.param(caused_by(errors.TooManyConnections()), True, id="too many connections"),
        pytest.param(caused_by(errors.ConnectionFailure()), True, id="connection failure"),
        pytest.param(caused_by(errors.DiskFull()), True, id="disk full"),
        pytest.param(caused_by(errors.IoError()), True, id="disk broken"),
        pytest.param(caused_by(errors.ReadOnlySqlTransaction(), InternalError), True, id="read-only"),
        pytest.param(
            caused_by(errors.IdleInTransactionSessionTimeout(), InternalError), True, id="idle for too long"
        ),
        pytest.param(caused_by(errors.DeadlockDetected()), True, id="deadlock"),
        pytest.param(caused_by(errors.SerializationFailure()), True, id="another was first"),
        pytest.param(caused_by(errors.LockNotAvailable()), True, id="lock time-out"),
        pytest.param(caused_by(errors.QueryCanceled()), True, id="statement time-out"),
        pytest.param(InterfaceError("connection already closed"), True, id="closed"),
        pytest.param(caused_by(errors.InternalError_(), InternalError), False, id="a fault of PostgreSQL's"),
        pytest.param(
            caused_by(errors.InFailedSqlTransaction(), InternalError), False, id="a transaction that failed"
        ),
        pytest.param(caused_by(of_an_unlogged_table()), True, id="an unlogged table on a standby"),
        pytest.param(caused_by(errors.FeatureNotSupported()), False, id="what PostgreSQL can't do"),
        pytest.param(caused_by(errors.StatementTooComplex()), False, id="too complex"),
        pytest.param(caused_by(errors.UniqueViolation(), IntegrityError), False, id="constraint"),
        pytest.param(caused_by(errors.UndefinedTable(), ProgrammingError), False, id="our mistake"),
        pytest.param(RuntimeError(), False, id="anything else"),
        pytest.param(None, False, id="nothing"),
    ],
)
def test_a_refusal_that_is_no_mistake_and_passes_is_an_outage(error: Exception | None, outage: bool) -> None:
    assert (outage_of(error) is not None) == outage


class Elsewhere:
    """The product on a database of its own, with the pool as settings have it, which waits so long."""

    def __init__(self, *, seconds: float = REQUEST_SECONDS, parameters: str = "", **address: Any) -> None:
        known = connections["default"].settings_dict
        options = {**known["OPTIONS"], "options": f"{known['OPTIONS'].get('options', '')} {parameters}"}
        options = {**options, "pool": {**options["pool"], "timeout": seconds}}
        self.wrapper = DatabaseWrapper({**known, "OPTIONS": options, **address}, "elsewhere")

    def address(self) -> dict[str, Any]:
        known = self.wrapper.settings_dict
        names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
        return {name: known[key] for name, key in names.items() if known[key]}

    def ask(self, path: str, method: str = "GET", *, json: object = None, **cookies: str) -> HttpResponse:
        """As the server does, which hands connections back at the end of each request."""
        client = APIClient(raise_request_exception=False)
        client.cookies.load(cookies)
        body = "" if json is None else dumps(json)
        answer = client.generic(method, path, body, content_type="application/json")
        close_old_connections()
        return answer


@pytest.fixture
def elsewhere() -> Iterator[Any]:
    before = connections["default"]
    opened = []

    def go(**address: Any) -> Elsewhere:
        there = Elsewhere(**address)
        opened.append(there)
        connections["default"] = connections["elsewhere"] = there.wrapper
        return there

    yield go
    connections["default"] = before
    del connections["elsewhere"]
    for there in opened:
        there.wrapper.close()
        there.wrapper.close_pool()


def assert_unavailable(answer: HttpResponse) -> None:
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Retry-After"] == "1"
    assert answer["Cache-Control"] == "no-store"
    assert b'"code": "unavailable"' in answer.content


def assert_a_calm_page(answer: HttpResponse) -> None:
    assert answer.status_code == 503
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["Retry-After"] == "1"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert b"Our database cannot be reached just now; try again in a second." in answer.content


@pytest.mark.parametrize("path", PATHS)
def test_a_database_that_is_not_there_is_a_503_within_a_moment(elsewhere: Any, path: str) -> None:
    there = elsewhere(HOST="127.0.0.1", PORT="1")
    began = time.monotonic()

    answer = there.ask(path)

    assert_unavailable(answer)
    assert time.monotonic() - began < MOMENT_SECONDS


def test_people_get_a_page_within_a_moment(elsewhere: Any) -> None:
    there = elsewhere(HOST="127.0.0.1", PORT="1")
    began = time.monotonic()

    answer = there.ask(PAGE)

    assert_a_calm_page(answer)
    assert time.monotonic() - began < MOMENT_SECONDS


@pytest.mark.urls("backend.urls")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", "/newsletter/unsubscribe?token={unsubscribe}", id="one click"),
        pytest.param(
            "POST", "/newsletter/unsubscribe?token={unsubscribe}&page", id="the button to unsubscribe"
        ),
        pytest.param("GET", "/newsletter/preferences?token={preferences}", id="preferences"),
        pytest.param("GET", "/newsletter/confirm?token=unknown", id="a confirmation"),
        pytest.param("GET", "/newsletter/editions/2026-W48", id="an edition of the archive"),
    ],
)
def test_the_mails_links_say_come_again_and_mail_programs_repeat_the_click(
    elsewhere: Any, method: str, path: str
) -> None:
    reader = SubscriberFactory().pk
    tokens = {"unsubscribe": unsubscribe_token(reader), "preferences": preferences_token(reader)}
    there = elsewhere(HOST="127.0.0.1", PORT="1", seconds=0.1)

    assert_a_calm_page(there.ask(path.format_map(tokens), method))


@pytest.mark.urls("backend.urls")
def test_the_page_that_needs_no_database_is_shown_without_one(elsewhere: Any) -> None:
    there = elsewhere(HOST="127.0.0.1", PORT="1", seconds=0.1)

    answer = there.ask(f"/newsletter/unsubscribe?token={unsubscribe_token(uuid4())}")

    assert answer.status_code == 200


@pytest.mark.urls("backend.urls")
def test_the_admin_says_come_again(elsewhere: Any) -> None:
    there = elsewhere(HOST="127.0.0.1", PORT="1", seconds=0.1)

    assert_a_calm_page(there.ask("/admin/login/", "POST", sessionid="a" * 32))


def test_a_connection_lost_in_the_middle_is_a_503_and_the_next_request_is_answered(elsewhere: Any) -> None:
    there = elsewhere()
    assert there.ask(PATHS[0]).status_code == 200

    assert_unavailable(there.ask(PATHS[0], "POST"))

    assert there.ask(PATHS[0]).status_code == 200


@pytest.mark.urls("backend.urls")
def test_on_a_read_only_database_a_sign_up_and_the_admin_come_again_and_reads_are_answered(
    elsewhere: Any,
) -> None:
    there = elsewhere(parameters="-c default_transaction_read_only=on")
    sign_up = {"email": "reader@example.com", "frequency": "weekly"}

    assert_unavailable(there.ask("/api/v1/newsletter/subscriptions", "POST", json=sign_up))
    assert_unavailable(there.ask("/api/v1/voters", "POST", json={}))
    assert there.ask("/api/v1/tools").status_code == 200


def test_connections_to_a_read_only_database_are_replaced(elsewhere: Any) -> None:
    there = elsewhere(parameters="-c default_transaction_read_only=on")
    question = "/api/v1/database?sql=SELECT pg_backend_pid()"
    before = there.ask(question).json()

    assert_unavailable(there.ask("/api/v1/database?sql=CREATE TABLE never ()"))

    assert there.ask(question).json() != before


@pytest.mark.parametrize(
    ("parameters", "question"),
    [
        pytest.param("-c statement_timeout=20ms", "SELECT pg_sleep(5)", id="statement"),
        pytest.param("-c lock_timeout=20ms", "LOCK TABLE newsletter_subscriber", id="lock"),
    ],
)
def test_a_time_out_is_a_503_and_leaves_the_connection_as_it_is(
    elsewhere: Any, parameters: str, question: str
) -> None:
    there = elsewhere(parameters=parameters)
    [pid] = there.ask("/api/v1/database?sql=SELECT pg_backend_pid()").json()

    with psycopg.connect(**there.address()) as other:
        other.execute("LOCK TABLE newsletter_subscriber")
        assert_unavailable(there.ask(f"/api/v1/database?sql={question}"))

    still_there = f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}"
    assert there.ask(f"/api/v1/database?sql={still_there}").json() == [1]


def test_cut_idle_connections_cost_one_request(elsewhere: Any) -> None:
    there = elsewhere()
    pool = there.wrapper.pool
    pool.open()
    idle = [pool.getconn() for _ in range(4)]
    with connections["default"].cursor() as cursor:
        for connection in idle:
            pool.putconn(connection)
            cursor.execute("SELECT pg_terminate_backend(%s, 1000)", [connection.info.backend_pid])
    close_old_connections()

    assert_unavailable(there.ask(PATHS[0]))

    assert [there.ask(path).status_code for path in PATHS * 4] == [200] * 8


@pytest.fixture
def stack() -> Iterator[StackDirectory]:
    """Where a PostgreSQL of the test's own lies; its user can't enter pytest's directories."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        stack = StackDirectory(Path(folder) / "outage").make()
        mark = stack.begin()
        yield stack
        processes.end(processes.marked(mark), timeout=0)
        reset(stack)


def test_while_postgresql_is_stopped_every_request_is_told_so_and_when_it_is_back_all_is_well(
    elsewhere: Any, stack: StackDirectory
) -> None:
    location = choose_location(stack, is_lasting=False)
    server = start_postgresql(stack, location, mark="", is_lasting=False)
    url = urlsplit(server.url)
    there = elsewhere(
        HOST=url.hostname, PORT=str(url.port), USER=url.username, PASSWORD=url.password, NAME=url.path[1:]
    )
    assert [there.ask(path).status_code for path in [*PATHS, PAGE]] == [200] * 3

    processes.stop([server.child], timeout=5)
    for path in PATHS * 2:
        began = time.monotonic()
        assert_unavailable(there.ask(path))
        assert time.monotonic() - began < MOMENT_SECONDS
    assert_a_calm_page(there.ask(PAGE))

    again = start_postgresql(stack, location, mark="", is_lasting=False, port=url.port)
    assert [there.ask(path).status_code for path in [*PATHS, PAGE] * 2] == [200] * 6
    processes.stop([again.child], timeout=5)
