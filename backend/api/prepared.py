"""Querysets that Django compiles once, and that run with other values each time.

Compiling takes longer than PostgreSQL does. What a queryset asks must not depend on the values but for their number, and
not on the time: it asks PostgreSQL for that, by `Now()`.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models import Value as Expression
from django.db.models.sql import Query
from django.db.models.sql.compiler import SQLCompiler

# The table of the ids that a statement of PreparedValues begins with.
MATCHES = "matches"

Value = str | UUID
# By the names of the arguments: None for a single value, else of how many there are.
Shape = tuple[tuple[str, int | None, type], ...]


# A row as PostgreSQL gives it. Any: of whichever types its statement selects.
Line = tuple[Any, ...]


class TextSlot(str):
    """Stands for a text in a queryset that is compiled."""

    __slots__ = ()


class IdSlot(UUID):
    """The same for an id."""


class Prepared:
    """A queryset by its arguments: texts, ids, or sequences of one of them.

    Its rows are Any: they carry what it annotates, which no type of a model knows.
    """

    def __init__(self, build: Callable[..., QuerySet[Model, object]]) -> None:
        self._build = build
        self._statements: dict[Shape, Statement] = {}

    def rows(self, **values: Value | Sequence[Value]) -> list[Any]:
        """The rows; one query, and those of its `prefetch_related`. No rows where a sequence is empty."""
        if not all(values.values()):
            return []
        shape = tuple((name, *_kind_of(value)) for name, value in values.items())
        statement = self._statements.get(shape)
        if statement is None:
            # Two threads may both compile it; either will do.
            statement = self._statements[shape] = Statement(self._build, shape)
        return statement.rows(values)


class Statement:
    """What one shape of arguments compiles to."""

    def __init__(self, build: Callable[..., QuerySet[Model, object]], shape: Shape) -> None:
        self._places: dict[object, tuple[str, int | None]] = {}
        self._queryset = build(**{name: self._slots(name, count, kind) for name, count, kind in shape})
        self._compiler = self._queryset.query.get_compiler(self._queryset.db)
        self._sql, params = self._compiler.as_sql()
        self._params = [self._place_of(param) for param in params]
        used = {place for is_place, place in self._params if is_place}
        if used != set(self._places.values()) or any(isinstance(param, date) for param in params):
            raise ValueError(f"This statement depends on its values or on the time: {self._sql} {params}")

    def _slots(self, name: str, count: int | None, kind: type) -> object:
        slots = [self._slot(name, index, kind) for index in ([None] if count is None else range(count))]
        return slots[0] if count is None else slots

    def _slot(self, name: str, index: int | None, kind: type) -> object:
        slot = IdSlot(int=len(self._places)) if issubclass(kind, UUID) else TextSlot(f"{name} {index}")
        self._places[slot] = (name, index)
        return slot

    def _place_of(self, param: object) -> tuple[bool, Any]:
        return (True, self._places[param]) if isinstance(param, TextSlot | IdSlot) else (False, param)

    def rows(self, values: Mapping[str, Value | Sequence[Value]]) -> list[object]:
        params = [_value_at(values, *param) if is_place else param for is_place, param in self._params]
        compiler = copy.copy(self._compiler)
        compiler.connection = connections[compiler.using]
        compiler.as_sql = lambda *_, **__: (self._sql, params)
        query: Any = CompiledQuery(self._queryset.query, compiler)
        queryset: QuerySet[Model, object] = QuerySet(self._queryset.model, query=query)
        for name in ("_iterable_class", "_fields", "_prefetch_related_lookups", "_known_related_objects"):
            setattr(queryset, name, getattr(self._queryset, name))
        return list(queryset)


class Placeholder(Expression):
    """Stands for a value of a field's type, by its place among those that a statement is run with."""

    # Any: it stands for itself among the parameters.
    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        return "%s", (self,)


class PreparedValues:
    """A queryset of values that is compiled at once, and runs with others in the place of its Placeholders.

    `matches`: ids that PostgreSQL finds once for the whole statement, which may name them as a table (MATCHES).
    """

    def __init__(
        self, queryset: QuerySet[Model, object], *, matches: QuerySet[Model, object] | None = None
    ) -> None:
        self._using = queryset.db
        self.sql, self._params = queryset.query.get_compiler(self._using).as_sql()
        if matches is not None:
            sql, params = matches.query.get_compiler(self._using).as_sql()
            self.sql = f"WITH {MATCHES} (id) AS MATERIALIZED ({sql}) {self.sql}"
            self._params = (*params, *self._params)
        if any(isinstance(param, date) for param in self._params):
            raise ValueError(f"This statement depends on the time: {self.sql} {self._params}")

    def rows(self, *values: object) -> list[Line]:
        """The rows as PostgreSQL gives them; one query."""
        connection = connections[self._using]
        params = [
            param.output_field.get_db_prep_value(values[param.value], connection)
            if isinstance(param, Placeholder)
            else param
            for param in self._params
        ]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            found: list[Line] = cursor.fetchall()
        return found


class CompiledQuery:
    """A query that is compiled already."""

    def __init__(self, query: Query, compiler: SQLCompiler) -> None:
        self._query = query
        self._compiler = compiler

    def get_compiler(self, *_: object, **__: object) -> SQLCompiler:
        return self._compiler

    def __getattr__(self, name: str) -> object:
        return getattr(self._query, name)


def _kind_of(value: Value | Sequence[Value]) -> tuple[int | None, type]:
    return (None, type(value)) if isinstance(value, str | UUID) else (len(value), type(value[0]))


def _value_at(values: Mapping[str, Any], name: str, index: int | None) -> object:
    return values[name] if index is None else values[name][index]
