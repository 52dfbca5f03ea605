"""Counts copies: by state, by failure, and those that say something is wrong with us."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from newsletter.deliveries.database import RowValues, rows
from newsletter.models import Edition

MOST_LOST_COPIES = 20

BY_STATE = "SELECT state, count(*) FROM newsletter_delivery WHERE edition_id = %(edition)s GROUP BY state"

UNDER_WAY = """
SELECT e.week, e.audience, d.state, count(*)
FROM newsletter_edition e JOIN newsletter_delivery d ON d.edition_id = e.id
WHERE e.state IN ('sending', 'paused') AND e.audience IS NOT NULL
GROUP BY e.id, d.state
"""

LOST = """
SELECT count(*) FROM newsletter_delivery d JOIN newsletter_edition e ON e.id = d.edition_id
WHERE d.edition_id = %(edition)s AND d.state = 'failed' AND d.code = 'lost'
  AND d.updated_at > coalesce(e.resumed_at, '-infinity')
"""

# The server has accepted the recipient of a copy that is being sent; its outcome is recorded with the next copy.
SENT_LATELY = """
SELECT
    count(*) FILTER (WHERE accepted_at > clock_timestamp() - interval '1 minute' OR state = 'sending'),
    count(*) FILTER (WHERE accepted_at <= clock_timestamp() - interval '1 minute') > 0
FROM newsletter_delivery
WHERE edition_id = %(edition)s AND (accepted_at > clock_timestamp() - interval '2 minutes' OR state = 'sending')
"""

# Of a million copies this reads every one, which takes a third of a second.
PROGRESS = """
SELECT state, count(*), count(*) FILTER (
    WHERE accepted_at > greatest(%(now)s::timestamptz - interval '1 minute', %(resumed_at)s::timestamptz)
), min(accepted_at), max(next_attempt_at)
FROM newsletter_delivery WHERE edition_id = %(edition)s GROUP BY state
"""
# Both name the state, so that the index on the few in trouble finds them.
FAILURES = """
SELECT code, count(*) FROM newsletter_delivery WHERE edition_id = %(edition)s AND state = 'failed'
GROUP BY code ORDER BY count(*) DESC, code LIMIT %(limit)s
"""
UNCERTAIN = """
SELECT id, message_id, uncertain_at FROM newsletter_delivery WHERE edition_id = %(edition)s AND state = 'uncertain'
ORDER BY uncertain_at, id LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Totals:
    """How many copies of an edition are in which state."""

    waiting: int
    held: int
    accepted: int
    failed: int
    suppressed: int
    cancelled: int
    uncertain: int


def totals_of(edition: Edition) -> Totals:
    """One query, which reads all copies of the edition."""
    counts: dict[str, int] = dict(rows(BY_STATE, {"edition": edition.pk}))
    return Totals(
        waiting=counts.get("pending", 0) + counts.get("deferred", 0),
        held=counts.get("claimed", 0) + counts.get("sending", 0),
        **{
            state: counts.get(state, 0)
            for state in ("accepted", "failed", "suppressed", "cancelled", "uncertain")
        },
    )


def too_many_are_lost(*, edition_id: UUID) -> bool:
    """Whether more than 20 were given up because their workers died, counted anew when staff resume."""
    ((lost,),) = rows(LOST, {"edition": edition_id})
    return bool(lost > MOST_LOST_COPIES)


@dataclass(frozen=True)
class SentLately:
    """Copies that the server has accepted in the last minute, or is accepting; and whether there were some before that."""

    in_a_minute: int
    for_a_minute: bool


def sent_lately(*, edition_id: UUID) -> SentLately:
    """One query, which reads all copies of the edition."""
    (row,) = rows(SENT_LATELY, {"edition": edition_id})
    return SentLately(*row)


# Rows go into the cache as they are, so that a later release can read them too.
def copies_under_way() -> Sequence[RowValues]:
    """A row for each state of each edition that is being sent: week, audience, state, copies. Reads all their copies."""
    return rows(UNDER_WAY, {})


def progress_rows(edition: Edition, *, now: datetime) -> Sequence[RowValues]:
    """A row for each state: state, copies, accepted in the minute before `now`, first accepted, last next attempt."""
    return rows(PROGRESS, {"edition": edition.pk, "now": now, "resumed_at": edition.resumed_at})


def failure_rows(edition: Edition, *, limit: int) -> Sequence[RowValues]:
    """A row for each code of failed copies, the most frequent first: code, copies."""
    return rows(FAILURES, {"edition": edition.pk, "limit": limit})


def uncertain_rows(edition: Edition, *, limit: int) -> Sequence[RowValues]:
    """A row for each copy in doubt, the oldest first: id, Message-ID, since when."""
    return rows(UNCERTAIN, {"edition": edition.pk, "limit": limit})
