"""Subscribers over time: how many confirmed and left on each day, and how many there were at its end."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypedDict

from django.db import connection
from django.db.models import Count

from newsletter.desk.snapshots import shared
from newsletter.models import Subscriber

# A mailbox counts when it changes between in and out: a reader who unsubscribes and is then erased has left once. The
# record outlives erasure, so this does too. It reads the whole record: seconds for two million lines.
TURNS = """
SELECT (created_at AT TIME ZONE 'UTC')::date, count(*) FILTER (WHERE is_in), count(*) FILTER (WHERE NOT is_in)
FROM (
    SELECT created_at, deed = 'confirmed' AS is_in,
        lag(deed = 'confirmed', 1, false) OVER (PARTITION BY address_key ORDER BY id) AS was_in
    FROM newsletter_consent WHERE deed IN ('confirmed', 'unsubscribed', 'erased', 'suppressed')
) turns
WHERE is_in <> was_in AND created_at >= %(since)s
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Day:
    """`active` is the number at the day's end, or now."""

    day: date
    confirmed: int
    left: int
    active: int


def growth(*, days: int, until: datetime) -> list[Day]:
    """The last days in UTC, the latest last; two queries, or none where they were counted a moment ago."""
    today = until.astimezone(UTC).date()
    numbers = shared(f"growth:{today}:{days}", lambda: _count(since=today - timedelta(days=days - 1)))
    turns = {day: (confirmed, left) for day, confirmed, left in numbers["turns"]}
    return _backwards(turns, active=numbers["active"], today=today, days=days)


def subscribers_by_status() -> dict[str, int]:
    """One query, which reads every subscriber."""
    found = Subscriber.objects.values_list("status").annotate(number=Count("pk")).order_by("status")
    return {**dict.fromkeys(Subscriber.Status.values, 0), **dict(found)}


def _backwards(turns: dict[date, tuple[int, int]], *, active: int, today: date, days: int) -> list[Day]:
    """From the number of today, which was counted, back to earlier days, day by day."""
    found = []
    for back in range(days):
        day = today - timedelta(days=back)
        confirmed, left = turns.get(day, (0, 0))
        # Subscribers without a record, from an early import, count as present from the beginning.
        found.append(Day(day, confirmed, left, max(0, active)))
        active += left - confirmed
    return found[::-1]


class _Numbers(TypedDict):
    """Plain rows, so that a later release can read what this one cached: the day, how many confirmed, how many left."""

    turns: list[tuple[date, int, int]]
    active: int


def _count(*, since: date) -> _Numbers:
    with connection.cursor() as cursor:
        cursor.execute(TURNS, {"since": datetime.combine(since, time(), UTC)})
        turns = list(cursor.fetchall())
    return {"turns": turns, "active": subscribers_by_status()[Subscriber.Status.ACTIVE]}
