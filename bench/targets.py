"""What the product is to reach in a run, beside what it reached; a run that misses one ends with an error."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.ground import table


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio that is to be `at_least` so much, or `at_most` where that is given."""

    name: str
    reached: float
    at_least: float = 0.0
    at_most: float = float("inf")

    @property
    def is_met(self) -> bool:
        return self.at_least <= self.reached <= self.at_most


def as_rows(targets: Sequence[Target]) -> list[dict[str, Any]]:
    return [
        {
            **asdict(target),
            "wanted": f"≥ {target.at_least:g}" if target.at_least else f"≤ {target.at_most:g}",
            "is_met": target.is_met,
        }
        for target in targets
    ]


def print_targets(targets: Sequence[Target]) -> None:
    rows = [{**row, "verdict": "met" if row["is_met"] else "MISSED"} for row in as_rows(targets)]
    print(table(["target", "wanted", "reached", ""], "{name} | {wanted} | {reached:.3g} | {verdict}", rows))
