"""The SQL of casting. Each function runs one statement for a whole group of ballots; claiming pairs runs two.

Arrays are sent in binary (%b): writing them as text takes psycopg longer than all the rest of a statement.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from backend.api.ids import id_before, new_id
from votes.ballots.values import Ballot, ClaimedTally, SlugOrPair, StoredVote
from votes.rules import (
    BURST_WINDOW,
    COUNTED,
    RULESET,
    SET_ASIDE,
    USES_QUOTA,
    ScreeningResult,
    hourly_quota,
    network_quotas,
)
from votes.tally import Interval, PublishedCounts

ClaimedTallies = Mapping[SlugOrPair, ClaimedTally]

COUNTS = ScreeningResult(COUNTED)


@dataclass(slots=True)
class Entry:
    """A voter's ballot on a target while a group is counted: as it was found, and as it is to be.

    `counted_from` and `within_hour` are the votes that have used a quota, as rules.Circumstances wants them. What `is_held`
    was withdrawn while it didn't count: cast again, it keeps its status.
    """

    tally: ClaimedTally
    ballot: Ballot
    voter_id: UUID
    found: StoredVote = field(default_factory=StoredVote)
    wanted: StoredVote = field(default_factory=StoredVote)
    counted_from: tuple[int, int, int] = (0, 0, 0)
    within_hour: int = 0
    is_held: bool = False
    screening: ScreeningResult = COUNTS


# --- Votes and picks ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between votes and picks: table, columns, types, and how tallies are claimed."""

    table: str
    keys: tuple[str, ...]
    value: str
    value_type: str
    claim: Callable[[CursorWrapper, list[SlugOrPair]], ClaimedTallies]

    def statement(self, template: str) -> str:
        return template.format(
            table=self.table,
            keys=", ".join(self.keys),
            value=self.value,
            value_type=self.value_type,
            key_arrays=", ".join("%b::uuid[]" for _ in self.keys),
            same_target=" AND ".join(f"counted.{key} = asked.{key}" for key in self.keys),
            ballot_of_target=" AND ".join(f"ballot.{key} = asked.{key}" for key in self.keys),
            is_back=f"ballot.{self.value} IS NULL",
            is_screened=f"ballot.{self.value} IS NULL AND ballot.status = 'counted'",
            moves=f"ballot.{self.value} IS NULL AND NOT ({SET_ASIDE.format(ballot='ballot')})",
            counts=f"counted.status = 'counted' AND counted.{self.value} IS NOT NULL",
            set_aside=SET_ASIDE.format(ballot="counted"),
            uses_quota=USES_QUOTA.format(ballot="counted", answer=self.value),
        )

    def key_columns(self, entries: Sequence[Entry]) -> list[list[UUID]]:
        return [[entry.tally.tool_ids[number] for entry in entries] for number in range(len(self.keys))]


CLAIM_TALLIES = """
SELECT tool.slug, tool.id, tool.status <> 'archived', tally.hourly_limit,
       public.ship, public.skip, public.pending, public.quarantined, public.as_of,
       public.bound_low, public.bound_high
FROM catalog_tool tool
JOIN votes_tally tally ON tally.tool_id = tool.id
JOIN votes_publishedtally public ON public.tool_id = tool.id
WHERE tool.slug = ANY(%b) AND tool.public_at <= statement_timestamp()
ORDER BY tool.id FOR NO KEY UPDATE OF tally
"""

MAKE_PICK_TALLIES = """
INSERT INTO votes_picktally (first_tool_id, second_tool_id)
SELECT * FROM unnest(%b::uuid[], %b::uuid[]) AS pair (first, second) ORDER BY 1, 2
ON CONFLICT DO NOTHING
"""

CLAIM_PICK_TALLIES = """
SELECT tally.first_tool_id, tally.second_tool_id,
       one.status <> 'archived' AND other.status <> 'archived', tally.hourly_limit,
       coalesce(public.first, 0), coalesce(public.second, 0),
       coalesce(public.pending, 0), coalesce(public.quarantined, 0), public.as_of,
       public.bound_low, public.bound_high
FROM unnest(%b::uuid[], %b::uuid[]) AS pair (first, second)
JOIN votes_picktally tally ON tally.first_tool_id = pair.first AND tally.second_tool_id = pair.second
JOIN catalog_tool one ON one.id = pair.first
JOIN catalog_tool other ON other.id = pair.second
LEFT JOIN votes_publishedpicktally public
    ON public.first_tool_id = pair.first AND public.second_tool_id = pair.second
ORDER BY 1, 2 FOR NO KEY UPDATE OF tally
"""


def claim_tallies(cursor: CursorWrapper, slugs: list[SlugOrPair]) -> ClaimedTallies:
    """Lock the tallies of the tools that have these slugs now and may be read; the others are left out."""
    cursor.execute(CLAIM_TALLIES, [slugs])
    return {
        slug: ClaimedTally((tool_id,), is_open, hourly_limit, _published(*published))
        for slug, tool_id, is_open, hourly_limit, *published in cursor.fetchall()
    }


def claim_pick_tallies(cursor: CursorWrapper, pairs: list[SlugOrPair]) -> ClaimedTallies:
    """Lock the tallies of the pairs, which are made where a pair has none yet."""
    sides = [list(ids) for ids in zip(*pairs, strict=True)]
    cursor.execute(MAKE_PICK_TALLIES, sides)
    cursor.execute(CLAIM_PICK_TALLIES, sides)
    return {
        (first, second): ClaimedTally((first, second), is_open, hourly_limit, _published(*published))
        for first, second, is_open, hourly_limit, *published in cursor.fetchall()
    }


def _published(*columns: Any) -> PublishedCounts:
    """From the last columns of a claim; Any, for a row holds what its statement selects."""
    first, second, pending, quarantined, as_of, *bounds = columns
    return PublishedCounts(first, second, pending, quarantined, as_of, Interval.stored(*bounds))


VOTES = Kind("votes_vote", ("tool_id",), "value", "text", claim_tallies)
PICKS = Kind("votes_pick", ("first_tool_id", "second_tool_id"), "chosen_tool_id", "uuid", claim_pick_tallies)


# --- Voters -------------------------------------------------------------------------------------

HOLD_VOTERS = """
SELECT key, id, erased_at IS NOT NULL FROM votes_voter WHERE key = ANY(%b) ORDER BY key FOR SHARE
"""

MAKE_VOTERS = """
INSERT INTO votes_voter (id, key, assurance, created_at)
SELECT id, key, assurance, %s FROM unnest(%b::uuid[], %b::bytea[], %b::int[]) AS voter (id, key, assurance)
ORDER BY key ON CONFLICT DO NOTHING
"""


def hold_voters(cursor: CursorWrapper, keys: Collection[bytes]) -> dict[bytes, UUID | None]:
    """The id of each voter who has a row, by key; None for one who was erased. None of them is erased meanwhile."""
    cursor.execute(HOLD_VOTERS, [sorted(keys)])
    return {bytes(key): None if is_erased else id_ for key, id_, is_erased in cursor.fetchall()}


def make_voters(cursor: CursorWrapper, assurances: Mapping[bytes, int], *, now: datetime) -> None:
    """A row for each voter by key, unless another process has made it."""
    ids = [new_id() for _ in assurances]
    cursor.execute(MAKE_VOTERS, [now, ids, list(assurances), list(assurances.values())])


# --- Ballots ------------------------------------------------------------------------------------

READ_ENTRIES = """
SELECT asked.number, ballot.{value}, ballot.created_at, ballot.updated_at, coalesce(ballot.revision, 0),
       ballot.{value} IS NULL AND ballot.status <> 'counted',
       nearby.from_provider, nearby.from_site, nearby.from_network,
       CASE WHEN ballot.{value} IS NULL THEN (
           SELECT count(*) FROM (
               SELECT FROM {table} counted
               WHERE {same_target} AND {uses_quota} AND counted.created_at > asked.window_start
                 AND (counted.status = 'counted' OR counted.id > asked.first_id)
               LIMIT asked.hourly_limit
           ) limited
       ) ELSE 0 END
FROM unnest(%b::int[], {key_arrays}, %b::uuid[], %b::bytea[], %b::bytea[], %b::bytea[], %b::int[], %b::int[],
            %b::timestamptz[], %b::uuid[])
    AS asked (number, {keys}, voter_id, provider, site, network, quota, hourly_limit, window_start, first_id)
LEFT JOIN {table} ballot ON ballot.voter_id = asked.voter_id AND {ballot_of_target}
CROSS JOIN LATERAL (
    SELECT count(*) AS from_provider, count(*) FILTER (WHERE site_hash = asked.site) AS from_site,
           count(*) FILTER (WHERE origin = asked.network) AS from_network
    FROM (
        SELECT counted.site_hash, counted.origin FROM {table} counted
        WHERE ballot.{value} IS NULL AND {same_target} AND {counts} AND counted.provider_hash = asked.provider
        UNION ALL
        SELECT counted.site_hash, counted.origin FROM {table} counted
        WHERE ballot.{value} IS NULL AND {same_target} AND {set_aside} AND counted.provider_hash = asked.provider
        LIMIT asked.quota
    ) limited
) nearby
"""


def read_entries(cursor: CursorWrapper, kind: Kind, entries: Sequence[Entry]) -> None:
    """Fill in what is stored and what the rules need to know.

    Counts stop at the limit that they are compared with; those of a network's parts, at the quota of all of it, for then
    the vote waits anyway. What staff set aside uses the hour in which it was first cast, as its id says: withdrawn and
    cast again each hour, it holds up nobody.
    """
    window_starts = [entry.ballot.cast_at - BURST_WINDOW for entry in entries]
    cursor.execute(
        kind.statement(READ_ENTRIES),
        [
            list(range(len(entries))),
            *kind.key_columns(entries),
            [entry.voter_id for entry in entries],
            *_network_columns(entries),
            [network_quotas(entry.ballot.assurance)[0] for entry in entries],
            [hourly_quota(entry.ballot.assurance, entry.tally.hourly_limit) for entry in entries],
            window_starts,
            list(map(id_before, window_starts)),
        ],
    )
    for (
        number,
        value,
        created_at,
        updated_at,
        revision,
        is_held,
        provider,
        site,
        network,
        within_hour,
    ) in cursor.fetchall():
        entry = entries[number]
        stood = value is not None
        entry.found = entry.wanted = StoredVote(
            value, created_at if stood else None, updated_at if stood else None, revision
        )
        entry.is_held = bool(is_held)
        entry.counted_from, entry.within_hour = (provider, site, network), within_hour


def _network_columns(entries: Sequence[Entry]) -> list[list[bytes]]:
    return [
        list(column) for column in zip(*(entry.ballot.networks.inwards for entry in entries), strict=True)
    ]


WRITE_ENTRIES = """
INSERT INTO {table} AS ballot
    (id, {keys}, voter_id, {value}, status, reasons, ruleset, provider_hash, site_hash, origin, created_at, updated_at,
     revision)
SELECT id, {keys}, voter_id, value, status, string_to_array(reasons, ','), ruleset, provider, site, network,
       created_at, updated_at, revision
FROM unnest(%b::uuid[], {key_arrays}, %b::uuid[], %b::{value_type}[], %b::text[], %b::text[], %b::text[],
            %b::bytea[], %b::bytea[], %b::bytea[], %b::timestamptz[], %b::timestamptz[], %b::int[])
    AS new (id, {keys}, voter_id, value, status, reasons, ruleset, provider, site, network, created_at, updated_at,
            revision)
ON CONFLICT (voter_id, {keys}) DO UPDATE SET
    {value} = excluded.{value}, updated_at = excluded.updated_at, revision = excluded.revision,
    created_at = CASE WHEN {is_back} THEN excluded.created_at ELSE ballot.created_at END,
    provider_hash = CASE WHEN {moves} THEN excluded.provider_hash ELSE ballot.provider_hash END,
    site_hash = CASE WHEN {moves} THEN excluded.site_hash ELSE ballot.site_hash END,
    origin = CASE WHEN {moves} THEN excluded.origin ELSE ballot.origin END,
    status = CASE WHEN {is_screened} THEN excluded.status ELSE ballot.status END,
    reasons = CASE WHEN {is_screened} THEN excluded.reasons ELSE ballot.reasons END,
    ruleset = CASE WHEN {is_screened} THEN excluded.ruleset ELSE ballot.ruleset END
WHERE (ballot.{value}, ballot.revision) IS DISTINCT FROM (excluded.{value}, excluded.revision)
"""


def write_entries(cursor: CursorWrapper, kind: Kind, entries: Sequence[Entry]) -> None:
    """Store what is wanted; what is withdrawn has its row already, and keeps it.

    Votes that count, votes that wait and withdrawals take the same statement and time. What staff set aside keeps its
    networks: cast again from another, it would leave the quota of the first one free.
    """
    cursor.execute(
        kind.statement(WRITE_ENTRIES),
        [
            [new_id() for _ in entries],
            *kind.key_columns(entries),
            [entry.voter_id for entry in entries],
            [entry.wanted.value for entry in entries],
            [entry.screening.status for entry in entries],
            [",".join(entry.screening.reasons) for entry in entries],
            [RULESET] * len(entries),
            *_network_columns(entries),
            [entry.wanted.created_at or entry.ballot.cast_at for entry in entries],
            [entry.wanted.updated_at or entry.ballot.cast_at for entry in entries],
            [entry.wanted.revision for entry in entries],
        ],
    )
