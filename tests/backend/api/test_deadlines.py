"""A request ends within its time, whatever the database does."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connection, transaction
from psycopg.pq import TransactionStatus

from backend.api import deadlines
from backend.api.deadlines import (
    STUCK_SECONDS,
    Deadline,
    Watch,
    is_past_deadline,
    request_deadline,
    seconds_left,
)
from backend.api.outages import TOO_LATE, outage_of

pytestmark = pytest.mark.django_db(transaction=True)


def waiting(deadline: Deadline, look: Callable[[], object]) -> threading.Thread:
    """Calls `look` once the statement of this thread is under way."""

    def wait_and_look() -> None:
        held = deadline.wrapper.connection
        while held.pgconn.transaction_status != TransactionStatus.ACTIVE:
            assert not held.closed
            time.sleep(0.001)
        look()

    thread = threading.Thread(target=wait_and_look)
    thread.start()
    return thread


# Server processes that do not notice that we are gone.
lonely: list[int] = []


@pytest.fixture(autouse=True)
def end_the_lonely() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        while lonely:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [lonely.pop()])


def wait_and_be_cut() -> OperationalError:
    """Waits in the database for what never comes."""
    connection.ensure_connection()
    lonely.append(connection.connection.info.backend_pid)
    with pytest.raises(OperationalError) as lost, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(30)")
    connection.close()
    return lost.value


def test_a_request_that_waits_past_its_deadline_loses_its_connection_and_that_is_an_outage() -> None:
    connection.ensure_connection()
    deadline = Deadline(1.8)
    thread = waiting(deadline, lambda: deadline.look(deadline.moment))

    lost = wait_and_be_cut()

    thread.join()
    assert deadline.is_past
    assert outage_of(lost) is not None


def test_the_watching_thread_cuts_what_is_past_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "REQUEST_SECONDS", 0.0)

    with request_deadline("/api/v1/tools"):
        assert outage_of(wait_and_be_cut()) is TOO_LATE

    assert not is_past_deadline()


def test_a_request_within_its_time_and_one_that_waits_for_nothing_keep_their_connections() -> None:
    connection.ensure_connection()
    early, late = Deadline(1.8), Deadline(0)
    thread = waiting(early, lambda: early.look(early.moment - 1))

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.05)")
        thread.join()
        late.look(late.moment + 1)
        cursor.execute("SELECT 1")

    assert [early.is_past, late.is_past] == [False, False]


def test_a_request_that_is_over_is_looked_at_no_more() -> None:
    deadline = Deadline(0)

    deadline.end()
    deadline.look(deadline.moment + 1)

    assert not deadline.is_past


def test_requests_that_wait_long_for_one_statement_are_counted_as_stuck() -> None:
    connection.ensure_connection()
    watch, deadline, seen = Watch(), Deadline(30), []
    watch._deadlines[1] = deadline

    def look() -> None:
        for seconds in (0, STUCK_SECONDS):
            watch.look(deadline.moment - 30 + seconds)
            seen.append(watch.stuck)

    thread = waiting(deadline, look)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.1)")
    thread.join()
    watch.look(deadline.moment - 29)

    assert [*seen, watch.stuck] == [0, 1, 0]


@pytest.mark.parametrize(
    ("path", "seconds"),
    [
        ("/api/v1/tools", deadlines.REQUEST_SECONDS),
        ("/newsletter/preferences", deadlines.REQUEST_SECONDS),
        ("/admin/votes/", deadlines.LONG_REQUEST_SECONDS),
        ("/hooks/mail/postmark/", deadlines.LONG_REQUEST_SECONDS),
    ],
)
def test_staff_and_providers_have_more_time_than_readers(path: str, seconds: float) -> None:
    before = time.monotonic()
    with request_deadline(path):
        after = time.monotonic()
        assert before + seconds <= deadlines._mine.deadline.moment <= after + seconds


def test_a_request_that_is_late_still_gets_what_is_free_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seconds_left() is None
    monkeypatch.setattr(deadlines, "REQUEST_SECONDS", -5.0)

    with request_deadline("/api/v1/tools"):
        assert seconds_left() == 0.1
