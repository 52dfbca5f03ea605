"""Stops a round and pauses its edition, when failures say something of the server or of us and not of one mail."""

from threading import Lock
from uuid import UUID

import structlog

from newsletter.sending import editions
from newsletter.transport.failures import DeliveryFailure

logger = structlog.get_logger(__name__)

MOST_CONNECTION_ERRORS = 50
MOST_SUSPICIOUS = 3


class CircuitBreaker:
    """Counts failures since a mail last went well, over whichever of a round's connections."""

    def __init__(self, edition_id: UUID) -> None:
        self._edition_id = edition_id
        self._lock = Lock()
        self._connection_errors = 0
        self._suspicious = 0
        self.is_open = False

    def open(self) -> None:
        """Have no connection of this round begin another mail."""
        self.is_open = True

    def pause(self, failure: DeliveryFailure, *, comes_back: bool) -> None:
        """Open, and pause the edition; `comes_back`: it goes on by itself after SENDING_OUTAGE_SECONDS."""
        self.open()
        editions.pause(edition_id=self._edition_id, reason=failure.detail, comes_back=comes_back)
        logger.error(
            "edition_paused", edition=str(self._edition_id), reason=failure.detail, comes_back=comes_back
        )

    def count_success(self) -> None:
        self._connection_errors = self._suspicious = 0

    def count_connection_error(self, failure: DeliveryFailure) -> int:
        """How many there are in a row; the 50th pauses the edition for a while."""
        with self._lock:
            self._connection_errors += 1
            errors = self._connection_errors
        if errors >= MOST_CONNECTION_ERRORS:
            self.pause(failure, comes_back=True)
        return errors

    def count_suspicious(self, failure: DeliveryFailure) -> bool:
        """Whether the server may still mean the mailbox; the third refusal on principle in a row pauses the edition."""
        with self._lock:
            self._suspicious += 1
            is_of_mailbox = self._suspicious < MOST_SUSPICIOUS
        if not is_of_mailbox:
            self.pause(failure, comes_back=False)
        return is_of_mailbox
