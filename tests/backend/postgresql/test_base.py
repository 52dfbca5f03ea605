"""A request waits for a connection of the pool no longer than it has time; times are in UTC."""

import time
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import DataError, OperationalError, connection
from django.db.models import DateTimeField, Value
from django.db.models.functions import Cast
from psycopg.pq import Format

from backend.api import deadlines
from backend.api.deadlines import request_deadline
from backend.api.models import CountChange
from backend.api.outages import NONE_FREE, outage_of
from backend.postgresql.base import OwnLoader, TimeLoader

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_request_waits_for_a_connection_no_longer_than_it_has_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "REQUEST_SECONDS", 0.0)
    connection.close()
    pool = connection.pool  # type: ignore[attr-defined]
    pool.open()
    # Long enough to tell it from the request's time, on a busy machine too.
    monkeypatch.setattr(pool, "timeout", 60.0)
    held = [pool.getconn() for _ in range(pool.max_size)]
    try:
        began = time.monotonic()
        with request_deadline("/api/v1/tools"), pytest.raises(OperationalError) as refusal:
            connection.ensure_connection()
        assert outage_of(refusal.value) is NONE_FREE
        assert time.monotonic() - began < pool.timeout
    finally:
        for each in held:
            pool.putconn(each)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_a_task_of_a_worker_makes_one_connection() -> None:
    """Celery closes the pool after each."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]

    CountChange.objects.exists()

    assert connection.pool.get_stats()["connections_num"] == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-29 21:00:00+00", datetime(2026, 11, 29, 21, tzinfo=UTC)),
        ("2026-11-29 21:00:00.5+05:30", datetime(2026, 11, 29, 15, 30, 0, 500_000, tzinfo=UTC)),
        ("9999-12-31 23:59:59.999999+00", datetime.max.replace(tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_times_are_in_utc(text: str, read: datetime, chunked: bool) -> None:
    """Also where rows come in portions, for which Django makes another kind of cursor."""
    rows = CountChange.objects.annotate(time=Cast(Value(text), DateTimeField())).values_list(
        "time", flat=True
    )
    CountChange.objects.create(name="tools", key=[], number=1)

    (found,) = rows.iterator() if chunked else rows

    assert found == read
    assert found.tzinfo is UTC


def test_a_time_that_python_can_not_hold_is_refused() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT '0044-01-01 BC'::timestamptz")
        with pytest.raises(DataError):
            cursor.fetchone()


def test_times_are_read_by_the_code_in_c() -> None:
    connection.ensure_connection()

    loader = connection.connection.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, Format.TEXT)

    assert loader is TimeLoader
    assert not hasattr(OwnLoader, "_load_iso")
