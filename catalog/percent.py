"""Counts of ship and skip, and a share as the whole percentage that readers see."""

from dataclasses import dataclass


def whole_percent(*, part: int, total: int) -> int | None:
    """`part` of `total` from 0 to 100, rounded half up; None of nothing. `part` is at most `total`."""
    return (200 * part + total) // (2 * total) if total else None


@dataclass(frozen=True, slots=True)
class ShipCount:
    """How many say ship of one tool, and how many skip."""

    ship: int = 0
    skip: int = 0

    @property
    def total(self) -> int:
        return self.ship + self.skip

    @property
    def percent(self) -> int | None:
        """The share of ship; None while nobody has said anything."""
        return whole_percent(part=self.ship, total=self.total)
