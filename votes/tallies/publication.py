"""Publishing tallies: readers see them move in steps, and staff get an alert of each burst.

What is held back is published once a day and in bands, with everything else: a step that showed a vote as counted or
as waiting would teach its voter what passes.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from votes.rules import BURST_WINDOW, MIN_DAYS, MIN_NETWORKS
from votes.tallies.locks import PUBLISHER_LOCK
from votes.tally import MIN_VOTES, deciding_bounds

_ENOUGH = {"votes": MIN_VOTES, "networks": MIN_NETWORKS, "days": MIN_DAYS}

# What moved since the last step. Of a pair: the picks of its tools in the order of ids.
MOVED_TALLIES = """
SELECT t.tool_id, t.ship, t.skip,
       CASE WHEN t.ship + t.skip >= %(votes)s THEN votes_are_spread(t.tool_id, %(networks)s, %(days)s) END
FROM votes_tally t JOIN votes_publishedtally p USING (tool_id)
WHERE (t.ship, t.skip) <> (p.ship, p.skip)
"""

MOVED_PICK_TALLIES = """
SELECT t.first_tool_id, t.second_tool_id, t.first, t.second,
       CASE WHEN t.first + t.second >= %(votes)s
           THEN votes_picks_are_spread(t.first_tool_id, t.second_tool_id, %(networks)s, %(days)s)
       END
FROM votes_picktally t LEFT JOIN votes_publishedpicktally p USING (first_tool_id, second_tool_id)
WHERE (t.first, t.second) IS DISTINCT FROM (p.first, p.second)
"""

PUBLISH_TALLIES = """
UPDATE votes_publishedtally p SET
    ship = moved.ship, skip = moved.skip, bound_low = moved.low, bound_high = moved.high, as_of = %s
FROM unnest(%b::uuid[], %b::int[], %b::int[], %b::float[], %b::float[]) AS moved (tool_id, ship, skip, low, high)
WHERE p.tool_id = moved.tool_id
"""

PUBLISH_PICK_TALLIES = """
INSERT INTO votes_publishedpicktally AS p (
    as_of, first_tool_id, second_tool_id, first, second, bound_low, bound_high
)
SELECT %s, moved.*
FROM unnest(%b::uuid[], %b::uuid[], %b::int[], %b::int[], %b::float[], %b::float[]) AS moved
ON CONFLICT (first_tool_id, second_tool_id) DO UPDATE SET
    first = excluded.first, second = excluded.second,
    bound_low = excluded.bound_low, bound_high = excluded.bound_high, as_of = excluded.as_of
"""

# The lower end of the band: 0 below 10, then 10, 100, 1,000 and so on.
BAND = "CASE WHEN t.{0} < 10 THEN 0 ELSE power(10, length(t.{0}::text) - 1)::int END"
HELD = ", ".join(BAND.format(column) for column in ("pending", "quarantined", "rejected"))

# Our own column names, no foreign text.
PUBLISH_HELD = f"""
UPDATE votes_publishedtally p SET (pending, quarantined, rejected, as_of) = ROW ({HELD}, %(now)s)
FROM votes_tally t
WHERE t.tool_id = p.tool_id AND (p.pending, p.quarantined, p.rejected) <> ({HELD})
"""  # noqa: S608

PUBLISH_HELD_PICKS = f"""
UPDATE votes_publishedpicktally p SET (pending, quarantined, rejected, as_of) = ROW ({HELD}, %(now)s)
FROM votes_picktally t
WHERE t.first_tool_id = p.first_tool_id AND t.second_tool_id = p.second_tool_id
  AND (p.pending, p.quarantined, p.rejected) <> ({HELD})
"""  # noqa: S608

# Of an hour in which so many wait for their networks' quotas, staff are told even where they make no burst.
ALERT_FROM = 10

# One alert of each hour in which votes wait: of a burst, where any waits for one. An index finds what came in within two
# hours and waits, however many votes and tools there are. As long as an alert is open, it says how many wait by now.
RAISE_ALERTS = """
INSERT INTO votes_alert AS alert (id, tool_id, other_tool_id, begins_at, kind, detail, created_at)
SELECT gen_random_uuid(), waiting.*, %(now)s FROM (
    SELECT {first}, {other}, date_trunc('hour', created_at, 'UTC') AS hour,
        CASE WHEN bool_or('burst' = ANY (reasons)) THEN 'burst' ELSE 'networks' END AS kind,
        format(
            '%%s wait, from %%s %%s.', count(*), count(DISTINCT coalesce(site_hash, origin)),
            CASE WHEN count(DISTINCT coalesce(site_hash, origin)) = 1 THEN 'network' ELSE 'networks' END
        )
    FROM {table}
    WHERE status = 'pending' AND {answer} IS NOT NULL AND created_at >= date_trunc('hour', %(since)s, 'UTC')
    GROUP BY 1, 2, 3
    HAVING bool_or('burst' = ANY (reasons)) OR count(*) >= %(alert_from)s
    ORDER BY 1, 2, 3
) waiting
ON CONFLICT (kind, tool_id, other_tool_id, begins_at) DO UPDATE SET detail = excluded.detail
WHERE alert.closed_at IS NULL AND alert.detail <> excluded.detail
"""
ALERTS = [
    RAISE_ALERTS.format(table="votes_vote", first="tool_id", other="NULL::uuid", answer="value"),
    RAISE_ALERTS.format(
        table="votes_pick", first="first_tool_id", other="second_tool_id", answer="chosen_tool_id"
    ),
]


def raise_alerts(*, now: datetime) -> None:
    """Tell staff of each hour in which votes began to wait for a burst, or many for their networks: here, so that
    casting such a vote takes no longer than casting another."""
    with transaction.atomic(), connection.cursor() as cursor:
        _raise_alerts(cursor, now=now)


def publish_tallies(*, now: datetime) -> int:
    """Raise alerts, and bring the counted votes that readers see to what is counted, with the bounds that follow; the
    number of tallies that moved.

    All is one transaction. Where another process is publishing already, this one has nothing to do.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [PUBLISHER_LOCK])
        if cursor.fetchone() == (False,):
            return 0
        _raise_alerts(cursor, now=now)
        return _publish_votes(cursor, now) + _publish_picks(cursor, now)


def publish_everything(cursor: CursorWrapper, *, now: datetime) -> None:
    """The same and what is held back; the caller holds PUBLISHER_LOCK in its transaction."""
    _raise_alerts(cursor, now=now)
    _publish_votes(cursor, now)
    _publish_picks(cursor, now)
    for statement in (PUBLISH_HELD, PUBLISH_HELD_PICKS):
        cursor.execute(statement, {"now": now})


def _raise_alerts(cursor: CursorWrapper, *, now: datetime) -> None:
    for statement in ALERTS:
        cursor.execute(statement, {"now": now, "since": now - BURST_WINDOW, "alert_from": ALERT_FROM})


def _publish_votes(cursor: CursorWrapper, now: datetime) -> int:
    cursor.execute(MOVED_TALLIES, _ENOUGH)
    rows = [(*row, *_bounds(row[1], row[2], is_spread)) for *row, is_spread in cursor.fetchall()]
    if rows:
        cursor.execute(PUBLISH_TALLIES, [now, *_columns(rows)])
    return len(rows)


def _publish_picks(cursor: CursorWrapper, now: datetime) -> int:
    cursor.execute(MOVED_PICK_TALLIES, _ENOUGH)
    rows = [(*row, *_bounds(row[2], row[3], is_spread)) for *row, is_spread in cursor.fetchall()]
    if rows:
        cursor.execute(PUBLISH_PICK_TALLIES, [now, *_columns(rows)])
    return len(rows)


def _bounds(one: int, other: int, is_spread: bool) -> tuple[float | None, float | None]:
    """For the two columns: nulls where the crowd decides nothing."""
    bounds = deciding_bounds(part=one, total=one + other) if is_spread else None
    return (bounds.low, bounds.high) if bounds else (None, None)


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
