"""What is looked at before any view: ids, limits, conditions, and headers that every answer carries."""

import re

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from backend.api.incoming import REFUSAL

pytestmark = pytest.mark.urls("tests.backend.api.probe")

KETTLES = "/api/v1/kettles"
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_a_plain_request_id_comes_back(api: APIClient) -> None:
    response = api.get(KETTLES, headers={"X-Request-ID": "page-17.a_B"})

    assert response["X-Request-ID"] == "page-17.a_B"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param("", id="empty"),
        pytest.param("a b", id="a space"),
        pytest.param("a\nb", id="a line break"),
        pytest.param("é", id="not ASCII"),
        pytest.param("x" * 65, id="longer than 64"),
    ],
)
def test_any_other_request_id_is_replaced_by_a_uuid7(api: APIClient, sent: str) -> None:
    response = api.get(KETTLES, headers={"X-Request-ID": sent})

    assert UUID7.fullmatch(response["X-Request-ID"])


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/nothing", "/api/v1/kettles?q=%00", "/api/v1/kettles?x=1"]
)
def test_errors_carry_the_request_id_too(api: APIClient, path: str) -> None:
    response = api.get(path, headers={"X-Request-ID": "mine"})

    assert response["X-Request-ID"] == "mine"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        pytest.param("/api/v1/kettles/%00", 400, "malformed_address", id="NUL in the path"),
        pytest.param("/api/v1/kettles/a%0Ab", 400, "malformed_address", id="line break in the path"),
        pytest.param("/api/v1/kettles?q=%00", 400, "malformed_address", id="NUL in a value"),
        pytest.param("/api/v1/kettles?%00=1", 400, "malformed_address", id="NUL in a name"),
        pytest.param("/api/v1/kettles?q=%1b", 400, "malformed_address", id="escape in a value"),
        pytest.param("/api/v1/kettles?q=%ED%A0%80", 400, "malformed_address", id="lone surrogate in a value"),
        pytest.param("/api/v1/kettles?q=%ff", 400, "malformed_address", id="invalid UTF-8 in a value"),
        pytest.param("/api/v1/kettles?q=%c0%80", 400, "malformed_address", id="overlong NUL in a value"),
        pytest.param("/page/form?q=%00", 400, "malformed_address", id="outside the API"),
        pytest.param("/api/v1/kettles?q=" + "x" * 4_096, 414, "address_too_long", id="long query"),
        pytest.param(
            "/api/v1/kettles/" + "%F0%9F%AB%96" * 400, 414, "address_too_long", id="long when quoted"
        ),
        pytest.param("/api/v1/kettles?" + "a&" * 50, 400, "too_many_parameters", id="51 parameters"),
    ],
)
def test_an_address_that_nothing_should_read_is_refused(
    api: APIClient, path: str, status: int, code: str
) -> None:
    response = api.get(path)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"


def test_a_lone_surrogate_in_the_path_is_nothing_we_have(api: APIClient) -> None:
    assert api.get("/api/v1/kettles/%ED%A0%80").status_code == 404


def test_text_of_any_language_passes(api: APIClient) -> None:
    response = api.get(KETTLES, {"q": "чай 茶 🫖"})

    assert response.json()["asked"]["q"] == "чай 茶 🫖"


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [
        pytest.param("/api/v1/form", "65536", 200, id="64 KiB"),
        pytest.param("/api/v1/form", "65537", 413, id="more"),
        pytest.param("/api/v1/form", "9" * 400, 413, id="a number of 400 digits"),
        pytest.param("/api/v1/form", "0" * 20 + "100017", 413, id="20 zeros and a number beyond the limit"),
        pytest.param("/api/v1/form", "0" * 20 + "7", 200, id="20 zeros and a number within it"),
        pytest.param("/page/form", "65537", 200, id="more outside the API"),
        pytest.param("/api/v1/form", "-1", 400, id="negative"),
        pytest.param("/api/v1/form", "ten", 400, id="not a number"),
        pytest.param("/api/v1/form", "٣", 400, id="not ASCII"),
    ],
)
def test_bodies_are_limited_by_their_length_header(
    api: APIClient, path: str, length: str, status: int
) -> None:
    response = api.generic("POST", path, CONTENT_LENGTH=length)

    assert response.status_code == status


@pytest.mark.parametrize(
    ("refusal", "detail"),
    [
        ("unavailable", "Our database cannot be reached just now; try again in a second."),
        ("busy", "Too many requests are in flight just now; try again in a second."),
    ],
)
def test_who_is_told_to_come_again_is_told_why(api: APIClient, refusal: str, detail: str) -> None:
    answer = api.generic("POST", "/api/v1/form", **{REFUSAL: refusal})  # type: ignore[arg-type]
    page = api.generic("POST", "/page/form", **{REFUSAL: refusal})  # type: ignore[arg-type]

    assert (answer.status_code, answer["Retry-After"], page.status_code) == (503, "1", 503)
    assert (answer.json()["code"], answer.json()["detail"]) == (refusal, detail)
    assert detail in page.content.decode()


@pytest.mark.parametrize("condition", ['"{etag}"', 'W/"{etag}"', '"other", "{etag}"', "*"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_an_unchanged_answer_is_a_304_without_a_body(api: APIClient, method: str, condition: str) -> None:
    first = api.get(KETTLES, headers={"Origin": "https://site.example"})
    condition = condition.format(etag=first["ETag"].strip('"'))

    second = getattr(api, method)(KETTLES, headers={"If-None-Match": condition, "X-Request-ID": "mine"})

    assert (second.status_code, second.content) == (304, b"")
    assert second["ETag"] == first["ETag"]
    assert second["Cache-Control"] == "public, max-age=60"
    assert second["Vary"] == "origin"
    assert second["X-Request-ID"] == "mine"
    assert "Content-Type" not in second


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        pytest.param("If-Match", '"other"', 412, id="another answer"),
        pytest.param("If-Match", 'W/"{etag}"', 412, id="a weak tag, which never matches"),
        pytest.param("If-Match", '"{etag}"', 200, id="this answer"),
        pytest.param("If-Match", "*", 200, id="any answer"),
        pytest.param("If-Match", '"{etag}-gzip"', 200, id="this answer, compressed"),
        pytest.param("If-Match", '"other-br", "{etag}-br"', 200, id="this one among others"),
        pytest.param("If-Match", '"other-gzip"', 412, id="another one, compressed"),
        pytest.param("If-Match", "{etag}", 200, id="what is no ETag, for it has no quotes"),
        pytest.param(
            "If-Unmodified-Since", "Sat, 29 Oct 1994 19:43:31 GMT", 200, id="a date, where there is none"
        ),
        pytest.param("If-Modified-Since", "Sat, 29 Oct 2094 19:43:31 GMT", 200, id="a date to come"),
    ],
)
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_condition_that_fails_is_a_problem_and_one_that_says_nothing_is_ignored(
    api: APIClient, method: str, name: str, value: str, status: int
) -> None:
    etag = api.get(KETTLES)["ETag"].strip('"')

    answer = getattr(api, method)(KETTLES, headers={name: value.format(etag=etag)})

    assert answer.status_code == status
    assert answer["Content-Type"] == ("application/json" if status == 200 else "application/problem+json")


def test_a_failed_condition_has_its_own_code(api: APIClient) -> None:
    assert api.get(KETTLES, headers={"If-Match": '"other"'}).json()["code"] == "precondition_failed"


def test_another_etag_gets_the_whole_answer(api: APIClient) -> None:
    response = api.get(KETTLES, headers={"If-None-Match": '"other"'})

    assert response.status_code == 200
    assert response.content


def test_an_etag_is_strong_and_follows_the_bytes(api: APIClient) -> None:
    tags = [api.get(KETTLES, {"q": q})["ETag"] for q in ("a", "a", "b")]

    assert tags[0] == tags[1] != tags[2]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tags[0])


def test_head_has_the_headers_of_get_and_no_body(api: APIClient) -> None:
    get = api.get(KETTLES, headers={"X-Request-ID": "mine"})
    head = api.head(KETTLES, headers={"X-Request-ID": "mine"})

    assert head.content == b""
    assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/refusing", "/api/v1/kettles?x=1"])
def test_problems_are_never_stored(api: APIClient, path: str) -> None:
    response = api.get(path, headers={"If-None-Match": "*"})

    assert response["Cache-Control"] == "no-store"
    assert "ETag" not in response


def test_a_session_cookie_changes_nothing_of_a_public_answer() -> None:
    client = Client()
    client.cookies["sessionid"] = "x" * 32

    response = client.get(KETTLES)

    assert response["Vary"] == "origin"
    assert not response.cookies


@pytest.fixture
def cross_origin(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://site.example"]


@pytest.mark.usefixtures("cross_origin")
@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/api/v1/kettles", 200, id="an answer"),
        pytest.param("/api/v1/kettles/old", 308, id="a move"),
        pytest.param("/api/v1/kettles?x=1", 400, id="a refusal"),
        pytest.param("/api/v1/kettles?q=%00", 400, id="a refused address"),
        pytest.param("/api/v1/nothing", 404, id="nothing there"),
    ],
)
def test_a_listed_origin_may_read_every_kind_of_answer(api: APIClient, path: str, status: int) -> None:
    response = api.get(path, headers={"Origin": "https://site.example"})

    assert response.status_code == status
    assert response["Access-Control-Allow-Origin"] == "https://site.example"
    assert response["Access-Control-Expose-Headers"] == (
        "ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
    )
    assert "Access-Control-Allow-Credentials" not in response
    assert response["Vary"] == "origin"


@pytest.mark.usefixtures("cross_origin")
def test_a_304_keeps_the_cross_origin_headers(api: APIClient) -> None:
    response = api.get(KETTLES, headers={"Origin": "https://site.example", "If-None-Match": "*"})

    assert response.status_code == 304
    assert response["Access-Control-Allow-Origin"] == "https://site.example"


@pytest.mark.usefixtures("cross_origin")
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://site.example",
        "https://site.example:8443",
        "https://site.example.evil.example",
        "https://evil-site.example",
        "https://sub.site.example",
        "https://site.example@evil.example",
        "https://site。example",
        "https://SITE.EXAMPLE.",
        "site.example",
        "https://[",
    ],
)
def test_any_other_origin_may_not(api: APIClient, origin: str) -> None:
    response = api.get(KETTLES, headers={"Origin": origin})

    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response
    assert response["Vary"] == "origin"


@pytest.mark.usefixtures("cross_origin")
def test_a_preflight_is_answered_before_the_view(api: APIClient) -> None:
    response = api.options(
        KETTLES,
        headers={"Origin": "https://site.example", "Access-Control-Request-Method": "PUT"},
    )

    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == "https://site.example"
    assert "PUT" in response["Access-Control-Allow-Methods"]
    allowed = response["Access-Control-Allow-Headers"].split(", ")
    # What our clients send, and what browsers, tracing libraries and HTTP clients add by themselves.
    ours = {"accept", "authorization", "content-type", "idempotency-key", "if-none-match", "x-request-id"}
    assert set(allowed) == ours | {
        "baggage",
        "cache-control",
        "pragma",
        "traceparent",
        "tracestate",
        "x-requested-with",
    }


@pytest.mark.usefixtures("cross_origin")
def test_pages_outside_the_api_are_not_shared(api: APIClient) -> None:
    response = api.get("/page/form", headers={"Origin": "https://site.example"})

    assert "Access-Control-Allow-Origin" not in response
