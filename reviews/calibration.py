"""What the numbers of a reviewer tell of them: a share with its whole, and whether they say the same of everything."""

from dataclasses import dataclass

from catalog.percent import whole_percent

# Of fewer reviews a reviewer may just have met tools that are alike.
MIN_REVIEWS = 10
# From this share of one answer on, another review by them tells nearly nothing.
SAME_PERCENT = 95


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a whole."""

    count: int
    total: int

    @property
    def percent(self) -> int | None:
        """Rounded half up; None of nothing."""
        return whole_percent(part=self.count, total=self.total)


def is_rubber_stamp(*, ship: int, total: int) -> bool:
    """Whether at least SAME_PERCENT of at least MIN_REVIEWS reviews say ship, or as many say skip."""
    return total >= MIN_REVIEWS and 100 * max(ship, total - ship) >= SAME_PERCENT * total
