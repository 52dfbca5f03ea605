"""Each caller gets the same bytes in the encoding it takes, with headers of its own around them."""

import gzip
from collections.abc import Iterator

import brotli
import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from backend.response_cache.cache import ResponseCache
from backend.response_cache.exchange import matches
from tests.backend.response_cache.asking import Kitchen, ask, kitchen, new_cache

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.backend.response_cache.asking")]

TEA = "/api/v1/teas/green"
UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}


@pytest.fixture
def cache() -> Iterator[ResponseCache]:
    """With one answer in it, of 4 kB."""
    kitchen.__init__(size=4_000)  # type: ignore[misc]
    cache, _ = new_cache()
    ask(cache, TEA)
    yield cache
    assert kitchen.made == ["green"]
    kitchen.__init__()  # type: ignore[misc]


@pytest.mark.parametrize("accepted", ["", "gzip", "br, gzip"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "condition", ["none", "its own", "weak", "a list", "any", "another", "of another encoding"]
)
def test_methods_encodings_and_conditions(
    cache: ResponseCache, method: str, accepted: str, condition: str
) -> None:
    plain = ask(cache, TEA)
    first = ask(cache, TEA, HTTP_ACCEPT_ENCODING=accepted)
    etag = first.headers["ETag"]
    conditions = {
        "none": {},
        "its own": {"HTTP_IF_NONE_MATCH": etag},
        "weak": {"HTTP_IF_NONE_MATCH": f"W/{etag}"},
        "a list": {"HTTP_IF_NONE_MATCH": f'"other", {etag}'},
        "any": {"HTTP_IF_NONE_MATCH": "*"},
        "another": {"HTTP_IF_NONE_MATCH": '"other"'},
        "of another encoding": {"HTTP_IF_NONE_MATCH": f'{etag[:-1]}-zstd"'},
    }

    answer = ask(cache, TEA, method, HTTP_ACCEPT_ENCODING=accepted, **conditions[condition])

    is_unchanged = condition in {"its own", "weak", "a list", "any"}
    assert answer.status == ("304 Not Modified" if is_unchanged else "200 OK")
    assert answer.headers["ETag"] == etag
    assert answer.headers["Vary"] == "origin, Accept-Encoding"
    if is_unchanged:
        assert {"Content-Type", "Content-Length", "Content-Encoding"}.isdisjoint(answer.headers)
        assert answer.body == b""
    else:
        assert answer.headers["Content-Length"] == str(len(first.body or b""))
        assert (
            answer.headers.get("Content-Encoding") == {"": None, "gzip": "gzip", "br, gzip": "br"}[accepted]
        )
        assert answer.body == (b"" if method == "HEAD" else first.body)
        assert UNPACK[first.headers.get("Content-Encoding")](first.body or b"") == plain.body


@pytest.mark.parametrize("accepted", ["", "gzip", "br, gzip"])
def test_an_if_match_holds_for_the_etag_of_any_encoding(accepted: str, api: APIClient) -> None:
    kitchen.__init__(size=4_000)  # type: ignore[misc]
    etag = ask(new_cache()[0], TEA, HTTP_ACCEPT_ENCODING=accepted).headers["ETag"]
    # So that it is made to the letter as before.
    kitchen.made.clear()

    answer = api.get(TEA, headers={"Accept-Encoding": accepted, "If-Match": etag})

    kitchen.__init__()  # type: ignore[misc]
    assert (answer.status_code, answer["ETag"][:33]) == (200, etag[:33])


def test_a_range_gets_the_whole(cache: ResponseCache) -> None:
    answer = ask(cache, TEA, HTTP_RANGE="bytes=0-9")

    assert (answer.status, answer.body) == ("200 OK", ask(cache, TEA).body)
    assert "Accept-Ranges" not in answer.headers


@pytest.mark.parametrize("given", [None, "mine-7", "not plain!", "x" * 65])
def test_each_request_has_an_id_of_its_own(cache: ResponseCache, given: str | None) -> None:
    sent = {"HTTP_X_REQUEST_ID": given} if given else {}

    ids = [ask(cache, TEA, **sent).headers["X-Request-ID"] for _ in range(2)]

    if given == "mine-7":
        assert ids == [given, given]
    else:
        assert len({*ids, given}) == 3


def test_each_origin_gets_its_own_answer_of_cors(cache: ResponseCache, settings: Settings) -> None:
    # Asked for by this test alone: answers are remembered.
    settings.CORS_ALLOWED_ORIGINS = ["https://cup-a.example", "https://cup-b.example"]

    said = [
        ask(cache, TEA, HTTP_ORIGIN=f"https://cup-{name}.example").headers.get("access-control-allow-origin")
        for name in "abc"
    ]

    assert said == ["https://cup-a.example", "https://cup-b.example", None]


def test_an_answer_from_memory_says_so_and_how_old_it_may_be(cache: ResponseCache) -> None:
    answer = ask(cache, TEA)

    assert (answer.cache_status, answer.headers["Age"]) == ("hit", "0")
    assert answer.headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize(
    ("condition", "is_named"),
    [
        ('"e"', True),
        ('W/"e"', True),
        ('"d", "e"', True),
        ("*", True),
        ('"d"', False),
        ("e", False),
        ("", False),
    ],
)
def test_a_condition_names_an_etag_as_django_reads_it(condition: str, is_named: bool) -> None:
    assert matches(condition, '"e"') is is_named


def test_the_kitchen_is_clean() -> None:
    assert kitchen == Kitchen()
