"""Copies that a round has claimed and that none of its connections has begun with."""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from uuid import UUID

from django.conf import settings

from newsletter.deliveries import claims
from newsletter.deliveries.claims import Copy
from newsletter.failpoints import reach
from newsletter.sending import rates
from newsletter.sending.retries import retried

LONGEST_NAP_SECONDS = 1.0


class CopyQueue:
    """Claims copies of one edition as its connections need them, as fast as the route's limits allow."""

    def __init__(self, edition_id: UUID, *, route: str, should_stop: Callable[[], bool]) -> None:
        self._edition_id = edition_id
        self._route = route
        self._should_stop = should_stop
        self._claiming = Lock()
        self._claimed: deque[Copy] = deque()

    def next_copy(self, *, before_wait: Callable[[], None]) -> Copy | None:
        """None where nothing is left to do, or nothing more shall be begun; `before_wait` is called before a wait."""
        while not self._should_stop():
            with suppress(IndexError):
                return self._claimed.popleft()
            with self._claiming:
                wait_seconds = 0.0 if self._claimed else self._claim()
            if wait_seconds is None:
                break
            if wait_seconds:
                before_wait()
                time.sleep(wait_seconds)
        else:
            # They may have been claimed just now, and no other connection will begin with them either.
            self.release()
        return None

    def release(self) -> None:
        """Give back the copies that no connection has begun with."""
        copies = []
        with suppress(IndexError):
            while True:
                copies.append(self._claimed.popleft())
        if copies:
            retried(lambda _: claims.release(copies))
            reach("released")

    def slow_down(self) -> None:
        """The server refused a mail for speed."""
        rates.slow_down(self._route, edition_id=self._edition_id)
        self.release()

    def _claim(self) -> float | None:
        """Seconds after which to ask again, or None where nothing is left to claim."""
        allowance = rates.take_from(
            self._route, wanted=claims.MOST_CLAIMED, most_per_minute=settings.SENDING_PER_MINUTE
        )
        if not allowance.mails:
            return min(allowance.wait_seconds, LONGEST_NAP_SECONDS)
        copies = claims.claim(edition_id=self._edition_id, limit=allowance.mails)
        reach("claimed")
        self._claimed.extend(copies)
        return 0.0 if copies else None
