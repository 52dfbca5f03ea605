"""The drawing of charts: its axis, what is said of a bar, and bars too thin for a gap."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.admin.charts import BASE, TOP, WIDTH, Chart, Unit, ceiling, draw_bars, short

BEGINS_AT = datetime(2026, 11, 2, tzinfo=UTC)
UNIT = Unit("day", timedelta(days=1), 3, "%a %-d %b", ("%a", ("Tue",)))


def draw(*numbers: tuple[int, int], highest: int = 0) -> Chart:
    return draw_bars(
        heading="Both",
        kinds=["came", "left"],
        unit=UNIT,
        begins_at=BEGINS_AT,
        numbers=numbers,
        highest=highest,
    )


@pytest.mark.parametrize(
    ("number", "end"), [(0, 4), (4, 4), (5, 6), (7, 10), (11, 20), (21, 40), (999_999, 1_000_000)]
)
def test_the_axis_ends_at_a_number_that_reads_well(number: int, end: int) -> None:
    assert ceiling(number) == end


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"), (999, "999"), (1_000, "1k"), (1_500, "1.5k"), (1_234, "1234"),
        (400_000, "400k"), (500_000, "500k"), (1_000_000, "1M"), (1_500_000, "1.5M"),
    ],
)  # fmt: skip
def test_round_numbers_are_written_short(number: int, written: str) -> None:
    assert short(number) == written


def test_bars_say_what_they_hold() -> None:
    chart = draw((3, 1), (0, 0), (0, 2))

    assert [bar.title for bar in chart.bars] == [
        "Mon 2 Nov: 3 came, 1 left",
        "Tue 3 Nov: none",
        "Wed 4 Nov: 2 left",
    ]
    assert chart.summary == "3 came, 3 left."
    assert [name for _, name in chart.names] == ["3 Nov"]
    assert chart.axis == [(BASE, "0"), ((BASE + TOP) / 2, "2"), (TOP, "4")]


def test_charts_that_are_compared_have_one_axis() -> None:
    assert [number for _, number in draw((1, 0), highest=100).heights] == [0, 50, 100]


@pytest.mark.parametrize("number", [2, 90, 365, 2_000])
def test_bars_stand_side_by_side_however_many_there_are(number: int) -> None:
    bars = draw(*[(1, 1)] * number).bars

    assert all(bar.width > 0 for bar in bars)
    assert bars[-1].x + bars[-1].width <= WIDTH
