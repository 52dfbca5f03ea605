"""
Answers public reads from memory, before Django (decisions 86 to 88).

A response is believed while nothing has changed (`Changes`). Of several requests that miss the same one, one renders it
and the others wait a moment. What Django answers with an error goes to its own caller alone.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from wsgiref.types import WSGIEnvironment

from django.http import HttpResponse

from backend.api.deadlines import REQUEST_SECONDS, STUCK_SECONDS
from backend.response_cache.changes import Changes
from backend.response_cache.exchange import Exchange, StartResponse
from backend.response_cache.request_log import RequestLog
from backend.response_cache.requests import (
    RequestTarget,
    address_of,
    environ_of_nobody,
    is_cacheable,
    target_of,
)
from backend.response_cache.responses import CachedResponse, Header, may_be_cached
from backend.response_cache.store import Entry, Store

# For so long an answer is given while the database is away: as long as a shared cache may keep it (decision 83).
OUTAGE_SECONDS = 60.0
# After a failure one request at a time tries the database, with so long between two; the others get what is at hand.
PAUSE_SECONDS = 1.0

# Has Django answer, within so many seconds.
Render = Callable[[WSGIEnvironment, StartResponse, float], HttpResponse]


@dataclass(slots=True)
class Rendering:
    """One that is under way; `response` stays None where it fails."""

    generation: int
    began: float
    done: Event = field(default_factory=Event)
    response: CachedResponse | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """What Django answered."""

    status: str
    headers: list[Header]
    content: bytes


class ResponseCache:
    """One of a process, for all its threads."""

    def __init__(
        self,
        *,
        render: Render,
        changes: Changes,
        log: RequestLog,
        limit: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`limit`: bytes. `clock` is that of `changes`."""
        self.store = Store(limit=limit)
        self._render = render
        self._changes = changes
        self._log = log
        self._clock = clock
        self._renderings: dict[str, Rendering] = {}
        self._joining = threading.Lock()
        self._is_away_until = 0.0

    def answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes] | None:
        """The body of the answer, whose headers are sent; None where Django is to answer."""
        began = self._clock()
        if not is_cacheable(environ):
            return None
        exchange = Exchange(environ, start_response, began)
        entry = self.store.find(address_of(environ))
        if entry is not None and self._is_fresh(entry.response, began):
            return self._serve(exchange, entry, kind="hit")
        self._changes.start()
        self._log.start()
        target = target_of(environ)
        return None if target is None else self._miss(exchange, target)

    def _is_fresh(self, read: "CachedResponse | Rendering", now: float) -> bool:
        return self._changes.is_fresh(generation=read.generation, began=read.began, now=now)

    def _miss(self, exchange: Exchange, target: RequestTarget) -> list[bytes]:
        entry = self.store.find(target.address)
        if entry and exchange.began < self._is_away_until and self._outlives_outage(entry, exchange.began):
            return self._serve(exchange, entry, kind="outage")
        found, is_mine = self._find_or_join(target.address)
        if isinstance(found, Entry):
            self.store.add_alias(address_of(exchange.environ), target.address)
            return self._serve(exchange, found, kind="hit")
        if is_mine:
            return self._lead(exchange, target, found)
        found.done.wait(STUCK_SECONDS)
        if found.response is not None:
            return self._send(exchange, found.response, address=target.address, kind="joined")
        # It failed or takes long, which may be its own fault: nobody shares that.
        return self._lead(exchange, target, self._new_rendering())

    def _find_or_join(self, address: str) -> tuple[Entry | Rendering, bool]:
        """What is cached, or else the rendering to wait for, and whether it is this request's to do.

        A rendering that began before the last change would show what was there before.
        """
        with self._joining:
            now = self._clock()
            entry = self.store.find(address)
            if entry is not None and self._is_fresh(entry.response, now):
                return entry, False
            known = self._renderings.get(address)
            if known is not None and self._is_fresh(known, now):
                return known, False
            rendering = self._renderings[address] = self._new_rendering()
            return rendering, True

    def _new_rendering(self) -> Rendering:
        return Rendering(generation=self._changes.generation, began=self._clock())

    def _lead(self, exchange: Exchange, target: RequestTarget, rendering: Rendering) -> list[bytes]:
        if self._is_away_until:
            self._is_away_until = self._clock() + REQUEST_SECONDS + PAUSE_SECONDS
        try:
            answer = self._rendered(exchange, target, rendering)
        finally:
            with self._joining:
                if self._renderings.get(target.address) is rendering:
                    del self._renderings[target.address]
            rendering.done.set()
        is_away = answer.status.startswith("503")
        self._is_away_until = self._clock() + PAUSE_SECONDS if is_away else 0.0
        if rendering.response is not None:
            body = exchange.send(rendering.response, kind="miss", age=0)
            self.store.measure(target.address)
            return body
        entry = self.store.find(target.address)
        if is_away and entry and self._outlives_outage(entry, exchange.began):
            return self._serve(exchange, entry, kind="outage")
        exchange.start_response(answer.status, answer.headers)
        return [] if exchange.environ["REQUEST_METHOD"] == "HEAD" else [answer.content]

    def _rendered(self, exchange: Exchange, target: RequestTarget, rendering: Rendering) -> Rendered:
        """Django's answer to a request that shows nothing of its caller; cached where everybody may have it."""
        begun: list[tuple[str, list[Header]]] = []
        left = max(0.1, REQUEST_SECONDS - (self._clock() - exchange.began))
        response = self._render(
            environ_of_nobody(exchange.environ),
            lambda status, headers, *_: begun.append((status, headers)),
            left,
        )
        if may_be_cached(response):
            self._keep(exchange, target, rendering, response)
        ((status, headers),) = begun
        return Rendered(status, headers, response.content)

    def _keep(
        self, exchange: Exchange, target: RequestTarget, rendering: Rendering, response: HttpResponse
    ) -> None:
        cached = CachedResponse(
            response, view=target.view, generation=rendering.generation, began=rendering.began
        )
        self.store.put(target.address, cached)
        self.store.add_alias(address_of(exchange.environ), target.address)
        rendering.response = cached

    def _outlives_outage(self, entry: Entry, now: float) -> bool:
        """Whether nothing is known to have changed since, and shared caches could still have it.

        So what was unpublished before the database went away does not come back.
        """
        return self._unconfirmed(entry.response, now) <= OUTAGE_SECONDS

    def _unconfirmed(self, response: CachedResponse, now: float) -> float:
        return self._changes.seconds_unconfirmed(
            generation=response.generation, began=response.began, now=now
        )

    def _serve(self, exchange: Exchange, entry: Entry, *, kind: str) -> list[bytes]:
        entry.use()
        return self._send(exchange, entry.response, address=entry.address, kind=kind)

    def _send(self, exchange: Exchange, response: CachedResponse, *, address: str, kind: str) -> list[bytes]:
        """Send what was not rendered for this request; counted and logged here, for Django does not hear of it."""
        unconfirmed = 0.0 if kind == "joined" else self._unconfirmed(response, exchange.began)
        # Inf: it has changed since this request found it, a moment ago.
        size = response.size
        body = exchange.send(response, kind=kind, age=int(unconfirmed) if unconfirmed < OUTAGE_SECONDS else 0)
        if response.size != size:
            self.store.measure(address)
        seconds = self._clock() - exchange.began
        self._log.add(exchange.served(kind=kind, view=response.view, seconds=seconds))
        return body
