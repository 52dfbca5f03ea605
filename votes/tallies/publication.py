"""What becomes public of the tallies, and when: steps, a line a day, and a recount that reports what differs."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from votes.models import Alert, PublishedTally, TallyDay, Vote
from votes.rules import BURST_WINDOW, RULESET

# Any number that no other lock of ours has.
PUBLISHER_LOCK = 3_126_001

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


# --- A line a day ------------------------------------------------------------------------------


def close_day(*, day: date) -> int:
    """Write the line of a UTC day that is over for each tool that had votes by then; the number of lines written.

    A line that is there already stays. The numbers are those published when this runs, which is soon after midnight.
    """
    ended_at = datetime.combine(day + timedelta(days=1), time.min, UTC)
    lines = TallyDay.objects.filter(tool=OuterRef("tool"))
    votes = Vote.objects.filter(tool=OuterRef("tool"), created_at__lt=ended_at)
    voted = PublishedTally.objects.exclude(ship=0, skip=0, pending=0, quarantined=0, rejected=0)
    open_tallies = (voted.filter(Exists(votes)) | PublishedTally.objects.filter(Exists(lines))).exclude(
        Exists(lines.filter(day__gte=day))
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLISHER_LOCK])
        before = dict(
            TallyDay.objects.filter(tool__in=open_tallies.values("tool"))
            .order_by("tool", "-day")
            .distinct("tool")
            .values_list("tool", "digest")
        )
        days = [
            _line(tally, day=day, previous=before.get(tally.tool_id, ""))
            for tally in open_tallies.order_by("tool").iterator()
        ]
        return len(TallyDay.objects.bulk_create(days, batch_size=1_000))


def _line(tally: PublishedTally, *, day: date, previous: str) -> TallyDay:
    line = TallyDay(
        tool_id=tally.tool_id,
        day=day,
        ship=tally.ship,
        skip=tally.skip,
        pending=tally.pending,
        quarantined=tally.quarantined,
        rejected=tally.rejected,
        ruleset=RULESET,
    )
    line.digest = digest_of(line, previous=previous)
    return line


def digest_of(line: TallyDay, *, previous: str) -> str:
    """SHA-256 in hex of the previous line's digest (empty for the first) and this line's numbers, joined by `|`."""
    numbers = (line.ship, line.skip, line.pending, line.quarantined, line.rejected)
    text = "|".join([previous, line.day.isoformat(), *map(str, numbers), line.ruleset])
    return hashlib.sha256(text.encode()).hexdigest()


# --- The recount -------------------------------------------------------------------------------

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
    FROM votes_vote GROUP BY tool_id
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
    FROM votes_pick GROUP BY first_tool_id, second_tool_id
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

    Nobody waits for the recount: one statement sees tallies and votes as of one moment. Only the votes on a tool
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


def yesterday(now: datetime) -> date:
    """The UTC day before that of `now`, which is in UTC."""
    return now.date() - timedelta(days=1)
