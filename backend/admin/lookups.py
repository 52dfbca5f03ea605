"""What a list's address may ask for: what its filters and its dates ask for, and nothing besides.

Django lets an address ask anything of a model's own columns, also of those that no page shows: with `__startswith` a
column is read a letter at a time.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.contrib.admin.utils import NotRelationField, get_model_from_relation
from django.db.models import DateField, Model
from django.db.models.constants import LOOKUP_SEP

EXACT = ("", "__exact", "__isnull")
SINCE = ("__gte", "__lt")
TIMES = (*SINCE, "__year", "__month", "__day")


def closed_lookups(
    model: type[Model], filters: Iterable[object], *, dates: str | None, more: Sequence[str]
) -> frozenset[str]:
    """The names of parameters that a list of the model's rows takes; `more` are those of links to it."""
    asked = set(more)
    for each in filters:
        asked |= set(_of_filter(model, each))
    if dates:
        asked |= {f"{dates}{suffix}" for suffix in TIMES}
    return frozenset(asked)


def _of_filter(model: type[Model], asked: Any) -> Iterator[str]:
    """`asked` is a field's path, a path with the filter's class, or a class that names its own parameter."""
    if isinstance(asked, type):
        yield str(getattr(asked, "parameter_name", ""))
        return
    path = asked if isinstance(asked, str) else str(asked[0])
    yield from (f"{path}{suffix}" for suffix in EXACT)
    field = _field_at(model, path)
    if isinstance(field, DateField):
        yield from (f"{path}{suffix}" for suffix in SINCE)
    try:
        related = get_model_from_relation(field)
    except NotRelationField:
        return
    yield f"{path}{LOOKUP_SEP}{related._meta.pk.name}__exact"


def _field_at(model: Any, path: str) -> Any:
    field: Any = None
    for part in path.split(LOOKUP_SEP):
        field = model._meta.get_field(part)
        model = field.related_model
    return field
