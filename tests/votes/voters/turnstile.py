"""A Turnstile of our own on loopback, which answers whatever a test tells it to."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from pytest_django.fixtures import Settings

SUCCESS = {
    "success": True,
    "hostname": "www.example.com",
    "action": "create_voter",
    "challenge_ts": "2026-11-02T09:29:50Z",
    "error-codes": [],
}


@dataclass
class Cloudflare:
    """What the server on loopback answers, and the forms it was sent."""

    answer: Callable[[BaseHTTPRequestHandler], None] = lambda handler: None
    forms: list[dict[str, str]] = field(default_factory=list)


def says(document: Any, *, status: int = 200) -> Callable[[BaseHTTPRequestHandler], None]:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    return answer


@contextmanager
def listening(settings: Settings) -> Iterator[Cloudflare]:
    stand_in = Cloudflare()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            stand_in.forms.append({name: value for name, [value] in form.items()})
            try:
                stand_in.answer(self)
            except OSError:
                # The client has hung up, which is what the test is about.
                self.close_connection = True

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.VOTER_CHALLENGE = "turnstile"
        settings.TURNSTILE_URL = f"http://127.0.0.1:{server.server_port}/turnstile/v0/siteverify"
        settings.TURNSTILE_SITE_KEY = "the-site"
        settings.TURNSTILE_SECRET_KEY = "the-secret"
        settings.TURNSTILE_HOSTNAMES = ["www.example.com"]
        yield stand_in
        server.shutdown()
        thread.join()
