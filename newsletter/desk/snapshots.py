"""Caches numbers that take long to count: counting them takes a tenth of the time at most, for any number of readers."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from django.core.cache import cache
from redis.exceptions import RedisError

FRESH_SECONDS = 1.0
# Numbers stay fresh for this many times as long as counting them took.
FRESH_FACTOR = 10
# How long former numbers are shown while a process counts; after this it counts as dead.
STALE_SECONDS = 60


Counted = TypeVar("Counted")


def shared(name: str, count: Callable[[], Counted]) -> Counted:
    """What `count` returned lately, in any process. It is called anew after a second, or ten times as long as it took.

    Meanwhile other callers get the former numbers. Without Redis each caller counts. Raises what `count` raises.
    """
    with suppress(RedisError):
        kept = cache.get(_key(name))
        if kept and (time.time() < kept["fresh_until"] or not _may_count(name)):
            numbers: Counted = kept["numbers"]
            return numbers
    return _count(name, count)


def _count(name: str, count: Callable[[], Counted]) -> Counted:
    began = time.monotonic()
    try:
        numbers = count()
        fresh_seconds = max(FRESH_SECONDS, FRESH_FACTOR * (time.monotonic() - began))
        with suppress(RedisError):
            kept = {"numbers": numbers, "fresh_until": time.time() + fresh_seconds}
            cache.set(_key(name), kept, fresh_seconds + STALE_SECONDS)
        return numbers
    finally:
        with suppress(RedisError):
            cache.delete(_lock(name))


def _may_count(name: str) -> bool:
    """One at a time, so that no count takes the place of a later one."""
    return bool(cache.add(_lock(name), True, STALE_SECONDS))


def _key(name: str) -> str:
    return f"snapshot:{name}"


def _lock(name: str) -> str:
    return f"snapshot-turn:{name}"
