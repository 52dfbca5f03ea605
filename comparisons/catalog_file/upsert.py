"""Writes rows of any model: the new and the changed ones in batches, each batch in one statement; counts the rest."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.db import models

from comparisons.catalog_file.format import Json

BATCH_SIZE = 500

RowT = TypeVar("RowT", bound=models.Model)


@dataclass(frozen=True)
class Count:
    created: int
    updated: int
    unchanged: int


@dataclass(frozen=True)
class Change:
    """One updated row; `fields` are keys of the file, such as `pricing.note`."""

    kind: str
    name: str
    fields: tuple[str, ...]


@dataclass
class Table(Generic[RowT]):
    """What becomes of the rows of one kind; `columns` maps keys of the file to the model's columns."""

    kind: str
    model: type[RowT]
    columns: Mapping[str, str]
    created: list[RowT] = field(default_factory=list)
    updated: list[RowT] = field(default_factory=list)
    unchanged: int = 0
    changes: list[Change] = field(default_factory=list)

    @property
    def count(self) -> Count:
        return Count(len(self.created), len(self.updated), self.unchanged)

    def take(self, item: RowT, name: str, changed: Iterable[str]) -> None:
        """Takes in a row that is new, or whose keys in `changed` hold other values than the database."""
        change = Change(self.kind, name, tuple(changed))
        if item._state.adding:
            self.created.append(item)
        elif change.fields:
            self.updated.append(item)
            self.changes.append(change)
        else:
            self.unchanged += 1

    def write(self, on_rows: Callable[[int], object]) -> None:
        """One statement a batch, for new rows and changed ones alike: they meet in an upsert by id."""
        on_rows(self.unchanged)
        changed = {
            self.columns[key] for change in self.changes for key in change.fields if key in self.columns
        }
        rows = self.created + self.updated
        for start in range(0, len(rows), BATCH_SIZE):
            batch = rows[start : start + BATCH_SIZE]
            self.model._default_manager.bulk_create(
                batch,
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=sorted(changed | {"updated_at"}),
            )
            on_rows(len(batch))


def locked(items: models.QuerySet[RowT]) -> models.QuerySet[RowT]:
    """Against changes until the import ends; votes, which only point at a row, don't wait."""
    return items.order_by("id").select_for_update(no_key=True)


def assign(item: RowT, values: Mapping[str, Json], columns: Mapping[str, str]) -> list[str]:
    """Puts the values into the item; gives the keys of those that were others before."""
    changed = differences(item, values, columns)
    for key, value in changed.items():
        setattr(item, columns[key], value)
    return list(changed)


def differences(item: RowT, values: Mapping[str, Json], columns: Mapping[str, str]) -> dict[str, Json]:
    """What the item would have to become, by key; an absent key asks for nothing."""
    fields = {field.attname: field for field in item._meta.concrete_fields}
    wanted = {
        key: _column_value(fields[column], values[key]) for key, column in columns.items() if key in values
    }
    return {key: value for key, value in wanted.items() if getattr(item, columns[key]) != value}


def _column_value(column: "models.Field[Json, Json]", value: Json) -> Json:
    """Null and the empty string both clear, to whatever the column takes as empty."""
    return column.get_default() if value in (None, "") else column.to_python(value)
