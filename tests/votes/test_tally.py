"""The interval that is shown and the bounds that decide: against published values, as properties, and by simulation."""

from collections.abc import Iterator
from itertools import accumulate, count
from math import comb
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from votes.tally import (
    LOOKING_ERROR,
    MIN_VOTES,
    Interval,
    PickCount,
    TallyCount,
    Z,
    crowd_status,
    deciding_bounds,
    excludes,
    flip_margin,
    is_decided,
    time_uniform_bounds,
    wilson_interval,
)

COUNT = st.integers(0, 10**6)

_RANDOM = Random(2611)
# A part and its total: all of up to 100 votes, and of up to a billion the outermost and ten thousand others.
MANY_SHARES = [
    *((part, total) for total in range(1, 101) for part in range(total + 1)),
    *((part, 10**n) for n in range(3, 10) for part in (0, 1, 10**n // 2, 10**n - 1, 10**n)),
    *((_RANDOM.randint(0, total), total) for total in (_RANDOM.randint(1, 10**9) for _ in range(10_000))),
]


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


def test_the_share_lies_within_its_interval() -> None:
    intervals = [(part, total, interval_of(part, total)) for part, total in MANY_SHARES]

    assert [
        (part, total)
        for part, total, interval in intervals
        if not 0 <= interval.low <= part / total <= interval.high <= 1
    ] == []


@given(shares())
def test_each_bound_is_where_the_share_would_just_be_possible(share: tuple[int, int]) -> None:
    """The definition: the bounds b are the two solutions of (p - b)^2 = z^2 b (1 - b) / n."""
    part, total = share

    interval = interval_of(part, total)

    for bound in (interval.low, interval.high):
        assert (part / total - bound) ** 2 == pytest.approx(Z * Z * bound * (1 - bound) / total, abs=1e-9)


@given(shares())
def test_ship_and_skip_have_mirrored_intervals(share: tuple[int, int]) -> None:
    part, total = share

    interval, mirrored = interval_of(part, total), interval_of(total - part, total)

    assert mirrored.low == pytest.approx(1 - interval.high, abs=1e-9)
    assert mirrored.high == pytest.approx(1 - interval.low, abs=1e-9)


def test_ten_times_the_votes_at_the_same_share_narrow_the_interval() -> None:
    intervals = [
        (part, total, interval_of(part, total), interval_of(10 * part, 10 * total))
        for part, total in MANY_SHARES
    ]

    assert [
        (part, total) for part, total, few, many in intervals if not many.high - many.low < few.high - few.low
    ] == []


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


def bounds_of(part: int, total: int) -> Interval:
    bounds = time_uniform_bounds(part=part, total=total)
    assert bounds is not None
    return bounds


class TestBounds:
    @pytest.mark.parametrize("total", [1, 2, 3, 20, 57, 300])
    def test_each_bound_is_where_the_mixture_is_forty_times_as_likely(self, total: int) -> None:
        """The definition, with the beta function as the fraction that it is of whole numbers."""
        for part in range(1, total + 1):
            low = bounds_of(part, total).low
            likelihood = low**part * (1 - low) ** (total - part)
            mixture = 1 / ((total + 1) * comb(total, part))

            assert likelihood == pytest.approx(mixture * LOOKING_ERROR, rel=1e-6)

    @given(shares())
    def test_they_hold_the_share_and_the_wilson_interval(self, share: tuple[int, int]) -> None:
        part, total = share

        bounds, interval = bounds_of(part, total), interval_of(part, total)

        assert 0 <= bounds.low <= interval.low <= part / total <= interval.high <= bounds.high <= 1

    @given(shares())
    def test_ship_and_skip_have_mirrored_bounds(self, share: tuple[int, int]) -> None:
        part, total = share

        bounds, mirrored = bounds_of(part, total), bounds_of(total - part, total)

        assert mirrored.low == pytest.approx(1 - bounds.high, abs=1e-12)
        assert mirrored.high == pytest.approx(1 - bounds.low, abs=1e-12)

    @given(shares())
    def test_one_more_ship_in_the_same_total_lowers_no_bound(self, share: tuple[int, int]) -> None:
        part, total = share
        part = min(part, total - 1)

        before, after = bounds_of(part, total), bounds_of(part + 1, total)

        assert before.low <= after.low
        assert before.high <= after.high

    @pytest.mark.parametrize("part", [0, 1, 2**30, 2**31 - 2, 2**31 - 1])
    def test_they_hold_for_as_many_votes_as_a_column_can(self, part: int) -> None:
        bounds = bounds_of(part, 2**31 - 1)

        assert 0 <= bounds.low <= part / (2**31 - 1) <= bounds.high <= 1
        assert bounds.high - bounds.low < 0.0002

    def test_there_are_none_of_nothing(self) -> None:
        assert time_uniform_bounds(part=0, total=0) is None

    def test_few_votes_decide_nothing_however_clear_they_are(self) -> None:
        assert deciding_bounds(part=MIN_VOTES - 1, total=MIN_VOTES - 1) is None
        assert TallyCount.with_bounds(4, 0).status == "few"
        assert TallyCount.with_bounds(4, 0).call == "undecided"
        assert TallyCount.with_bounds(MIN_VOTES, 0).call == "ship"


def looks_of_a_run(
    chance: Random, *, rates: tuple[float, float], length: int
) -> Iterator[tuple[int, int, int]]:
    """Two tools get a vote each, again and again: how many shipped each, at those looks where Wilson tells them apart.

    No other can tell them apart by the bounds, which hold the Wilson intervals.
    """
    one, other = (votes_in_order(chance, rate, length) for rate in rates)
    return (
        (ship, shipped, total)
        for total, ship, shipped in zip(count(1), one, other, strict=False)
        # A condition that is met wherever the intervals are apart, and sooner computed than they are.
        if total >= MIN_VOTES
        and total * (ship - shipped) ** 2 > Z * Z * (ship * (total - ship) + shipped * (total - shipped))
    )


def votes_in_order(chance: Random, rate: float, length: int) -> Iterator[int]:
    """How many of the first one, two, three … voters ship, at the nearest rate in 256ths."""
    ships = bytes(number < round(256 * rate) for number in range(256))
    return accumulate(chance.randbytes(length).translate(ships))


def are_apart(one: Interval, other: Interval) -> bool:
    return one.low > other.high or other.low > one.high


def wilson_tells_apart(one: int, other: int, total: int) -> bool:
    return are_apart(interval_of(one, total), interval_of(other, total))


def bounds_tell_apart(one: int, other: int, total: int) -> bool:
    # Where both bounds hold the share of all votes, they overlap there.
    shared = (one + other) / (2 * total)
    if not (excludes(shared, part=one, total=total) or excludes(shared, part=other, total=total)):
        return False
    return are_apart(bounds_of(one, total), bounds_of(other, total))


@pytest.mark.parametrize("rate", [0.5, 0.9])
def test_of_two_thousand_pairs_of_equal_tools_at_most_one_in_twenty_ever_shows_a_winner(
    rate: float,
) -> None:
    """Over 2,000 votes on each tool, looked at after every one. By the Wilson interval more would."""
    chance, runs = Random(2026), 1_000

    looks = [list(looks_of_a_run(chance, rates=(rate, rate), length=2_000)) for _ in range(runs)]

    assert sum(any(bounds_tell_apart(*look) for look in run) for run in looks) <= 0.05 * runs
    assert sum(any(wilson_tells_apart(*look) for look in run) for run in looks) > 0.05 * runs


def test_of_tools_at_70_and_55_percent_four_in_five_are_decided_by_a_thousand_votes() -> None:
    chance, runs = Random(2026), 200

    looks = [looks_of_a_run(chance, rates=(0.70, 0.55), length=1_000) for _ in range(runs)]

    assert sum(any(bounds_tell_apart(*look) for look in run) for run in looks) >= 0.8 * runs


class TestFlipMargin:
    @staticmethod
    def call(one: int, other: int) -> str:
        if not is_decided(lead=abs(one - other), total=one + other):
            return "undecided"
        return "one" if one > other else "other"

    def margin_by_search(self, one: int, other: int) -> int:
        """Steps of one vote cast or withdrawn, all ways at once, until the call is another."""
        before, reached, edge = self.call(one, other), {(one, other)}, {(one, other)}
        for steps in count(1):
            moves = {(a + da, b + db) for a, b in edge for da, db in ((1, 0), (-1, 0), (0, 1), (0, -1))}
            edge = {move for move in moves if min(move) >= 0 and any(move)} - reached
            reached |= edge
            if any(self.call(*move) != before for move in edge):
                return steps
        raise AssertionError

    @pytest.mark.parametrize("total", range(1, 41))
    def test_it_is_the_fewest_votes_that_change_the_call(self, total: int) -> None:
        splits = [(one, total - one) for one in range(total + 1)]

        assert [flip_margin(*split) for split in splits] == [
            self.margin_by_search(*split) for split in splits
        ]

    @given(one=COUNT, other=COUNT)
    def test_it_does_not_matter_which_answer_is_named_first(self, one: int, other: int) -> None:
        assert flip_margin(one, other) == flip_margin(other, one)

    @given(one=COUNT, other=COUNT)
    def test_a_crowd_is_decided_where_its_bounds_exclude_one_half(self, one: int, other: int) -> None:
        bounds = deciding_bounds(part=one, total=one + other)

        excluded = bounds is not None and (bounds.low > 0.5 or bounds.high < 0.5)

        assert (self.call(one, other) != "undecided") == excluded
        assert (TallyCount.with_bounds(one, other).call in {"ship", "skip"}) == excluded

    @pytest.mark.parametrize(
        ("ship", "skip", "call", "margin"),
        [
            pytest.param(0, 0, None, None, id="nobody voted"),
            pytest.param(1, 0, "undecided", None, id="one vote"),
            pytest.param(10, 9, "undecided", None, id="one vote too few to decide"),
            pytest.param(20, 0, "ship", 1, id="just enough votes"),
            pytest.param(17, 3, "ship", 1, id="barely decided"),
            pytest.param(3, 17, "skip", 1, id="the other way"),
            pytest.param(60, 40, "undecided", 12, id="more than chance at one look, not at every look"),
            pytest.param(50, 50, "undecided", 29, id="level"),
            pytest.param(5500, 4500, "ship", 586, id="clear"),
        ],
    )
    def test_a_tally_says_its_call_and_what_would_change_it(
        self, ship: int, skip: int, call: str | None, margin: int | None
    ) -> None:
        tally = TallyCount.with_bounds(ship, skip)

        assert (tally.call, tally.flip_margin) == (call, margin)


def test_picks_read_the_same_from_either_side() -> None:
    picks = PickCount(32, 8, deciding_bounds(part=32, total=40))

    assert (picks.total, picks.shares, picks.status) == (40, (80, 20), "enough")
    assert (picks.turned().shares, picks.turned().flip_margin) == ((20, 80), picks.flip_margin)
    turned, expected = picks.turned().bounds, deciding_bounds(part=8, total=40)
    assert turned
    assert expected
    assert (turned.low, turned.high) == pytest.approx((expected.low, expected.high))
    assert picks.is_decided
    assert not PickCount(32, 8).is_decided
    assert PickCount().shares == (None, None)
