"""How a round hears that its process shall stop: from Celery's main process, or by a signal to its own."""

import mmap
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

# Celery's main process tells its children, which share this page of memory with it, that it wants to stop.
_stop_page = mmap.mmap(-1, 1)


def begin_worker() -> None:
    """In a worker's main process, before it forks: of workers that one process has forked, each stops for itself."""
    global _stop_page  # noqa: PLW0603 # There is one page a worker, and a worker is a process.
    _stop_page = mmap.mmap(-1, 1)


def ask_to_stop() -> None:
    """Have all rounds of this worker begin no further mail."""
    _stop_page[0] = 1


def is_asked_to_stop() -> bool:
    return _stop_page[0] == 1


@contextmanager
def sigterm_held_back() -> Iterator[Callable[[], bool]]:
    """Have a SIGTERM wait until the block is left, and tell the block whether one has come."""
    asked: list[int] = []

    def remember(number: int, _: FrameType | None) -> None:
        asked.append(number)

    former = signal.signal(signal.SIGTERM, remember)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGTERM, former)
        if asked:
            os.kill(os.getpid(), signal.SIGTERM)
