"""A reviewer's shares, and when all their reviews say the same."""

import pytest

from reviews.calibration import Share, is_rubber_stamp


@pytest.mark.parametrize(
    ("ship", "total", "expected"),
    [
        pytest.param(0, 0, False, id="none"),
        pytest.param(9, 9, False, id="too few"),
        pytest.param(10, 10, True, id="ten of one answer"),
        pytest.param(0, 10, True, id="ten that skip"),
        pytest.param(9, 10, False, id="one in ten differs"),
        pytest.param(19, 20, True, id="exactly 95 percent"),
        pytest.param(1, 20, True, id="exactly 5 percent"),
        pytest.param(94, 100, False, id="94 percent"),
    ],
)
def test_a_rubber_stamp_says_the_same_of_nearly_all(ship: int, total: int, expected: bool) -> None:
    assert is_rubber_stamp(ship=ship, total=total) is expected


@pytest.mark.parametrize(("count", "total", "percent"), [(0, 0, None), (0, 3, 0), (2, 3, 67), (3, 3, 100)])
def test_a_share_is_rounded_and_none_of_nothing(count: int, total: int, percent: int | None) -> None:
    assert Share(count, total).percent == percent
