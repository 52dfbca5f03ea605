"""What may be cached, and each encoding of it."""

import gzip
import random

import brotli
import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from backend.response_cache.responses import CachedResponse, best_encoding, may_be_cached

BODY = b'{"slug": "tea", "kind": "green"} ' * 100
PUBLIC = {"Cache-Control": "public, max-age=60", "ETag": '"abc"'}


def cached(body: bytes = BODY, **headers: str) -> CachedResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return CachedResponse(
        HttpResponse(body, content_type="application/json", headers={**PUBLIC, **named}),
        view="tea",
        generation=1,
        began=2.0,
    )


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("gzip;q=0", "identity"),
        ("*", "br"),
        ("*;q=0.1, br;q=0", "gzip"),
        ("identity, gzip;q=0.5", "identity"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip;q=much", "identity"),
        ("deflate", "identity"),
    ],
)
def test_the_encoding_is_the_one_that_the_caller_likes_best(accepted: str, encoding: str) -> None:
    assert best_encoding(accepted) == encoding


@pytest.mark.parametrize(
    ("encoding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress), ("identity", bytes)]
)
def test_each_encoding_unpacks_to_the_same_bytes(encoding: str, unpack: object) -> None:
    assert callable(unpack)

    variant = cached().variant(encoding)

    assert unpack(variant.body) == BODY
    assert dict(variant.headers)["Content-Length"] == str(len(variant.body))
    assert dict(variant.headers).get("Content-Encoding", "identity") == encoding


def test_each_encoding_has_an_etag_of_its_own_and_is_made_once() -> None:
    response = cached()
    variants = [response.variant(encoding) for encoding in ("identity", "gzip", "br")]

    assert [variant.etag for variant in variants] == ['"abc"', '"abc-gzip"', '"abc-br"']
    assert [dict(variant.headers)["ETag"] for variant in variants] == [variant.etag for variant in variants]
    assert response.variant("br") is variants[2]


@pytest.mark.parametrize(
    "body", [b"short", random.Random(7).randbytes(900)], ids=["short", "longer when packed"]
)
def test_what_gains_nothing_goes_as_it_is(body: bytes) -> None:
    response = cached(body)

    assert response.variant("gzip") is response.variant("identity")


def test_caches_are_told_that_the_encoding_matters() -> None:
    assert dict(cached(Vary="origin").variant("identity").headers)["Vary"] == "origin, Accept-Encoding"


def test_nothing_of_the_caller_is_kept() -> None:
    response = cached(X_Request_ID="mine", Access_Control_Allow_Origin="https://mine.example")

    names = {name.lower() for name, _ in response.variant("identity").headers}
    assert names == {"content-type", "cache-control", "vary", "etag", "content-length"}


@pytest.mark.parametrize(
    ("response", "may"),
    [
        pytest.param(HttpResponse("tea", headers=PUBLIC), True, id="public"),
        pytest.param(HttpResponse("tea", status=404, headers=PUBLIC), False, id="an error"),
        pytest.param(HttpResponse("tea", status=308, headers=PUBLIC), False, id="moved"),
        pytest.param(HttpResponse("tea", headers={"ETag": '"e"'}), False, id="says nothing"),
        pytest.param(
            HttpResponse("tea", headers={**PUBLIC, "Cache-Control": "private, no-store"}), False, id="private"
        ),
        pytest.param(HttpResponse("tea", headers={"Cache-Control": "public"}), False, id="without an ETag"),
        pytest.param(StreamingHttpResponse([b"tea"], headers=PUBLIC), False, id="streamed"),
    ],
)
def test_only_whole_answers_for_everybody_may_be_cached(response: HttpResponseBase, may: bool) -> None:
    assert may_be_cached(response) is may


def test_an_answer_with_a_cookie_is_not_cached() -> None:
    response = HttpResponse("tea", headers=PUBLIC)
    response.set_cookie("seen", "yes")

    assert not may_be_cached(response)
