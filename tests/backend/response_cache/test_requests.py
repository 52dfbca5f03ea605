"""Which requests the cache may answer, and which of them ask for the same."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from backend.response_cache.requests import (
    cors_headers,
    environ_of_nobody,
    is_cacheable,
    is_our_host,
    target_of,
    transport_of,
)
from tests.backend.response_cache.asking import environ_of

pytestmark = pytest.mark.urls("tests.backend.response_cache.asking")

TEA = "/api/v1/teas/green"


@pytest.mark.parametrize(
    ("may", "method", "address", "changes"),
    [
        pytest.param(True, "GET", TEA, {}, id="a read"),
        pytest.param(True, "HEAD", TEA, {}, id="its headers"),
        pytest.param(
            True, "GET", TEA, {"HTTP_COOKIE": "a=b"}, id="with a cookie, which no public read looks at"
        ),
        pytest.param(True, "GET", TEA, {"CONTENT_LENGTH": "0"}, id="with an empty body"),
        pytest.param(True, "GET", TEA, {"HTTP_ACCEPT": "text/html, */*;q=0.8"}, id="whatever there is"),
        pytest.param(False, "POST", TEA, {}, id="a write"),
        pytest.param(False, "OPTIONS", TEA, {}, id="a question of CORS"),
        pytest.param(False, "GET", "/admin/", {}, id="the admin"),
        pytest.param(False, "GET", TEA, {"HTTP_AUTHORIZATION": "Voter x"}, id="with credentials"),
        pytest.param(False, "GET", TEA, {"CONTENT_LENGTH": "3"}, id="with a body"),
        pytest.param(False, "GET", TEA, {"HTTP_TRANSFER_ENCODING": "chunked"}, id="with a body in chunks"),
        pytest.param(False, "GET", TEA, {"HTTP_IF_MATCH": '"e"'}, id="if it is still the same"),
        pytest.param(False, "GET", TEA, {"HTTP_HOST": "evil.example"}, id="of another host"),
        pytest.param(False, "GET", TEA + "?preview=x", {}, id="a preview"),
        pytest.param(False, "GET", TEA, {"PATH_INFO": TEA + "?q=a"}, id="with a question mark in its path"),
        pytest.param(False, "GET", TEA, {"HTTP_HOST": ""}, id="of no host"),
        pytest.param(False, "GET", TEA, {"HTTP_ACCEPT": "text/html"}, id="not as JSON"),
    ],
)
def test_a_request_that_everybody_may_be_answered_alike(
    may: bool, method: str, address: str, changes: dict[str, Any]
) -> None:
    assert is_cacheable(environ_of(address, method, **changes)) is may


SAME = [
    pytest.param(TEA, TEA + "?", id="an empty query"),
    pytest.param(TEA, TEA + "?limit=20", id="a default that is said"),
    pytest.param(TEA + "?kind=green,black", TEA + "?kind=black,green", id="the order of a closed list"),
    pytest.param(TEA + "?kind=green,black", TEA + "?kind=green,green,black", id="a repeat"),
    pytest.param(TEA + "?kind=green&limit=3", TEA + "?limit=3&kind=green", id="the order of parameters"),
    pytest.param(TEA + "?kind=green", TEA + "?kind=gr%65en", id="escapes"),
    pytest.param(TEA + "?limit=3", TEA + "?limit=003", id="zeros"),
]
OTHER = [
    pytest.param(TEA, "/api/v1/teas/black", id="another path"),
    pytest.param(TEA + "?limit=3", TEA + "?limit=4", id="another value"),
    pytest.param(TEA + "?from_=a,b", TEA + "?from_=b,a", id="the order of an open list"),
    pytest.param(TEA, TEA + "?cursor=x", id="another page"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_question_have_one_address(one: str, other: str) -> None:
    assert target_of(environ_of(one)) == target_of(environ_of(other)) != None  # noqa: E711


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_two_questions_have_two_addresses(one: str, other: str) -> None:
    assert target_of(environ_of(one)) != target_of(environ_of(other))


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("/api/v1/nothing", id="no route"),
        pytest.param("/api/v1/own", id="a private view"),
        pytest.param(TEA + "?colour=red", id="an unknown parameter"),
        pytest.param(TEA + "?kind=red", id="an unknown value"),
        pytest.param(TEA + "?limit=1&limit=2", id="a repeated parameter"),
        pytest.param(TEA + "?" + "&" * 60, id="too many parameters"),
        pytest.param(TEA + "?cursor=%00", id="a control character"),
        pytest.param(TEA + "?cursor=" + "x" * 5_000, id="too long"),
        pytest.param("/api/openapi.yaml", id="what is no JSON"),
    ],
)
def test_what_would_be_refused_is_not_for_the_cache(address: str) -> None:
    assert target_of(environ_of(address)) is None


@pytest.mark.parametrize("name", ["\xc3\xa9", "\xf3\x8d\xa3\x89", "\xff"])
def test_a_look_at_the_address_leaves_it_as_django_will_read_it(name: str) -> None:
    """Servers hand over the bytes of the path as Latin-1."""
    environ = environ_of(TEA) | {"PATH_INFO": f"/api/v1/teas/{name}"}

    target_of(environ)

    assert environ["PATH_INFO"] == f"/api/v1/teas/{name}"


def test_a_rendering_hears_nothing_of_the_caller() -> None:
    asked = environ_of(
        TEA,
        HTTP_COOKIE="a=b",
        HTTP_IF_NONE_MATCH='"e"',
        HTTP_USER_AGENT="a browser",
        HTTP_CLIENTADDRESS="192.0.2.7",
        HTTP_ACCEPT_ENCODING="br",
        HTTP_X_REQUEST_ID="mine",
        HTTP_ORIGIN="https://a.example",
    )

    left = {name for name in environ_of_nobody(asked) if name.startswith(("HTTP_", "REMOTE_"))}

    assert left == {"HTTP_HOST", "HTTP_X_REQUEST_ID", "HTTP_ORIGIN"}


@pytest.mark.parametrize(("host", "is_ours"), [("localhost:8000", True), ("a.example", False), ("", False)])
def test_only_hosts_of_the_settings_are_ours(host: str, is_ours: bool) -> None:
    assert is_our_host(host) is is_ours


def test_the_transport_is_the_servers_where_no_proxy_is_believed() -> None:
    assert transport_of(environ_of(TEA, HTTP_X_FORWARDED_PROTO="https")) == "http"


def test_cors_is_answered_as_the_library_does(settings: Settings) -> None:
    # Asked for by this test alone: answers are remembered.
    settings.CORS_ALLOWED_ORIGINS = ["https://pot-a.example"]

    allowed, other = (dict(cors_headers(f"https://pot-{name}.example")) for name in ("a", "b"))

    assert allowed["access-control-allow-origin"] == "https://pot-a.example"
    assert "ETag" in allowed["access-control-expose-headers"]
    assert other == {}
