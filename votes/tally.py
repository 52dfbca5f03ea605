"""Votes to a tally: counts, a whole percentage, and the interval that says how much the counts can tell."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

from catalog.percent import ShipCount, whole_percent

# The two-sided 95 % quantile of the normal distribution.
Z = 1.959963984540054
# Below this many counted votes a crowd is too small to decide anything.
MIN_VOTES = 20


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the true share lies with 95 % confidence; both bounds between 0 and 1."""

    low: float
    high: float


def wilson_interval(*, part: int, total: int) -> Interval | None:
    """The Wilson score interval of `part` in `total` at 95 %, without continuity correction; None of nothing.

    Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209-212.
    """
    if not total:
        return None
    return Interval(low=_lower_bound(part, total), high=1 - _lower_bound(total - part, total))


def _lower_bound(part: int, total: int) -> float:
    spread = Z * sqrt(part * (total - part) / total + Z * Z / 4)
    # Rounding may leave the bound of nothing a hair below zero.
    return max(0.0, (part + Z * Z / 2 - spread) / (total + Z * Z))


def crowd_status(*, total: int) -> str:
    """`none`, `few` (below MIN_VOTES, so it decides nothing) or `enough`."""
    if not total:
        return "none"
    return "enough" if total >= MIN_VOTES else "few"


def is_decided(*, lead: int, total: int) -> bool:
    """Whether a lead of one answer over the other is more than chance: its 95 % Wilson interval excludes one half.

    The interval is that of the score test, and so excludes one half exactly when lead² > Z² · total.
    """
    return lead > 0 and lead * lead > Z * Z * total


def flip_margin(one: int, other: int) -> int | None:
    """The fewest votes, cast or withdrawn, after which a decided crowd is undecided, or the other way round.

    A decided crowd is shaken fastest by votes for the answer behind, for they narrow the lead and raise what it has
    to exceed. An undecided one is settled fastest by withdrawing votes for the answer behind, as long as there are
    any, and then by votes for the one ahead. None while nobody has voted.
    """
    total, lead, behind = one + other, abs(one - other), min(one, other)
    if not total:
        return None
    if is_decided(lead=lead, total=total):
        return 1 + bisect_left(
            range(1, lead + 1), True, key=lambda votes: not is_decided(lead=lead - votes, total=total + votes)
        )
    return 1 + bisect_left(
        range(1, total + 5),
        True,
        key=lambda votes: is_decided(lead=lead + votes, total=total + votes - 2 * min(votes, behind)),
    )


@dataclass(frozen=True, slots=True)
class TallyCount(ShipCount):
    """Counted votes on one tool."""

    @property
    def interval(self) -> Interval | None:
        return wilson_interval(part=self.ship, total=self.total)

    @property
    def status(self) -> str:
        return crowd_status(total=self.total)

    @property
    def call(self) -> str | None:
        """`ship` or `skip` where the lead is more than chance, else `undecided`; None while nobody has voted."""
        if not self.total:
            return None
        if is_decided(lead=abs(self.ship - self.skip), total=self.total):
            return "ship" if self.ship > self.skip else "skip"
        return "undecided"

    @property
    def flip_margin(self) -> int | None:
        """The fewest votes that would change `call`."""
        return flip_margin(self.ship, self.skip)


@dataclass(frozen=True, slots=True)
class PickCount:
    """The counted picks of a pair, in the order of its tools."""

    first: int = 0
    second: int = 0

    @property
    def total(self) -> int:
        return self.first + self.second

    @property
    def shares(self) -> tuple[int | None, int | None]:
        """Whole percentages that add up to 100; None while nobody has picked."""
        first = whole_percent(part=self.first, total=self.total)
        return first, None if first is None else 100 - first

    @property
    def status(self) -> str:
        return crowd_status(total=self.total)

    @property
    def is_decided(self) -> bool:
        """Whether one tool's lead is more than chance."""
        return is_decided(lead=abs(self.first - self.second), total=self.total)

    @property
    def flip_margin(self) -> int | None:
        """The fewest picks that would change `is_decided`."""
        return flip_margin(self.first, self.second)

    def turned(self) -> "PickCount":
        """The same picks with the tools in the other order."""
        return PickCount(first=self.second, second=self.first)


@dataclass(frozen=True, slots=True)
class PublishedCounts:
    """A tally as the public sees it; `as_of` is None where nothing was published yet.

    Of a tool, `first` counts ship and `second` skip; of a pair they count the picks in the order of the tools' ids.
    """

    first: int = 0
    second: int = 0
    pending: int = 0
    quarantined: int = 0
    as_of: datetime | None = None
