"""What load balancers are told."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from backend import health
from backend.celery import HEARTBEAT_KEY, heartbeat


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    health.check_migrations.cache_clear()


@pytest.fixture
def working(db: None) -> None:
    heartbeat()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Takes connections and never says a word, as a stopped server does."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listener:
        yield listener.getsockname()[1]


def checks(client: Client) -> tuple[int, dict[str, str]]:
    response = client.get("/readyz")
    answer = response.json()
    assert set(answer) == {"status", "checks"}
    assert "no-store" in response["Cache-Control"]
    return response.status_code, {"status": answer["status"], **answer["checks"]}


ALL_OK = {"status": "ok", "database": "ok", "cache": "ok", "migrations": "ok", "worker": "ok"}


@pytest.mark.usefixtures("working")
def test_a_working_process_is_ready(client: Client) -> None:
    assert checks(client) == (200, ALL_OK)


@pytest.mark.parametrize(
    ("age", "state"), [pytest.param(50, "ok", id="lately"), pytest.param(70, "unavailable", id="long ago")]
)
@pytest.mark.usefixtures("working")
def test_a_worker_is_there_while_its_heartbeat_is_young(client: Client, age: int, state: str) -> None:
    cache.set(HEARTBEAT_KEY, time.time() - age)

    assert checks(client)[1]["worker"] == state


@pytest.mark.usefixtures("working")
def test_without_a_heartbeat_there_is_no_worker(client: Client) -> None:
    cache.delete(HEARTBEAT_KEY)

    assert checks(client) == (503, {**ALL_OK, "status": "unavailable", "worker": "unavailable"})


@pytest.mark.django_db(transaction=True)
def test_a_waiting_migration_is_noticed_until_it_is_applied(client: Client) -> None:
    heartbeat()
    recorder = MigrationRecorder(connection)

    recorder.record_unapplied("sessions", "0001_initial")
    before = checks(client)
    recorder.record_applied("sessions", "0001_initial")
    after = checks(client)

    assert before == (503, {**ALL_OK, "status": "unavailable", "migrations": "unavailable"})
    assert after == (200, ALL_OK)


@pytest.mark.django_db(transaction=True)
def test_applied_migrations_are_remembered(client: Client) -> None:
    heartbeat()
    before = checks(client)
    recorder = MigrationRecorder(connection)

    recorder.record_unapplied("sessions", "0001_initial")
    after = checks(client)
    recorder.record_applied("sessions", "0001_initial")

    assert before == after == (200, ALL_OK)


@pytest.mark.usefixtures("working")
def test_a_silent_redis_is_noticed(client: Client, settings: Settings, silent_port: int) -> None:
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": f"redis://127.0.0.1:{silent_port}/0"}
    }

    assert checks(client) == (
        503,
        {**ALL_OK, "status": "unavailable", "cache": "unavailable", "worker": "unavailable"},
    )


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Any:
    def point(port: int) -> None:
        monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        monkeypatch.setitem(connection.settings_dict, "PORT", str(port))

    return point


@pytest.mark.usefixtures("working")
def test_a_silent_database_is_noticed(client: Client, elsewhere: Any, silent_port: int) -> None:
    health.check_migrations()
    elsewhere(silent_port)

    assert checks(client) == (503, {**ALL_OK, "status": "unavailable", "database": "unavailable"})


@pytest.mark.usefixtures("working")
def test_a_database_that_is_gone_is_noticed_and_not_described(client: Client, elsewhere: Any) -> None:
    elsewhere(1)

    response = client.get("/readyz")

    assert response.json() == {
        "status": "unavailable",
        "checks": {"database": "unavailable", "cache": "ok", "migrations": "unavailable", "worker": "ok"},
    }


def test_a_process_lives_whatever_its_engines_do(client: Client, settings: Settings) -> None:
    # No database mark: any query fails this test. The cookie is one that a curator's browser sends along.
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    client.cookies["sessionid"] = "x" * 32

    response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.usefixtures("working")
def test_readiness_takes_nothing_from_the_pool(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert checks(client) == (200, ALL_OK)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
