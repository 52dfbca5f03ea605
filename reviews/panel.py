"""The panel's arithmetic: published reviews in, a count with its percentage and call out."""

from dataclasses import dataclass

from catalog.percent import ShipCount

# The calls as readers know them: Ship at 75 and 100, Mixed at 50, Skip below.
SHIP_FROM = 75
MIXED_FROM = 50


@dataclass(frozen=True, slots=True)
class PanelCount(ShipCount):
    """The published reviews of one tool."""

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
