"""Publishing tallies: readers see them move in steps, and staff get an alert of each burst."""

from datetime import datetime

from django.db import connection, transaction

from votes.rules import BURST_WINDOW
from votes.tallies.locks import PUBLISHER_LOCK

PUBLISH_TALLIES = """
UPDATE votes_publishedtally p SET
    ship = t.ship, skip = t.skip, pending = t.pending, quarantined = t.quarantined, rejected = t.rejected,
    as_of = %(now)s
FROM votes_tally t
WHERE t.tool_id = p.tool_id
  AND (t.ship, t.skip, t.pending, t.quarantined, t.rejected)
   <> (p.ship, p.skip, p.pending, p.quarantined, p.rejected)
"""

PUBLISH_PICK_TALLIES = """
INSERT INTO votes_publishedpicktally AS p
    (first_tool_id, second_tool_id, first, second, pending, quarantined, rejected, as_of)
SELECT first_tool_id, second_tool_id, first, second, pending, quarantined, rejected, %(now)s FROM votes_picktally t
ON CONFLICT (first_tool_id, second_tool_id) DO UPDATE SET
    first = excluded.first, second = excluded.second, pending = excluded.pending,
    quarantined = excluded.quarantined, rejected = excluded.rejected, as_of = excluded.as_of
WHERE (p.first, p.second, p.pending, p.quarantined, p.rejected)
   <> (excluded.first, excluded.second, excluded.pending, excluded.quarantined, excluded.rejected)
"""

# Only where more wait than at the last step.
RAISE_VOTE_ALERTS = """
INSERT INTO votes_alert (id, kind, tool_id, begins_at, detail, created_at)
SELECT gen_random_uuid(), 'burst', t.tool_id, burst.hour,
       format('More than %%s counted within an hour; %%s wait.', t.hourly_limit, burst.count), %(now)s
FROM votes_tally t JOIN votes_publishedtally p ON p.tool_id = t.tool_id,
LATERAL (
    SELECT date_trunc('hour', v.created_at, 'UTC') AS hour, count(*) FROM votes_vote v
    WHERE v.tool_id = t.tool_id AND v.status = 'pending' AND v.created_at > %(since)s AND 'burst' = ANY (v.reasons)
    GROUP BY 1
) burst
WHERE t.pending > p.pending
ON CONFLICT DO NOTHING
"""

RAISE_PICK_ALERTS = """
INSERT INTO votes_alert (id, kind, tool_id, other_tool_id, begins_at, detail, created_at)
SELECT gen_random_uuid(), 'burst', t.first_tool_id, t.second_tool_id, burst.hour,
       format('More than %%s counted within an hour; %%s wait.', t.hourly_limit, burst.count), %(now)s
FROM votes_picktally t LEFT JOIN votes_publishedpicktally p
    ON p.first_tool_id = t.first_tool_id AND p.second_tool_id = t.second_tool_id,
LATERAL (
    SELECT date_trunc('hour', v.created_at, 'UTC') AS hour, count(*) FROM votes_pick v
    WHERE v.first_tool_id = t.first_tool_id AND v.second_tool_id = t.second_tool_id
      AND v.status = 'pending' AND v.created_at > %(since)s AND 'burst' = ANY (v.reasons)
    GROUP BY 1
) burst
WHERE t.pending > coalesce(p.pending, 0)
ON CONFLICT DO NOTHING
"""


def publish_tallies(*, now: datetime) -> int:
    """Bring what readers see to what is counted; the number of tallies that moved.

    Staff are told of each hour in which votes began to wait for a burst: here, so that casting such a vote takes no
    longer than casting another. All is one transaction. Where another process is publishing already, this one has
    nothing to do.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [PUBLISHER_LOCK])
        if cursor.fetchone() == (False,):
            return 0
        for statement in (RAISE_VOTE_ALERTS, RAISE_PICK_ALERTS):
            cursor.execute(statement, {"now": now, "since": now - BURST_WINDOW})
        moved = 0
        for statement in (PUBLISH_TALLIES, PUBLISH_PICK_TALLIES):
            cursor.execute(statement, {"now": now})
            moved += cursor.rowcount
        return moved
