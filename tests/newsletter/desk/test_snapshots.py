"""Numbers that are shared: how long they stand, who counts anew, and what happens without Redis."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from newsletter.desk.snapshots import shared

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def counting(seconds: float = 0) -> Callable[[], int]:
    """Says which count it is; each takes so many seconds."""
    counts: list[None] = []

    def count() -> int:
        time.sleep(seconds)
        counts.append(None)
        return len(counts)

    return count


@pytest.mark.parametrize(
    ("takes", "later", "seen"),
    [
        pytest.param(0, 0.5, 1, id="fresh"),
        pytest.param(0, 3.0, 2, id="after a second"),
        pytest.param(0.2, 1.5, 1, id="after less than ten times as long as it took"),
        pytest.param(0.2, 60.0, 2, id="after more than that"),
    ],
)
def test_numbers_stand_for_a_second_or_ten_times_as_long_as_counting_took(
    takes: float, later: float, seen: int
) -> None:
    count = counting(takes)
    with time_machine.travel(NOW) as traveller:
        assert shared("copies", count) == 1

        traveller.shift(later)

        assert shared("copies", count) == seen


def test_other_names_have_numbers_of_their_own() -> None:
    count = counting()

    assert [shared("copies", count), shared("readers", count), shared("copies", count)] == [1, 2, 1]


def test_while_somebody_counts_anew_the_others_get_the_former_numbers() -> None:
    seen: list[object] = []
    with time_machine.travel(NOW) as traveller:
        shared("copies", lambda: "former")
        traveller.shift(2)

        def count() -> str:
            seen.append(shared("copies", lambda: "counted twice"))
            return "new"

        assert shared("copies", count) == "new"

    assert seen == ["former"]


def test_whoever_fails_at_counting_is_not_waited_for_for_ever() -> None:
    def fail() -> None:
        raise ValueError

    with time_machine.travel(NOW) as traveller:
        shared("copies", lambda: "former")
        traveller.shift(2)

        with pytest.raises(ValueError):
            shared("copies", fail)

        assert shared("copies", lambda: "new") == "new"


def test_without_redis_everybody_counts(settings: Settings) -> None:
    unreachable = {**configured.CACHES["default"], "LOCATION": "redis://127.0.0.1:1"}
    settings.CACHES = {"default": unreachable}
    count = counting()

    assert [shared("copies", count), shared("copies", count)] == [1, 2]
