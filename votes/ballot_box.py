"""Lets requests that come together share a transaction: one of them counts for all, and each waits for its outcome.

A commit costs more than a vote, and on a popular tool votes must queue for its tally anyway. So one thread at a time
counts whatever ballots are waiting, its own among them, and then hands over to the next. There is no timer: a lone
ballot is counted at once.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

MAX_GROUP = 256

Ballot = TypeVar("Ballot")
Receipt = TypeVar("Receipt")


class _Waiting(Generic[Ballot, Receipt]):
    """A thread that waits for its outcome, or for its turn to count."""

    __slots__ = ("ballot", "outcome", "turn")

    def __init__(self, ballot: Ballot) -> None:
        self.ballot = ballot
        self.outcome: Receipt | Exception | None = None
        self.turn = Lock()
        self.turn.acquire()


class BallotBox(Generic[Ballot, Receipt]):
    """
    Counts ballots in groups of at most MAX_GROUP, in the order in which they came.

    `count` gives for each ballot of a group its receipt, or the exception that `cast` is to raise for it.
    """

    def __init__(self, count: Callable[[Sequence[Ballot]], Sequence[Receipt | Exception]]) -> None:
        self._count = count
        self._lock = Lock()
        self._queue: list[_Waiting[Ballot, Receipt]] = []
        self._is_counting = False

    def cast(self, ballot: Ballot) -> Receipt:
        mine = _Waiting[Ballot, Receipt](ballot)
        with self._lock:
            self._queue.append(mine)
            must_wait, self._is_counting = self._is_counting, True
        if must_wait:
            mine.turn.acquire()
        if mine.outcome is None:
            self._count_a_group()
        if mine.outcome is None:
            raise RuntimeError("The count was broken off.")
        if isinstance(mine.outcome, Exception):
            # Several ballots may share it: without the traces of the others it stays short.
            raise mine.outcome.with_traceback(None)
        return mine.outcome

    def _count_a_group(self) -> None:
        """Called by whoever stands first in the queue."""
        with self._lock:
            group, self._queue = self._queue[:MAX_GROUP], self._queue[MAX_GROUP:]
        broken_off: Exception = RuntimeError("The count was broken off.")
        outcomes: Sequence[Receipt | Exception] = [broken_off] * len(group)
        try:
            outcomes = self._count([waiting.ballot for waiting in group])
        finally:
            with self._lock:
                following = self._queue[:1]
                self._is_counting = bool(following)
            for waiting, outcome in zip(group, outcomes, strict=True):
                waiting.outcome = outcome
            for waiting in [*group[1:], *following]:
                waiting.turn.release()
