"""The panel's arithmetic: published reviews in, a count with its percentage and call out."""

from dataclasses import dataclass

from catalog.percent import whole_percent

# The calls as readers know them: Ship at 75 and 100, Mixed at 50, Skip below.
SHIP_FROM = 75
MIXED_FROM = 50


@dataclass(frozen=True, slots=True)
class PanelCount:
    """How many published reviews of one tool say ship, and how many skip."""

    ship: int = 0
    skip: int = 0

    @property
    def total(self) -> int:
        return self.ship + self.skip

    @property
    def percent(self) -> int | None:
        return whole_percent(part=self.ship, total=self.total)

    @property
    def call(self) -> str:
        """`ship` from 75 percent, `mixed` from 50, `skip` below; `unreviewed` without reviews."""
        if self.percent is None:
            return "unreviewed"
        if self.percent >= SHIP_FROM:
            return "ship"
        if self.percent >= MIXED_FROM:
            return "mixed"
        return "skip"
