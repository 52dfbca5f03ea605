"""A line a day for each tool and pair that anybody voted on: the published numbers, chained by digests, under one root.

A line's digest is the SHA-256 in hex of these, joined by `|`: the digest of the line before (nothing, for the first),
the id of the tool or the two of the pair, the day, the five numbers, and the ruleset. A day's root is that of the root
before, the day, and the digests of all its lines in ascending order.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from votes.models import ClosedDay, Pick, PickTallyDay, PublishedPickTally, PublishedTally, TallyDay, Vote
from votes.rules import RULESET
from votes.tallies.locks import PUBLISHER_LOCK
from votes.tallies.publication import publish_everything

BATCH = 1_000


def close_day(*, day: date, now: datetime) -> int:
    """Publish all numbers, write the lines of a UTC day that is over, and its root; the number of lines written.

    A day is closed once, and none before one that is closed. Its numbers are those of the moment when this runs, which
    is soon after midnight. Tools and pairs that nobody had voted on by the day's end have no line.
    """
    ended_at = datetime.combine(day + timedelta(days=1), time.min, UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLISHER_LOCK])
        last = ClosedDay.objects.order_by("-day").first()
        # A worker that still runs earlier code may have written lines of this day, and no root.
        if (last and last.day >= day) or TallyDay.objects.filter(day__gte=day).exists():
            return 0
        publish_everything(cursor, now=now)
        tools = TallyDay.objects.bulk_create(_lines_of_tools(day, ended_at), batch_size=BATCH)
        pairs = PickTallyDay.objects.bulk_create(_lines_of_pairs(day, ended_at), batch_size=BATCH)
        digests = [line.digest for line in tools] + [line.digest for line in pairs]
        root = root_of(digests, day=day, previous=last.root if last else "")
        ClosedDay.objects.create(day=day, line_count=len(digests), root=root)
        return len(digests)


def _lines_of_tools(day: date, ended_at: datetime) -> Iterator[TallyDay]:
    lines = TallyDay.objects.filter(tool=OuterRef("tool"))
    votes = Vote.objects.filter(tool=OuterRef("tool"), created_at__lt=ended_at)
    tallies = PublishedTally.objects.filter(Exists(votes) | Exists(lines))
    last = TallyDay.objects.order_by("tool", "-day").distinct("tool").values_list("tool", "digest")
    before = dict(last)
    for tally in tallies.order_by("tool").iterator():
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
        line.digest = digest_of(line, previous=before.get(tally.tool_id, ""))
        yield line


def _lines_of_pairs(day: date, ended_at: datetime) -> Iterator[PickTallyDay]:
    pair = {"first_tool": OuterRef("first_tool"), "second_tool": OuterRef("second_tool")}
    lines = PickTallyDay.objects.filter(**pair)
    picks = Pick.objects.filter(**pair, created_at__lt=ended_at)
    tallies = PublishedPickTally.objects.filter(Exists(picks) | Exists(lines))
    last = PickTallyDay.objects.order_by("first_tool", "second_tool", "-day").distinct(
        "first_tool", "second_tool"
    )
    before = {(line.first_tool_id, line.second_tool_id): line.digest for line in last}
    for tally in tallies.order_by("first_tool", "second_tool").iterator():
        line = PickTallyDay(
            first_tool_id=tally.first_tool_id,
            second_tool_id=tally.second_tool_id,
            day=day,
            first=tally.first,
            second=tally.second,
            pending=tally.pending,
            quarantined=tally.quarantined,
            rejected=tally.rejected,
            ruleset=RULESET,
        )
        line.digest = digest_of(line, previous=before.get((tally.first_tool_id, tally.second_tool_id), ""))
        yield line


def digest_of(line: TallyDay | PickTallyDay, *, previous: str) -> str:
    return _hashed(previous, line.subject, line.day.isoformat(), *line.numbers, line.ruleset)


def digest_without_subject(line: TallyDay, *, previous: str) -> str:
    """The digest of lines from before the first root, which don't say whose they are."""
    return _hashed(previous, line.day.isoformat(), *line.numbers, line.ruleset)


def root_of(digests: Iterable[str], *, day: date, previous: str) -> str:
    return _hashed(previous, day.isoformat(), *sorted(digests))


def _hashed(*parts: object) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()


def yesterday(now: datetime) -> date:
    """The UTC day before that of `now`, which is in UTC."""
    return now.date() - timedelta(days=1)
