"""Limits, what is left of them, and how headers say it."""

import pytest

from backend.api.rate_limits import Allowance, Limit, RateLimitState, rate_limit_headers

FIVE, HUNDRED = Limit("five", 5, 60), Limit("hundred", 100, 3600)


@pytest.mark.parametrize("name", ["", "Votes", 'vo"tes', "votes\r\n", "vötes"])
def test_a_name_that_would_break_the_header_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        Limit(name, 1, 1)


def test_the_headers_are_those_of_the_draft() -> None:
    spent = RateLimitState((Allowance(FIVE, 6, 55), Allowance(HUNDRED, 6, 3000)))

    assert rate_limit_headers(spent) == {
        "RateLimit-Policy": '"five";q=5;w=60, "hundred";q=100;w=3600',
        "RateLimit": '"five";r=0;t=55, "hundred";r=94;t=3000',
    }


@pytest.mark.parametrize(
    ("count", "seconds"), [(0, 60), (1_000_001, 60), (5, 0), (5, 31 * 86_400 + 1), (-1, 60)]
)
def test_a_limit_that_counts_nothing_or_for_ever_is_refused(count: int, seconds: int) -> None:
    with pytest.raises(ValueError):
        Limit("five", count, seconds)


@pytest.mark.parametrize(("used", "remaining", "is_exceeded"), [(1, 4, False), (5, 0, False), (6, 0, True)])
def test_the_request_itself_is_counted(used: int, remaining: int, is_exceeded: bool) -> None:
    allowance = Allowance(FIVE, used, 60)

    assert (allowance.remaining, allowance.is_exceeded) == (remaining, is_exceeded)


def test_one_limit_that_is_exceeded_refuses_the_request() -> None:
    assert RateLimitState((Allowance(FIVE, 5, 9), Allowance(HUNDRED, 100, 9))).is_allowed
    assert not RateLimitState((Allowance(FIVE, 5, 9), Allowance(HUNDRED, 101, 9))).is_allowed


def test_the_tightest_limit_is_the_one_with_the_fewest_requests_left() -> None:
    state = RateLimitState((Allowance(FIVE, 2, 9), Allowance(HUNDRED, 98, 9)))

    assert state.tightest.limit == HUNDRED
