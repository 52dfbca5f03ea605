"""The WSGI application that granian serves."""

import gc
import os
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

handler = get_wsgi_application()

from backend.api.requests import Utf8Request  # noqa: E402 - it needs the settings.

handler.request_class = Utf8Request


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """An answer that is whole is handed over as a list, which granian sends in one go; it would ask for parts."""
    response: Any = handler(environ, start_response)
    if response.streaming:
        return response  # type: ignore[no-any-return]
    body = [response.content]
    response.close()
    return body


# What was made up to here stays: the collector need not look through it again and again.
gc.collect()
gc.freeze()
