"""The panel's percentage and call, at every edge of their tables."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews.panel import PanelCount, percent


@pytest.mark.parametrize(
    ("ship", "skip", "share", "call"),
    [
        (0, 0, None, "unreviewed"),
        (0, 1, 0, "skip"),
        (1, 3, 25, "skip"),
        (49, 51, 49, "skip"),
        (1, 1, 50, "mixed"),
        (2, 2, 50, "mixed"),
        (2, 1, 67, "mixed"),
        (74, 26, 74, "mixed"),
        (3, 1, 75, "ship"),
        (4, 0, 100, "ship"),
        # The published whole number decides, so what rounds up to an edge has reached it.
        (99, 101, 50, "mixed"),
        (149, 51, 75, "ship"),
        (148, 52, 74, "mixed"),
    ],
)
def test_the_call_follows_from_the_published_percentage(
    ship: int, skip: int, share: int | None, call: str
) -> None:
    count = PanelCount(ship=ship, skip=skip)

    assert count.total == ship + skip
    assert count.percent == share
    assert count.call == call


@pytest.mark.parametrize(
    ("part", "total", "rounded"),
    [
        (0, 0, None),
        (0, 7, 0),
        (1, 8, 13),
        (7, 8, 88),
        (1, 200, 1),
        (1, 201, 0),
        (1, 3, 33),
        (2, 3, 67),
        (7, 7, 100),
    ],
)
def test_percentages_are_rounded_half_up(part: int, total: int, rounded: int | None) -> None:
    assert percent(part=part, total=total) == rounded


@settings(deadline=None)
@given(st.integers(1, 10**12).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_a_percentage_is_within_half_a_point_of_the_share(share: tuple[int, int]) -> None:
    part, total = share

    rounded = percent(part=part, total=total)

    assert rounded is not None
    assert -Fraction(1, 2) < rounded - Fraction(100 * part, total) <= Fraction(1, 2)
    assert 0 <= rounded <= 100
