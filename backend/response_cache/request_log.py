"""Counts and logs requests that never reach Django, many at a time: one by one that would take longer than the answers."""

import atexit
import json
import logging
import os
import threading
import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import structlog
from django.conf import settings
from django.utils.encoding import escape_uri_path, iri_to_uri
from django_prometheus.middleware import Metrics
from prometheus_client import Counter as Metric
from prometheus_client import Histogram

from backend.logging import mask_request, without_secrets

# The more of them at once, the longer do the answers of that moment wait.
PERIOD_SECONDS = 0.01
# No handler writes anything around the lines: each is an object of JSON already.
lines = logging.getLogger("backend.response_cache.lines")
logger = structlog.get_logger(__name__)

served = Metric(
    "verdicts_responses_from_memory", "Answers that Django did not render, by their kind.", ["kind"]
)
# hit: cached; joined: rendered for another request at the same time; outage: older, while the database is away.
KINDS = ("hit", "joined", "outage")
for _kind in KINDS:
    served.labels(_kind)


@dataclass(slots=True)
class Served:
    """One request; `at` by the clock, in seconds, and how many `seconds` it took. Path and query are as WSGI has them."""

    kind: str
    view: str
    method: str
    status: str
    transport: str
    path: str
    query: str
    request_id: str
    at: float
    seconds: float


class RequestLog:
    """A list that grows with each request, and a thread that empties it a hundred times a second."""

    def __init__(self, *, log_every: int) -> None:
        """Of `log_every` requests one is logged; 0: none."""
        # Appending is one step of the interpreter, and needs no lock.
        self._served: deque[Served] = deque()
        self.add = self._served.append
        self._log_every = log_every
        self._seen = 0
        self._starting = threading.Lock()
        self._flushing = threading.Lock()
        self._pid = 0

    def start(self) -> None:
        """Empty the list from here on, and once more when the process ends. A thread does not survive a fork."""
        if self._pid == os.getpid():
            return
        with self._starting:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._run, name="request log", daemon=True).start()
                atexit.register(self.flush)

    def _run(self) -> None:
        while True:
            time.sleep(PERIOD_SECONDS)
            try:
                self.flush()
            except Exception:
                # A full disk must not end the counting.
                logger.exception("requests_not_logged")

    def flush(self) -> None:
        with self._flushing:
            taken = [self._served.popleft() for _ in range(len(self._served))]
            if not taken:
                return
            count(taken)
            if self._log_every and lines.isEnabledFor(logging.INFO):
                chosen = [
                    line_of(request)
                    for number, request in enumerate(taken, self._seen)
                    if number % self._log_every == 0
                ]
                self._seen += len(taken)
                if chosen:
                    lines.info("\n".join(chosen))


def count(requests: Sequence[Served]) -> None:
    """As django_prometheus counts them, but for the sizes of bodies."""
    metrics = Metrics.get_instance()
    metrics.requests_total.inc(len(requests))
    metrics.responses_total.inc(len(requests))
    metrics.responses_by_charset.labels(charset="utf-8").inc(len(requests))
    alike: dict[tuple[str, ...], list[float]] = {}
    for request in requests:
        key = (request.kind, request.view, request.method, request.status, request.transport)
        alike.setdefault(key, []).append(request.seconds)
    for (kind, view, method, status, transport), seconds in alike.items():
        number = len(seconds)
        served.labels(kind).inc(number)
        metrics.requests_by_method.labels(method=method).inc(number)
        metrics.requests_by_transport.labels(transport=transport).inc(number)
        metrics.requests_by_view_transport_method.labels(view=view, transport=transport, method=method).inc(
            number
        )
        metrics.responses_by_status.labels(status=status).inc(number)
        metrics.responses_by_status_view_method.labels(status=status, view=view, method=method).inc(number)
        observe(metrics.requests_latency_before, seconds)
        observe(metrics.requests_latency_by_view_method.labels(view=view, method=method), seconds)


def observe(histogram: Histogram, values: Sequence[float]) -> None:
    """The same as `histogram.observe` with each, which takes longer than the answers did: one step for each bucket."""
    bounds, buckets = histogram._upper_bounds, histogram._buckets
    histogram._sum.inc(sum(values))
    for bucket, number in Counter(bisect_left(bounds, value) for value in values).items():
        buckets[bucket].inc(number)


def line_of(request: Served) -> str:
    """What the log says of a request that Django answers, in one line of JSON."""
    address = masked_address(request.method, request.path, request.query)
    at = datetime.fromtimestamp(request.at, UTC).isoformat()[:-6]
    # An id is plain or ours.
    return (
        f'{{"code": {request.status}, "request": {address}, "event": "request_finished", '
        f'"request_id": "{without_secrets(request.request_id)}", "logger": "{__name__}", "level": "info", '
        f'"timestamp": "{at}Z"}}'
    )


@lru_cache(maxsize=4_096)
def masked_address(method: str, path: str, query: str) -> str:
    """Method and address as the log shows them, as a text of JSON."""
    decoded = path.encode("latin-1").decode(errors="replace")
    address = escape_uri_path(decoded) + (f"?{iri_to_uri(query)}" if query else "")
    event = mask_request(None, "info", {"request": f"{method} {address}"})
    return json.dumps(without_secrets(event["request"]))


request_log = RequestLog(log_every=settings.RESPONSE_CACHE_LOG_EVERY)
