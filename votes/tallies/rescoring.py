"""What time changes about votes: which have waited long enough to count."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from catalog.models import Tool
from votes.rules import (
    BURST_RELEASE_AFTER,
    MIN_NETWORKS,
    RELEASE_AFTER,
    RELEASED_QUOTAS,
    RULESET,
    STRONG_ASSURANCE,
    STRONG_HOURLY_FLOOR,
    USES_QUOTA,
    WEAK_QUOTAS,
)
from votes.tallies.limits import refresh_hourly_limits
from votes.tallies.locks import hold_tally

# Votes on the same tool wait while a batch is written.
BATCH = 1_000
# Among how many votes after a burst its further networks are looked for.
LOOKED_AT = 500

# What time lets count, as long as the networks' quotas aren't used up.
MAY_COUNT = """
b.{answer} IS NOT NULL AND b.status = 'pending' AND b.created_at <= %(waited_since)s AND b.provider_hash IS NOT NULL
AND (NOT 'origin_quota' = ANY (b.reasons) OR v.assurance >= %(assurance)s)
AND (NOT 'burst' = ANY (b.reasons) OR b.created_at <= %(burst_since)s)
"""

# Whose votes may count: an index holds those that wait, of all tools.
WITH_WAITING = """
SELECT DISTINCT {keys} FROM {table} b JOIN votes_voter v ON v.id = b.voter_id WHERE {may_count} ORDER BY {keys}
"""

# Networks are nested, so quotas are kept from the narrowest to the widest, and the hour's last: what one of them holds back
# takes no part of the next. Votes of all classes of assurance share their numbers, and each is held to its own quotas.
RELEASE = """
WITH waiting AS (
    SELECT b.id, b.created_at, b.provider_hash, b.site_hash, b.origin, 'burst' = ANY (b.reasons) AS is_of_burst,
           date_trunc('hour', b.created_at, 'UTC') AS hour,
           CASE WHEN v.assurance >= %(assurance)s THEN %(strong)s ELSE %(weak)s END::int[] AS quotas
    FROM {table} b JOIN votes_voter v ON v.id = b.voter_id
    WHERE {target} AND {may_count}
), counted AS (
    SELECT b.provider_hash, b.site_hash, b.origin, count(*) AS number FROM {table} b
    WHERE {target} AND {uses_quota} AND b.provider_hash IN (SELECT provider_hash FROM waiting)
    GROUP BY 1, 2, 3
), of_network AS (
    SELECT w.*, coalesce(c.number, 0) + row_number() OVER (
        PARTITION BY provider_hash, site_hash, origin ORDER BY w.created_at, w.id
    ) AS number_of_network
    FROM waiting w LEFT JOIN counted c USING (provider_hash, site_hash, origin)
), of_site AS (
    SELECT w.*, coalesce(c.number, 0) + row_number() OVER (
        PARTITION BY provider_hash, site_hash ORDER BY w.created_at, w.id
    ) AS number_of_site
    FROM of_network w
    LEFT JOIN (SELECT provider_hash, site_hash, sum(number) AS number FROM counted GROUP BY 1, 2) c
        USING (provider_hash, site_hash)
    WHERE number_of_network <= quotas[3]
), of_provider AS (
    SELECT w.*, coalesce(c.number, 0) + row_number() OVER (
        PARTITION BY provider_hash ORDER BY w.created_at, w.id
    ) AS number_of_provider
    FROM of_site w
    LEFT JOIN (SELECT provider_hash, sum(number) AS number FROM counted GROUP BY 1) c USING (provider_hash)
    WHERE number_of_site <= quotas[2]
), of_hour AS (
    SELECT w.*, row_number() OVER (PARTITION BY w.hour, w.is_of_burst ORDER BY w.created_at, w.id) AS number_of_hour
    FROM of_provider w WHERE number_of_provider <= quotas[1]
), hours AS (
    SELECT hour, (
        SELECT count(*) FROM {table} b
        WHERE {target} AND {uses_quota} AND b.created_at >= hour
          AND b.created_at < hour + interval '1 hour'
    ) AS counted, (
        SELECT count(DISTINCT site_hash) FROM (
            SELECT b.site_hash FROM {table} b
            WHERE {target} AND b.{answer} IS NOT NULL AND b.status = 'counted' AND b.created_at >= hour + interval '1 hour'
            ORDER BY b.created_at LIMIT %(looked_at)s
        ) later
    ) AS networks_since
    FROM (SELECT DISTINCT hour FROM of_hour WHERE is_of_burst) burst
)
UPDATE {table} SET status = 'counted', reasons = ARRAY[]::varchar[], ruleset = %(ruleset)s
WHERE id IN (
    SELECT id FROM of_hour LEFT JOIN hours USING (hour)
    WHERE NOT is_of_burst OR (networks_since >= %(networks)s AND counted + number_of_hour <= %(of_an_hour)s)
    ORDER BY created_at, id LIMIT %(batch)s
)
"""

VOTES_MAY_COUNT, PICKS_MAY_COUNT = (MAY_COUNT.format(answer=answer) for answer in ("value", "chosen_tool_id"))
TOOLS_OF_VOTES = WITH_WAITING.format(table="votes_vote", keys="b.tool_id", may_count=VOTES_MAY_COUNT)
PAIRS_OF_PICKS = WITH_WAITING.format(
    table="votes_pick", keys="b.first_tool_id, b.second_tool_id", may_count=PICKS_MAY_COUNT
)
RELEASE_VOTES = RELEASE.format(
    table="votes_vote",
    answer="value",
    target="b.tool_id = %(tool)s",
    may_count=VOTES_MAY_COUNT,
    uses_quota=USES_QUOTA.format(ballot="b", answer="value"),
)
RELEASE_PICKS = RELEASE.format(
    table="votes_pick",
    answer="chosen_tool_id",
    target="b.first_tool_id = %(tool)s AND b.second_tool_id = %(other_tool)s",
    may_count=PICKS_MAY_COUNT,
    uses_quota=USES_QUOTA.format(ballot="b", answer="chosen_tool_id"),
)

_Values = dict[str, datetime | UUID | int | str | list[int] | None]


def rescore(*, now: datetime) -> int:
    """Bring the hourly limits to what is usual now, and count what has waited long enough; how many count now.

    Run each 15 minutes. Each tally is written by itself, so votes wait for a batch at most; a second run finds
    nothing to do. Its cost follows what moved and what waits, and not how many tools and pairs there are.
    """
    refresh_hourly_limits(now=now)
    values: _Values = {
        "waited_since": now - RELEASE_AFTER,
        "burst_since": now - BURST_RELEASE_AFTER,
        "assurance": STRONG_ASSURANCE,
        "strong": list(RELEASED_QUOTAS),
        "weak": list(WEAK_QUOTAS),
        "networks": MIN_NETWORKS,
        "of_an_hour": STRONG_HOURLY_FLOOR,
        "looked_at": LOOKED_AT,
        "ruleset": RULESET,
        "batch": BATCH,
    }
    with connection.cursor() as cursor:
        cursor.execute(TOOLS_OF_VOTES, values)
        targets: list[tuple[Tool, Tool | None]] = [(Tool(pk=tool), None) for (tool,) in cursor.fetchall()]
        cursor.execute(PAIRS_OF_PICKS, values)
        targets += [(Tool(pk=tool), Tool(pk=other)) for tool, other in cursor.fetchall()]
    return sum(_release(tool, other_tool, values) for tool, other_tool in targets)


def _release(tool: Tool, other_tool: Tool | None, values: _Values) -> int:
    values = {**values, "tool": tool.pk, "other_tool": other_tool.pk if other_tool else None}
    released = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            hold_tally(tool=tool, other_tool=other_tool)
            cursor.execute(RELEASE_PICKS if other_tool else RELEASE_VOTES, values)
            batch: int = cursor.rowcount
        released += batch
        if batch < BATCH:
            return released
