"""Limits on how often a client may ask, and what a request has left of them: values alone, without a database."""

import re
from dataclasses import dataclass

NAME = re.compile(r"[a-z][a-z0-9-]*")


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

    def __add__(self, other: "RateLimitState") -> "RateLimitState":
        return RateLimitState(self.allowances + other.allowances)

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
