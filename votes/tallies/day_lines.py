"""A line a day for each tool that has votes: the published numbers, chained by digests."""

import hashlib
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from votes.models import PublishedTally, TallyDay, Vote
from votes.rules import RULESET
from votes.tallies.locks import PUBLISHER_LOCK


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


def yesterday(now: datetime) -> date:
    """The UTC day before that of `now`, which is in UTC."""
    return now.date() - timedelta(days=1)
