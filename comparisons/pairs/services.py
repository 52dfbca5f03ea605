"""What curators do to pairs: each action happens or says why it did not."""

from datetime import datetime

from django.db.models.functions import Coalesce

from backend.admin.errors import CurationError
from catalog.models import Tool
from comparisons.models import Comparison


def publish(*, comparison: Comparison, now: datetime) -> None:
    """An archived pair comes back with the day it was first published."""
    if Tool.Status.DRAFT in (comparison.first_tool.status, comparison.second_tool.status):
        raise CurationError("a tool of the pair is a draft")
    unpublished = Comparison.objects.filter(pk=comparison.pk).exclude(status=Comparison.Status.PUBLISHED)
    changed = unpublished.update(
        status=Comparison.Status.PUBLISHED, published_at=Coalesce("published_at", now), updated_at=now
    )
    if not changed:
        raise CurationError("already published")


def archive(*, comparison: Comparison, now: datetime) -> None:
    changed = Comparison.objects.filter(pk=comparison.pk, status=Comparison.Status.PUBLISHED).update(
        status=Comparison.Status.ARCHIVED, updated_at=now
    )
    if not changed:
        raise CurationError("not published")
