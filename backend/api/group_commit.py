"""Lets threads that want to commit at the same time share a transaction: one of them commits for all, and each waits.

A commit costs more than what is in it, and what it changes may have to queue for the same row anyway. So one thread at
a time commits whatever is waiting, its own item among it, and then hands over to the next. There is no timer: a lone
item is committed at once.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

MAX_GROUP = 256

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class _Waiting(Generic[Item, Outcome]):
    """A thread that waits for its outcome, or for its turn to commit."""

    __slots__ = ("item", "outcome", "turn")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.outcome: Outcome | Exception | None = None
        self.turn = Lock()
        self.turn.acquire()


class GroupCommit(Generic[Item, Outcome]):
    """Commits items in groups of at most MAX_GROUP, in the order in which they came.

    `commit` gives for each item of a group its outcome, or the exception that `submit` is to raise for it.
    """

    def __init__(self, commit: Callable[[Sequence[Item]], Sequence[Outcome | Exception]]) -> None:
        self._commit = commit
        self._lock = Lock()
        self._queue: list[_Waiting[Item, Outcome]] = []
        self._is_committing = False

    def submit(self, item: Item) -> Outcome:
        mine: _Waiting[Item, Outcome] = _Waiting(item)
        with self._lock:
            self._queue.append(mine)
            must_wait, self._is_committing = self._is_committing, True
        if must_wait:
            mine.turn.acquire()
        if mine.outcome is None:
            self._commit_a_group()
        if mine.outcome is None:
            raise RuntimeError("The commit was broken off.")
        if isinstance(mine.outcome, Exception):
            # Several items may share it: without the traces of the others it stays short.
            raise mine.outcome.with_traceback(None)
        return mine.outcome

    def _commit_a_group(self) -> None:
        """Called by the thread that is first in the queue."""
        with self._lock:
            group, self._queue = self._queue[:MAX_GROUP], self._queue[MAX_GROUP:]
        broken_off: Exception = RuntimeError("The commit was broken off.")
        outcomes: Sequence[Outcome | Exception] = [broken_off] * len(group)
        try:
            outcomes = self._commit([waiting.item for waiting in group])
        finally:
            with self._lock:
                following = self._queue[:1]
                self._is_committing = bool(following)
            for waiting, outcome in zip(group, outcomes, strict=True):
                waiting.outcome = outcome
            for waiting in [*group[1:], *following]:
                waiting.turn.release()
