"""Links from a row's page to what readers get of it."""

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html


def link_once_public(path: str, *, public_at: datetime | None) -> str:
    """A link to what readers see, or since when they will."""
    if public_at is None:
        return "Nothing is public yet."
    if public_at > timezone.now():
        return f"Public from {public_at:%Y-%m-%d %H:%M} UTC."
    return link_to_api(path)


def link_to_api(path: str) -> str:
    # Not by reverse(): a form that is shown again may hold a slug that no address takes.
    return format_html('<a href="/api/v1/{}">View in API</a>', path)
