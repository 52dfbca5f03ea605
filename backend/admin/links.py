"""Links from a row's page to what readers get of it."""

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html

from backend.admin.zones import shown


def link_to_preview(address: str, *, public_at: datetime | None) -> str:
    """A link to what readers get; where that is still to come, since when, and to what it will be."""
    if public_at is None:
        return format_html('Nothing is public yet. <a href="{}">Preview</a>', address)
    if public_at > timezone.now():
        return format_html('Public from {}. <a href="{}">Preview</a>', shown(public_at), address)
    return format_html('<a href="{}">As readers get it</a>', address)
