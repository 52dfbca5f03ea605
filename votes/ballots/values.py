"""What goes into casting and what comes out of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.api.clients import NetworkHashes
from backend.api.rate_limits import RateLimitState
from votes.tally import PublishedCounts

# What a ballot is about: a tool, by its slug; or a pair, by the ids of its tools in ascending order.
SlugOrPair = str | tuple[UUID, UUID]
# `ship` or `skip` of a tool; of a pair, the id of the chosen tool.
Value = str | UUID


@dataclass(frozen=True, slots=True)
class Ballot:
    """A voter's vote or pick from now on; a `value` of None withdraws it.

    `voter` is the key of the voter's row, `networks` are those that the request came from.
    """

    voter: bytes
    assurance: int
    target: SlugOrPair
    value: Value | None
    networks: NetworkHashes
    cast_at: datetime


@dataclass(frozen=True, slots=True)
class StoredVote:
    """A voter's vote or pick as it is stored; `value` is None where there is none.

    `revision` grows with each change, withdrawals too: of two answers the greater one stands. 0 before the first.
    """

    value: Value | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class ClaimedTally:
    """The tally of a tool or of a pair, locked until the transaction ends; `tool_ids` are one id or two."""

    tool_ids: tuple[UUID, ...]
    is_open: bool
    hourly_limit: int
    published: PublishedCounts


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a ballot that was taken, whether or not it counts: the vote as it is stored now, the tally as
    the public sees it, and what is left of the voter's limits."""

    stored: StoredVote
    published: PublishedCounts
    rate_limits: RateLimitState
