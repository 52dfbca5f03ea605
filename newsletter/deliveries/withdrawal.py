"""Ends copies that must not be sent any more."""

from uuid import UUID

from newsletter.deliveries.database import row_count

CANCEL_WAITING = """
UPDATE newsletter_delivery SET state = 'cancelled', updated_at = clock_timestamp()
WHERE edition_id = %(edition)s AND state IN ('pending', 'deferred')
"""

# A worker that gave a copy back while staff cancelled its edition may have read the edition as it was before.
CANCEL_LEFT_OVER = """
UPDATE newsletter_delivery d SET state = 'cancelled', updated_at = clock_timestamp()
FROM newsletter_edition e
WHERE e.id = d.edition_id AND e.state = 'cancelled' AND d.state IN ('pending', 'deferred')
"""

ERASE_ADDRESSES = """
UPDATE newsletter_delivery SET
    address = '', detail = '', updated_at = clock_timestamp(),
    state = CASE WHEN state IN ('pending', 'deferred') THEN 'suppressed' ELSE state END
WHERE subscriber_id = %(subscriber)s
"""


def cancel_waiting(*, edition_id: UUID) -> int:
    """Cancel the copies that no worker holds; returns how many there were."""
    return row_count(CANCEL_WAITING, {"edition": edition_id})


def cancel_left_over() -> int:
    """Cancel the waiting copies of cancelled editions; returns how many there were."""
    return row_count(CANCEL_LEFT_OVER, {})


def erase_addresses(*, subscriber_id: UUID) -> None:
    """Suppress the reader's waiting copies, and take the address and the server's words out of all of them."""
    row_count(ERASE_ADDRESSES, {"subscriber": subscriber_id})
