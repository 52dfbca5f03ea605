"""The WSGI application that granian serves."""

import gc
import os
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import WSGIEnvironment

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

handler = get_wsgi_application()

from backend.api.requests import Utf8Request  # noqa: E402 - it needs the settings.

handler.request_class = Utf8Request


def application(environ: WSGIEnvironment, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Return a complete body as a list, which granian sends at once; it would iterate over a response object."""
    # Any: Django's types know neither `streaming` nor `content` of what a handler returns.
    response: Any = handler(environ, start_response)
    if response.streaming:
        return response  # type: ignore[no-any-return]
    body = [response.content]
    response.close()
    return body


# Objects made up to here live as long as the process, so the garbage collector need not scan them.
gc.collect()
gc.freeze()
