"""The WSGI application that granian serves: public reads from memory, everything else from Django."""

import gc
import os
import sys
from collections.abc import Iterable
from typing import Any
from wsgiref.types import WSGIEnvironment

from django.core.wsgi import get_wsgi_application

from backend import process_kind

process_kind.current = "web"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

handler = get_wsgi_application()

from django.conf import settings  # noqa: E402 - they need the settings.

from backend.api import deadlines, incoming  # noqa: E402
from backend.api.requests import Utf8Request  # noqa: E402
from backend.pooler import find_pooler  # noqa: E402
from backend.response_cache.cache import ResponseCache  # noqa: E402
from backend.response_cache.changes import changes  # noqa: E402
from backend.response_cache.exchange import StartResponse  # noqa: E402
from backend.response_cache.request_log import request_log  # noqa: E402
from backend.site import PROBES  # noqa: E402

handler.request_class = Utf8Request
# A pooler that the product doesn't work behind ends the start.
find_pooler()


def render(
    environ: WSGIEnvironment, start_response: StartResponse, seconds: float = deadlines.REQUEST_SECONDS
) -> Any:
    """Django's response, whose headers are given to `start_response`; a whole one has ended, a streamed one is to be read.

    Any: Django's types know neither `streaming` nor `content` of what a handler returns.
    """
    body = incoming.receive(environ)
    path = environ["PATH_INFO"]
    if deadlines.watch.stuck >= deadlines.MOST_STUCK and path not in PROBES:
        environ.setdefault(incoming.REFUSAL, "unavailable")

    def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
        # Granian closes then, and says so only where we do. HTTP/2 has no such header and needs none.
        if body.is_unread and environ["SERVER_PROTOCOL"].startswith("HTTP/1"):
            headers.append(("Connection", "close"))
        return start_response(status, headers, *exc_info)

    with deadlines.request_deadline(path, seconds=seconds):
        response: Any = handler(environ, start)
        if not response.streaming:
            # It hands its connection back.
            response.close()
        return response


responses = ResponseCache(
    render=render, changes=changes, log=request_log, limit=settings.RESPONSE_CACHE_BYTES
)


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Return a complete body as a list, which granian sends at once; it would iterate over a response object."""
    cached = responses.answer(environ, start_response)
    if cached is not None:
        return cached
    response = render(environ, start_response)
    if response.streaming:
        return response  # type: ignore[no-any-return]
    # Granian would send it over HTTP/2.
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.content]


# A hit takes microseconds of Python: it waits no longer than this for a thread that renders a page or writes the log.
sys.setswitchinterval(0.0005)

# Objects made up to here live as long as the process, so the garbage collector need not scan them.
gc.collect()
gc.freeze()
