"""Writes rows of any model: the new and the changed ones in batches, each batch in one statement; counts the rest."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Self, TypeVar
from uuid import UUID

from django.db import connection, models

from backend.api.json_type import Json

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


class Edit(str):
    """A key of the file whose value changes, and what its column holds before and after."""

    before: Json = None
    after: Json = None

    @classmethod
    def of(cls, key: str, before: Json, after: Json) -> Self:
        edit = cls(key)
        edit.before, edit.after = before, after
        return edit


@dataclass(frozen=True, slots=True)
class Taken:
    """What becomes of one row that is new or changes; of a new one the keys say what it will hold, its state too."""

    kind: str
    name: str
    is_new: bool
    edits: tuple[str, ...]


def tell_nobody(taken: Taken) -> None:
    """For who wants no more than the report."""


@dataclass
class Table(Generic[RowT]):
    """What becomes of the rows of one kind; `columns` maps keys of the file to the model's columns."""

    kind: str
    model: type[RowT]
    columns: Mapping[str, str]
    batch_size: int = BATCH_SIZE
    on_taken: Callable[[Taken], object] = tell_nobody
    changes: list[Change] = field(default_factory=list)
    _new: list[RowT] = field(default_factory=list)
    _changed: list[RowT] = field(default_factory=list)
    _changed_keys: set[str] = field(default_factory=set)
    _created: int = 0
    _updated: int = 0
    _unchanged: int = 0
    _untold: int = 0

    @property
    def count(self) -> Count:
        return Count(self._created, self._updated, self._unchanged)

    def take(self, item: RowT, name: str, changed: Iterable[str]) -> None:
        """Takes in a row that is new, or whose keys in `changed` hold other values than the database."""
        keys = tuple(changed)
        if item._state.adding:
            self._new.append(item)
            self._created += 1
            self.on_taken(Taken(self.kind, name, is_new=True, edits=tuple(_of_new(item, keys))))
        elif keys:
            self._changed.append(item)
            self._changed_keys.update(keys)
            self._updated += 1
            # Without the values, which are as long as the file.
            self.changes.append(Change(self.kind, name, tuple(map(str, keys))))
            self.on_taken(Taken(self.kind, name, is_new=False, edits=keys))
        else:
            self._unchanged += 1
            self._untold += 1

    def write(self, on_rows: Callable[[int], object]) -> None:
        """Writes what was taken in since the last time, and lets go of it.

        One statement a batch, for new rows and changed ones alike: they meet in an upsert by id.
        """
        on_rows(self._untold)
        columns = {self.columns[key] for key in self._changed_keys if key in self.columns}
        rows = self._new + self._changed
        for start in range(0, len(rows), self.batch_size):
            batch = rows[start : start + self.batch_size]
            self.model._default_manager.bulk_create(
                batch,
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=sorted(columns | {"updated_at"}),
            )
            on_rows(len(batch))
        self._new, self._changed, self._changed_keys, self._untold = [], [], set(), 0


class SlugIds:
    """Of the rows of one kind, of the file and of the database: `ids` by slug and `slugs` by id."""

    def __init__(self, ids: Mapping[str, UUID]) -> None:
        self.ids = ids
        self.slugs = {row_id: slug for slug, row_id in ids.items()}


def _of_new(item: models.Model, keys: Iterable[str]) -> Iterator[str]:
    """What a new row will hold. Its state also where the file says nothing of it: most are public at once."""
    for key in keys:
        yield Edit.of(key, None, key.after) if isinstance(key, Edit) else key
    if "status" not in keys and (status := getattr(item, "status", None)):
        yield Edit.of("status", None, str(status))


def analyze(*tables: type[models.Model]) -> None:
    """Tells PostgreSQL how many rows there are by now and how their keys are spread.

    Until the transaction ends nothing else does, and it would plan for what was there before. A table that somebody
    vacuums, or makes an index of, is left out: who waits there waits for this transaction, and both would end.
    """
    with connection.cursor() as cursor:
        for table in tables:
            keys = [
                str(field.column)
                for field in table._meta.concrete_fields
                if field.primary_key or field.is_relation or field.name == "status"
            ]
            cursor.execute(f"ANALYZE (SKIP_LOCKED) {table._meta.db_table} ({', '.join(keys)})")


def locked(items: models.QuerySet[RowT]) -> models.QuerySet[RowT]:
    """Against changes until the import ends; votes, which only point at a row, don't wait."""
    return items.order_by("id").select_for_update(no_key=True)


def assign(
    item: RowT,
    values: Mapping[str, Json],
    columns: Mapping[str, str],
    *,
    slugs: Mapping[UUID, str] | None = None,
) -> list[Edit]:
    """Puts the values into the item; gives the keys of those that were others before.

    An edit tells ids as `slugs` has them: what the file itself creates has another id in each run, and people know none.
    """
    edits = []
    for key, value in differences(item, values, columns).items():
        before, after = (
            (slugs or {}).get(told) if isinstance(told, UUID) else told
            for told in (getattr(item, columns[key]), value)
        )
        edits.append(Edit.of(key, before, after))
        setattr(item, columns[key], value)
    return edits


def differences(item: RowT, values: Mapping[str, Json], columns: Mapping[str, str]) -> dict[str, Json]:
    """What the item would have to become, by key; an absent key asks for nothing."""
    fields = {field.attname: field for field in item._meta.concrete_fields}
    wanted = {
        key: _column_value(fields[column], values[key]) for key, column in columns.items() if key in values
    }
    return {key: value for key, value in wanted.items() if getattr(item, columns[key]) != value}


def _column_value(column: "models.Field[Json, Json]", value: Json) -> Json:
    """Null and the empty string both clear, to whatever the column takes as empty. Lines end as the database keeps them."""
    if isinstance(value, str):
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    return column.get_default() if value in (None, "") else column.to_python(value)
