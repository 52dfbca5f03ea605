"""Liveness and readiness for load balancers (decision 22)."""

import time
from collections.abc import Callable
from functools import cache

import structlog
from django.core.cache import cache as shared_cache
from django.db import Error as DatabaseFailure
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from backend.celery import HEARTBEAT_KEY

logger = structlog.get_logger(__name__)

MAX_HEARTBEAT_AGE_SECONDS = 60
CONNECT_SECONDS = 2


class NotReadyError(Exception):
    """An engine answers, but not as it should."""


def query_database(statement: str) -> list[tuple[object, ...]]:
    """Over a connection of its own, with a timeout: a busy pool is not a dead database."""
    fresh = connection.copy()
    options = {name: value for name, value in fresh.settings_dict["OPTIONS"].items() if name != "pool"}
    fresh.settings_dict["OPTIONS"] = {**options, "connect_timeout": CONNECT_SECONDS}
    try:
        with fresh.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())
    finally:
        fresh.close()


@cache
def check_migrations() -> None:
    """Cached once it succeeds, since the code of this process gets no further migration."""
    applied = set(query_database("SELECT app, name FROM django_migrations"))
    if MigrationLoader(None).disk_migrations.keys() - applied:
        raise NotReadyError("Migrations are waiting to be applied.")


def check_worker() -> None:
    beat_at = shared_cache.get(HEARTBEAT_KEY)
    if beat_at is None or time.time() - beat_at > MAX_HEARTBEAT_AGE_SECONDS:
        raise NotReadyError("No worker has taken a task lately.")


CHECKS: dict[str, Callable[[], object]] = {
    "database": lambda: query_database("SELECT 1"),
    "cache": lambda: shared_cache.get(HEARTBEAT_KEY),
    "migrations": check_migrations,
    "worker": check_worker,
}


def status_of(name: str) -> str:
    try:
        CHECKS[name]()
    except (DatabaseFailure, RedisError, NotReadyError) as error:
        logger.warning("not_ready", check=name, reason=str(error))
        return "unavailable"
    return "ok"


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    checks = {name: status_of(name) for name in CHECKS}
    ready = set(checks.values()) == {"ok"}
    return JsonResponse(
        {"status": "ok" if ready else "unavailable", "checks": checks}, status=200 if ready else 503
    )
