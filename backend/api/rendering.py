"""What serializers say of values, from functions that are made once for each serializer.

A serializer copies its fields each time it is made and asks each of them anew what it reads and writes. Here that is asked
once. Tests hold both equal; the serializers stay what the contract is generated from.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

from django.db.models import Manager
from rest_framework import serializers
from rest_framework.fields import SkipField

from backend.api.parameters import AnyField, AnySerializer

# Reads one property from a value, as it stands in an answer; raises SkipField where it has none.
Read = Callable[[object], object]

# What these write is what they read, if it is a text or a truth value already, which columns of these kinds hold.
AS_THEY_ARE = {
    each.to_representation
    for each in (serializers.CharField, serializers.ChoiceField, serializers.BooleanField)
}


# Any: a serializer may write anything, and its callers know what.
def rendered(serializer: type[AnySerializer], value: object, *, only: Iterable[str] = ()) -> Any:
    """What `serializer(value).data` is; of these properties alone, if there are any."""
    return _writer_of_some(serializer, frozenset(only))(value)


def all_rendered(
    serializer: type[AnySerializer], values: Iterable[object], *, only: Iterable[str] = ()
) -> list[object]:
    """What `serializer(values, many=True).data` is."""
    write = _writer_of_some(serializer, frozenset(only))
    return [write(value) for value in values]


# Callers choose the properties: there are more combinations than memory.
@lru_cache(maxsize=1_024)
def _writer_of_some(serializer: type[AnySerializer], only: frozenset[str]) -> Read:
    whole = _instance_of(serializer)
    if _writes_itself(whole):
        return whole.to_representation
    readers = _readers(serializer)
    return _write_object({name: readers[name] for name in readers if not only or name in only})


@cache
def _instance_of(serializer: type[AnySerializer]) -> AnySerializer:
    return serializer()


@cache
def _readers(serializer: type[AnySerializer]) -> dict[str, Read]:
    fields = _instance_of(serializer).fields.values()
    return {str(field.field_name): _reader_of(field) for field in fields if not field.write_only}


def _writes_itself(serializer: AnySerializer) -> bool:
    """Whether its class says how a value is written, rather than field by field."""
    return type(serializer).to_representation is not serializers.Serializer.to_representation


def _write_object(readers: dict[str, Read]) -> Read:
    items = list(readers.items())

    def write(value: object) -> dict[str, object]:
        try:
            return {name: read(value) for name, read in items}
        except SkipField:
            return dict(_present(value))

    def _present(value: object) -> Iterable[tuple[str, object]]:
        for name, read in items:
            try:
                yield name, read(value)
            except SkipField:
                continue

    return write


def _reader_of(field: AnyField) -> Read:
    """Reads what the field's source names, and writes it as the field does."""
    write = _writer_of(field)
    if not field.source_attrs:
        return write or (lambda value: value)
    find = attrgetter(".".join(field.source_attrs))

    def read(value: object) -> object:
        try:
            found = find(value)
        except (AttributeError, KeyError):
            found = None
        # A mapping, a method, a default, a relation that is not there: the field knows.
        if found is None or callable(found):
            found = field.get_attribute(value)
        return found if found is None or write is None else write(found)

    return read


# Any: DRF says of a list that it may have no child.
def _writer_of(field: Any) -> Read | None:
    """What the field makes of a value that is not None; None: the value itself."""
    if isinstance(field, serializers.ListSerializer):
        return _write_each(_writer_of(field.child), maybe_none=False)
    if isinstance(field, serializers.Serializer):
        return field.to_representation if _writes_itself(field) else _write_object(_readers(type(field)))
    if type(field).to_representation is serializers.ListField.to_representation:
        return _write_each(_writer_of(field.child), maybe_none=True)
    if type(field).to_representation in AS_THEY_ARE:
        return None
    write: Read = field.to_representation
    is_plain = type(field) is serializers.DateTimeField and not {"format", "timezone"} & vars(field).keys()
    return _write_moment(write) if is_plain else write


def _write_moment(write: Read) -> Read:
    """The field would ask for each moment which time zone is ours: it is UTC, as that of all that PostgreSQL gives."""

    def write_moment(moment: object) -> object:
        if type(moment) is datetime and moment.tzinfo is UTC:
            return f"{moment.isoformat()[:-6]}Z"
        return write(moment)

    return write_moment


def _write_each(write: Read | None, *, maybe_none: bool) -> Read:
    # Any: whatever can be gone through.
    def write_each(values: Any) -> list[object]:
        rows = values.all() if isinstance(values, Manager) else values
        if write is None:
            return list(rows)
        if maybe_none:
            return [None if row is None else write(row) for row in rows]
        return [write(row) for row in rows]

    return write_each
