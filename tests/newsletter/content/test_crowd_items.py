"""When a crowd has moved."""

import pytest

from newsletter.content.crowd_items import crowd_mark, has_moved
from votes.tally import TallyCount


@pytest.mark.parametrize(
    ("before", "now", "moved"),
    [
        pytest.param((10, 10), (12, 8), True, id="by ten points"),
        pytest.param((91, 109), (109, 91), False, id="by nine, with the same call"),
        pytest.param((10, 9), (18, 2), True, id="of few: by the call"),
        pytest.param((0, 0), (10, 9), False, id="nobody to nineteen"),
        pytest.param((0, 0), (0, 20), True, id="nobody to a skip"),
    ],
)
def test_when_a_crowd_has_moved(before: tuple[int, int], now: tuple[int, int], moved: bool) -> None:
    assert has_moved(TallyCount.with_bounds(*before), TallyCount.with_bounds(*now)) is moved


@pytest.mark.parametrize(
    ("before", "now", "mark"),
    [
        pytest.param((15, 15), (40, 20), "50 → 67% ship", id="beside the old"),
        pytest.param((0, 0), (18, 2), "90% ship", id="the first"),
    ],
)
def test_the_new_number_stands_beside_the_old(
    before: tuple[int, int], now: tuple[int, int], mark: str
) -> None:
    assert crowd_mark(TallyCount.with_bounds(*before), TallyCount.with_bounds(*now)) == mark
