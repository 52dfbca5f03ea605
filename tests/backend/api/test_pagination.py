"""Pages: nothing twice, nothing left out, whatever the order and whatever happens in between."""

import base64
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.cache import cache
from django.core.signing import Signer
from django.db import connection, models
from django.db.models import FloatField, Func, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower
from django.test.utils import CaptureQueriesContext
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from backend.api.pagination import (
    InvalidCursor,
    ListView,
    Page,
    page_schema,
    paginate,
    paginate_found,
    read_cursor,
)
from backend.api.parameters import ListParameters
from backend.api.prepared import Prepared
from backend.api.views import field_names
from catalog.models import Category
from tests.factories import CategoryFactory


class Shelf(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    label = models.CharField(max_length=50, db_collation="en-US-x-icu")

    objects: ClassVar[models.Manager["Shelf"]] = models.Manager()

    class Meta:
        app_label = "pagination_probe"

    def __str__(self) -> str:
        return self.label


class Book(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    title = models.CharField(max_length=50, db_collation="en-US-x-icu")
    bought_at = models.DateTimeField()
    printed_on = models.DateField()
    weight = models.FloatField()
    price = models.DecimalField(max_digits=12, decimal_places=4)
    pages = models.BigIntegerField()
    is_lent = models.BooleanField()
    shelf = models.ForeignKey(Shelf, models.CASCADE)

    objects: ClassVar[models.Manager["Book"]] = models.Manager()

    class Meta:
        app_label = "pagination_probe"
        indexes = [
            models.Index("bought_at", "id", name="by_day"),
            models.Index("bought_at", "pages", "id", name="by_day_and_pages"),
        ]

    def __str__(self) -> str:
        return self.title


NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
# Python orders these by code point, PostgreSQL by the rules of the column's language.
TITLES = [
    "apple",
    "Äpfel",
    "Apple",
    "zebra",
    "Zoo",
    "éclair",
    "eclair",
    "a b",
    "a-b",
    "ab",
    "東京",
    "🫖",
    "",
    "'\\",
]


def book(n: int, shelf: Shelf, **values: Any) -> Book:
    """The n-th of a set with many equal values."""
    defaults = {
        "title": TITLES[n % len(TITLES)],
        "bought_at": NOON + timedelta(microseconds=n % 5),
        "printed_on": (NOON - timedelta(days=n % 3)).date(),
        "weight": [0.1, 0.1 + 0.2, 1 / 3, 1e-300, 1e300][n % 5],
        "price": Decimal(n % 4) + Decimal("0.0001"),
        "pages": [2**62, -1, 0][n % 3],
        "is_lent": n % 2 == 0,
    }
    return Book(shelf=shelf, **{**defaults, **values})


@pytest.fixture
def shelves(db: None) -> list[Shelf]:
    with connection.schema_editor() as editor:
        editor.create_model(Shelf)
        editor.create_model(Book)
    return Shelf.objects.bulk_create([Shelf(label="Z"), Shelf(label="a"), Shelf(label="ä")])


@pytest.fixture
def books(shelves: list[Shelf]) -> QuerySet[Book]:
    Book.objects.bulk_create([book(n, shelves[n % 3]) for n in range(23)])
    return annotated(Book.objects.all())


def annotated(queryset: QuerySet[Book], *, but: str = "") -> QuerySet[Book]:
    real = Func("weight", template="ln(%(expressions)s)::real", output_field=FloatField())
    keys: dict[str, Combinable] = {"lower_title": Lower("title"), "rank": real, "same": Value(1)}
    rows: QuerySet[Book] = queryset.annotate(**{name: key for name, key in keys.items() if name != but})
    return rows


def asked(path: str = "/api/v1/books") -> Request:
    return Request(APIRequestFactory().get(path))


def page_at(queryset: QuerySet[Book], keys: list[str], url: str | None, limit: int = 4) -> Page[Book]:
    path = url.removeprefix("http://127.0.0.1:8000") if url else "/api/v1/books?colour=red"
    query = dict(parse_qsl(urlsplit(path).query))
    return paginate(queryset, keys=keys, limit=limit, cursor=query.get("cursor"), request=asked(path))


def sorted_ids(queryset: QuerySet[Book], keys: list[str]) -> list[uuid.UUID]:
    end = "-id" if keys[-1].startswith("-") else "id"
    return list(queryset.order_by(*keys, end).values_list("id", flat=True))


ORDERS = [
    ["title"],
    ["-title"],
    ["lower_title"],
    ["-bought_at"],
    ["printed_on"],
    ["weight"],
    ["-weight"],
    ["rank"],
    ["-rank"],
    ["price"],
    ["-pages"],
    ["is_lent"],
    ["same"],
    ["shelf__label"],
    ["id"],
    ["-id"],
    ["-printed_on", "-bought_at"],
    ["printed_on", "-bought_at"],
    ["-shelf__label", "title"],
    ["-is_lent", "price", "-rank"],
    ["is_lent", "-price", "shelf__label", "-weight"],
]


@pytest.mark.parametrize("keys", ORDERS, ids=", ".join)
def test_a_walk_there_and_back_sees_every_row_once_and_in_order(
    books: QuerySet[Book], keys: list[str]
) -> None:
    there, page = [], page_at(books, keys, None)
    assert page.previous is None
    while page.next:
        there.append(page)
        page = page_at(books, keys, page.next)
    last = page
    back = [last]
    while page.previous:
        page = page_at(books, keys, page.previous)
        back.append(page)

    expected = sorted_ids(books, keys)
    assert [row.id for page in [*there, last] for row in page.results] == expected
    assert [row.id for page in reversed(back) for row in page.results] == expected


@pytest.mark.parametrize("keys", [["bought_at"], ["-printed_on", "price"]], ids=", ".join)
def test_rows_that_come_and_go_disturb_no_other(books: QuerySet[Book], keys: list[str]) -> None:
    shelf = Shelf.objects.all()[0]
    staying = set(sorted_ids(books, keys)[:20:2])
    leaving = [row_id for row_id in sorted_ids(books, keys) if row_id not in staying]

    seen, page = [], page_at(books, keys, None, limit=3)
    while True:
        seen += [row.id for row in page.results]
        if not page.next:
            break
        Book.objects.filter(id__in=[leaving.pop(0), leaving.pop()]).delete()
        Book.objects.bulk_create([book(0, shelf), book(9, shelf), book(22, shelf)])
        Book.objects.filter(id__in=[page.results[-1].id]).exclude(id__in=staying).delete()
        if len(leaving) < 4:
            leaving += list(Book.objects.exclude(id__in=staying).values_list("id", flat=True))
        page = page_at(books, keys, page.next, limit=3)

    assert len(seen) == len(set(seen))
    assert staying <= set(seen)


@dataclass(frozen=True, slots=True)
class FoundBooks:
    """All books, found in two parts that have some of them both."""

    keys: tuple[str, ...]

    text = ""
    matches = None
    model = Book
    rows = Prepared(lambda ids: Book.objects.filter(pk__in=ids))
    columns = MappingProxyType[str, Combinable]({"lower_title": Lower("title")})

    def parts(self) -> list[QuerySet[Book]]:
        books = annotated(Book.objects.all(), but="lower_title")
        return [books.filter(pages__gte=0), books.filter(pages__lte=0)]

    def whole(self) -> QuerySet[Book]:
        return Book.objects.all()


@pytest.mark.parametrize("keys", ORDERS, ids=", ".join)
def test_a_list_that_narrow_rows_find_has_the_same_pages(books: QuerySet[Book], keys: list[str]) -> None:
    def found_page(url: str | None) -> Page[Book]:
        request = asked(url.removeprefix("http://127.0.0.1:8000") if url else "/api/v1/books?colour=red")
        cursor = request.query_params.get("cursor")
        return paginate_found(FoundBooks(tuple(keys)), limit=4, cursor=cursor, request=request)

    there, url = 0, None
    while there == 0 or url:
        page = page_at(books, keys, url)
        assert found_page(url) == page
        there, url = there + 1, page.next
    while page.previous:
        page = page_at(books, keys, page.previous)
        assert found_page(page.previous) == page_at(books, keys, page.previous)

    assert there == 6


def test_it_takes_two_queries_that_are_compiled_once(
    books: QuerySet[Book], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = FoundBooks(("-bought_at",))
    first = paginate_found(found, limit=3, cursor=None, request=asked())
    second = paginate_found(found, limit=3, cursor=cursor_of(first.next), request=asked())
    monkeypatch.setattr(FoundBooks, "parts", None)

    with CaptureQueriesContext(connection) as queries:
        third = paginate_found(found, limit=3, cursor=cursor_of(second.next), request=asked())

    assert len(queries) == 2
    assert [row.id for row in third.results] == sorted_ids(books, ["-bought_at"])[6:9]


class FoundButLent(FoundBooks):
    """Those that were lent between the two queries have left the list."""

    rows = Prepared(lambda ids: Book.objects.filter(pk__in=ids, is_lent=False))


def test_what_leaves_the_list_between_the_two_is_on_no_page(books: QuerySet[Book]) -> None:
    whole = page_at(books, ["pages"], None)

    page = paginate_found(
        FoundButLent(("pages",)), limit=4, cursor=None, request=asked("/api/v1/books?colour=red")
    )

    assert page.results == [row for row in whole.results if not row.is_lent]
    assert len(page.results) < 4
    assert page.next == whole.next


def test_a_page_is_one_query_over_the_rows_it_shows_and_one_more(books: QuerySet[Book]) -> None:
    first = page_at(books, ["-bought_at"], None)

    with CaptureQueriesContext(connection) as queries:
        page_at(books, ["-bought_at"], first.next)

    assert len(queries) == 1
    assert queries[0]["sql"].endswith("LIMIT 5")


@pytest.mark.parametrize("keys", [["bought_at"], ["-bought_at", "-pages"]], ids=", ".join)
def test_where_all_keys_run_one_way_an_index_finds_the_place(books: QuerySet[Book], keys: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    first = page_at(Book.objects.all(), keys, None)
    with CaptureQueriesContext(connection) as queries:
        page_at(Book.objects.all(), keys, first.next)

    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + queries[0]["sql"])
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Index Cond: (ROW(" in plan
    assert "Sort" not in plan


def test_links_keep_the_other_parameters_and_come_from_our_own_address(books: QuerySet[Book]) -> None:
    page = paginate(
        books,
        keys=["title"],
        limit=2,
        cursor=None,
        request=asked("/api/v1/books?colour=red,blue&q=%E8%8C%B6%26&limit=2"),
    )

    assert page.next
    assert page.next.startswith(
        "http://127.0.0.1:8000/api/v1/books?colour=red,blue&q=%E8%8C%B6%26&limit=2&cursor="
    )
    assert page.as_dict(["rows"], facets={}) == {
        "results": ["rows"],
        "next": page.next,
        "previous": None,
        "facets": {},
    }


def test_an_empty_list_is_one_page(shelves: list[Shelf]) -> None:
    assert page_at(annotated(Book.objects.all()), ["title"], None) == Page(
        results=[], next=None, previous=None
    )


def test_a_list_as_long_as_a_page_is_one_page(books: QuerySet[Book]) -> None:
    page = page_at(books, ["title"], None, limit=23)

    assert (len(page.results), page.next, page.previous) == (23, None, None)


def test_a_page_whose_rows_have_all_gone_is_empty(books: QuerySet[Book]) -> None:
    first = page_at(books, ["title"], None)
    Book.objects.exclude(id__in=[row.id for row in first.results]).delete()

    assert page_at(books, ["title"], first.next) == Page(results=[], next=None, previous=None)


def test_an_order_with_a_null_in_it_is_a_mistake_of_ours(books: QuerySet[Book]) -> None:
    nullable = books.annotate(nothing=models.Case(models.When(Q(pages=0), then=1)))

    with pytest.raises(ValueError, match="has no place in this order"):
        page_at(nullable, ["nothing"], None, limit=22)


def cursor_of(url: str | None) -> str:
    assert url
    return dict(parse_qsl(urlsplit(url).query))["cursor"]


def refuse(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        paginate(Book.objects.all(), keys=["-bought_at"], limit=4, cursor=cursor, request=asked())


def packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("next", id="plain text"),
        pytest.param("\x00", id="NUL"),
        pytest.param("\ud800", id="lone surrogate"),
        pytest.param("١٢٣", id="other digits"),
        pytest.param(".", id="only the dot"),
        pytest.param("a.b.c", id="dots"),
        pytest.param("x" * 100_000, id="very long"),
        pytest.param(base64.b64encode(b"p=notanint").decode(), id="another library's"),
        pytest.param(base64.b64encode(b"p=99999-01-01").decode(), id="another library's, year 99999"),
        pytest.param(packed([False, ["0000-00-00T00:00:00Z"]]), id="ours without a signature"),
        pytest.param(packed({"a": 1}) + ".c2lnbmF0dXJl", id="an object"),
        pytest.param(packed(10**30) + ".c2lnbmF0dXJl", id="a number of 30 digits"),
        pytest.param(packed([float("nan"), float("inf")]) + ".c2ln", id="NaN and Infinity"),
        pytest.param("." + packed([False, []]), id="compressed, it says"),
        pytest.param(
            Signer(salt="other", sep=".").sign_object([False, ["a", "b"]]), id="signed for something else"
        ),
    ],
)
def test_a_cursor_that_we_did_not_write_is_refused(cursor: str) -> None:
    refuse(cursor)


@pytest.mark.parametrize("keys", [["bought_at"], ["-bought_at", "title"], ["-title"]], ids=", ".join)
def test_a_cursor_of_another_order_is_refused(books: QuerySet[Book], keys: list[str]) -> None:
    refuse(cursor_of(page_at(books, keys, None).next))


def test_a_cursor_of_another_list_is_refused(books: QuerySet[Book]) -> None:
    shelf_page = paginate(Shelf.objects.all(), keys=["id"], limit=1, cursor=None, request=asked())

    with pytest.raises(InvalidCursor):
        paginate(Book.objects.all(), keys=["id"], limit=1, cursor=cursor_of(shelf_page.next), request=asked())


SIGNER = Signer(salt=f"cursor pagination_probe.Book {['bought_at', 'id']} {[True, True]}", sep=".")


def test_a_cursor_from_before_a_column_changed_its_type_is_refused() -> None:
    refuse(SIGNER.sign_object([False, ["tea", "time"]], compress=True))


WRITTEN = SIGNER.sign_object([False, [str(NOON), str(uuid.UUID(int=7))]], compress=True)


def test_a_cursor_as_we_wrote_it_is_read() -> None:
    fields: list[Any] = [Book._meta.get_field("bought_at"), Book._meta.get_field("id")]

    assert read_cursor(WRITTEN, signer=SIGNER, fields=fields) == (False, [NOON, uuid.UUID(int=7)])


@settings(max_examples=2_000)
@given(place=st.integers(0, len(WRITTEN)), length=st.integers(0, 5), text=st.text(max_size=6))
def test_a_cursor_with_any_part_changed_is_refused(place: int, length: int, text: str) -> None:
    changed = WRITTEN[:place] + text + WRITTEN[place + length :]
    assume(changed != WRITTEN)

    with pytest.raises(InvalidCursor):
        read_cursor(changed, signer=SIGNER, fields=[])


class BookSerializer(serializers.Serializer[Book]):
    title = serializers.CharField()


def test_the_schema_of_a_page_is_named_for_its_rows() -> None:
    schema = page_schema(BookSerializer, facets=serializers.DictField())

    assert type(schema).__name__ == "BookPage"
    assert set(schema.fields) == {"results", "next", "previous", "facets"}
    assert page_schema(BookSerializer) is page_schema(BookSerializer)


# --- The base of views that answer a page ----------------------------------------------------------


class ShelfSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()


class ShelfParameters(ListParameters):
    selectable = field_names(ShelfSerializer)


class ShelfListView(ListView):
    parameters = ShelfParameters

    def get(self, request: Request) -> Response:
        return self.answer_page(Category.objects.all(), keys=["-name"], serializer=ShelfSerializer)


def list_page(**query: Any) -> Any:
    response = ShelfListView.as_view()(APIRequestFactory().get("/shelves", query))
    assert isinstance(response, Response)
    return response.data


@pytest.mark.django_db
class TestListView:
    @pytest.fixture(autouse=True)
    def shelves(self) -> None:
        cache.clear()
        for name in ("B", "C", "A"):
            CategoryFactory(slug=name.lower(), name=name)

    def test_a_page_holds_at_most_as_many_rows_as_asked_for_in_the_lists_order(self) -> None:
        assert [dict(row) for row in list_page(limit=2)["results"]] == [
            {"slug": "c", "name": "C"},
            {"slug": "b", "name": "B"},
        ]

    def test_the_cursor_goes_on_where_the_page_ended(self) -> None:
        cursor = list_page(limit=2)["next"].partition("cursor=")[2]

        assert [row["slug"] for row in list_page(limit=2, cursor=cursor)["results"]] == ["a"]

    def test_rows_have_the_properties_that_were_asked_for(self) -> None:
        assert [dict(row) for row in list_page(limit=1, fields="name")["results"]] == [{"name": "C"}]
