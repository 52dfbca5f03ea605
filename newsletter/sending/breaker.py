"""Stops a round and pauses its edition, when failures say something of the server or of us and not of one mail."""

from threading import Lock
from uuid import UUID

import structlog

from newsletter.deliveries import health
from newsletter.sending import editions
from newsletter.sending.retries import retried
from newsletter.transport.failures import DeliveryFailure

logger = structlog.get_logger(__name__)

# In a row, over all connections of a round.
MOST_UNREACHABLE = 5
MOST_CONNECTION_ERRORS = 10
MOST_SUSPICIOUS = 3
# Successes that the window learns of late, with the next failure, make the failures before it look older than they are.
FLUSHED_AFTER = 50


class CircuitBreaker:
    """Counts failures in a row, over whichever of a round's connections, and hands its counts to the edition's window."""

    def __init__(self, edition_id: UUID) -> None:
        self._edition_id = edition_id
        self._lock = Lock()
        self._unreachable = 0
        self._connection_errors = 0
        self._suspicious = 0
        # Accepted, and not yet in the window.
        self._accepted = 0
        self.is_open = False

    def open(self) -> None:
        """Have no connection of this round begin another mail."""
        self.is_open = True

    def pause(self, failure: DeliveryFailure, *, comes_back: bool, why: str = "") -> None:
        """Open, and pause the edition; `comes_back`: it goes on by itself after SENDING_OUTAGE_SECONDS."""
        self.open()
        concern = f"The server speaks of {failure.concern}: " if failure.concern and not why else why
        reason = f"{concern}{failure.detail}"
        edition = self._edition_id
        if editions.pause(edition_id=edition, reason=reason, comes_back=comes_back):
            logger.error("edition_paused", edition=str(edition), reason=reason, comes_back=comes_back)

    def count_success(self) -> None:
        with self._lock:
            self._accepted += 1
            self._unreachable = self._connection_errors = self._suspicious = 0
            is_time = self._accepted >= FLUSHED_AFTER
        if is_time:
            self.flush()

    def count_failure(self, failure: DeliveryFailure, *, is_exhausted: bool = False) -> None:
        """A copy failed, or nearly: where too many of the edition's latest do, it pauses for staff.

        `is_exhausted`: it was refused for now only, but its tries are used up.
        """
        with self._lock:
            accepted, self._accepted = self._accepted, 0
        found = self._count(accepted=accepted, failed=int(not is_exhausted), exhausted=int(is_exhausted))
        is_first_to_stop = not self.is_open
        if not found.is_sending:
            # Another process has paused it, or staff.
            self.open()
        if found.trouble and is_first_to_stop:
            what = f", the latest over {failure.concern}" if failure.concern else ""
            self.pause(failure, comes_back=False, why=f"{found.trouble}{what}: ")

    def count_unreachable(self, failure: DeliveryFailure) -> int:
        """How many times in a row the server let nobody in; the fifth pauses the edition for a while."""
        with self._lock:
            self._unreachable += 1
            errors = self._unreachable
        if errors >= MOST_UNREACHABLE:
            self.pause(failure, comes_back=True)
        return errors

    def count_connection_error(self, failure: DeliveryFailure) -> int:
        """How many there are in a row; the tenth pauses the edition for a while."""
        with self._lock:
            self._connection_errors += 1
            errors = self._connection_errors
        if errors >= MOST_CONNECTION_ERRORS:
            self.pause(failure, comes_back=True)
        return errors

    def count_suspicious(self, failure: DeliveryFailure) -> bool:
        """Whether the server may still mean the mailbox; the third refusal of us in a row pauses the edition."""
        with self._lock:
            self._suspicious += 1
            is_of_mailbox = self._suspicious < MOST_SUSPICIOUS
        if not is_of_mailbox:
            self.pause(failure, comes_back=False)
        return is_of_mailbox

    def flush(self) -> None:
        """Hand the successes that were counted to the edition's window; at a round's end too."""
        with self._lock:
            accepted, self._accepted = self._accepted, 0
        if accepted:
            self._count(accepted=accepted)

    def _count(self, *, accepted: int, failed: int = 0, exhausted: int = 0) -> health.Health:
        judged, edition = accepted + failed + exhausted, self._edition_id
        return retried(
            lambda _: health.count(edition_id=edition, judged=judged, failed=failed, exhausted=exhausted)
        )
