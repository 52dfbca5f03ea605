"""Votes to a tally: counts, a whole percentage, and the interval that says how much the counts can tell."""

from dataclasses import dataclass
from math import sqrt

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


@dataclass(frozen=True, slots=True)
class TallyCount:
    """Counted votes on one tool."""

    ship: int = 0
    skip: int = 0

    @property
    def total(self) -> int:
        return self.ship + self.skip

    @property
    def percent(self) -> int | None:
        """The share of ship in whole percent, rounded half up; None while nobody has voted."""
        return (200 * self.ship + self.total) // (2 * self.total) if self.total else None

    @property
    def interval(self) -> Interval | None:
        return wilson_interval(part=self.ship, total=self.total)

    @property
    def status(self) -> str:
        return crowd_status(total=self.total)


def crowd_status(*, total: int) -> str:
    """`none`, `few` (below MIN_VOTES, so it decides nothing) or `enough`."""
    if not total:
        return "none"
    return "enough" if total >= MIN_VOTES else "few"
