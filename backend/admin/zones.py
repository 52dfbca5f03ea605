"""The zone in which the desk shows times: that of the reader's clock, as their browser names it in a cookie."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from backend.admin.workflow import zone_called

# What backend_admin/zone.js sets.
COOKIE = "zone"
UTC = ZoneInfo("UTC")


class ReadersZone:
    """Pages below /admin/ are shown in their reader's zone, and in UTC where none is named that we know."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/admin/"):
            return self.get_response(request)
        with timezone.override(zone_of(request.COOKIES.get(COOKIE, ""))):
            return self.get_response(request)


def zone_of(name: str) -> ZoneInfo:
    try:
        zone = zone_called(name)
    except ValueError:
        return UTC
    return zone if name == "UTC" or _is_known_to_database(name) else UTC


@lru_cache(maxsize=1024)
def _is_known_to_database(name: str) -> bool:
    """It sorts rows into days of the reader's, and has names of its own; some browsers go by such as it no longer has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = %s)", [name])
        return bool(cursor.fetchone()[0])


def readers_zone() -> str:
    return str(timezone.get_current_timezone())


def shown(moment: datetime) -> str:
    """As clocks of the reader show it, with their zone: `2026-12-01 09:00 CET`."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M %Z}"
