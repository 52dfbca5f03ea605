"""What a Sentry is told, received by a server of our own."""

import gzip
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import brotli
import pytest

from backend.api.ids import new_id
from backend.api.signed_tokens import sign
from backend.bootstrap import ROOT
from backend.error_reports import ErrorReporter
from newsletter.readers.links import confirmation_token

TOKEN = sign({"first": bytes(32)}, "voter/v1", bytes(range(16)))
# How Sentry's client packs a report, depending on what is installed.
UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress}
CONFIRMATION = confirmation_token(new_id())

# A web process whose view fails, one that tells of an outage, and a task that fails, with all that must not get out.
FAILING = f"""
import sys
import types
import django
django.setup()
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from backend import urls

def away(request):
    return HttpResponse(status=503)

def failing(request, rest):
    own_address = "zoe@example.com"
    raise RuntimeError("of " + own_address + " by {TOKEN} and {CONFIRMATION}")

routes = types.ModuleType("routes")
routes.urlpatterns = [path("failing/<rest>", failing), path("away", away)]
sys.modules["routes"] = routes
from django.conf import settings
settings.ROOT_URLCONF = "routes"
client = Client(raise_request_exception=False, SERVER_NAME="localhost")
client.cookies["sessionid"] = "canary-cookie"
answer = client.post(
    "/failing/zoe%40example.com?token={TOKEN}&q=canary-query",
    {{"address": "zoe@example.com", "note": "canary-body"}},
    headers={{"Authorization": "Voter {TOKEN}", "User-Agent": "canary-agent", "X-Request-ID": "mine"}},
)
assert answer.status_code == 500, answer.status_code
assert client.get("/away").status_code == 503

from backend.celery import app

@app.task(name="failing_task")
def failing_task(address):
    raise ValueError("cannot mail " + address)

failing_task.apply(["zoe@example.com"])
print("sentry_sdk" in sys.modules)
"""


@dataclass
class Catcher:
    """Keeps the items of each envelope it is sent, and the headers."""

    port: int = 0
    raw: list[bytes] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    @property
    def reports(self) -> list[Any]:
        """The events, each the third line of its envelope."""
        return [json.loads(body.splitlines()[2]) for body in self.raw]


@pytest.fixture
def catcher() -> Iterator[Catcher]:
    caught = Catcher()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            unpack = UNPACK.get(self.headers["Content-Encoding"], bytes)
            caught.raw.append(unpack(body))
            caught.calls.append(f"{self.path} {self.headers}")
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Not into the tests' output."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        caught.port = server.server_port
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield caught
        server.shutdown()
        thread.join()


def dsn(catcher: Catcher) -> str:
    return f"http://key@127.0.0.1:{catcher.port}/1"


def run_failing(**environment: str) -> str:
    """What it prints; its logs are as in production."""
    command = [sys.executable, "-W", "ignore", "-c", FAILING]
    variables = {**os.environ, "DJANGO_SETTINGS_MODULE": "backend.settings", **environment}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_fails_is_reported_masked_as_the_log_is(catcher: Catcher) -> None:
    run_failing(SENTRY_DSN=dsn(catcher))

    request, task = catcher.reports
    assert request["logentry"]["formatted"] == "request_failed"
    assert request["transaction"] == "POST /failing/…"
    assert request["extra"]["request"] == "POST /failing/…?token=…&q=…"
    assert request["extra"]["request_id"] == "mine"
    assert request["level"] == task["level"] == "error"
    [exception] = request["exception"]["values"]
    assert (exception["type"], exception["value"]) == ("RuntimeError", "of … by … and …")
    assert exception["stacktrace"]["frames"][-1]["function"] == "failing"
    assert task["exception"]["values"][0]["value"] == "cannot mail …"
    everything = b"".join(catcher.raw).decode() + "".join(catcher.calls)
    for secret in ("zoe", "example.com", "canary", TOKEN, CONFIRMATION):
        assert secret not in everything.replace("own_address", ""), secret


def test_without_an_address_nothing_is_sent_and_the_library_is_not_even_loaded(catcher: Catcher) -> None:
    assert run_failing(SENTRY_DSN="") == "False\n"
    assert catcher.raw == []


def test_what_ends_the_process_next_is_reported_before(catcher: Catcher) -> None:
    reporter = ErrorReporter(dsn(catcher))
    reporter.setFormatter(logging.Formatter('{"event": "%(message)s"}'))

    reporter.handle(logging.LogRecord("x", logging.CRITICAL, "x.py", 1, "worker_stalled", None, None))

    assert [(each["level"], each["logentry"]["formatted"]) for each in catcher.reports] == [
        ("fatal", "worker_stalled")
    ]
    reporter.close()


def test_a_sentry_that_is_away_hinders_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = ErrorReporter("http://key@127.0.0.1:9/1")
    reporter.setFormatter(logging.Formatter('{"event": "%(message)s"}'))

    reporter.handle(logging.LogRecord("x", logging.ERROR, "x.py", 1, "task_given_up", None, None))
    reporter.close()

    assert capsys.readouterr().err == ""
