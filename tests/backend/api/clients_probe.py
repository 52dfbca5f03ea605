"""A WSGI application that answers with the client's address, as backend.api.clients reads it."""

from collections.abc import Callable, Iterable
from typing import Any

import django

from backend.api.requests import Utf8Request

django.setup()

from backend.api.clients import client_address  # noqa: E402 - Models need the settings to be there.


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(client_address(Utf8Request(environ))).encode()]
