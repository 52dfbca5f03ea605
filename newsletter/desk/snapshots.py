"""Numbers that take a while to count, shared by all who look at them: counting takes a tenth of the time at most."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

# Nobody reads faster than this.
FRESH_SECONDS = 1.0
REST = 10
# How long former numbers stand in while somebody counts; whoever takes longer may have died of it.
PATIENCE_SECONDS = 60


def shared(name: str, count: Callable[[], Any]) -> Any:
    """What `count` gave lately, to whomever; after a second, or ten times as long as it took, somebody counts anew.

    Meanwhile the others get the former numbers. Without Redis everybody counts for themselves.
    """
    with suppress(RedisError):
        kept = cache.get(_key(name))
        if kept and (time.time() < kept["fresh_until"] or not _may_count(name)):
            return kept["numbers"]
    return _count(name, count)


def _count(name: str, count: Callable[[], Any]) -> Any:
    began = time.monotonic()
    try:
        numbers = count()
        fresh_seconds = max(FRESH_SECONDS, REST * (time.monotonic() - began))
        with suppress(RedisError):
            kept = {"numbers": numbers, "fresh_until": time.time() + fresh_seconds}
            cache.set(_key(name), kept, fresh_seconds + PATIENCE_SECONDS)
        return numbers
    finally:
        with suppress(RedisError):
            cache.delete(_turn(name))


def _may_count(name: str) -> bool:
    """One at a time, so that no count takes the place of a later one."""
    return bool(cache.add(_turn(name), True, PATIENCE_SECONDS))


def _key(name: str) -> str:
    return f"snapshot:{name}"


def _turn(name: str) -> str:
    return f"snapshot-turn:{name}"
