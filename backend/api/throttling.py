"""Counts requests against limits in PostgreSQL: one statement for any number of requests."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from backend.api.clients import Address, client_network, network_hash, wider_network
from backend.api.digests import keyed_digest
from backend.api.models import RateCounter
from backend.api.problems import Refusal
from backend.api.rate_limits import Allowance, Limit, RateLimitState

# In the order of keys, so that statements that overlap wait for each other and never in a circle. Counting
# ends far above any limit and far below where the column would overflow. Arrays are sent in binary (%b): writing
# them as text takes psycopg twice as long.
SPEND = """
INSERT INTO api_ratecounter AS counter (key, count, ends_at)
SELECT key, cost, %(now)s::timestamptz + seconds * interval '1 second'
FROM unnest(%(keys)b::bytea[], %(costs)b::int[], %(seconds)b::int[]) AS claim (key, cost, seconds)
ORDER BY key
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN counter.ends_at > %(now)s::timestamptz
        THEN least(counter.count + EXCLUDED.count, 1000000000) ELSE EXCLUDED.count END,
    ends_at = CASE WHEN counter.ends_at > %(now)s::timestamptz THEN counter.ends_at ELSE EXCLUDED.ends_at END
RETURNING key, count, ends_at
"""


# A subject, and the limits that count its requests.
Claim = tuple[bytes | str, Sequence[Limit]]


def spend(claims: Sequence[Claim], *, now: datetime) -> list[RateLimitState]:
    """Counts one request for each claim, in one statement for all of them.

    A subject that occurs several times is counted in the order of the claims. Refused requests count too, on
    all their limits. Inside a transaction the counts are rolled back with it, and their rows stay locked until
    it ends: call this once in it at most, or two transactions may wait for each other.
    """
    if not claims:
        return []
    keys = [[counter_key(subject, limit) for limit in limits] for subject, limits in claims]
    costs = Counter(key for row in keys for key in row)
    seconds = {
        key: limit.seconds
        for row, (_, limits) in zip(keys, claims, strict=True)
        for key, limit in zip(row, limits, strict=True)
    }
    # Any: the driver takes more types than its stubs name.
    values: dict[str, Any] = {
        "now": now,
        "keys": list(costs),
        "costs": list(costs.values()),
        "seconds": [seconds[key] for key in costs],
    }
    with connection.cursor() as cursor:
        cursor.execute(SPEND, values)
        counters = {bytes(key): (count - costs[bytes(key)], ends_at) for key, count, ends_at in cursor}

    def take(key: bytes, limit: Limit) -> Allowance:
        used, ends_at = counters[key]
        counters[key] = used + 1, ends_at
        seconds_left = math.ceil((ends_at - now).total_seconds())
        return Allowance(limit=limit, used=used + 1, seconds_left=seconds_left)

    return [
        RateLimitState(tuple(take(key, limit) for key, limit in zip(row, limits, strict=True)))
        for row, (_, limits) in zip(keys, claims, strict=True)
    ]


def throttle(*claims: Claim, now: datetime) -> RateLimitState:
    """Counts one request for every claim; the state of all their limits. Raises Throttled where one is exceeded."""
    states = spend(claims, now=now)
    state = RateLimitState(tuple(allowance for each in states for allowance in each.allowances))
    if not state.is_allowed:
        raise Throttled(state)
    return state


def throttle_client(
    address: Address | None, *, limits: Sequence[Limit], wider_limits: Sequence[Limit] = (), now: datetime
) -> RateLimitState:
    """Counts one request of a client, known by the day's hashes of its network and of the one around that.

    No address is at rest; a new day gives a network at most its limits anew. Raises Throttled.
    """
    claims = [(network_hash(client_network(address), now=now), limits)]
    if wider_limits:
        claims.append((network_hash(wider_network(address), now=now), wider_limits))
    return throttle(*claims, now=now)


def counter_key(subject: bytes | str, limit: Limit) -> bytes:
    raw = subject.encode() if isinstance(subject, str) else subject
    return keyed_digest("rate counter", limit.name.encode(), raw)


class Throttled(Refusal):
    status_code = 429
    default_code = "throttled"
    default_detail = "Too many requests; `Retry-After` says in how many seconds to try again."
    example_rank = 0

    def __init__(self, state: RateLimitState) -> None:
        self.limit, self.seconds_left = state.tightest.limit, state.tightest.seconds_left
        super().__init__(
            f"At most {self.limit.count} requests in {self.limit.seconds} seconds; "
            f"try again in {self.seconds_left} seconds."
        )
        self.rate_limits = state
        self.headers = {"Retry-After": str(self.seconds_left)}


def purge_expired_counters(now: datetime) -> int:
    """Deletes the counters whose window has ended; those that a request is just counting on stay."""
    with transaction.atomic():
        # It never waits for a lock, so it can't be part of a deadlock with `spend`.
        ended = RateCounter.objects.filter(ends_at__lte=now).select_for_update(skip_locked=True)
        return RateCounter.objects.filter(pk__in=ended.values("pk")).delete()[0]
