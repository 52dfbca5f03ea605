"""What the product is to reach in a run, beside what it reached; a run that misses one ends with an error."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that is to be `at_least` so much, or `at_most` where that is given."""

    name: str
    reached: float
    at_least: float = 0.0
    at_most: float | None = None

    @property
    def is_met(self) -> bool:
        return self.share >= 1

    @property
    def share(self) -> float:
        """How much of what is wanted was reached."""
        return self.reached / self.at_least if self.at_most is None else self.at_most / self.reached

    @property
    def wanted(self) -> str:
        return f"≥ {self.at_least:g}" if self.at_most is None else f"≤ {self.at_most:g}"


def as_rows(targets: Sequence[Target]) -> list[dict[str, Any]]:
    return [
        {
            **asdict(target),
            "wanted": target.wanted,
            "share": round(target.share, 3),
            "is_met": target.is_met,
        }
        for target in targets
    ]
