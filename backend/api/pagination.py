"""Keyset pages: no row twice and none left out while others arrive or vanish, at the cost of one query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Field, FloatField, Func, Lookup, Model, Q, QuerySet, Value
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler
from django.http import HttpRequest, QueryDict
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.parameters import COUNT, AnyField
from backend.api.problems import Refusal
from backend.api.rendering import AnySerializer, all_rendered
from backend.api.views import PublicView

Row = TypeVar("Row", bound=Model)


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


def paginate(
    queryset: QuerySet[Row],
    *,
    keys: Sequence[str],
    limit: int,
    cursor: str | None,
    request: HttpRequest | Request,
    query: str | None = None,
    listings: Sequence[QuerySet[Any]] = (),
) -> Page[Row]:
    """One page of `queryset` in the order of `keys`, in one query.

    The pages beside it have `query` in their addresses, or what the request asked where that is None.
    Keys name fields, paths over to-one relations or annotations, none of them ever NULL, with "-" in front
    where they descend. The unique `id` is added to end them.

    Where there are `listings`, these narrow rows are filtered and sorted in its place, and `queryset` reads only the rows
    of the page. Keys are theirs then; what any of them has is listed, from each at most a page.
    """
    names, descending = ordering(keys)
    queryset, fields = with_keys(queryset, _of_listing(names) if listings else names)
    aliases = list(fields)
    # Signed, so that a cursor holds what we wrote and only for the list and order we wrote it for.
    signer = Signer(salt=f"cursor {queryset.model._meta.label} {names} {descending}", sep=".")
    backward, position = (
        read_cursor(cursor, signer=signer, fields=fields.values()) if cursor else (False, None)
    )
    cut = Cut(aliases, [falls != backward for falls in descending], position, limit + 1)
    if listings:
        pages = [cut.of(with_keys(each, [*names[:-1], "pk"])[0]).values("pk") for each in listings]
        queryset = cut.sort(queryset.filter(among(union(pages))))
    else:
        queryset = cut.of(queryset)
    found = list(queryset)
    more = len(found) > limit
    rows = found[:limit][::-1] if backward else found[:limit]

    def beside(row: Row, *, backward: bool) -> str:
        sent = write_cursor(row, aliases=aliases, backward=backward, signer=signer)
        return page_url(request, sent, query=query)

    return Page(
        results=rows,
        next=beside(rows[-1], backward=False) if rows and (more or backward) else None,
        previous=beside(rows[0], backward=True) if rows and (more if backward else cursor) else None,
    )


@dataclass(frozen=True, slots=True)
class Cut:
    """What a page takes of rows that were given their keys: `number` of them, after a position or from the start."""

    aliases: list[str]
    falling: list[bool]
    position: list[object] | None
    number: int

    def of(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if self.position is not None:
            rows = rows.filter(beyond(self.position, aliases=self.aliases, falling=self.falling))
        return self.sort(rows)

    def sort(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        order = zip(self.aliases, self.falling, strict=True)
        return rows.order_by(*(f"-{alias}" if falls else alias for alias, falls in order))[: self.number]


def among(rows: QuerySet[Any]) -> Func:
    """That the id is one of a few rows', which are found before any table is joined.

    Of an `IN` PostgreSQL thinks last where more tables are joined than it puts in order (join_collapse_limit).
    """
    return Func(
        F("pk"),
        ArraySubquery(rows),
        template="%(expressions)s)",
        arg_joiner=" = ANY (",
        output_field=BooleanField(),
    )


def union(querysets: Sequence[QuerySet[Any]]) -> QuerySet[Any]:
    """What any of them has, once."""
    first, *others = querysets
    return first.union(*others) if others else first


def _of_listing(names: Sequence[str]) -> list[str]:
    """The names of a listing's keys, as the row that it lists has them."""
    return [*(f"listing__{name}" for name in names[:-1]), "id"]


def with_keys(
    queryset: QuerySet[Row], names: Sequence[str]
) -> tuple[QuerySet[Row], dict[str, "Field[object, object]"]]:
    """The rows with what they are sorted by, and the fields of that by their aliases."""
    aliases = [f"key_{n}" for n in range(len(names))]
    queryset = queryset.annotate(**dict(zip(aliases, map(F, names), strict=True)))
    fields = {alias: queryset.query.annotations[alias].output_field for alias in aliases}
    # A `real`, such as ts_rank gives, is another number once Python has read it; a double is not.
    floats = [alias for alias, field in fields.items() if isinstance(field, FloatField)]
    return queryset.annotate(**{alias: Cast(alias, FloatField()) for alias in floats}), fields


class Constant(Value):
    """A number that is written into the statement rather than sent beside it.

    A key that holds what is sent is not the key of an index: PostgreSQL may plan a prepared statement without it.
    """

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[str | int, ...]]:
        return repr(float(self.value)), ()


def ordering(keys: Sequence[str]) -> tuple[list[str], list[bool]]:
    """The names to sort by, `id` last in the direction of the key before it, and which of them descend."""
    names = [key.removeprefix("-") for key in keys]
    descending = [key.startswith("-") for key in keys]
    if "id" not in names:
        names, descending = [*names, "id"], [*descending, descending[-1]]
    return names, descending


def beyond(position: list[object], *, aliases: list[str], falling: list[bool]) -> "Q | Lookup[object]":
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


def write_cursor(row: Model, *, aliases: list[str], backward: bool, signer: Signer) -> str:
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
def page_schema(item: type[serializers.Serializer[Any]], **extra: AnyField) -> Any:
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


class ListView(PublicView):
    """A list whose `parameters` descend from ListParameters; with `count` among its `include`, one query more counts."""

    def page(
        self, queryset: QuerySet[Row], *, keys: Sequence[str], listings: Sequence[QuerySet[Any]] = ()
    ) -> Page[Row]:
        limit, cursor = self.params["limit"], self.params["cursor"]
        # Two requests for the same page get the same bytes, whatever the order of their parameters.
        query = self.parameters.query_of({**self.params, "cursor": None})
        page = paginate(
            queryset,
            keys=keys,
            limit=limit,
            cursor=cursor,
            request=self.request,
            query=query,
            listings=listings,
        )
        if COUNT not in self.params.get("include", ()):
            return page
        counted: list[QuerySet[Any, Any]] = [each.order_by().values("pk") for each in listings] or [queryset]
        return replace(page, count=union(counted).count())

    def answer_page(
        self, queryset: QuerySet[Row], *, keys: Sequence[str], serializer: type[AnySerializer]
    ) -> Response:
        page = self.page(queryset, keys=keys)
        return Response(page.as_dict(all_rendered(serializer, page.results, only=self.params["fields"])))
