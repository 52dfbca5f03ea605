"""Votes and picks as they are cast: held to one each, judged by the rules, and counted together.

A group of ballots takes one transaction with a constant number of statements. Locks are taken in one order, each kind
sorted: tallies, voters, rate counters, ballots. So groups of several processes wait for each other and can't deadlock;
whoever holds a tally knows that nobody else counts on it meanwhile, which makes quotas exact.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import InterfaceError, OperationalError, connection, transaction

from backend.api.group_commit import GroupCommit
from backend.api.ids import new_id
from backend.api.problems import Refusal
from backend.api.throttling import Limit, RateLimitState, Throttled, rate_limit_headers, spend
from backend.api.transactions import retry_after_deadlock
from votes.rules import (
    BURST_WINDOW,
    COUNTED,
    RULESET,
    Circumstances,
    Judgement,
    judge,
    origin_quota,
)
from votes.voters.erasure import ErasedVoter
from votes.voters.tokens import VoterToken

NEW = UUID(int=0)


class ToolArchived(Refusal):
    status_code = 409
    default_code = "tool_archived"
    default_detail = "An archived tool takes no new votes; those cast before stay, and can be withdrawn."
    example_rank = 1


class UnknownTarget(Exception):  # noqa: N818 - it says what there is not.
    """No tool that may be read has this slug now. Looking for it was counted: `headers` say what is left."""

    headers: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a voter wants to have said of a target from now on; a `value` of None withdraws it.

    The target of a vote is a tool's slug, and `ship` or `skip` is said of it. The target of a pick is the ids of two
    tools in ascending order, and one of them is said. `voter` is the key of the voter's row, `origin` the tag of where
    the request came from.
    """

    voter: bytes
    assurance: int
    target: Hashable
    value: Any
    origin: bytes
    cast_at: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """A tool or a pair whose tally is held until the transaction ends; `published` is what the public sees of it."""

    ids: tuple[UUID, ...]
    is_open: bool
    hourly_limit: int
    published: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What a voter says of a target; `value` is None where that is nothing."""

    value: Any = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a ballot that was counted, whether or not it counts."""

    said: Said
    published: tuple[Any, ...]
    spent: RateLimitState


@dataclass(slots=True)
class _Entry:
    """A voter's ballot on a target while a group is counted: as it was found, and as it is to be."""

    target: Target
    ballot: Ballot
    voter_id: UUID
    found: Said
    now: Said
    from_origin: int
    within_hour: int
    judgement: Judgement | None = None


Found = Mapping[Hashable, Target]


# --- Votes and picks ----------------------------------------------------------------------------

# Arrays are sent in binary (%b): writing them as text takes psycopg longer than all the rest of a statement.


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between votes and picks: their tables, columns and types, and how targets are held."""

    table: str
    keys: tuple[str, ...]
    value: str
    value_type: str
    hold: Callable[[Any, Sequence[Any]], Found]

    def statement(self, template: str) -> str:
        return template.format(
            table=self.table,
            keys=", ".join(self.keys),
            value=self.value,
            value_type=self.value_type,
            key_arrays=", ".join("%b::uuid[]" for _ in self.keys),
            same_target=" AND ".join(f"counted.{key} = asked.{key}" for key in self.keys),
            ballot_of_target=" AND ".join(f"ballot.{key} = asked.{key}" for key in self.keys),
        )

    def key_columns(self, entries: Sequence["_Entry"]) -> list[list[UUID]]:
        return [[entry.target.ids[place] for entry in entries] for place in range(len(self.keys))]


HOLD_TOOLS = """
SELECT tool.slug, tool.id, tool.status, tally.hourly_limit,
       public.ship, public.skip, public.pending, public.quarantined, public.as_of
FROM catalog_tool tool
JOIN votes_tally tally ON tally.tool_id = tool.id
JOIN votes_publishedtally public ON public.tool_id = tool.id
WHERE tool.slug = ANY(%b) AND tool.status <> 'draft'
ORDER BY tool.id FOR NO KEY UPDATE OF tally
"""

MAKE_PICK_TALLIES = """
INSERT INTO votes_picktally (first_tool_id, second_tool_id)
SELECT * FROM unnest(%b::uuid[], %b::uuid[]) AS pair (first, second) ORDER BY 1, 2
ON CONFLICT DO NOTHING
"""

HOLD_PAIRS = """
SELECT tally.first_tool_id, tally.second_tool_id,
       one.status <> 'archived' AND other.status <> 'archived', tally.hourly_limit,
       coalesce(public.first, 0), coalesce(public.second, 0),
       coalesce(public.pending, 0), coalesce(public.quarantined, 0), public.as_of
FROM unnest(%b::uuid[], %b::uuid[]) AS pair (first, second)
JOIN votes_picktally tally ON tally.first_tool_id = pair.first AND tally.second_tool_id = pair.second
JOIN catalog_tool one ON one.id = pair.first
JOIN catalog_tool other ON other.id = pair.second
LEFT JOIN votes_publishedpicktally public
    ON public.first_tool_id = pair.first AND public.second_tool_id = pair.second
ORDER BY 1, 2 FOR NO KEY UPDATE OF tally
"""


def hold_tools(cursor: Any, slugs: Sequence[Hashable]) -> Found:
    cursor.execute(HOLD_TOOLS, [slugs])
    return {
        slug: Target(ids=(id_,), is_open=status != "archived", hourly_limit=limit, published=tuple(published))
        for slug, id_, status, limit, *published in cursor.fetchall()
    }


def hold_pairs(cursor: Any, pairs: Sequence[Any]) -> Found:
    firsts, seconds = zip(*pairs, strict=True)
    sides = [list(firsts), list(seconds)]
    cursor.execute(MAKE_PICK_TALLIES, sides)
    cursor.execute(HOLD_PAIRS, sides)
    return {
        (one, other): Target(
            ids=(one, other), is_open=is_open, hourly_limit=limit, published=tuple(published)
        )
        for one, other, is_open, limit, *published in cursor.fetchall()
    }


VOTES = Kind("votes_vote", ("tool_id",), "value", "text", hold_tools)
PICKS = Kind("votes_pick", ("first_tool_id", "second_tool_id"), "chosen_tool_id", "uuid", hold_pairs)


# --- One group ----------------------------------------------------------------------------------


def count_group(kind: Kind, ballots: Sequence[Ballot]) -> list[Receipt | Exception]:
    """Count the ballots in one transaction. One that nobody can count spoils it for itself alone."""
    try:
        # Erasing a voter locks votes before their tallies, and may deadlock with a group.
        return retry_after_deadlock(partial(_count, kind, ballots))
    except (OperationalError, InterfaceError) as outage:
        return [outage] * len(ballots)
    except DatabaseFailure as refusal:
        if len(ballots) == 1:
            return [refusal]
        return [outcome for ballot in ballots for outcome in count_group(kind, [ballot])]


def _count(kind: Kind, ballots: Sequence[Ballot]) -> list[Receipt | Exception]:
    now = max(ballot.cast_at for ballot in ballots)
    with transaction.atomic(), connection.cursor() as cursor:
        targets = kind.hold(cursor, sorted({ballot.target for ballot in ballots}))
        voters = hold_voters(cursor, ballots, targets=targets, now=now)
        limits = vote_limits()
        spent = spend([(ballot.voter, limits) for ballot in ballots], now=now)
        refusals = [
            _refusal(ballot, targets.get(ballot.target), voters=voters, spent=left)
            for ballot, left in zip(ballots, spent, strict=True)
        ]
        accepted = [ballot for ballot, refusal in zip(ballots, refusals, strict=True) if refusal is None]
        entries = find_entries(cursor, kind, accepted, targets=targets, voters=voters)
        said = [
            Said() if refusal else _enter(entries.get((ballot.voter, ballot.target)), ballot)
            for ballot, refusal in zip(ballots, refusals, strict=True)
        ]
        judge_new(entries.values())
        write(cursor, kind, entries.values())
    return [
        refusal or Receipt(said=words, published=targets[ballot.target].published, spent=left)
        for ballot, refusal, words, left in zip(ballots, refusals, said, spent, strict=True)
    ]


# What the contract shows of them, by default.
VOTES_A_MINUTE = Limit("votes-60s", 30, 60)


def vote_limits() -> tuple[Limit, ...]:
    """How often a voter may cast; votes and picks count together."""
    return tuple(Limit(f"votes-{seconds}s", count, seconds) for count, seconds in settings.VOTE_LIMITS)


def _refusal(
    ballot: Ballot, target: Target | None, *, voters: Mapping[bytes, UUID | None], spent: RateLimitState
) -> Exception | None:
    refusal: Refusal | UnknownTarget
    if voters.get(ballot.voter, NEW) is None:
        refusal = ErasedVoter()
    elif target is None:
        refusal = UnknownTarget()
    elif not spent.is_allowed:
        return Throttled(spent)
    elif not target.is_open and ballot.value is not None:
        refusal = ToolArchived()
    else:
        return None
    refusal.headers = {**refusal.headers, **rate_limit_headers(spent)}
    return refusal


HOLD_VOTERS = """
SELECT key, id, erased_at IS NOT NULL FROM votes_voter WHERE key = ANY(%b) ORDER BY key FOR SHARE
"""

MAKE_VOTERS = """
INSERT INTO votes_voter (id, key, assurance, created_at)
SELECT id, key, assurance, %s FROM unnest(%b::uuid[], %b::bytea[], %b::int[]) AS voter (id, key, assurance)
ORDER BY key ON CONFLICT DO NOTHING
"""


def hold_voters(
    cursor: Any, ballots: Sequence[Ballot], *, targets: Found, now: datetime
) -> dict[bytes, UUID | None]:
    """The id of each voter who has a row or gets one now, by key; None for one who was erased.

    A row begins with the first vote. Held against being erased until the votes are in.
    """
    keys = sorted({ballot.voter for ballot in ballots})
    known = _known_voters(cursor, keys)
    new = {
        ballot.voter: ballot.assurance
        for ballot in ballots
        if ballot.voter not in known
        and ballot.value is not None
        and ballot.target in targets
        and targets[ballot.target].is_open
    }
    if new:
        cursor.execute(MAKE_VOTERS, [now, [new_id() for _ in new], list(new), list(new.values())])
        # Another process may have made some of them in between.
        known |= _known_voters(cursor, sorted(new))
    return known


def _known_voters(cursor: Any, keys: Sequence[bytes]) -> dict[bytes, UUID | None]:
    cursor.execute(HOLD_VOTERS, [keys])
    return {bytes(key): None if is_erased else id_ for key, id_, is_erased in cursor.fetchall()}


FIND_ENTRIES = """
SELECT asked.number, ballot.{value}, ballot.created_at, ballot.updated_at,
       CASE WHEN ballot.id IS NULL THEN (
           SELECT count(*) FROM (
               SELECT FROM {table} counted
               WHERE {same_target} AND counted.status = 'counted' AND counted.origin = asked.origin
               LIMIT asked.quota
           ) limited
       ) END,
       CASE WHEN ballot.id IS NULL THEN (
           SELECT count(*) FROM (
               SELECT FROM {table} counted
               WHERE {same_target} AND counted.status = 'counted' AND counted.created_at > asked.window_start
               LIMIT asked.hourly_limit
           ) limited
       ) END
FROM unnest(%b::int[], {key_arrays}, %b::uuid[], %b::bytea[], %b::int[], %b::int[], %b::timestamptz[])
    AS asked (number, {keys}, voter_id, origin, quota, hourly_limit, window_start)
LEFT JOIN {table} ballot ON ballot.voter_id = asked.voter_id AND {ballot_of_target}
"""


def find_entries(
    cursor: Any, kind: Kind, ballots: Sequence[Ballot], *, targets: Found, voters: Mapping[bytes, UUID | None]
) -> dict[tuple[bytes, Hashable], _Entry]:
    """What each voter said of each target so far and what the rules need to know, in one statement.

    Whoever never voted and withdraws has no entry. Counts stop at the limit that they are compared with.
    """
    first_ballots: dict[tuple[bytes, Hashable], Ballot] = {}
    for ballot in ballots:
        if voters.get(ballot.voter):
            first_ballots.setdefault((ballot.voter, ballot.target), ballot)
    if not first_ballots:
        return {}
    asked = list(first_ballots.values())
    held = [targets[ballot.target] for ballot in asked]
    voter_ids = [voters[ballot.voter] for ballot in asked]
    cursor.execute(
        kind.statement(FIND_ENTRIES),
        [
            list(range(len(asked))),
            *([target.ids[place] for target in held] for place in range(len(kind.keys))),
            voter_ids,
            [ballot.origin for ballot in asked],
            [origin_quota(ballot.assurance) for ballot in asked],
            [target.hourly_limit for target in held],
            [ballot.cast_at - BURST_WINDOW for ballot in asked],
        ],
    )
    entries = {}
    for number, value, created_at, updated_at, from_origin, within_hour in cursor.fetchall():
        found = Said(value, created_at, updated_at)
        entries[asked[number].voter, asked[number].target] = _Entry(
            target=held[number],
            ballot=asked[number],
            voter_id=voter_ids[number],
            found=found,
            now=found,
            from_origin=from_origin,
            within_hour=within_hour,
        )
    return entries


def _enter(entry: _Entry | None, ballot: Ballot) -> Said:
    """What the voter says after this ballot; saying the same again changes nothing."""
    if entry is None:
        return Said()
    if ballot.value is None:
        entry.now = Said()
    elif ballot.value == entry.found.value:
        # Also what was withdrawn or changed within this group: as if it had never been.
        entry.now = entry.found
    elif ballot.value != entry.now.value:
        entry.now = Said(ballot.value, entry.found.created_at or ballot.cast_at, ballot.cast_at)
    return entry.now


def judge_new(entries: Iterable[_Entry]) -> None:
    """Judge what is said for the first time, each ballot in the knowledge of those before it in the group."""
    from_origin: Counter[Hashable] = Counter()
    within_hour: Counter[Hashable] = Counter()
    for entry in entries:
        if entry.found.value is not None or entry.now.value is None:
            continue
        place, target = (entry.target.ids, entry.ballot.origin), entry.target.ids
        entry.judgement = judge(
            Circumstances(
                assurance=entry.ballot.assurance,
                counted_from_origin=entry.from_origin + from_origin[place],
                counted_within_hour=entry.within_hour + within_hour[target],
                hourly_limit=entry.target.hourly_limit,
            )
        )
        if entry.judgement.status == COUNTED:
            from_origin[place] += 1
            within_hour[target] += 1


WRITE = """
INSERT INTO {table} AS ballot
    (id, {keys}, voter_id, {value}, status, reasons, ruleset, origin, created_at, updated_at)
SELECT id, {keys}, voter_id, value, status, string_to_array(reasons, ','), ruleset, origin, created_at, updated_at
FROM unnest(%b::uuid[], {key_arrays}, %b::uuid[], %b::{value_type}[], %b::text[], %b::text[], %b::text[],
            %b::bytea[], %b::timestamptz[], %b::timestamptz[])
    AS new (id, {keys}, voter_id, value, status, reasons, ruleset, origin, created_at, updated_at)
ON CONFLICT (voter_id, {keys}) DO UPDATE SET {value} = excluded.{value}, updated_at = excluded.updated_at
WHERE ballot.{value} <> excluded.{value}
"""

WITHDRAW = """
DELETE FROM {table} ballot USING unnest({key_arrays}, %b::uuid[]) AS asked ({keys}, voter_id)
WHERE ballot.voter_id = asked.voter_id AND {ballot_of_target}
"""


def write(cursor: Any, kind: Kind, entries: Iterable[_Entry]) -> None:
    """Bring what is stored to what is said. Votes that count and votes that wait take the same statements and time."""
    changed = [entry for entry in entries if entry.now.value != entry.found.value]
    written = [entry for entry in changed if entry.now.value is not None]
    withdrawn = [entry for entry in changed if entry.now.value is None]
    if written:
        judgements = [entry.judgement or Judgement(COUNTED) for entry in written]
        cursor.execute(
            kind.statement(WRITE),
            [
                [new_id() for _ in written],
                *kind.key_columns(written),
                [entry.voter_id for entry in written],
                [entry.now.value for entry in written],
                [judgement.status for judgement in judgements],
                [",".join(judgement.reasons) for judgement in judgements],
                [RULESET] * len(written),
                [entry.ballot.origin for entry in written],
                [entry.now.created_at for entry in written],
                [entry.now.updated_at for entry in written],
            ],
        )
    if withdrawn:
        cursor.execute(
            kind.statement(WITHDRAW),
            [*kind.key_columns(withdrawn), [entry.voter_id for entry in withdrawn]],
        )


# --- What requests call -------------------------------------------------------------------------

_votes: GroupCommit[Ballot, Receipt] = GroupCommit(partial(count_group, VOTES))
_picks: GroupCommit[Ballot, Receipt] = GroupCommit(partial(count_group, PICKS))


def cast_vote(*, voter: VoterToken, slug: str, value: str | None, origin: bytes, now: datetime) -> Receipt:
    """Set, change or (None) withdraw a vote; the receipt comes once that is durable.

    Raises UnknownTarget where no tool that may be read has this slug now, ToolArchived, Throttled, ErasedVoter, and
    what the database raises when it is out of reach.
    """
    return _votes.submit(Ballot(voter.key, voter.assurance, slug, value, origin, now))


def cast_pick(
    *, voter: VoterToken, pair: tuple[UUID, UUID], value: UUID | None, origin: bytes, now: datetime
) -> Receipt:
    """The same for a pick: `pair` in ascending order of ids, `value` one of the two."""
    return _picks.submit(Ballot(voter.key, voter.assurance, pair, value, origin, now))
