"""What time changes about votes: how many an hour are usual, and which have waited long enough."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count

from catalog.models import Tool
from votes.models import CountStatus, Pick, PickTally, Tally, Vote
from votes.rules import BASELINE, RELEASE_AFTER, RELEASED_QUOTA, RULESET, STRONG_ASSURANCE, hourly_limit
from votes.tallies.locks import hold_tally

# Votes on the same tool wait while a batch is written.
BATCH = 1_000

RELEASE = """
WITH waiting AS (
    SELECT b.id, b.origin, row_number() OVER (PARTITION BY b.origin ORDER BY b.created_at, b.id) AS number_of_network
    FROM {table} b JOIN votes_voter v ON v.id = b.voter_id
    WHERE {target} AND b.{answer} IS NOT NULL AND b.status = 'pending' AND b.created_at <= %(waited_since)s
      AND b.reasons = ARRAY['origin_quota']::varchar[] AND b.origin IS NOT NULL
      AND v.assurance >= %(assurance)s
), counted AS (
    SELECT b.origin, count(*) AS number FROM {table} b
    WHERE {target} AND b.{answer} IS NOT NULL AND b.status = 'counted' AND b.origin IN (SELECT origin FROM waiting)
    GROUP BY b.origin
)
UPDATE {table} SET status = 'counted', reasons = ARRAY[]::varchar[], ruleset = %(ruleset)s
WHERE id IN (
    SELECT id FROM waiting LEFT JOIN counted USING (origin)
    WHERE coalesce(number, 0) + number_of_network <= %(quota)s
    ORDER BY number_of_network, id LIMIT %(batch)s
)
"""

RELEASE_VOTES = RELEASE.format(table="votes_vote", answer="value", target="b.tool_id = %(tool)s")
RELEASE_PICKS = RELEASE.format(
    table="votes_pick",
    answer="chosen_tool_id",
    target="b.first_tool_id = %(tool)s AND b.second_tool_id = %(other_tool)s",
)


def rescore(*, now: datetime) -> int:
    """Bring the hourly limits to what is usual now, and count what has waited long enough; how many count now.

    Needed about once an hour. Each tally is written by itself, so votes wait for a batch at most; a second run finds
    nothing to do.
    """
    refresh_hourly_limits(now=now)
    targets: list[tuple[Tool, Tool | None]] = [
        (tally.tool, None)
        for tally in Tally.objects.filter(pending__gt=0).select_related("tool").order_by("tool")
    ]
    targets += [
        (tally.first_tool, tally.second_tool)
        for tally in PickTally.objects.filter(pending__gt=0)
        .select_related("first_tool", "second_tool")
        .order_by("first_tool", "second_tool")
    ]
    return sum(_release(tool, other_tool, now) for tool, other_tool in targets)


def refresh_hourly_limits(*, now: datetime) -> None:
    """Two queries a kind, and one for each limit that changed."""
    kinds: list[tuple[type[Vote | Pick], type[Tally | PickTally], list[str]]] = [
        (Vote, Tally, ["tool"]),
        (Pick, PickTally, ["first_tool", "second_tool"]),
    ]
    for ballot, tally, target in kinds:
        recent = ballot.objects.standing().filter(status=CountStatus.COUNTED, created_at__gte=now - BASELINE)
        counts = {
            tuple(key): count for *key, count in recent.values_list(*target).annotate(count=Count("pk"))
        }
        for pk, limit, *key in tally.objects.order_by("pk").values_list("pk", "hourly_limit", *target):
            usual = hourly_limit(counted_in_baseline=counts.get(tuple(key), 0))
            if usual != limit:
                tally.objects.filter(pk=pk).update(hourly_limit=usual)


def _release(tool: Tool, other_tool: Tool | None, now: datetime) -> int:
    values: dict[str, datetime | UUID | int | str | None] = {
        "tool": tool.pk,
        "other_tool": other_tool.pk if other_tool else None,
        "waited_since": now - RELEASE_AFTER,
        "assurance": STRONG_ASSURANCE,
        "quota": RELEASED_QUOTA,
        "ruleset": RULESET,
        "batch": BATCH,
    }
    released = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            hold_tally(tool=tool, other_tool=other_tool)
            cursor.execute(RELEASE_PICKS if other_tool else RELEASE_VOTES, values)
            batch: int = cursor.rowcount
        released += batch
        if batch < BATCH:
            return released
