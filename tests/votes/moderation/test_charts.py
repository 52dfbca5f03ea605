"""Charts: which votes a bar holds, how high it stands, and which spans of time are marked above it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.admin.charts import BASE, LEFT, RIGHT, TOP, WIDTH, Chart, Span, Unit
from catalog.models import Tool
from tests.factories import ToolFactory, VoteFactory
from votes.models import Vote
from votes.moderation.charts import DAYS, HOURS, draw

pytestmark = pytest.mark.django_db

UNTIL = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def cast(tool: Tool, *, at: datetime, **fields: Any) -> None:
    Vote.objects.filter(pk=VoteFactory(tool=tool, **fields).pk).update(created_at=at)


def chart_of(tool: Tool, *, unit: Unit = HOURS, spans: tuple[Span, ...] = ()) -> Chart:
    return draw(ballots=Vote.objects.filter(tool=tool), unit=unit, until=UNTIL, spans=spans)


def titles(chart: Chart) -> list[str]:
    return [bar.title for bar in chart.bars if bar.pieces]


@pytest.mark.parametrize(
    ("unit", "bars", "first", "last"),
    [(HOURS, 48, "22 Nov 10:00", "24 Nov 09:00"), (DAYS, 30, "Mon 26 Oct", "Tue 24 Nov")],
    ids=["hours", "days"],
)
def test_the_last_bar_is_of_this_moment(unit: Unit, bars: int, first: str, last: str) -> None:
    chart = chart_of(ToolFactory(), unit=unit)

    assert len(chart.bars) == bars
    assert (chart.bars[0].name, chart.bars[-1].name) == (first, last)


def test_each_vote_is_in_the_bar_of_its_hour_and_status() -> None:
    tool = ToolFactory()
    nine = UNTIL - HOUR / 2
    cast(tool, at=nine)
    cast(tool, at=nine + HOUR - timedelta(microseconds=1), status="pending")
    cast(tool, at=nine - timedelta(microseconds=1), status="quarantined")
    cast(tool, at=nine - timedelta(microseconds=1), status="rejected")
    cast(tool, at=nine - 47 * HOUR)
    cast(tool, at=nine - 47 * HOUR - timedelta(microseconds=1))
    cast(ToolFactory(), at=nine)

    assert titles(chart_of(tool)) == [
        "22 Nov 10:00: 1 counted",
        "24 Nov 08:00: 1 quarantined, 1 rejected",
        "24 Nov 09:00: 1 counted, 1 pending",
    ]
    assert titles(chart_of(tool, unit=DAYS)) == [
        "Sun 22 Nov: 2 counted",
        "Tue 24 Nov: 1 counted, 1 pending, 1 quarantined, 1 rejected",
    ]
    assert chart_of(tool).summary == "2 counted, 1 pending, 1 quarantined, 1 rejected."


@pytest.mark.parametrize("unit", [HOURS, DAYS], ids=["hours", "days"])
def test_a_chart_is_one_query(unit: Unit, django_assert_num_queries: Any) -> None:
    tool = ToolFactory()
    for n in range(30):
        cast(tool, at=UNTIL - n * HOUR)

    with django_assert_num_queries(1):
        chart_of(tool, unit=unit)


@pytest.mark.parametrize(
    ("votes", "heights"), [(0, [0, 2, 4]), (4, [0, 2, 4]), (5, [0, 3, 6]), (7, [0, 5, 10]), (21, [0, 20, 40])]
)
def test_the_axis_ends_at_a_number_that_reads_well(votes: int, heights: list[int]) -> None:
    tool = ToolFactory()
    for _ in range(votes):
        cast(tool, at=UNTIL)

    assert [number for _, number in chart_of(tool).heights] == heights


def test_pieces_stand_on_each_other_and_within_the_drawing() -> None:
    tool = ToolFactory()
    for status in ("counted", "counted", "pending", "rejected"):
        cast(tool, at=UNTIL, status=status)

    chart = chart_of(tool)

    bar = chart.bars[-1]
    assert [(piece.kind, piece.height) for piece in bar.pieces] == [
        ("counted", (BASE - TOP) / 2), ("pending", (BASE - TOP) / 4), ("rejected", (BASE - TOP) / 4),
    ]  # fmt: skip
    assert [piece.y for piece in bar.pieces] == [BASE - (BASE - TOP) / 2, BASE - 3 * (BASE - TOP) / 4, TOP]
    assert bar.x + bar.width <= WIDTH - RIGHT


@pytest.mark.parametrize(
    ("begins_at", "ends_at", "places"),
    [
        pytest.param(UNTIL + HOUR / 2, UNTIL + HOUR, [], id="after"),
        pytest.param(UNTIL - 4 * DAY, UNTIL - 3 * DAY, [], id="before"),
        pytest.param(UNTIL - 9 * DAY, UNTIL + 9 * DAY, [(LEFT, WIDTH - RIGHT - LEFT)], id="throughout"),
    ],
)
def test_a_span_is_marked_as_far_as_it_is_shown(
    begins_at: datetime, ends_at: datetime, places: list[tuple[int, int]]
) -> None:
    chart = chart_of(ToolFactory(), spans=(Span("quarantine", begins_at, ends_at, "A raid"),))

    assert [(mark.x, mark.width) for mark in chart.marks] == places
