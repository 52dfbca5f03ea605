"""Requests that memory answers are logged and counted as those that Django answers."""

import io
import json
import logging
from typing import Any

import pytest
from prometheus_client import REGISTRY, Histogram, generate_latest
from prometheus_client.registry import CollectorRegistry

from backend.response_cache import request_log
from backend.response_cache.request_log import RequestLog, Served, line_of, observe


def served(**changes: Any) -> Served:
    return Served(
        **{
            "kind": "hit",
            "view": "tea",
            "method": "GET",
            "status": "200",
            "transport": "http",
            "path": "/api/v1/teas/green",
            "query": "limit=3",
            "request_id": "019e9a3c-7a52-7c3e-9d0b-5b0c7e1f2a34",
            "at": 1_795_000_000.25,
            "seconds": 0.0001,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("path", "query", "shown"),
    [
        ("/api/v1/teas/green", "", "GET /api/v1/teas/green"),
        ("/api/v1/teas/green", "limit=3", "GET /api/v1/teas/green?limit=3"),
        ("/api/v1/tools", "q=ada@example.com", "GET /api/v1/tools?q=…"),
        ("/api/v1/tools", "utm=abc", "GET /api/v1/tools?utm=…"),
        ("/api/v1/teas/gr\xc3\xbcn", 'q="', "GET /api/v1/teas/gr%C3%BCn?q=%22"),
    ],
)
def test_a_line_shows_what_the_log_of_django_shows(path: str, query: str, shown: str) -> None:
    line = json.loads(line_of(served(path=path, query=query)))

    assert line == {
        "code": 200,
        "request": shown,
        "event": "request_finished",
        "request_id": "019e9a3c-7a52-7c3e-9d0b-5b0c7e1f2a34",
        "logger": "backend.response_cache.request_log",
        "level": "info",
        "timestamp": "2026-11-18T11:06:40.250000Z",
    }


def test_an_id_that_may_be_a_token_is_masked() -> None:
    assert json.loads(line_of(served(request_id="x" * 43)))["request_id"] == "…"


@pytest.mark.parametrize(("log_every", "logged"), [(1, 10), (3, 4), (10, 1), (0, 0)])
def test_of_so_many_requests_one_is_logged(log_every: int, logged: int) -> None:
    log, written = RequestLog(log_every=log_every), io.StringIO()
    handler = logging.StreamHandler(written)
    request_log.lines.addHandler(handler)

    for n in range(10):
        log.add(served(request_id=f"id-{n}"))
        if n % 4 == 0:
            log.flush()
    log.flush()

    request_log.lines.removeHandler(handler)
    assert len(written.getvalue().splitlines()) == logged


def test_all_are_counted_as_django_counts_them() -> None:
    log = RequestLog(log_every=0)
    before = counts()
    for _ in range(3):
        log.add(served(view="counted"))
    log.add(served(view="counted", method="HEAD", status="304", kind="outage"))

    log.flush()
    log.flush()

    added = {name: value - before.get(name, 0.0) for name, value in counts().items()}
    assert {
        name: value
        for name, value in added.items()
        if value and name.startswith(("django", "verdicts")) and "_bucket" not in name and "_sum" not in name
    } == {
        "django_http_requests_before_middlewares_total": 4,
        "django_http_responses_before_middlewares_total": 4,
        'django_http_requests_total_by_method_total{method="GET"}': 3,
        'django_http_requests_total_by_method_total{method="HEAD"}': 1,
        'django_http_requests_total_by_transport_total{transport="http"}': 4,
        'django_http_requests_total_by_view_transport_method_total{method="GET",transport="http",view="counted"}': 3,
        'django_http_requests_total_by_view_transport_method_total{method="HEAD",transport="http",view="counted"}': 1,
        'django_http_responses_total_by_status_total{status="200"}': 3,
        'django_http_responses_total_by_status_total{status="304"}': 1,
        'django_http_responses_total_by_status_view_method_total{method="GET",status="200",view="counted"}': 3,
        'django_http_responses_total_by_status_view_method_total{method="HEAD",status="304",view="counted"}': 1,
        'django_http_responses_total_by_charset_total{charset="utf-8"}': 4,
        "django_http_requests_latency_including_middlewares_seconds_count": 4,
        'django_http_requests_latency_seconds_by_view_method_count{method="GET",view="counted"}': 3,
        'django_http_requests_latency_seconds_by_view_method_count{method="HEAD",view="counted"}': 1,
        'verdicts_responses_from_memory_total{kind="hit"}': 3,
        'verdicts_responses_from_memory_total{kind="outage"}': 1,
    }


def counts() -> dict[str, float]:
    lines = generate_latest(REGISTRY).decode().splitlines()
    split = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in split if "_created" not in name}


def test_many_values_at_once_are_observed_as_one_by_one() -> None:
    values = [0.0, 0.0001, 0.01, 0.010001, 0.3, 7.5, 1_000.0]
    told = []
    for at_once in (True, False):
        registry = CollectorRegistry()
        histogram = Histogram(f"seconds_{at_once}", "How long.", registry=registry)
        if at_once:
            observe(histogram, values)
        else:
            for value in values:
                histogram.observe(value)
        text = generate_latest(registry).decode().replace(f"_{at_once}", "")
        told.append([line for line in text.splitlines() if "_created" not in line])

    assert told[0] == told[1]
