"""Hands copies to workers, takes them back, and reaps those whose worker did not come back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from newsletter.deliveries.database import CLUSTER, WANTED, rows

MOST_CLAIMED = 50
MOST_LOST = 8

# The array looks roundabout, but whatever the planner believes of the table, it keeps it from reading all copies to find
# a few by their ids. A standby that is promoted in the middle of a round gives nothing to claim.
CLAIM = f"""
UPDATE newsletter_delivery d SET
    state = 'claimed', fence = fence + 1, updated_at = clock_timestamp(),
    lease_until = clock_timestamp() + %(seconds)s::float8 * interval '1 second'
WHERE d.id = ANY (ARRAY(
    SELECT id FROM newsletter_delivery
    WHERE edition_id = %(edition)s AND state IN ('pending', 'deferred') AND next_attempt_at <= clock_timestamp()
      AND NOT EXISTS (SELECT FROM newsletter_sendingidentity WHERE cluster <> {CLUSTER})
    ORDER BY next_attempt_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
))
RETURNING d.id, d.fence, d.edition_id, d.segment_id, d.subscriber_id, d.address, d.message_id, d.attempts, {WANTED}
"""  # noqa: S608

RELEASE = f"""
UPDATE newsletter_delivery d SET
    lease_until = NULL, updated_at = clock_timestamp(),
    state = CASE
        WHEN e.state = 'cancelled' THEN 'cancelled'
        WHEN e.state <> 'sending' OR {WANTED} THEN 'pending'
        ELSE 'suppressed'
    END
FROM newsletter_edition e
WHERE e.id = d.edition_id AND d.state = 'claimed'
  AND (d.id, d.fence) IN (SELECT * FROM unnest(%(ids)s::uuid[], %(fences)s::integer[]))
RETURNING d.state
"""  # noqa: S608

# A copy that kills the process that writes its mail must not do so for ever, nor take those that were claimed with it
# along: they wait for random times, longer each time, so that only the guilty one is lost so often.
REAP = """
UPDATE newsletter_delivery d SET
    state = expired.outcome, lease_until = NULL, updated_at = clock_timestamp(),
    lost = d.lost + (d.state = 'claimed')::integer,
    next_attempt_at = clock_timestamp() + random() * 2 ^ (d.lost + 1) * interval '1 second',
    uncertain_at = CASE expired.outcome WHEN 'uncertain' THEN clock_timestamp() END,
    code = CASE expired.outcome WHEN 'failed' THEN 'lost' ELSE d.code END,
    detail = CASE expired.outcome
        WHEN 'uncertain' THEN 'Its sender did not come back.'
        WHEN 'failed' THEN 'Each process that was to send it died.'
        ELSE d.detail
    END
FROM (
    SELECT d.id,
        CASE
            WHEN d.state = 'sending' THEN 'uncertain'
            WHEN e.state = 'cancelled' THEN 'cancelled'
            WHEN d.lost + 1 >= %(most)s THEN 'failed'
            ELSE 'pending'
        END AS outcome
    FROM newsletter_delivery d JOIN newsletter_edition e ON e.id = d.edition_id
    WHERE d.state IN ('claimed', 'sending') AND d.lease_until < clock_timestamp()
    FOR UPDATE OF d SKIP LOCKED
) expired
WHERE d.id = expired.id
RETURNING d.state
"""


@dataclass(frozen=True)
class Copy:
    """A delivery that this process holds, as long as nobody raises its fence."""

    id: UUID
    fence: int
    edition_id: UUID
    segment_id: UUID
    subscriber_id: UUID | None
    address: str
    message_id: str
    attempts: int
    # Whether the reader still wanted it when it was claimed.
    is_wanted: bool


def claim(*, edition_id: UUID, limit: int = MOST_CLAIMED) -> list[Copy]:
    """At most `limit` copies that are due, 50 at most, held for SENDING_CLAIM_SECONDS. One query."""
    values = {
        "edition": edition_id,
        "limit": min(limit, MOST_CLAIMED),
        "seconds": settings.SENDING_CLAIM_SECONDS,
    }
    return [Copy(*row) for row in rows(CLAIM, values)]


def release(copies: Sequence[Copy]) -> list[str]:
    """Give back what was claimed and not sent; returns the states of those copies now. One query."""
    ids, fences = [copy.id for copy in copies], [copy.fence for copy in copies]
    return [state for (state,) in rows(RELEASE, {"ids": ids, "fences": fences})]


def reap() -> Counter[str]:
    """Take back what was held longer than its lease; returns how many copies went to which state. One query.

    A claimed copy waits again, or has failed once it was lost too often. A copy that was being sent is uncertain.
    """
    return Counter(state for (state,) in rows(REAP, {"most": MOST_LOST}))
