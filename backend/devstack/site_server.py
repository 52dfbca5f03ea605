"""Serves the reference site's files on loopback: `python -m backend.devstack.site_server PORT API_URL`."""

import signal
import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from backend.bootstrap import ROOT

SITE = ROOT / "examples" / "site"
# The address of the API that index.html is committed with.
COMMITTED_API = "http://127.0.0.1:8000"
HEADERS = {
    "Cache-Control": "no-cache",
    # A policy in a page can't say this.
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}


class SiteHandler(SimpleHTTPRequestHandler):
    """Files as they are; an address without a suffix is a page of the site, whose script reads the address."""

    def __init__(self, *args: object, api_url: str, **kwargs: object) -> None:
        self._api_url = api_url
        super().__init__(*args, directory=str(SITE), **kwargs)  # type: ignore[arg-type]

    def send_head(self) -> BytesIO | BinaryIO | None:
        host = f"127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
        if self.headers["Host"] != host:
            # The API answers to one origin, and this is it.
            self.send_response(HTTPStatus.TEMPORARY_REDIRECT)
            self.send_header("Location", f"http://{host}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        is_page = Path(self.translate_path(self.path)).suffix in {"", ".html"}
        return self._page() if is_page else super().send_head()

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the log of `make serve` is about the API."""

    def _page(self) -> BytesIO:
        text = (SITE / "index.html").read_text(encoding="utf-8").replace(COMMITTED_API, self._api_url)
        page = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        if "preview=" in self.path:
            self.send_header("X-Robots-Tag", "noindex, nofollow")
        self.end_headers()
        return BytesIO(page)


def site_server(port: int, *, api_url: str) -> ThreadingHTTPServer:
    """A server that listens on loopback; port 0 takes any that is free."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(SiteHandler, api_url=api_url))


def main(port: int, api_url: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with site_server(port, api_url=api_url) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
