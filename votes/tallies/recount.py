"""The recount of all votes and picks, which reports and mends each tally that differs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from votes.models import Alert

RECOUNT_VOTES = """
SELECT t.tool_id, NULL::uuid,
       ARRAY[t.ship, t.skip, t.pending, t.quarantined, t.rejected],
       ARRAY[coalesce(c.ship, 0), coalesce(c.skip, 0),
             coalesce(c.pending, 0), coalesce(c.quarantined, 0), coalesce(c.rejected, 0)]
FROM votes_tally t LEFT JOIN (
    SELECT tool_id,
           count(*) FILTER (WHERE status = 'counted' AND value = 'ship') AS ship,
           count(*) FILTER (WHERE status = 'counted' AND value = 'skip') AS skip,
           count(*) FILTER (WHERE status = 'pending') AS pending,
           count(*) FILTER (WHERE status = 'quarantined') AS quarantined,
           count(*) FILTER (WHERE status = 'rejected') AS rejected
    FROM votes_vote WHERE value IS NOT NULL GROUP BY tool_id
) c USING (tool_id)
WHERE (t.ship, t.skip, t.pending, t.quarantined, t.rejected)
   <> (coalesce(c.ship, 0), coalesce(c.skip, 0),
       coalesce(c.pending, 0), coalesce(c.quarantined, 0), coalesce(c.rejected, 0))
"""

RECOUNT_PICKS = """
SELECT first_tool_id, second_tool_id,
       ARRAY[coalesce(t.first, 0), coalesce(t.second, 0),
             coalesce(t.pending, 0), coalesce(t.quarantined, 0), coalesce(t.rejected, 0)],
       ARRAY[coalesce(c.first, 0), coalesce(c.second, 0),
             coalesce(c.pending, 0), coalesce(c.quarantined, 0), coalesce(c.rejected, 0)]
FROM votes_picktally t FULL JOIN (
    SELECT first_tool_id, second_tool_id,
           count(*) FILTER (WHERE status = 'counted' AND chosen_tool_id = first_tool_id) AS first,
           count(*) FILTER (WHERE status = 'counted' AND chosen_tool_id = second_tool_id) AS second,
           count(*) FILTER (WHERE status = 'pending') AS pending,
           count(*) FILTER (WHERE status = 'quarantined') AS quarantined,
           count(*) FILTER (WHERE status = 'rejected') AS rejected
    FROM votes_pick WHERE chosen_tool_id IS NOT NULL GROUP BY first_tool_id, second_tool_id
) c USING (first_tool_id, second_tool_id)
WHERE (coalesce(t.first, 0), coalesce(t.second, 0),
       coalesce(t.pending, 0), coalesce(t.quarantined, 0), coalesce(t.rejected, 0))
   <> (coalesce(c.first, 0), coalesce(c.second, 0),
       coalesce(c.pending, 0), coalesce(c.quarantined, 0), coalesce(c.rejected, 0))
"""

HOLD_TALLY = """
SELECT FROM votes_tally WHERE tool_id = %s FOR NO KEY UPDATE
"""

HOLD_PICK_TALLY = """
WITH missing AS (
    INSERT INTO votes_picktally (first_tool_id, second_tool_id) VALUES (%s, %s) ON CONFLICT DO NOTHING
)
SELECT FROM votes_picktally WHERE first_tool_id = %s AND second_tool_id = %s FOR NO KEY UPDATE
"""

MEND_TALLY = """
UPDATE votes_tally SET ship = %s, skip = %s, pending = %s, quarantined = %s, rejected = %s WHERE tool_id = %s
"""

MEND_PICK_TALLY = """
UPDATE votes_picktally SET first = %s, second = %s, pending = %s, quarantined = %s, rejected = %s
WHERE first_tool_id = %s AND second_tool_id = %s
"""


@dataclass(frozen=True, slots=True)
class Drift:
    """A tally that was not what its votes add up to; counts in the order of the columns."""

    tool_id: UUID
    other_tool_id: UUID | None
    tallied: tuple[int, ...]
    counted: tuple[int, ...]

    def __str__(self) -> str:
        return f"tallied {', '.join(map(str, self.tallied))}; counted {', '.join(map(str, self.counted))}"


def reconcile_tallies(*, now: datetime) -> list[Drift]:
    """Recount all votes and picks; mend each tally that differs and leave an alert about it.

    The recount locks nothing: one statement sees tallies and votes as of one moment. Only the votes on a tool
    whose tally differs wait, while that one is counted once more and mended.
    """
    suspects = [*_drifts(RECOUNT_VOTES), *_drifts(RECOUNT_PICKS)]
    return [drift for suspect in suspects for drift in _mended(suspect, now=now)]


def _mended(suspect: Drift, *, now: datetime) -> list[Drift]:
    if suspect.other_tool_id:
        key = [suspect.tool_id, suspect.other_tool_id]
        hold, recount, mend = HOLD_PICK_TALLY, RECOUNT_PICKS, MEND_PICK_TALLY
        this, hold_key = " AND first_tool_id = %s AND second_tool_id = %s", [*key, *key]
    else:
        key = [suspect.tool_id]
        hold, recount, mend = HOLD_TALLY, RECOUNT_VOTES, MEND_TALLY
        this, hold_key = " AND t.tool_id = %s", key
    with transaction.atomic(), connection.cursor() as cursor:
        # Every vote moves this row before it is committed, so none can slip in between the count and the mending.
        cursor.execute(hold, hold_key)
        drifts = _drifts(recount + this, key)
        for drift in drifts:
            cursor.execute(mend, [*drift.counted, *key])
            Alert.objects.create(
                kind=Alert.Kind.DRIFT,
                tool_id=drift.tool_id,
                other_tool_id=drift.other_tool_id,
                begins_at=now,
                detail=str(drift),
            )
    return drifts


def _drifts(recount: str, key: Sequence[UUID] = ()) -> list[Drift]:
    with connection.cursor() as cursor:
        cursor.execute(recount, key)
        return [
            Drift(tool_id, other_tool_id, tuple(tallied), tuple(counted))
            for tool_id, other_tool_id, tallied, counted in cursor.fetchall()
        ]
