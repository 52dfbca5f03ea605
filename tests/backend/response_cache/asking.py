"""What tests of the cache share: requests as a server hands them over, and a view that renders as a test says."""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Semaphore
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.parameters import CommaList, ListParameters
from backend.api.views import PrivateView, PublicView, private_answer
from backend.response_cache.cache import ResponseCache
from backend.response_cache.changes import Changes, PooledError
from backend.response_cache.request_log import request_log
from backend.urls import handler400, handler403, handler404, handler500
from backend.wsgi import render

__all__ = ["handler400", "handler403", "handler404", "handler500"]

MEBIBYTE = 1 << 20
# Longer than any machine needs.
MOMENT_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """`body` is None where the cache leaves the request to Django."""

    status: str
    headers: dict[str, str]
    body: bytes | None

    @property
    def cache_status(self) -> str:
        return self.headers.get("Cache-Status", "").removeprefix("verdicts; ")


def environ_of(address: str, method: str = "GET", **changes: Any) -> dict[str, Any]:
    """As granian hands a request over; `changes` name variables of WSGI."""
    path, _, query = address.partition("?")
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "192.0.2.7",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        **changes,
    }


def ask(cache: ResponseCache, address: str, method: str = "GET", **changes: Any) -> Answer:
    begun: list[tuple[str, dict[str, str]]] = []
    body = cache.answer(
        environ_of(address, method, **changes),
        lambda status, headers, *_: begun.append((status, dict(headers))),
    )
    if body is None:
        assert not begun
        return Answer("", {}, None)
    ((status, headers),) = begun
    return Answer(status, headers, b"".join(body))


class Gathering(Event):
    """The end of a rendering, for which so many requests wait; `is_complete` once they all do."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.is_complete = Event()
        self._waiting = Semaphore(number - 1)

    def wait(self, timeout: float | None = None) -> bool:
        """However slow the machine is, nobody gives up before the others are here."""
        if not self._waiting.acquire(blocking=False):
            self.is_complete.set()
        return super().wait(MOMENT_SECONDS)


def ask_together(cache: ResponseCache, address: str, *callers: dict[str, Any]) -> list[Answer]:
    """The first caller's request renders, and goes on once those of all others wait for it."""
    has_begun = Event()

    def during(number: int) -> None:
        if has_begun.is_set():
            return
        (rendering,) = cache._renderings.values()
        rendering.done = guests = Gathering(len(callers) - 1)
        has_begun.set()
        assert guests.is_complete.wait(MOMENT_SECONDS)

    kitchen.during = during
    with ThreadPoolExecutor(len(callers)) as threads:
        first = threads.submit(ask, cache, address, **callers[0])
        assert has_begun.wait(MOMENT_SECONDS)
        others = [threads.submit(ask, cache, address, **caller) for caller in callers[1:]]
        return [future.result() for future in (first, *others)]


def behind_a_pooler() -> Any:
    raise PooledError


def new_cache(
    *, limit: int = 16 * MEBIBYTE, max_age: float = 60, clock: Callable[[], float] | None = None
) -> tuple[ResponseCache, Changes]:
    """A cache over Django itself, and the changes it believes in; nothing is heard but what a test says."""
    clocks = {"clock": clock} if clock else {}
    changes = Changes(max_age=max_age, connect=behind_a_pooler, **clocks)
    return ResponseCache(render=render, changes=changes, log=request_log, limit=limit, **clocks), changes


@contextmanager
def keeping_the_connection() -> Iterator[None]:
    """In a test's transaction, which a server would end after each request; as Django's test client does."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in ends:
            signal.connect(close_old_connections)


# --- Views -------------------------------------------------------------------------------------


@dataclass
class Kitchen:
    """How the teas of `TeaView` are made, and what was seen of the requests."""

    made: list[str] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    # Called with the number of renderings so far.
    during: Callable[[int], object] = lambda number: None
    size: int = 100


kitchen = Kitchen()


class TeaParameters(ListParameters):
    kind = CommaList(choices=["green", "black", "white"])
    from_ = CommaList()


class TeaView(PublicView):
    parameters = TeaParameters

    def get(self, request: Request, slug: str) -> HttpResponse:
        kitchen.made.append(slug)
        kitchen.seen.append(request.META)
        cup = len(kitchen.made)
        kitchen.during(cup)
        return Response({"slug": slug, "cup": cup, "text": "tea " * (kitchen.size // 4), **self.params})


class CookieView(TeaView):
    def get(self, request: Request, slug: str) -> HttpResponse:
        response = super().get(request, slug)
        response.set_cookie("seen", "yes")
        return response


class OwnView(PrivateView):
    def get(self, request: Any) -> HttpResponse:
        kitchen.made.append("own")
        return private_answer({})


urlpatterns = [
    path("api/v1/teas/<slug:slug>", TeaView.as_view(), name="tea"),
    path("api/v1/cookies/<slug:slug>", CookieView.as_view(), name="cookie"),
    path("api/v1/own", OwnView.as_view(), name="own"),
]
