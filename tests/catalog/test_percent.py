"""Percentages are whole and rounded half up."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.percent import whole_percent


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
    assert whole_percent(part=part, total=total) == rounded


@given(st.integers(1, 10**12).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_a_percentage_is_within_half_a_point_of_the_share(share: tuple[int, int]) -> None:
    part, total = share

    rounded = whole_percent(part=part, total=total)

    assert rounded is not None
    assert -Fraction(1, 2) < rounded - Fraction(100 * part, total) <= Fraction(1, 2)
    assert 0 <= rounded <= 100
