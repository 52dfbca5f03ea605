"""Limits on how often somebody may ask: counted in PostgreSQL, one statement for any number of requests."""

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.digests import keyed_digest
from backend.api.models import RateCounter
from backend.api.problems import Refusal

NAME = re.compile(r"[a-z][a-z0-9-]*")

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


@dataclass(frozen=True, slots=True)
class Limit:
    """A policy: at most `count` requests in a window of `seconds`, which begins with a subject's first."""

    name: str
    count: int
    seconds: int

    def __post_init__(self) -> None:
        if not (
            NAME.fullmatch(self.name) and 0 < self.count <= 1_000_000 and 0 < self.seconds <= 31 * 86_400
        ):
            raise ValueError(f"{self} is no limit.")


@dataclass(frozen=True, slots=True)
class Allowance:
    """One limit after a request: `used` counts that request too."""

    limit: Limit
    used: int
    seconds_left: int

    @property
    def remaining(self) -> int:
        return max(0, self.limit.count - self.used)

    @property
    def is_exceeded(self) -> bool:
        return self.used > self.limit.count


@dataclass(frozen=True, slots=True)
class RateLimitState:
    """What one request has left of each of its limits."""

    allowances: tuple[Allowance, ...]

    @property
    def is_allowed(self) -> bool:
        return not any(allowance.is_exceeded for allowance in self.allowances)

    @property
    def tightest(self) -> Allowance:
        """The exceeded one with the longest wait, else the one with the fewest requests left."""
        return min(
            self.allowances,
            key=lambda allowance: (not allowance.is_exceeded, allowance.remaining, -allowance.seconds_left),
        )


def spend(claims: Sequence[tuple[bytes | str, Sequence[Limit]]], *, now: datetime) -> list[RateLimitState]:
    """
    Counts one request for each claim (a subject and its limits), in one statement for all of them.

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


def counter_key(subject: bytes | str, limit: Limit) -> bytes:
    raw = subject.encode() if isinstance(subject, str) else subject
    return keyed_digest("rate counter", limit.name.encode(), raw)


def rate_limit_headers(spent: RateLimitState) -> dict[str, str]:
    """What the IETF's draft-ietf-httpapi-ratelimit-headers-10 wants to be said of each limit."""
    return {
        "RateLimit-Policy": ", ".join(
            f'"{each.limit.name}";q={each.limit.count};w={each.limit.seconds}' for each in spent.allowances
        ),
        "RateLimit": ", ".join(
            f'"{each.limit.name}";r={each.remaining};t={each.seconds_left}' for each in spent.allowances
        ),
    }


class Throttled(Refusal):
    status_code = 429
    default_code = "throttled"
    default_detail = "Too many requests; `Retry-After` says in how many seconds to try again."
    example_rank = 0

    def __init__(self, spent: RateLimitState) -> None:
        limit, wait = spent.tightest.limit, spent.tightest.seconds_left
        super().__init__(
            f"At most {limit.count} requests in {limit.seconds} seconds; try again in {wait} seconds."
        )
        self.headers = {**rate_limit_headers(spent), "Retry-After": str(wait)}


class CountedView(APIView):
    """
    A view that counts requests with one of `counted_methods`, which the schema says.

    Whoever counts sets `self.spent`; then every answer from there on, refusals too, says what is left. `counted_by`
    is one of its limits, as the contract's example.
    """

    counted_by: Limit | None = None

    counted_methods: Collection[str] = ("POST", "PUT", "PATCH", "DELETE")
    spent: RateLimitState | None = None

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.spent:
            for name, value in rate_limit_headers(self.spent).items():
                # A refusal that was throttled knows more: which of several limits it was.
                response.headers.setdefault(name, value)
        return response


def purge_expired_counters(now: datetime) -> int:
    """Deletes the counters whose window has ended; those that somebody is just counting on stay."""
    with transaction.atomic():
        # It never waits for a lock, so it can't be part of a deadlock with `spend`.
        ended = RateCounter.objects.filter(ends_at__lte=now).select_for_update(skip_locked=True)
        return RateCounter.objects.filter(pk__in=ended.values("pk")).delete()[0]
