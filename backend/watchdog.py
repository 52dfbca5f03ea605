"""Ends a worker that is idle while work waits for it: its supervisor starts another one, which takes it."""

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Thread

import structlog
from celery.worker import state
from django.conf import settings
from redis import Redis, RedisError

logger = structlog.get_logger(__name__)

LOOKS = 6
TIMEOUT_SECONDS = 1.0


@dataclass(frozen=True)
class Look:
    """What there is to see at one moment; a broker that cannot be asked has nothing waiting."""

    has_waiting: bool
    # Tasks that this worker holds, and all it ever began: while it works, one of them changes.
    held: int
    begun: int


class Patience:
    """With a worker that makes no progress: so many looks if it holds nothing, more if a task may just take long.

    It is looks that are counted and not seconds, so that a machine which slept has not wasted its worker's time.
    """

    def __init__(self, *, idle: int, busy: int) -> None:
        self._idle, self._busy = idle, busy
        self._previous: Look | None = None
        self._looks = 0

    def is_over(self, look: Look) -> bool:
        has_progressed = self._previous != look
        self._looks = 0 if has_progressed or not look.has_waiting else self._looks + 1
        self._previous = look
        return self._looks >= (self._busy if look.held else self._idle)


def watch(queues: Sequence[str]) -> None:
    """In a thread of the worker's main process, for as long as that lives."""
    Thread(target=_watch, args=(queues,), name="watchdog", daemon=True).start()


def _watch(queues: Sequence[str]) -> None:
    seconds = settings.WATCHDOG_SECONDS / LOOKS
    busy_seconds = settings.WATCHDOG_SECONDS + settings.CELERY_TASK_TIME_LIMIT
    patience = Patience(idle=LOOKS, busy=math.ceil(busy_seconds / seconds))
    broker = Redis.from_url(
        settings.CELERY_BROKER_URL, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )
    while not patience.is_over(_look(broker, queues)):
        time.sleep(seconds)
    logger.critical("worker_is_deaf", queues=list(queues), held=len(state.reserved_requests))
    # The main thread may hang: nothing less would end it.
    os._exit(1)


def _look(broker: Redis, queues: Sequence[str]) -> Look:
    try:
        has_waiting = any(broker.llen(queue) for queue in queues)
    except RedisError:
        has_waiting = False
    return Look(has_waiting, held=len(state.reserved_requests), begun=state.all_total_count[0])
