"""Votes and picks as they are cast: held to one each, screened by the rules, and counted together.

A group of ballots takes one transaction with a constant number of statements. Locks are taken in one order, each kind
sorted: tallies, voters, rate counters, ballots. So groups of several processes wait for each other and can't deadlock.
While a process holds a tally, no other process counts on it, which makes quotas exact.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from backend.api.clients import NetworkHashes
from backend.api.group_commit import GroupCommit
from backend.api.outages import outage_of
from backend.api.problems import Refusal
from backend.api.rate_limits import Limit, RateLimitState
from backend.api.throttling import Throttled, spend
from backend.api.transactions import retry_after_deadlock
from votes.ballots import statements
from votes.ballots.statements import PICKS, VOTES, ClaimedTallies, Entry, Kind
from votes.ballots.values import Ballot, ClaimedTally, Receipt, SlugOrPair, StoredVote
from votes.rules import COUNTED, Circumstances, screen
from votes.voters.tokens import ErasedVoter, VoterToken

# The id of a voter who has no row yet.
NEW = UUID(int=0)

Voters = Mapping[bytes, UUID | None]


class ToolArchived(Refusal):
    status_code = 409
    default_code = "tool_archived"
    default_detail = "An archived tool takes no new votes; those cast before stay, and can be withdrawn."
    example_rank = 1


class UnknownToolOrPair(Exception):  # noqa: N818 - it says what there is not.
    """No tool that may be read has this slug now. Looking for it was counted: `rate_limits` say what is left."""

    rate_limits: RateLimitState | None = None


# --- What requests call -------------------------------------------------------------------------


def cast_vote(
    *, voter: VoterToken, slug: str, value: str | None, networks: NetworkHashes, now: datetime
) -> Receipt:
    """Set or change a vote (`ship` or `skip`), or withdraw it (None); the receipt comes once that is durable.

    Raises UnknownToolOrPair where no tool that may be read has this slug now, ToolArchived, Throttled, ErasedVoter, and
    what the database raises when it is out of reach.
    """
    return submit_to(_votes, Ballot(voter.key, voter.assurance, slug, value, networks, now))


def cast_pick(
    *, voter: VoterToken, pair: tuple[UUID, UUID], value: UUID | None, networks: NetworkHashes, now: datetime
) -> Receipt:
    """The same for a pick: `pair` in ascending order of ids, `value` one of the two."""
    return submit_to(_picks, Ballot(voter.key, voter.assurance, pair, value, networks, now))


def submit_to(group: GroupCommit[Ballot, Receipt], ballot: Ballot) -> Receipt:
    """Count the ballot in a group with others; a thread that waits for its turn holds no connection.

    It may be the pool's last one, and the thread that counts for the group needs one.
    """
    if not connection.in_atomic_block:
        connection.close()
    return group.submit(ballot)


# --- One group ----------------------------------------------------------------------------------


def count_group(kind: Kind, ballots: Sequence[Ballot]) -> list[Receipt | Exception]:
    """Count the ballots in one transaction; for each a receipt, or the exception that its request is to raise.

    A ballot that the database refuses fails alone: the others are counted one by one.
    """
    try:
        # Erasing a voter locks votes before their tallies, and may deadlock with a group.
        return retry_after_deadlock(partial(_count, kind, ballots))
    except DatabaseFailure as refusal:
        # One by one they would meet the same outage.
        if len(ballots) == 1 or outage_of(refusal):
            return [refusal] * len(ballots)
        return [outcome for ballot in ballots for outcome in count_group(kind, [ballot])]


_votes: GroupCommit[Ballot, Receipt] = GroupCommit(partial(count_group, VOTES))
_picks: GroupCommit[Ballot, Receipt] = GroupCommit(partial(count_group, PICKS))


def _count(kind: Kind, ballots: Sequence[Ballot]) -> list[Receipt | Exception]:
    now = max(ballot.cast_at for ballot in ballots)
    with transaction.atomic(), connection.cursor() as cursor:
        tallies = kind.claim(cursor, sorted({ballot.target for ballot in ballots}))
        voters = _hold_voters(cursor, ballots, tallies=tallies, now=now)
        limits = vote_limits()
        rate_limits = spend([(ballot.voter, limits) for ballot in ballots], now=now)
        refusals = [
            _refusal(ballot, tallies.get(ballot.target), voters=voters, rate_limits=left)
            for ballot, left in zip(ballots, rate_limits, strict=True)
        ]
        accepted = [ballot for ballot, refusal in zip(ballots, refusals, strict=True) if refusal is None]
        entries = _entries(accepted, tallies=tallies, voters=voters)
        if entries:
            statements.read_entries(cursor, kind, list(entries.values()))
        stored = [
            StoredVote() if refusal else _apply(ballot, entries.get((ballot.voter, ballot.target)))
            for ballot, refusal in zip(ballots, refusals, strict=True)
        ]
        screen_new(entries.values())
        _write(cursor, kind, entries.values())
    return [
        refusal or Receipt(vote, tallies[ballot.target].published, left)
        for ballot, refusal, vote, left in zip(ballots, refusals, stored, rate_limits, strict=True)
    ]


# What the contract shows of them, by default.
VOTES_A_MINUTE = Limit("votes-60s", 30, 60)


def vote_limits() -> tuple[Limit, ...]:
    """How often a voter may cast; votes and picks count together."""
    return tuple(Limit(f"votes-{seconds}s", count, seconds) for count, seconds in settings.VOTE_LIMITS)


def _hold_voters(
    cursor: CursorWrapper, ballots: Sequence[Ballot], *, tallies: ClaimedTallies, now: datetime
) -> dict[bytes, UUID | None]:
    """The id of each voter who has a row or gets one now, by key; None for one who was erased.

    A row begins with the first vote. It is held against erasure until the votes are in.
    """
    known = statements.hold_voters(cursor, {ballot.voter for ballot in ballots})
    new = {
        ballot.voter: ballot.assurance
        for ballot in ballots
        if ballot.voter not in known
        and ballot.value is not None
        and ballot.target in tallies
        and tallies[ballot.target].is_open
    }
    if new:
        statements.make_voters(cursor, new, now=now)
        # Another process may have made some of them in between.
        known |= statements.hold_voters(cursor, new)
    return known


def _refusal(
    ballot: Ballot, tally: ClaimedTally | None, *, voters: Voters, rate_limits: RateLimitState
) -> Exception | None:
    refusal: Refusal | UnknownToolOrPair
    if voters.get(ballot.voter, NEW) is None:
        refusal = ErasedVoter()
    elif tally is None:
        refusal = UnknownToolOrPair()
    elif not rate_limits.is_allowed:
        return Throttled(rate_limits)
    elif not tally.is_open and ballot.value is not None:
        refusal = ToolArchived()
    else:
        return None
    refusal.rate_limits = rate_limits
    return refusal


def _entries(
    ballots: Sequence[Ballot], *, tallies: ClaimedTallies, voters: Voters
) -> dict[tuple[bytes, SlugOrPair], Entry]:
    """One for each voter and target, from the first ballot of them. A voter without a row, who withdraws, has none."""
    entries: dict[tuple[bytes, SlugOrPair], Entry] = {}
    for ballot in ballots:
        if voter_id := voters.get(ballot.voter):
            entries.setdefault((ballot.voter, ballot.target), Entry(tallies[ballot.target], ballot, voter_id))
    return entries


def _apply(ballot: Ballot, entry: Entry | None) -> StoredVote:
    """The voter's vote after this ballot; the same value again changes nothing."""
    if entry is None:
        return StoredVote()
    if ballot.value == entry.wanted.value:
        return entry.wanted
    revision = entry.wanted.revision + 1
    if ballot.value is None:
        entry.wanted = StoredVote(revision=revision)
    elif ballot.value == entry.found.value:
        # Also what was withdrawn or changed within this group: as if it had never been.
        entry.wanted = replace(entry.found, revision=revision)
    else:
        created_at = entry.found.created_at or ballot.cast_at
        entry.wanted = StoredVote(ballot.value, created_at, ballot.cast_at, revision)
    return entry.wanted


def screen_new(entries: Iterable[Entry]) -> None:
    """Screen each vote that is new, in the knowledge of those before it in the group.

    One that was withdrawn is new again, but what is held stays held.
    """
    from_networks: Counter[tuple[tuple[UUID, ...], int, bytes]] = Counter()
    within_hour: Counter[tuple[UUID, ...]] = Counter()
    for entry in entries:
        if entry.found.value is not None or entry.wanted.value is None or entry.is_held:
            continue
        target = entry.tally.tool_ids
        networks = [(target, level, each) for level, each in enumerate(entry.ballot.networks.inwards)]
        entry.screening = screen(
            Circumstances(
                assurance=entry.ballot.assurance,
                counted_from=tuple(
                    before + from_networks[network]
                    for before, network in zip(entry.counted_from, networks, strict=True)
                ),
                counted_within_hour=entry.within_hour + within_hour[target],
                hourly_limit=entry.tally.hourly_limit,
            )
        )
        if entry.screening.status == COUNTED:
            from_networks.update(networks)
            within_hour[target] += 1


def _write(cursor: CursorWrapper, kind: Kind, entries: Iterable[Entry]) -> None:
    if changed := [entry for entry in entries if entry.wanted.revision != entry.found.revision]:
        statements.write_entries(cursor, kind, changed)
