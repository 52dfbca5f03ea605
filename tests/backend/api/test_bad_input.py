"""What clients get wrong, or try on purpose, on every public route: a problem each time, never a 500."""

import base64
import json
import uuid
from typing import Any

import pytest
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from backend.wsgi import application
from tests.factories import ComparisonFactory, ReviewFactory

KEYS = ["type", "title", "status", "detail", "code", "instance", "request_id", "errors"]


def public_routes(resolver: URLResolver, prefix: str = "") -> list[str]:
    found = []
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += public_routes(pattern, path)
        elif isinstance(pattern, URLPattern) and path.startswith("api/v1/"):
            found.append("/" + path)
    return sorted(set(found))


ROUTES = public_routes(get_resolver())
HOLES = {"<slug:slug>": "known-slug", "<uuid:id>": str(uuid.UUID(int=7))}
NUMBER = "9" * 30


def filled(route: str, **values: str) -> str:
    for hole, value in {**HOLES, **values}.items():
        route = route.replace(hole, value)
    return route


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


BAD_QUERIES = [
    pytest.param("q=%00", id="NUL"),
    pytest.param("%00=1", id="NUL as a name"),
    pytest.param("q=%ED%A0%80", id="lone surrogate"),
    pytest.param("q=%FF%FE", id="invalid UTF-8"),
    pytest.param("q=" + "word%20" * 500, id="500 words"),
    pytest.param("q=" + "x" * 3_000, id="one word of 3,000 letters"),
    pytest.param("q=" + "x" * 10_000, id="one word of 10,000 letters"),
    pytest.param("q=a&q=b", id="repeated"),
    pytest.param("limit=0", id="limit 0"),
    pytest.param("limit=-1", id="limit below 0"),
    pytest.param("limit=101", id="limit above 100"),
    pytest.param("limit=1.5", id="limit in halves"),
    pytest.param(f"limit={NUMBER}", id="limit of 30 digits"),
    pytest.param("limit=%D9%A1", id="limit in Arabic-Indic digits"),
    pytest.param("limit=NaN", id="limit NaN"),
    pytest.param(f"min_votes={NUMBER}", id="votes of 30 digits"),
    pytest.param(f"page={NUMBER}", id="page of 30 digits"),
    pytest.param(f"offset={NUMBER}", id="offset of 30 digits"),
    pytest.param("published_at__year=0", id="year 0"),
    pytest.param("published_at__year=99999", id="year 99999"),
    pytest.param("published_at=0000-00-00", id="no such day"),
    pytest.param("cursor=", id="empty cursor"),
    pytest.param("cursor=next", id="cursor in words"),
    pytest.param("cursor=" + encoded("p=notanint"), id="cursor p=notanint"),
    pytest.param("cursor=" + encoded("p=99999-01-01"), id="cursor of year 99999"),
    pytest.param("cursor=" + encoded("p=\x00"), id="cursor with NUL"),
    pytest.param("cursor=" + encoded('[false,["x",null]]'), id="cursor of wrong types"),
    pytest.param("cursor=" + encoded("[" * 2_000), id="cursor 2,000 deep"),
    pytest.param("sort=password", id="sort by a column"),
    pytest.param("ordering=-voter__key", id="ordering by a relation"),
    pytest.param("order_by=1", id="order by a position"),
    pytest.param("_connector=OR", id="Django's connector"),
    pytest.param("id__in=1,2", id="a lookup"),
    pytest.param("voter__key__startswith=a", id="a lookup over relations"),
    pytest.param("fields=password", id="a field we don't have"),
    pytest.param("fields=", id="no field"),
    pytest.param("include=voters", id="an inclusion we don't have"),
    pytest.param("tools=a", id="one tool"),
    pytest.param("tools=a,,b", id="a gap among tools"),
    pytest.param("category='%20OR%201=1--", id="SQL"),
    pytest.param("category=" + ",".join(["a"] * 500), id="500 categories"),
    pytest.param("by=weather", id="ranking by the weather"),
    pytest.param("&".join(["a=1"] * 60), id="60 parameters"),
    pytest.param("format=api", id="another format"),
    pytest.param("__proto__[x]=1", id="a prototype"),
]

BAD_SLUGS = [
    pytest.param("%00", id="NUL"),
    pytest.param("a%00b", id="NUL inside"),
    pytest.param("%ED%A0%80", id="lone surrogate"),
    pytest.param("%FF", id="invalid UTF-8"),
    pytest.param("%0A", id="line break"),
    pytest.param("..%2f..%2fetc", id="dots and slashes"),
    pytest.param("٣", id="Arabic-Indic digit"),
    pytest.param(NUMBER, id="30 digits"),
    pytest.param("-vs-", id="a pair of nothing"),
    pytest.param("a-vs-", id="half a pair"),
    pytest.param("-vs-" * 200, id="many pairs"),
    pytest.param("nobody", id="nobody's"),
    pytest.param("a" * 515, id="a long one"),
    pytest.param("a" * 5_000, id="a very long one"),
]

BAD_BODIES = [
    pytest.param("[" * 2_000 + "]" * 2_000, "application/json", id="2,000 deep"),
    pytest.param("[" * 60_000, "application/json", id="60,000 open"),
    pytest.param('{"value": "\\u0000"}', "application/json", id="NUL"),
    pytest.param('{"value": "\\ud800"}', "application/json", id="lone surrogate"),
    pytest.param(f'{{"value": {NUMBER}e999}}', "application/json", id="a huge number"),
    pytest.param('{"value": NaN}', "application/json", id="NaN"),
    pytest.param("{", "application/json", id="half a document"),
    pytest.param("{}", "application/json; charset=bogus", id="a bogus charset"),
    pytest.param("a=1", "application/x-www-form-urlencoded", id="a form"),
    pytest.param("--x", "multipart/form-data; boundary=x", id="half a multipart form"),
    pytest.param("--x", "multipart/form-data", id="a multipart form without a boundary"),
    pytest.param("<a/>", "application/xml", id="XML"),
    pytest.param("{}", "", id="no type"),
    pytest.param("{}", "x" * 1_000, id="a long type"),
    pytest.param("x" * 70_000, "application/json", id="70,000 letters"),
]


@pytest.fixture
def known(db: None) -> None:
    review = ReviewFactory(id=uuid.UUID(int=7), tool__slug="known-slug", tool__category__slug="known-slug")
    ComparisonFactory(first_tool=review.tool)


def assert_refused(response: Any) -> None:
    assert 400 <= response.status_code < 500
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    assert list(response.json()) == KEYS
    assert response.json()["status"] == response.status_code
    for fault in response.json()["errors"]:
        assert list(fault) == ["pointer", "code", "detail"]


def test_there_are_routes_to_try() -> None:
    assert len(ROUTES) >= 14


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("query", BAD_QUERIES)
def test_a_bad_query_is_refused_everywhere(api: APIClient, query: str) -> None:
    for route in ROUTES:
        assert_refused(api.get(f"{filled(route)}?{query}"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    ["voters", "voters/challenges", "newsletter/subscriptions", "newsletter/subscriptions/confirm"],
)
def test_an_unknown_parameter_of_a_post_is_refused(api: APIClient, path: str) -> None:
    response = api.post(f"/api/v1/{path}?x=1", {}, format="json")

    assert_refused(response)
    assert response.json()["errors"][0]["code"] == "unknown_parameter"


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("slug", BAD_SLUGS)
def test_a_bad_slug_is_nobodys(api: APIClient, slug: str) -> None:
    for route in ROUTES:
        if "<slug:slug>" in route:
            assert_refused(api.get(filled(route, **{"<slug:slug>": slug})))


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("id", ["7", NUMBER, "%00", "null", "0" * 32, "{" + str(uuid.UUID(int=7)) + "}"])
def test_a_bad_id_is_nobodys(api: APIClient, id: str) -> None:
    for route in ROUTES:
        if "<uuid:id>" in route:
            assert_refused(api.get(filled(route, **{"<uuid:id>": id})))


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(("body", "content_type"), BAD_BODIES)
def test_a_bad_body_is_refused_everywhere(api: APIClient, method: str, body: str, content_type: str) -> None:
    for route in ROUTES:
        assert_refused(api.generic(method, filled(route), body, content_type=content_type))


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Accept": "text/html"}, id="HTML wanted"),
        pytest.param({"Accept": "x" * 10_000}, id="a long Accept"),
        pytest.param({"Accept": "a/b," * 100}, id="many kinds wanted"),
        pytest.param({"Host": "evil.example"}, id="another host"),
        pytest.param({"Host": "x" * 5_000}, id="a long host"),
    ],
)
def test_bad_headers_are_refused_everywhere(api: APIClient, headers: dict[str, str]) -> None:
    for route in ROUTES:
        assert_refused(api.get(filled(route), headers=headers))


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("application/json; charset=utf-7", id="a codec that hides NUL"),
        pytest.param("application/json; charset=utf-16", id="a codec of two bytes"),
        pytest.param("application/json; charset=rot13", id="a codec that is not for text"),
        pytest.param("application/json; charset=bogus", id="no codec"),
        pytest.param("a/b; charset*=utf-8''rot13", id="a codec, encoded"),
        pytest.param("a/b; x*=bogus''y", id="a parameter in no codec"),
        pytest.param(";;;=", id="no type"),
    ],
)
# Each request lets go of connections that are no longer usable, so it looks at the database.
@pytest.mark.django_db
def test_the_server_reads_queries_as_utf_8_whatever_is_claimed(content_type: str) -> None:
    environ = RequestFactory().get("/api/v1/tools?q=+AAA-&colour=%C3%A9").environ
    environ["CONTENT_TYPE"] = content_type
    statuses: list[str] = []

    def start_response(status: str, *_: Any) -> Any:
        statuses.append(status)

    body = b"".join(application(environ, start_response))

    assert statuses == ["400 Bad Request"]
    assert [fault["pointer"] for fault in json.loads(body)["errors"]] == ["/colour"]
