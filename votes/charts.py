"""Votes over time as a chart: bars stacked by status, and the times that somebody looks into or has ruled on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import Trunc

from votes.models import CountStatus

# In units of the drawing, which stretches to the width of the page.
WIDTH, HEIGHT = 960, 210
LEFT, RIGHT, TOP, BOTTOM = 40, 4, 22, 20
BASE = HEIGHT - BOTTOM
GAP = 2


@dataclass(frozen=True, slots=True)
class Unit:
    """What one bar stands for, how many there are, and which of them are named below the axis."""

    name: str
    length: timedelta
    bars: int
    written: str
    named: tuple[str, tuple[str, ...]]


HOURS = Unit("hour", timedelta(hours=1), 48, "%-d %b %H:%M", ("%H:%M", ("00:00", "06:00", "12:00", "18:00")))
DAYS = Unit("day", timedelta(days=1), 30, "%a %-d %b", ("%a", ("Mon",)))


@dataclass(frozen=True, slots=True)
class Span:
    """A time to be marked: an open alert, or a ruling by its deed."""

    kind: str
    begins_at: datetime
    ends_at: datetime
    title: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One status' part of a bar."""

    status: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    x: float
    width: float
    counts: tuple[int, ...]
    pieces: list[Piece]
    y = TOP
    height = BASE - TOP

    @property
    def title(self) -> str:
        parts = [
            f"{number} {status}"
            for status, number in zip(CountStatus.values, self.counts, strict=True)
            if number
        ]
        return f"{self.name}: {', '.join(parts) or 'none'}"


@dataclass(frozen=True, slots=True)
class Mark:
    kind: str
    x: float
    width: float
    y: int
    height: int
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    unit: Unit
    begins_at: datetime
    ends_at: datetime
    bars: list[Bar]
    marks: list[Mark]
    heights: list[tuple[float, int]]
    names: list[tuple[float, str]]

    width = WIDTH
    height = HEIGHT
    base = BASE
    left = LEFT

    @property
    def summary(self) -> str:
        totals = [sum(numbers) for numbers in zip(*(bar.counts for bar in self.bars), strict=True)]
        parts = [f"{total} {status}" for status, total in zip(CountStatus.values, totals, strict=True)]
        return f"{', '.join(parts)}."


def draw(*, ballots: QuerySet[Any], unit: Unit, until: datetime, spans: Sequence[Span]) -> Chart:
    """The bars up to the one that holds `until`; one query, of at most four rows a bar."""
    midnight = until.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ends_at = midnight + ((until - midnight) // unit.length + 1) * unit.length
    begins_at = ends_at - unit.bars * unit.length
    numbers = _count(ballots, unit, begins_at, ends_at)
    highest = _ceiling(max(sum(counts) for counts in numbers))
    step = (WIDTH - LEFT - RIGHT) / unit.bars
    scale = (BASE - TOP) / highest

    def place(at: datetime) -> float:
        return round(LEFT + step * ((at - begins_at) / unit.length), 1)

    bars, names = [], []
    for n, counts in enumerate(numbers):
        at = begins_at + n * unit.length
        bars.append(
            Bar(at.strftime(unit.written), place(at), round(step - GAP, 1), counts, _stack(counts, scale))
        )
        if at.strftime(unit.named[0]) in unit.named[1]:
            is_midnight = at.hour == 0
            names.append((place(at), at.strftime("%-d %b" if is_midnight else "%H:%M")))
    marks = [
        _mark(span, place(max(span.begins_at, begins_at)), place(min(span.ends_at, ends_at)))
        for span in spans
        if span.begins_at < ends_at and span.ends_at > begins_at
    ]
    heights = [(round(BASE - scale * number, 1), number) for number in (0, highest // 2, highest)]
    return Chart(unit, begins_at, ends_at, bars, marks, heights, names)


def _count(
    ballots: QuerySet[Any], unit: Unit, begins_at: datetime, ends_at: datetime
) -> list[tuple[int, ...]]:
    found = (
        # Naming every status lets the index by target, status and time find them.
        ballots.filter(status__in=CountStatus.values, created_at__gte=begins_at, created_at__lt=ends_at)
        .values_list(Trunc("created_at", unit.name, tzinfo=UTC), "status")
        .annotate(number=Count("pk"))
        .order_by()
    )
    numbers = {(at, status): number for at, status, number in found}
    return [
        tuple(numbers.get((begins_at + n * unit.length, status), 0) for status in CountStatus.values)
        for n in range(unit.bars)
    ]


def _ceiling(number: int) -> int:
    """The next number above that reads well on an axis, and half of it too."""
    scale = 1
    while 20 * scale < number:
        scale *= 10
    return next(factor * scale for factor in (4, 6, 10, 20) if factor * scale >= number)


def _stack(counts: tuple[int, ...], scale: float) -> list[Piece]:
    pieces: list[Piece] = []
    y: float = BASE
    for status, number in zip(CountStatus.values, counts, strict=True):
        if number:
            # A single vote beside thousands can still be seen.
            height = max(scale * number, 1)
            y -= height
            pieces.append(Piece(status, round(y, 1), round(height, 1)))
    return pieces


def _mark(span: Span, x: float, end: float) -> Mark:
    # Alerts and rulings have a lane each above the bars.
    y = 2 if span.kind == "alert" else 10
    return Mark(span.kind, x, round(max(end - x, 2), 1), y, BASE - y, span.title)
