"""The panel's percentage and call, at every edge of their tables."""

import pytest

from reviews.panel import PanelCount


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
