"""A request waits for a connection of the pool no longer than it has time."""

import time

import pytest
from django.db import OperationalError, connection

from backend.api import deadlines
from backend.api.deadlines import request_deadline
from backend.api.outages import NONE_FREE, outage_of

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
