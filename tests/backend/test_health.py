"""What load balancers are told."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import cast

import pytest
from django.db import OperationalError, connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from backend import health
from backend.bootstrap import ROOT
from backend.broker import connect
from backend.celery import HEARTBEAT_KEY, heartbeat
from backend.postgresql.base import DatabaseWrapper


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


def checks(client: Client, path: str = "/statusz") -> tuple[int, dict[str, str]]:
    response = client.get(path)
    answer = response.json()
    assert set(answer) == {"status", "checks"}
    assert "no-store" in response["Cache-Control"]
    return response.status_code, {"status": answer["status"], **answer["checks"]}


READY = {"status": "ok", "database": "ok", "migrations": "ok"}
ALL_OK = {**READY, "cache": "ok", "worker": "ok", "changes": "ok"}


@pytest.mark.usefixtures("working")
def test_a_working_process_is_ready_and_all_is_well(client: Client) -> None:
    assert checks(client, "/readyz") == (200, READY)
    assert checks(client, "/statusz") == (200, ALL_OK)


@pytest.mark.parametrize(
    ("age", "state"), [pytest.param(50, "ok", id="lately"), pytest.param(70, "unavailable", id="long ago")]
)
@pytest.mark.usefixtures("working")
def test_a_worker_is_there_while_its_heartbeat_is_young(client: Client, age: int, state: str) -> None:
    with connect() as broker:
        broker.set(HEARTBEAT_KEY, time.time() - age)

    assert checks(client)[1]["worker"] == state


@pytest.mark.usefixtures("working")
def test_a_heartbeat_that_is_no_number_is_none(client: Client) -> None:
    with connect() as broker:
        broker.set(HEARTBEAT_KEY, b"\x80what is this")

    assert checks(client)[1]["worker"] == "unavailable"


@pytest.mark.usefixtures("working")
def test_without_a_worker_the_web_goes_on(client: Client) -> None:
    with connect() as broker:
        broker.delete(HEARTBEAT_KEY)

    assert checks(client, "/statusz") == (503, {**ALL_OK, "status": "unavailable", "worker": "unavailable"})
    assert checks(client, "/readyz") == (200, READY)


@pytest.mark.django_db(transaction=True)
def test_a_waiting_migration_is_noticed_until_it_is_applied(client: Client) -> None:
    recorder = MigrationRecorder(connection)

    recorder.record_unapplied("sessions", "0001_initial")
    before = checks(client, "/readyz")
    recorder.record_applied("sessions", "0001_initial")
    after = checks(client, "/readyz")

    assert before == (503, {**READY, "status": "unavailable", "migrations": "unavailable"})
    assert after == (200, READY)


@pytest.mark.django_db(transaction=True)
def test_applied_migrations_are_remembered(client: Client) -> None:
    before = checks(client, "/readyz")
    recorder = MigrationRecorder(connection)

    recorder.record_unapplied("sessions", "0001_initial")
    after = checks(client, "/readyz")
    recorder.record_applied("sessions", "0001_initial")

    assert before == after == (200, READY)


@pytest.mark.usefixtures("working")
def test_without_redis_the_web_goes_on(client: Client, settings: Settings, silent_port: int) -> None:
    silent = f"redis://127.0.0.1:{silent_port}/0"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": silent}}
    settings.CELERY_BROKER_URL = silent

    assert checks(client, "/statusz") == (
        503,
        {**ALL_OK, "status": "unavailable", "cache": "unavailable", "worker": "unavailable"},
    )
    assert checks(client, "/readyz") == (200, READY)


@pytest.fixture
def reconnected() -> Iterator[Callable[..., DatabaseWrapper]]:
    """Gives the process another connection, with a pool of its own and other settings."""
    usual = connections["default"]
    others: list[DatabaseWrapper] = []

    def change(**changed: object) -> DatabaseWrapper:
        alias = f"other{len(others)}"
        other = cast("DatabaseWrapper", usual.copy(alias))
        connections["default"] = connections[alias] = other
        other.settings_dict.update(changed)
        others.append(other)
        return other

    yield change
    connections["default"] = usual
    for other in others:
        other.close_pool()
        del connections[other.alias]


@pytest.mark.usefixtures("working")
def test_a_silent_database_is_noticed(
    client: Client, reconnected: Callable[..., DatabaseWrapper], silent_port: int
) -> None:
    health.check_migrations()
    reconnected(HOST="127.0.0.1", PORT=str(silent_port))

    assert checks(client, "/readyz") == (503, {**READY, "status": "unavailable", "database": "unavailable"})


@pytest.mark.usefixtures("working")
def test_a_database_that_is_gone_is_noticed_and_not_described(
    client: Client, reconnected: Callable[..., DatabaseWrapper]
) -> None:
    reconnected(HOST="127.0.0.1", PORT="1")

    response = client.get("/readyz")

    assert response.json() == {
        "status": "unavailable",
        "checks": {"database": "unavailable", "migrations": "unavailable"},
    }


@pytest.mark.django_db(transaction=True)
def test_a_standby_is_not_ready(client: Client, reconnected: Callable[..., DatabaseWrapper]) -> None:
    # What a standby says of itself; a name in the path's first schema is found before PostgreSQL's own.
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA standby")
        cursor.execute("CREATE FUNCTION standby.pg_is_in_recovery() RETURNS bool RETURN true")
    options = {**connection.settings_dict["OPTIONS"], "options": "-c search_path=standby,pg_catalog,public"}
    usual = connections["default"]
    reconnected(OPTIONS=options)

    answer = checks(client, "/readyz")

    with usual.cursor() as cursor:
        cursor.execute("DROP SCHEMA standby CASCADE")
    assert answer == (503, {**READY, "status": "unavailable", "database": "unavailable"})


@pytest.mark.django_db(transaction=True)
def test_a_process_is_ready_while_others_hold_every_connection_to_spare(
    client: Client, reconnected: Callable[..., DatabaseWrapper]
) -> None:
    usual = connections["default"]
    other = reconnected()
    other.pool.open()
    with other.pool.connection():
        pass
    database = connection.ops.quote_name(other.settings_dict["NAME"])

    with usual.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {database} CONNECTION LIMIT 1")
    try:
        answers = [checks(client, "/readyz") for _ in range(3)]
        with pytest.raises(OperationalError, match="too many connections"):
            health.query_over_a_new_connection("SELECT 1")
    finally:
        with usual.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {database} CONNECTION LIMIT -1")

    assert answers == [(200, READY)] * 3


@pytest.mark.django_db(transaction=True)
def test_a_busy_pool_is_no_dead_database(client: Client, reconnected: Callable[..., DatabaseWrapper]) -> None:
    options = connection.settings_dict["OPTIONS"]
    other = reconnected(OPTIONS={**options, "pool": {**options["pool"], "max_size": 1}})
    # Each new connection looks up PostgreSQL's types over the pool, once in the life of a process.
    other.ensure_connection()
    other.close()

    with other.pool.connection():
        answer = checks(client, "/readyz")

    assert answer == (200, READY)


@pytest.mark.django_db(transaction=True)
def test_connections_that_a_restart_has_cut_are_no_dead_database(
    client: Client, reconnected: Callable[..., DatabaseWrapper]
) -> None:
    usual = connections["default"]
    other = reconnected()
    other.pool.open()
    with other.pool.connection() as cut:
        pid = cut.info.backend_pid
    with usual.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

    assert checks(client, "/readyz") == (200, READY)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/statusz", "/metrics"])
@pytest.mark.parametrize("host", ["10.1.2.3:8000", "web-7f9c", "web_1", ""])
@pytest.mark.usefixtures("working")
def test_probes_are_answered_under_any_name(client: Client, settings: Settings, path: str, host: str) -> None:
    settings.ALLOWED_HOSTS = ["api.example.com"]

    assert client.get(path, headers={"Host": host}).status_code == 200
    assert client.get("/api/v1/tools", headers={"Host": host}).status_code == 400


def test_the_images_own_check_passes_whatever_its_settings(
    settings: Settings, live_server: LiveServer
) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    check = json.loads(re.findall(r"HEALTHCHECK .*\\\n  CMD (\[.*\])", dockerfile)[0])
    settings.ALLOWED_HOSTS = ["api.example.com"]
    settings.SECURE_SSL_REDIRECT = True
    program = check[2].replace("127.0.0.1:8000", f"{live_server.thread.host}:{live_server.thread.port}")

    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)

    assert (check[:2], done.returncode, done.stderr) == (["python", "-c"], 0, "")


def test_a_process_lives_whatever_its_engines_do(client: Client, settings: Settings) -> None:
    # No database mark: any query fails this test. The cookie is one that a curator's browser sends along.
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    client.cookies["sessionid"] = "x" * 32

    response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/statusz"])
def test_health_is_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
