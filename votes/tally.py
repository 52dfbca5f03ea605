"""Votes to a tally: counts, a whole percentage, the interval that is shown, and the bounds that decide."""

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import datetime
from math import lgamma, log, log1p, sqrt
from typing import Self

from catalog.percent import ShipCount, whole_percent

# The two-sided 95 % quantile of the normal distribution.
Z = 1.959963984540054
# Below this many counted votes a crowd is too small to decide anything.
MIN_VOTES = 20
# How often the bounds of a crowd may miss its true share at any time, however often they are looked at. Two crowds that
# are told apart by their bounds are so at 95 %.
LOOKING_ERROR = 0.025
# Halvings of an interval within 0 and 1: more than a float can tell apart.
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the true share lies; both bounds between 0 and 1."""

    low: float
    high: float

    @classmethod
    def stored(cls, low: float | None, high: float | None) -> Self | None:
        """From two columns that are null together."""
        return None if low is None or high is None else cls(low, high)


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


def time_uniform_bounds(*, part: int, total: int) -> Interval | None:
    """Where the true share lies, at every look that anybody takes while votes come in; None of nothing.

    A Wilson interval misses the true share in one look of twenty, and a tally is looked at after every vote. These
    bounds miss it at any time with a probability of at most LOOKING_ERROR: a confidence sequence. A share p lies
    within them while the likelihood of the votes, averaged over all shares alike, is less than 1 / LOOKING_ERROR times
    their likelihood under p:

        B(part + 1, total - part + 1) < p^part (1 - p)^(total - part) / LOOKING_ERROR

    where B is the beta function. The ratio is a martingale that begins at 1, so Ville's inequality holds for all
    lengths at once. The mixture is the two-sided beta-binomial one: Robbins, H. (1970), Annals of Mathematical
    Statistics 41, 1397-1409; Howard, S. R. et al. (2021), Annals of Statistics 49, 1055-1080.
    """
    if not total:
        return None
    return Interval(low=_least_share(part, total), high=1 - _least_share(total - part, total))


def deciding_bounds(*, part: int, total: int) -> Interval | None:
    """The time-uniform bounds of a crowd of at least MIN_VOTES; None of a smaller one, which decides nothing."""
    return time_uniform_bounds(part=part, total=total) if total >= MIN_VOTES else None


def _least_share(part: int, total: int) -> float:
    """The lower bound, by halving: the likelihood rises from 0 to the share itself."""
    low, high, rest, least = 0.0, part / total, total - part, _least_likelihood(part, total)
    for _ in range(_HALVINGS if part else 0):
        share = (low + high) / 2
        if part * log(share) + rest * log1p(-share) <= least:
            low = share
        else:
            high = share
    return low


def excludes(share: float, *, part: int, total: int) -> bool:
    """Whether the bounds leave out this share, which is neither 0 nor 1; sooner said than the bounds themselves."""
    return part * log(share) + (total - part) * log1p(-share) <= _least_likelihood(part, total)


def _least_likelihood(part: int, total: int) -> float:
    """The logarithm of the likelihood that a share within the bounds exceeds."""
    mixture = lgamma(part + 1) + lgamma(total - part + 1) - lgamma(total + 2)
    return mixture + log(LOOKING_ERROR)


def is_decided(*, lead: int, total: int) -> bool:
    """Whether a lead of one answer over the other is more than chance: MIN_VOTES, and bounds that exclude one half."""
    return total >= MIN_VOTES and excludes(0.5, part=(total + lead) // 2, total=total)


def flip_margin(one: int, other: int) -> int | None:
    """The fewest votes, cast or withdrawn, after which a decided crowd is undecided, or the other way round.

    A decided crowd is shaken fastest by votes for the answer behind, for they narrow the lead and raise what it has
    to exceed; or by withdrawing votes until there are fewer than MIN_VOTES. An undecided one is settled fastest by
    withdrawing votes for the answer behind, as long as there are any and MIN_VOTES remain, and then by votes for the
    one ahead. None while nobody has voted.
    """
    total, lead, behind = one + other, abs(one - other), min(one, other)
    if not total:
        return None
    if is_decided(lead=lead, total=total):
        shaken = 1 + bisect_left(
            range(1, lead + 1), True, key=lambda votes: not is_decided(lead=lead - votes, total=total + votes)
        )
        return min(shaken, total - MIN_VOTES + 1)

    def settles(votes: int) -> bool:
        withdrawn = max(0, min(votes, behind, (total + votes - MIN_VOTES) // 2))
        return is_decided(lead=lead + votes, total=total + votes - 2 * withdrawn)

    return 1 + bisect_left(range(1, total + MIN_VOTES), True, key=settles)


@dataclass(frozen=True, slots=True)
class TallyCount(ShipCount):
    """Counted votes on one tool; `bounds` are those that were published with them, None of a crowd that decides nothing."""

    bounds: Interval | None = None

    @classmethod
    def with_bounds(cls, ship: int, skip: int) -> Self:
        """The counts with the bounds that follow from them."""
        return cls(ship, skip, deciding_bounds(part=ship, total=ship + skip))

    @property
    def interval(self) -> Interval | None:
        """The Wilson interval, which is shown and decides nothing."""
        return wilson_interval(part=self.ship, total=self.total)

    @property
    def status(self) -> str:
        return crowd_status(total=self.total)

    @property
    def decides(self) -> bool:
        """Whether the crowd may decide anything: it is large enough, and from enough networks and days."""
        return self.bounds is not None

    @property
    def call(self) -> str | None:
        """`ship` or `skip` where the lead is more than chance, else `undecided`; None while nobody has voted."""
        if not self.total:
            return None
        return {1: "ship", -1: "skip", 0: "undecided"}[_side_of_one_half(self.bounds)]

    @property
    def flip_margin(self) -> int | None:
        """The fewest votes that would change `call`; None of a crowd that may not decide."""
        return flip_margin(self.ship, self.skip) if self.decides else None


@dataclass(frozen=True, slots=True)
class PickCount:
    """The counted picks of a pair, in the order of its tools; `bounds`, of the first tool's share, as in TallyCount."""

    first: int = 0
    second: int = 0
    bounds: Interval | None = None

    @property
    def total(self) -> int:
        return self.first + self.second

    @property
    def shares(self) -> tuple[int | None, int | None]:
        """Whole percentages that add up to 100, the larger one rounded half up; None while nobody has picked."""
        larger = whole_percent(part=max(self.first, self.second), total=self.total)
        if larger is None:
            return None, None
        return (larger, 100 - larger) if self.first >= self.second else (100 - larger, larger)

    @property
    def status(self) -> str:
        return crowd_status(total=self.total)

    @property
    def decides(self) -> bool:
        """As in TallyCount."""
        return self.bounds is not None

    @property
    def is_decided(self) -> bool:
        """Whether one tool's lead is more than chance."""
        return _side_of_one_half(self.bounds) != 0

    @property
    def flip_margin(self) -> int | None:
        """The fewest picks that would change `is_decided`; None as in TallyCount."""
        return flip_margin(self.first, self.second) if self.decides else None

    def turned(self) -> "PickCount":
        """The same picks with the tools in the other order."""
        bounds = self.bounds and Interval(low=1 - self.bounds.high, high=1 - self.bounds.low)
        return replace(self, first=self.second, second=self.first, bounds=bounds)


def _side_of_one_half(bounds: Interval | None) -> int:
    """1 where the bounds lie above one half, -1 where they lie below; 0 where they don't say."""
    if bounds is None:
        return 0
    return int(bounds.low > 0.5) - int(bounds.high < 0.5)


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
    bounds: Interval | None = None
