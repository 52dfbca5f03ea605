"""Conditions under which a tool is the right one, as they are read along with a tool or a pair."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict


@dataclass(frozen=True, slots=True)
class ConditionReference:
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class ShownFit:
    """One condition that a tool fits, what shows it (web addresses), and the day on which that was checked.

    `changed_at` is when the condition was last put into other words.
    """

    condition: ConditionReference
    note: str
    evidence: tuple[str, ...]
    checked_on: date
    changed_at: datetime


class FitRow(TypedDict):
    """A row of `FitQuerySet.as_rows`, as PostgreSQL gives JSON."""

    slug: str
    name: str
    note: str
    evidence: list[str]
    checked_on: str
    changed_at: str


def read_fits(rows: Iterable[FitRow]) -> tuple[ShownFit, ...]:
    """Of the rows that `FitQuerySet.as_rows` gives, in their order."""
    return tuple(
        ShownFit(
            condition=ConditionReference(slug=row["slug"], name=row["name"]),
            note=row["note"],
            evidence=tuple(row["evidence"]),
            checked_on=date.fromisoformat(row["checked_on"]),
            changed_at=datetime.fromisoformat(row["changed_at"]),
        )
        for row in rows
    )
