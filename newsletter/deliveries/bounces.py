"""Holds copies that were refused for good, until their refusals prove to be single ones or a burst.

A refusal of a burst says something of the server or of us: its copy waits again once staff resume the edition, and its
mailbox is not suppressed.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from newsletter.deliveries import outcomes
from newsletter.deliveries.database import row_count, rows
from newsletter.deliveries.health import MOST_FAILED
from newsletter.deliveries.outcomes import Outcome

# Half of what pauses an edition.
CALM = MOST_FAILED / 2
MOST_AT_ONCE = 500

HOLD = """
INSERT INTO newsletter_bounce AS kept (delivery_id, edition_id, is_hard, happened_at)
VALUES (%(delivery)s, %(edition)s, %(is_hard)s, clock_timestamp())
ON CONFLICT (delivery_id) DO UPDATE SET is_hard = excluded.is_hard, happened_at = excluded.happened_at
WHERE kept.suppressed_at IS NULL
"""

PUT_BACK = """
WITH held AS (
    DELETE FROM newsletter_bounce WHERE edition_id = %(edition)s AND suppressed_at IS NULL RETURNING delivery_id
)
UPDATE newsletter_delivery d SET
    state = 'pending', attempts = 0, next_attempt_at = clock_timestamp(), updated_at = clock_timestamp()
FROM held WHERE d.id = held.delivery_id AND d.state = 'failed'
"""

SINGLE = """
SELECT b.delivery_id, d.address_key, b.is_hard
FROM newsletter_bounce b
JOIN newsletter_delivery d ON d.id = b.delivery_id
JOIN newsletter_edition e ON e.id = b.edition_id
LEFT JOIN newsletter_editionhealth h ON h.edition_id = b.edition_id
WHERE b.suppressed_at IS NULL AND b.happened_at < clock_timestamp() - %(seconds)s::float8 * interval '1 second'
  AND e.state <> 'paused' AND coalesce(h.failed, 0) < %(calm)s
ORDER BY b.happened_at, b.delivery_id LIMIT %(most)s
"""

# One that is done has this when it is taken up again.
TRY_ANEW = """
UPDATE newsletter_edition SET retried_at = clock_timestamp() WHERE id = %(edition)s AND state IN ('sending', 'paused')
"""

RETRY = """
WITH known AS (
    DELETE FROM newsletter_bounce b USING newsletter_delivery d
    WHERE b.edition_id = %(edition)s AND b.suppressed_at IS NULL
      AND d.id = b.delivery_id AND d.state = 'failed' AND d.code = %(code)s
)
UPDATE newsletter_delivery d SET
    state = 'pending', attempts = 0, lost = 0, fence = d.fence + 1,
    next_attempt_at = clock_timestamp(), updated_at = clock_timestamp()
FROM newsletter_edition e
WHERE d.edition_id = %(edition)s AND d.state = 'failed' AND d.code = %(code)s AND d.address <> ''
  AND e.id = d.edition_id AND e.state IN ('sending', 'paused', 'done')
"""


@dataclass(frozen=True)
class SingleBounce:
    """A refusal that stood alone."""

    delivery_id: UUID
    address_key: bytes
    is_hard: bool


def hold(*, delivery_id: UUID, edition_id: UUID, is_hard: bool) -> None:
    """Note that the copy was refused for good; `is_hard`: since its mailbox does not exist. One query."""
    row_count(HOLD, {"delivery": delivery_id, "edition": edition_id, "is_hard": is_hard})


def record_failure(outcome: Outcome, *, is_hard: bool) -> None:
    """Write down that a copy has failed, and hold its refusal, in one commit; neither where another process settled it.

    Staff who have failed copies wait again take back what is held of them: they find both, or neither.
    """
    with transaction.atomic():
        if outcomes.record(outcome):
            hold(delivery_id=outcome.copy.id, edition_id=outcome.copy.edition_id, is_hard=is_hard)


def put_back_held(*, edition_id: UUID) -> int:
    """Have the copies whose refusals are still held wait again; returns how many there were. One query."""
    return row_count(PUT_BACK, {"edition": edition_id})


def single_bounces(*, held_seconds: float) -> list[SingleBounce]:
    """Those held for so long, of editions of which few copies fail now. At most 500; one query."""
    values = {"seconds": held_seconds, "calm": CALM, "most": MOST_AT_ONCE}
    return [SingleBounce(key, bytes(mailbox), is_hard) for key, mailbox, is_hard in rows(SINGLE, values)]


def retry_failed(*, edition_id: UUID, code: str) -> int:
    """Have the copies that failed with this code wait again; returns how many. Two queries.

    They are tried for as long as new ones. None of an edition that was cancelled, and none whose reader was erased.
    """
    with transaction.atomic():
        row_count(TRY_ANEW, {"edition": edition_id})
        return row_count(RETRY, {"edition": edition_id, "code": code})
