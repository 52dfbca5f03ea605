"""The Wilson interval against published values and as a property, and how shares are rounded."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from votes.tally import Interval, TallyCount, Z, crowd_status, wilson_interval


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int]:
    """A part and its total, of one vote or of a billion."""
    total = draw(st.integers(1, 60) | st.integers(1, 10**9))
    return draw(st.integers(0, total)), total


def interval_of(part: int, total: int) -> Interval:
    interval = wilson_interval(part=part, total=total)
    assert interval is not None
    return interval


@pytest.mark.parametrize(
    ("part", "total", "low", "high"),
    [
        (1, 1, 0.206549, 1),
        (10, 10, 0.722467, 1),
        (0, 10, 0, 0.277533),
        (1, 2, 0.094531, 0.905469),
        (6, 10, 0.312674, 0.831820),
        (60, 100, 0.502003, 0.690599),
        (600, 1000, 0.569309, 0.629925),
        (5500, 10_000, 0.540232, 0.559730),
    ],
)
def test_the_interval_has_the_published_bounds(part: int, total: int, low: float, high: float) -> None:
    interval = interval_of(part, total)

    assert interval.low == pytest.approx(low, abs=1e-6)
    assert interval.high == pytest.approx(high, abs=1e-6)


def test_there_is_no_interval_of_nothing() -> None:
    assert wilson_interval(part=0, total=0) is None


@settings(deadline=None)
@given(shares())
def test_the_share_lies_within_its_interval(share: tuple[int, int]) -> None:
    part, total = share

    interval = interval_of(part, total)

    assert 0 <= interval.low <= part / total <= interval.high <= 1


@settings(deadline=None)
@given(shares())
def test_each_bound_is_where_the_share_would_just_be_possible(share: tuple[int, int]) -> None:
    """The definition: the bounds b are the two solutions of (p - b)^2 = z^2 b (1 - b) / n."""
    part, total = share

    interval = interval_of(part, total)

    for bound in (interval.low, interval.high):
        assert (part / total - bound) ** 2 == pytest.approx(Z * Z * bound * (1 - bound) / total, abs=1e-9)


@settings(deadline=None)
@given(shares())
def test_ship_and_skip_have_mirrored_intervals(share: tuple[int, int]) -> None:
    part, total = share

    interval, mirrored = interval_of(part, total), interval_of(total - part, total)

    assert mirrored.low == pytest.approx(1 - interval.high, abs=1e-9)
    assert mirrored.high == pytest.approx(1 - interval.low, abs=1e-9)


@settings(deadline=None)
@given(shares())
def test_ten_times_the_votes_at_the_same_share_narrow_the_interval(share: tuple[int, int]) -> None:
    part, total = share

    few, many = interval_of(part, total), interval_of(10 * part, 10 * total)

    assert many.high - many.low < few.high - few.low


@settings(deadline=None)
@given(shares())
def test_one_more_ship_in_the_same_total_raises_both_bounds(share: tuple[int, int]) -> None:
    part, total = share
    part = min(part, total - 1)

    before, after = interval_of(part, total), interval_of(part + 1, total)

    assert before.low <= after.low
    assert before.high <= after.high
    assert before != after


@pytest.mark.parametrize(
    ("ship", "skip", "percent"),
    [
        (0, 0, None),
        (0, 1, 0),
        (1, 0, 100),
        (1, 2, 33),
        (2, 1, 67),
        (1, 7, 13),
        (7, 1, 88),
        (1, 199, 1),
        (1, 200, 0),
        (199, 1, 100),
        (399, 1, 100),
        (500, 500, 50),
    ],
)
def test_the_percentage_is_rounded_half_up_and_unknown_without_votes(
    ship: int, skip: int, percent: int | None
) -> None:
    assert TallyCount(ship=ship, skip=skip).percent == percent


@pytest.mark.parametrize(
    ("total", "status"), [(0, "none"), (1, "few"), (19, "few"), (20, "enough"), (1_000_000, "enough")]
)
def test_a_crowd_is_enough_from_twenty_votes(total: int, status: str) -> None:
    assert crowd_status(total=total) == status
    assert TallyCount(ship=total).status == status
    assert TallyCount(skip=total).status == status


def test_a_count_knows_its_total_and_interval() -> None:
    count = TallyCount(ship=6, skip=4)

    assert count.total == 10
    assert count.interval == wilson_interval(part=6, total=10)
    assert TallyCount().interval is None
