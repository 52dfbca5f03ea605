"""Keyset pages: no row twice and none left out while others arrive or vanish, at the cost of one query."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from types import MappingProxyType, SimpleNamespace
from typing import Any, Generic, Protocol, TypedDict, TypeVar

from django.conf import settings
from django.core.exceptions import EmptyResultSet, ValidationError
from django.core.signing import BadSignature, Signer
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Field, FloatField, Lookup, Model, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler
from django.http import HttpRequest, QueryDict
from drf_spectacular.utils import inline_serializer
from psycopg import sql
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.parameters import COUNT, AnyField, AnySerializer
from backend.api.prepared import Placeholder, Prepared, PreparedValues
from backend.api.problems import Refusal
from backend.api.rendering import all_rendered
from backend.api.views import PublicView

Row = TypeVar("Row", bound=Model)
Compiled = TypeVar("Compiled")
# What a queryset gives: rows, or values of theirs.
Line = TypeVar("Line")


class InvalidCursor(Refusal):
    status_code = 400
    default_code = "invalid_cursor"
    default_detail = "The cursor is not ours, or belongs to another list or order; start again without it."
    pointer = "/cursor"


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, and the addresses of the pages beside them."""

    results: list[Row]
    next: str | None
    previous: str | None
    # Of the rows on all pages, where the request asks for it.
    count: int | None = None

    def as_dict(self, results: object, **extra: object) -> dict[str, object]:
        counted = {} if self.count is None else {"count": self.count}
        return {"results": results, "next": self.next, "previous": self.previous, **counted, **extra}


class Found(Hashable, Protocol):
    """A list that narrow rows find, whose ids are those of what it shows. Equal ones have equal statements."""

    @property
    def text(self) -> str:
        """What a reader typed, where that narrows it."""

    @property
    def keys(self) -> Sequence[str]:
        """As `paginate` has them; they name fields or annotations of the narrow rows, or are in `columns`."""

    @property
    def columns(self) -> Mapping[str, Combinable]: ...

    @property
    def model(self) -> type[Model]:
        """What it shows."""

    @property
    def rows(self) -> Prepared:
        """Reads these by `ids`."""

    @property
    def matches(self) -> QuerySet[Model, object] | None:
        """Ids that PostgreSQL finds once for all parts, which name them MATCHES."""

    def parts(self) -> Sequence[QuerySet[Model]]:
        """The narrow rows. What any part has is listed, once; of each at most a page is read."""

    def whole(self) -> QuerySet[Model, object]:
        """All parts as one, to be counted."""


def paginate(
    queryset: QuerySet[Row],
    *,
    keys: Sequence[str],
    limit: int,
    cursor: str | None,
    request: HttpRequest | Request,
    query: str | None = None,
) -> Page[Row]:
    """One page of `queryset` in the order of `keys`, in one query.

    The pages beside it have `query` in their addresses, or what the request asked where that is None.
    Keys name fields, paths over to-one relations or annotations, none of them ever NULL, with "-" in front
    where they descend. The unique `id` is added to end them.
    """
    order = Order.of(keys)
    queryset, fields = with_keys(queryset, order.names)
    links = Links(order, queryset.model, request, query)
    backward, position = links.read(cursor, fields=fields)
    found = list(Cut.of(order, position, limit + 1, backward=backward).first(queryset))
    rows = found[:limit][::-1] if backward else found[:limit]
    return Page(rows, *links.beside(rows, backward=backward, more=len(found) > limit, is_first=not cursor))


def paginate_found(
    found: Found, *, limit: int, cursor: str | None, request: HttpRequest | Request, query: str | None = None
) -> Page[Any]:
    """One page of a list that narrow rows find, in two queries, which are compiled once.

    What leaves the list between the two is on no page.
    """
    order = Order.of(found.keys)
    links = Links(order, found.model, request, query)
    backward, position = links.read(cursor, fields=_fields(found, order))
    statement = _statement(found, order, limit + 1, backward=backward, goes_on=position is not None)
    narrow = statement.rows(*(position or ())) if statement else []
    page = narrow[:limit][::-1] if backward else narrow[:limit]
    rows = {row.pk: row for row in found.rows.rows(ids=[pk for *_, pk in page])}
    keys = [SimpleNamespace(**dict(zip(order.aliases, values, strict=True))) for values in page]
    return Page(
        [rows[pk] for *_, pk in page if pk in rows],
        *links.beside(keys, backward=backward, more=len(narrow) > limit, is_first=not cursor),
    )


class _Remembered(Generic[Compiled]):
    """What is compiled for a list stays for the next request: callers choose the filters, and there are more combinations
    than memory.

    Searches have a memory of their own. Hardly two are alike, and a flood of them leaves the other lists as they are.
    """

    def __init__(self, compile_list: Callable[..., Compiled]) -> None:
        self.lists = lru_cache(maxsize=512)(compile_list)
        self.searches = lru_cache(maxsize=64)(compile_list)

    def __call__(self, found: Found, *rest: Hashable, **more: Hashable) -> Compiled:
        memory = self.searches if found.text else self.lists
        return memory(found, *rest, **more)


@_Remembered
def _fields(found: Found, order: "Order") -> "list[Field[object, object]]":
    return with_keys(found.parts()[0], order.names, _columns(found))[1]


def _columns(found: Found) -> dict[str, Combinable]:
    return {"id": F("pk"), **found.columns}


@_Remembered
def _statement(
    found: Found, order: "Order", number: int, *, backward: bool, goes_on: bool
) -> PreparedValues | None:
    """Reads the keys of so many rows, after a position where it goes on; None where a filter lets nothing through."""
    slots = [Placeholder(place, output_field=field) for place, field in enumerate(_fields(found, order))]
    cut = Cut.of(order, slots if goes_on else None, number, backward=backward)
    parts = [
        cut.first(with_keys(rows, order.names, _columns(found))[0]).values_list(*order.aliases)
        for rows in found.parts()
    ]
    try:
        rows = parts[0] if len(parts) == 1 else cut.sort(union(parts))
        return PreparedValues(rows, matches=found.matches)
    except EmptyResultSet:
        return None


@dataclass(frozen=True, slots=True)
class Order:
    """The names to sort by, `id` last in the direction of the key before it, and which of them descend."""

    names: tuple[str, ...]
    descending: tuple[bool, ...]

    @classmethod
    def of(cls, keys: Sequence[str]) -> "Order":
        names = tuple(key.removeprefix("-") for key in keys)
        descending = tuple(key.startswith("-") for key in keys)
        return cls(names, descending) if "id" in names else cls((*names, "id"), (*descending, descending[-1]))

    @property
    def aliases(self) -> list[str]:
        return [f"key_{n}" for n in range(len(self.names))]


@dataclass(frozen=True, slots=True)
class Cut:
    """What a page takes of rows that were given their keys: `number` of them, after a position or from the start."""

    aliases: list[str]
    falling: list[bool]
    position: Sequence[object] | None
    number: int

    @classmethod
    def of(cls, order: Order, position: Sequence[object] | None, number: int, *, backward: bool) -> "Cut":
        return cls(order.aliases, [falls != backward for falls in order.descending], position, number)

    def first(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        if self.position is not None:
            rows = rows.filter(beyond(self.position, aliases=self.aliases, falling=self.falling))
        return self.sort(rows)

    def sort(self, rows: QuerySet[Row, Line]) -> QuerySet[Row, Line]:
        order = zip(self.aliases, self.falling, strict=True)
        return rows.order_by(*(f"-{alias}" if falls else alias for alias, falls in order))[: self.number]


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses of the pages beside one."""

    order: Order
    model: type[Model]
    request: HttpRequest | Request
    query: str | None

    @property
    def signer(self) -> Signer:
        """Signs, so that a cursor holds what we wrote and only for the list and order we wrote it for."""
        names, descending = list(self.order.names), list(self.order.descending)
        return Signer(salt=f"cursor {self.model._meta.label} {names} {descending}", sep=".")

    def read(
        self, cursor: str | None, *, fields: "Iterable[Field[object, object]]"
    ) -> tuple[bool, list[object] | None]:
        return read_cursor(cursor, signer=self.signer, fields=fields) if cursor else (False, None)

    def beside(
        self, rows: Sequence[object], *, backward: bool, more: bool, is_first: bool
    ) -> tuple[str | None, str | None]:
        """The next page and the previous one, of rows that have the order's keys."""
        if not rows:
            return None, None
        has_previous = more if backward else not is_first
        return (
            self._of(rows[-1], backward=False) if more or backward else None,
            self._of(rows[0], backward=True) if has_previous else None,
        )

    def _of(self, row: object, *, backward: bool) -> str:
        sent = write_cursor(row, aliases=self.order.aliases, backward=backward, signer=self.signer)
        return page_url(self.request, sent, query=self.query)


def union(querysets: Sequence[QuerySet[Model, object]]) -> QuerySet[Model, object]:
    """What any of them has, once."""
    first, *others = querysets
    return first.union(*others) if others else first


def with_keys(
    queryset: QuerySet[Row], names: Sequence[str], columns: Mapping[str, Combinable] = MappingProxyType({})
) -> "tuple[QuerySet[Row], list[Field[object, object]]]":
    """The rows with what they are sorted by, as `key_0` and so on, and the fields of that."""
    keys = {f"key_{n}": columns.get(name, F(name)) for n, name in enumerate(names)}
    queryset = queryset.annotate(**keys)
    fields = {alias: queryset.query.annotations[alias].output_field for alias in keys}
    # A `real`, such as ts_rank gives, is another number once Python has read it; a double is not.
    floats = [alias for alias, field in fields.items() if isinstance(field, FloatField)]
    return queryset.annotate(**{alias: Cast(alias, FloatField()) for alias in floats}), list(fields.values())


class Constant(Value):
    """A value that is written into the statement rather than sent beside it.

    A key that holds what is sent is not the key of an index: PostgreSQL may plan a prepared statement without it, and knows
    not then how many rows a filter lets through.
    """

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[str | int, ...]]:
        return sql.quote(self.value).replace("%", "%%"), ()


def beyond(position: Sequence[object], *, aliases: list[str], falling: list[bool]) -> "Q | Lookup[object]":
    """The rows after a position.

    PostgreSQL compares them, never Python, which orders text otherwise. Where all keys run one way it is a
    single comparison of rows, for which an index on the keys is entered at the right place.
    """
    columns = [F(alias) for alias in aliases]
    if all(falling):
        return TupleLessThan(columns, position)
    if not any(falling):
        return TupleGreaterThan(columns, position)
    rest = Q()
    for alias, value, falls in reversed(list(zip(aliases, position, falling, strict=True))):
        sign = "lt" if falls else "gt"
        past = Q(**{f"{alias}__{sign}": value})
        rest = Q(**{f"{alias}__{sign}e": value}) & (past | rest) if rest else past
    return rest


def write_cursor(row: object, *, aliases: list[str], backward: bool, signer: Signer) -> str:
    """A signed text that stands for the row's place; raises ValueError where a key of the order is NULL."""
    values = [getattr(row, alias) for alias in aliases]
    if None in values:
        raise ValueError(f"{row!r} has no place in this order, one of its keys is NULL: {values}")
    plain = [value if isinstance(value, int | float | str) else str(value) for value in values]
    return signer.sign_object([backward, plain], compress=True)


def read_cursor(
    cursor: str, *, signer: Signer, fields: Iterable["Field[object, object]"]
) -> tuple[bool, list[object]]:
    """The direction and the position that a cursor stands for."""
    try:
        backward, plain = signer.unsign_object(cursor)
        return backward, [field.to_python(value) for field, value in zip(fields, plain, strict=True)]
    # The latter two: a cursor from before a column changed its type, and text that UTF-8 can not write.
    except (BadSignature, ValidationError, ValueError) as error:
        raise InvalidCursor from error


def page_url(request: HttpRequest | Request, cursor: str, *, query: str | None = None) -> str:
    asked = request.GET.copy() if query is None else QueryDict(query, mutable=True)
    asked["cursor"] = cursor
    return f"{settings.PUBLIC_BASE_URL}{request.path}?{asked.urlencode(safe=',')}"


@cache
def page_schema(item: type[AnySerializer], **extra: AnyField) -> AnySerializer:
    """The schema of a page: `ToolPage` for a `ToolSerializer`, with `extra` beside the results."""
    return inline_serializer(
        name=item.__name__.removesuffix("Serializer") + "Page",
        fields={
            "results": item(many=True),
            "next": serializers.URLField(allow_null=True, help_text="The page after this one."),
            "previous": serializers.URLField(allow_null=True, help_text="The page before this one."),
            **extra,
        },
    )


def count_field() -> serializers.IntegerField:
    """For the schema of a page whose request may say `include=count`."""
    return serializers.IntegerField(
        min_value=0, required=False, help_text="How many there are on all pages; there with `include=count`."
    )


class Asked(TypedDict):
    """What a request asks of its list."""

    limit: int
    cursor: str | None
    request: Request
    query: str


class ListView(PublicView):
    """A list whose `parameters` descend from ListParameters; with `count` among its `include`, one query more counts."""

    def page(self, queryset: QuerySet[Row], *, keys: Sequence[str]) -> Page[Row]:
        return self._counted(paginate(queryset, keys=keys, **self._asked()), queryset)

    def page_of(self, found: Found) -> Page[Any]:
        return self._counted(paginate_found(found, **self._asked()), found)

    def _asked(self) -> Asked:
        # Two requests for the same page get the same bytes, whatever the order of their parameters.
        query = self.parameters.query_of({**self.params, "cursor": None})
        return {
            "limit": self.params["limit"],
            "cursor": self.params["cursor"],
            "request": self.request,
            "query": query,
        }

    def _counted(self, page: Page[Row], listed: QuerySet[Row] | Found) -> Page[Row]:
        if COUNT not in self.params.get("include", ()):
            return page
        count = self.kept_count()
        if count is None:
            count = (listed if isinstance(listed, QuerySet) else listed.whole()).count()
        return replace(page, count=count)

    def kept_count(self) -> int | None:
        """How many there are on all pages, where the database keeps that; None where they must be counted."""
        return None

    def answer_page(
        self, queryset: QuerySet[Row], *, keys: Sequence[str], serializer: type[AnySerializer]
    ) -> Response:
        page = self.page(queryset, keys=keys)
        return Response(page.as_dict(all_rendered(serializer, page.results, only=self.params["fields"])))
