"""The Wilson interval against published values and as a property, and how shares are rounded."""

from itertools import count
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from votes.tally import (
    Interval,
    PickCount,
    TallyCount,
    Z,
    crowd_status,
    flip_margin,
    is_decided,
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


def test_ten_times_the_votes_at_the_same_share_narrow_the_interval() -> None:
    intervals = [
        (part, total, interval_of(part, total), interval_of(10 * part, 10 * total))
        for part, total in MANY_SHARES
    ]

    assert [
        (part, total) for part, total, few, many in intervals if not many.high - many.low < few.high - few.low
    ] == []


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
    def test_a_crowd_is_decided_where_the_interval_excludes_one_half(self, one: int, other: int) -> None:
        assume(one + other)
        interval = TallyCount(ship=one, skip=other).interval
        assert interval is not None

        # Nearer than that, rounding decides.
        assume(min(abs(interval.low - 0.5), abs(interval.high - 0.5)) > 1e-12)

        assert (self.call(one, other) != "undecided") == (interval.low > 0.5 or interval.high < 0.5)

    @pytest.mark.parametrize(
        ("ship", "skip", "call", "margin"),
        [
            pytest.param(0, 0, None, None, id="nobody voted"),
            pytest.param(1, 0, "undecided", 3, id="one vote"),
            pytest.param(60, 40, "ship", 1, id="barely decided"),
            pytest.param(40, 60, "skip", 1, id="the other way"),
            pytest.param(50, 50, "undecided", 18, id="level"),
            pytest.param(5500, 4500, "ship", 797, id="clear"),
        ],
    )
    def test_a_tally_says_its_call_and_what_would_change_it(
        self, ship: int, skip: int, call: str | None, margin: int | None
    ) -> None:
        tally = TallyCount(ship=ship, skip=skip)

        assert (tally.call, tally.flip_margin) == (call, margin)


def test_picks_read_the_same_from_either_side() -> None:
    picks = PickCount(first=30, second=10)

    assert (picks.total, picks.shares, picks.status) == (40, (75, 25), "enough")
    assert (picks.turned().shares, picks.turned().flip_margin) == ((25, 75), picks.flip_margin)
    assert picks.is_decided
    assert PickCount().shares == (None, None)
