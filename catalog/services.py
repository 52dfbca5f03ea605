"""What curators do to tools: each action happens or says why it did not."""

from datetime import datetime

from django.db.models.functions import Coalesce

from backend.admin.errors import CurationError
from catalog.models import Tool


def publish(*, tool: Tool, now: datetime) -> None:
    """Publish a draft, or an archived tool, which keeps its first date; raises CurationError for a published one."""
    unpublished = Tool.objects.filter(pk=tool.pk).exclude(status=Tool.Status.PUBLISHED)
    changed = unpublished.update(
        status=Tool.Status.PUBLISHED, published_at=Coalesce("published_at", now), updated_at=now
    )
    if not changed:
        raise CurationError("already published")


def archive(*, tool: Tool, now: datetime) -> None:
    """Take a published tool off the lists; its pages stay. Raises CurationError for any other."""
    changed = Tool.objects.published().filter(pk=tool.pk).update(status=Tool.Status.ARCHIVED, updated_at=now)
    if not changed:
        raise CurationError("not published")
