"""Ends a worker that stalls while tasks wait in its queues, so that its supervisor starts another one."""

import math
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread

import structlog
from celery.worker import state
from django.conf import settings
from redis import Redis, RedisError

from backend.broker import connect

logger = structlog.get_logger(__name__)

# A number in the broker: `/metrics` is asked of other processes, on other machines maybe.
STALLS_KEY = "verdicts-worker-stalls"
SAMPLES = 6


@dataclass(frozen=True)
class Sample:
    """The state of the queues and of this worker at one moment; a broker that does not answer has nothing waiting."""

    has_waiting: bool
    # Tasks that this worker holds, and all that it ever began: one of them changes while it works.
    held: int
    begun: int


class StallDetector:
    """Counts samples without progress: a worker is stalled after `idle` of them, or after `busy` if it holds a task.

    It counts samples and not seconds, so that a machine that was suspended does not end a healthy worker.
    """

    def __init__(self, *, idle: int, busy: int) -> None:
        self._idle, self._busy = idle, busy
        self._previous: Sample | None = None
        self._without_progress = 0

    def is_stalled(self, sample: Sample) -> bool:
        has_progressed = self._previous != sample
        self._without_progress = 0 if has_progressed or not sample.has_waiting else self._without_progress + 1
        self._previous = sample
        return self._without_progress >= (self._busy if sample.held else self._idle)


def watch(queues: Sequence[str]) -> None:
    """Watch the worker from a thread of its main process, for as long as that process lives."""
    Thread(target=_watch, args=(queues,), name="watchdog", daemon=True).start()


def _watch(queues: Sequence[str]) -> None:
    seconds = settings.WATCHDOG_SECONDS / SAMPLES
    busy_seconds = settings.WATCHDOG_SECONDS + settings.CELERY_TASK_TIME_LIMIT
    detector = StallDetector(idle=SAMPLES, busy=math.ceil(busy_seconds / seconds))
    broker = connect()
    while not detector.is_stalled(_sample(broker, queues)):
        time.sleep(seconds)
    with suppress(RedisError):
        broker.incr(STALLS_KEY)
    logger.critical("worker_stalled", queues=list(queues), held=len(state.reserved_requests))
    # The main thread may hang, and then only this ends the process.
    os._exit(1)


def _sample(broker: Redis, queues: Sequence[str]) -> Sample:
    try:
        has_waiting = any(broker.llen(queue) for queue in queues)
    except RedisError:
        has_waiting = False
    return Sample(has_waiting, held=len(state.reserved_requests), begun=state.all_total_count[0])
