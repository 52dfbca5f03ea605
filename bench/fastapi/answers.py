"""How answers are written, and the pages beside one."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson
from fastapi import Response

PUBLIC_BASE_URL = os.environ["PUBLIC_BASE_URL"]


def as_json(content: dict[str, Any]) -> Response:
    return Response(orjson.dumps(content, option=orjson.OPT_UTC_Z), media_type="application/json")


def page_url(path: str, limit: int, *position: object) -> str:
    cursor = urlsafe_b64encode(" ".join(map(str, position)).encode()).decode()
    return f"{PUBLIC_BASE_URL}{path}?limit={limit}&cursor={cursor}"


def read_cursor(cursor: str) -> list[str]:
    """The position that `page_url` wrote."""
    return urlsafe_b64decode(cursor).decode().split()
