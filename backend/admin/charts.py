"""Numbers over time as a chart for the admin: stacked bars, and spans of time marked above them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# In units of the drawing, which stretches to the width of the page.
WIDTH, HEIGHT = 960, 210
LEFT, RIGHT, TOP, BOTTOM = 40, 4, 22, 20
BASE = HEIGHT - BOTTOM
# Between bars, but never more than a quarter of what one has.
GAP, MOST_GAP = 2, 0.25


@dataclass(frozen=True, slots=True)
class Unit:
    """What one bar stands for, how many there are, and which of them are named below the axis."""

    name: str
    length: timedelta
    bars: int
    written: str
    named: tuple[str, tuple[str, ...]]

    def ends_at(self, until: datetime) -> datetime:
        """The end of the bar that holds this moment; bars begin with the day in UTC."""
        midnight = until.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + ((until - midnight) // self.length + 1) * self.length

    def begins_at(self, until: datetime) -> datetime:
        return self.ends_at(until) - self.bars * self.length


@dataclass(frozen=True, slots=True)
class Span:
    """A time to be marked."""

    kind: str
    begins_at: datetime
    ends_at: datetime
    title: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One kind's part of a bar."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    x: float
    width: float
    counts: tuple[int, ...]
    title: str
    pieces: list[Piece]
    y = TOP
    height = BASE - TOP


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
    heading: str
    kinds: tuple[str, ...]
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
        parts = [f"{total} {kind}" for kind, total in zip(self.kinds, totals, strict=True)]
        return f"{', '.join(parts)}."

    @property
    def axis(self) -> list[tuple[float, str]]:
        """The heights with their numbers as they are written."""
        return [(y, short(number)) for y, number in self.heights]


def draw_bars(
    *,
    heading: str,
    kinds: Sequence[str],
    unit: Unit,
    begins_at: datetime,
    numbers: Sequence[tuple[int, ...]],
    spans: Sequence[Span] = (),
    highest: int = 0,
) -> Chart:
    """One bar for each tuple, which holds a number for each kind; `highest` for charts that are to be compared."""
    ends_at = begins_at + len(numbers) * unit.length
    highest = ceiling(max(highest, *(sum(counts) for counts in numbers)))
    step = (WIDTH - LEFT - RIGHT) / len(numbers)
    scale = (BASE - TOP) / highest

    def place(at: datetime) -> float:
        return round(LEFT + step * ((at - begins_at) / unit.length), 1)

    bars, names = [], []
    width = round(step - min(GAP, MOST_GAP * step), 1)
    for n, counts in enumerate(numbers):
        at = begins_at + n * unit.length
        name = at.strftime(unit.written)
        title = f"{name}: {_told(kinds, counts)}"
        bars.append(Bar(name, place(at), width, counts, title, _stack(kinds, counts, scale)))
        if at.strftime(unit.named[0]) in unit.named[1]:
            is_midnight = at.hour == 0
            names.append((place(at), at.strftime("%-d %b" if is_midnight else "%H:%M")))
    marks = [
        _mark(span, place(max(span.begins_at, begins_at)), place(min(span.ends_at, ends_at)))
        for span in spans
        if span.begins_at < ends_at and span.ends_at > begins_at
    ]
    heights = [(round(BASE - scale * number, 1), number) for number in (0, highest // 2, highest)]
    return Chart(heading, tuple(kinds), unit, begins_at, ends_at, bars, marks, heights, names)


def ceiling(number: int) -> int:
    """The next number above that reads well on an axis, and half of it too."""
    scale = 1
    while 20 * scale < number:
        scale *= 10
    return next(factor * scale for factor in (4, 6, 10, 20) if factor * scale >= number)


def short(number: int) -> str:
    """A round number in the little room beside an axis."""
    for factor, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= factor and number % (factor // 10) == 0:
            return f"{number / factor:g}{letter}"
    return str(number)


def _told(kinds: Sequence[str], counts: tuple[int, ...]) -> str:
    parts = [f"{number} {kind}" for kind, number in zip(kinds, counts, strict=True) if number]
    return ", ".join(parts) or "none"


def _stack(kinds: Sequence[str], counts: tuple[int, ...], scale: float) -> list[Piece]:
    pieces: list[Piece] = []
    y: float = BASE
    for kind, number in zip(kinds, counts, strict=True):
        if number:
            # A single one beside thousands can still be seen.
            height = max(scale * number, 1)
            y -= height
            pieces.append(Piece(kind, round(y, 1), round(height, 1)))
    return pieces


def _mark(span: Span, x: float, end: float) -> Mark:
    # Alerts and others have a lane each above the bars.
    y = 2 if span.kind == "alert" else 10
    return Mark(span.kind, x, round(max(end - x, 2), 1), y, BASE - y, span.title)
