"""One request and the answer to it: what is the caller's own is put around what everybody gets."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from wsgiref.types import WSGIEnvironment

import uuid_utils
from django.http import HttpRequest
from django.utils.cache import get_conditional_response

from backend.api.requests import PLAIN_ID
from backend.api.views import NOT_KEPT
from backend.response_cache.request_log import Served
from backend.response_cache.requests import cors_headers, transport_of
from backend.response_cache.responses import CachedResponse, Header, best_encoding

StartResponse = Callable[..., object]

NAME = "verdicts"
# By kind (RFC 9211). An answer that may be outdated goes to its caller alone, or what was unpublished meanwhile comes back.
CACHE_STATUS = {
    "hit": f"{NAME}; hit",
    "joined": f"{NAME}; fwd=miss; collapsed",
    "miss": f"{NAME}; fwd=miss",
    "outage": f"{NAME}; hit; detail=database-unavailable",
}


@dataclass(slots=True)
class Exchange:
    """A request, when it came by the monotonic clock, and the status of the answer once it is sent."""

    environ: WSGIEnvironment
    start_response: StartResponse
    began: float
    request_id: str = ""
    status: str = ""

    def send(self, response: CachedResponse, *, kind: str, age: int) -> list[bytes]:
        """The body, compressed as the caller likes it, or none where the caller has it or asks for headers alone.

        `age`: whole seconds since the response was last known to be right.
        """
        environ = self.environ
        variant = response.variant(best_encoding(environ.get("HTTP_ACCEPT_ENCODING", "")))
        condition = environ.get("HTTP_IF_NONE_MATCH")
        is_unchanged = condition is not None and (
            condition == variant.etag or matches(condition, variant.etag)
        )
        given = environ.get("HTTP_X_REQUEST_ID")
        self.request_id = given if given and PLAIN_ID.fullmatch(given) else str(uuid_utils.uuid7())
        headers: list[Header] = [
            *(variant.headers_unchanged if is_unchanged else variant.headers),
            ("X-Request-ID", self.request_id),
            ("Age", str(age)),
            ("Cache-Status", CACHE_STATUS[kind]),
        ]
        if "HTTP_ORIGIN" in environ:
            headers += cors_headers(environ["HTTP_ORIGIN"])
        if kind == "outage":
            headers = [(name, NOT_KEPT if name == "Cache-Control" else value) for name, value in headers]
        self.status = "304 Not Modified" if is_unchanged else "200 OK"
        self.start_response(self.status, headers)
        return [] if is_unchanged or environ["REQUEST_METHOD"] == "HEAD" else [variant.body]

    def served(self, *, kind: str, view: str, seconds: float) -> Served:
        return Served(
            kind=kind,
            view=view,
            method=self.environ["REQUEST_METHOD"],
            status=self.status[:3],
            transport=transport_of(self.environ),
            path=self.environ["PATH_INFO"],
            query=self.environ.get("QUERY_STRING", ""),
            request_id=self.request_id,
            at=time.time(),
            seconds=seconds,
        )


def matches(condition: str, etag: str) -> bool:
    """Whether an If-None-Match names this ETag, as Django reads it."""
    request = HttpRequest()
    request.method, request.META = "GET", {"HTTP_IF_NONE_MATCH": condition}
    return get_conditional_response(request, etag=etag) is not None
