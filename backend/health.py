"""Liveness and readiness for load balancers, and the status of the whole for people (decisions 22 and 45)."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import LiteralString

import psycopg
import structlog
from django.core.cache import cache as shared_cache
from django.db import Error as DatabaseFailure
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from backend.celery import heartbeat_age
from backend.response_cache.changes import changes

logger = structlog.get_logger(__name__)

MAX_HEARTBEAT_AGE_SECONDS = 60
CONNECT_SECONDS = 2
# A load balancer waits a few seconds for both.
POOL_SECONDS = 0.5


class NotReadyError(Exception):
    """An engine answers, but not as it should."""


def query_database(statement: LiteralString) -> list[tuple[object, ...]]:
    """
    Over an idle connection of the pool, else over a new one.

    Others may hold every connection that the server has to spare, while this process serves over its own. And a pool
    whose connections are all at work is no dead database, nor is one whose connections a restart has cut.
    """
    pool = connection.pool  # type: ignore[attr-defined]
    try:
        pool.open()
        with pool.connection(timeout=POOL_SECONDS) as pooled:
            return list(pooled.execute(statement).fetchall())
    except psycopg.OperationalError:
        return query_over_a_new_connection(statement)


def query_over_a_new_connection(statement: LiteralString) -> list[tuple[object, ...]]:
    fresh = connection.copy()
    options = {name: value for name, value in fresh.settings_dict["OPTIONS"].items() if name != "pool"}
    fresh.settings_dict["OPTIONS"] = {**options, "connect_timeout": CONNECT_SECONDS}
    try:
        with fresh.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())
    finally:
        fresh.close()


def check_database() -> None:
    """A standby answers reads and refuses every vote."""
    if query_database("SELECT pg_is_in_recovery()") != [(False,)]:
        raise NotReadyError("The database is a standby, which takes no writes.")


def check_cache() -> None:
    shared_cache.get("status")


@cache
def check_migrations() -> None:
    """Cached once it succeeds, since the code of this process gets no further migration."""
    applied = set(query_database("SELECT app, name FROM django_migrations"))
    if MigrationLoader(None).disk_migrations.keys() - applied:
        raise NotReadyError("Migrations are waiting to be applied.")


def check_worker() -> None:
    age = heartbeat_age()
    if age is None or age > MAX_HEARTBEAT_AGE_SECONDS:
        raise NotReadyError("No worker has taken a task lately.")


def check_changes() -> str:
    """Answers from memory may be outdated by RESPONSE_CACHE_AGE where changes are not heard: `bounded` behind a pooler."""
    if changes.is_heard():
        return "ok"
    if changes.is_pooled:
        return "bounded"
    raise NotReadyError("Changes of the database are not heard: answers may be as old as RESPONSE_CACHE_AGE.")


# What no request is answered without. A dead worker or Redis would take every web process out, and none could help.
READINESS: dict[str, Callable[[], str | None]] = {"database": check_database, "migrations": check_migrations}
STATUS = {**READINESS, "cache": check_cache, "worker": check_worker, "changes": check_changes}


def status_of(name: str) -> str:
    try:
        return STATUS[name]() or "ok"
    except (DatabaseFailure, psycopg.Error, RedisError, NotReadyError) as error:
        logger.warning("not_ready", check=name, reason=str(error))
        return "unavailable"


def answer_with(names: Iterable[str]) -> HttpResponse:
    checks = {name: status_of(name) for name in names}
    is_ok = "unavailable" not in checks.values()
    return JsonResponse(
        {"status": "ok" if is_ok else "unavailable", "checks": checks}, status=200 if is_ok else 503
    )


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """For what restarts this process: it answers."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """For a load balancer: this process can answer requests."""
    return answer_with(READINESS)


@never_cache
@require_safe
def statusz(request: HttpRequest) -> HttpResponse:
    """For operators: all of it works, the worker and Redis too."""
    return answer_with(STATUS)
