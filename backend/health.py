"""What load balancers ask: whether this process lives, and whether it can do its work."""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

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
    """An engine answers, and not as it should."""


def ask_database(question: str) -> list[tuple[Any, ...]]:
    """Outside the pool: a busy pool is not a dead database, and a silent database must not hold us up."""
    fresh = connection.copy()
    options = {name: value for name, value in fresh.settings_dict["OPTIONS"].items() if name != "pool"}
    fresh.settings_dict["OPTIONS"] = {**options, "connect_timeout": CONNECT_SECONDS}
    try:
        with fresh.cursor() as cursor:
            cursor.execute(question)
            return list(cursor.fetchall())
    finally:
        fresh.close()


def check_database() -> None:
    ask_database("SELECT 1")


def check_cache() -> None:
    shared_cache.get(HEARTBEAT_KEY)


@cache
def check_migrations() -> None:
    """Remembered once it holds: this process's code will not grow another migration."""
    applied = set(ask_database("SELECT app, name FROM django_migrations"))
    if MigrationLoader(None).disk_migrations.keys() - applied:
        raise NotReadyError("Migrations are waiting to be applied.")


def check_worker() -> None:
    beaten_at = shared_cache.get(HEARTBEAT_KEY)
    if beaten_at is None or time.time() - beaten_at > MAX_HEARTBEAT_AGE_SECONDS:
        raise NotReadyError("No worker has taken a task lately.")


CHECKS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "cache": check_cache,
    "migrations": check_migrations,
    "worker": check_worker,
}


def outcome(name: str) -> str:
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
    checks = {name: outcome(name) for name in CHECKS}
    ready = set(checks.values()) == {"ok"}
    return JsonResponse(
        {"status": "ok" if ready else "unavailable", "checks": checks}, status=200 if ready else 503
    )
