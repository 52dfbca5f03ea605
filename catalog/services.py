"""What curators do to tools and to pairs of them: each action happens or says why it did not."""

from datetime import datetime

from django.db.models import Model
from django.db.models.functions import Coalesce

from backend.admin.errors import CurationError


def publish(item: Model, *, now: datetime) -> None:
    """Publish a draft, or what was archived, which keeps its first date; raises CurationError for what is published."""
    unpublished = type(item)._default_manager.filter(pk=item.pk).exclude(status="published")
    first = Coalesce("published_at", now)
    if not unpublished.update(status="published", published_at=first, updated_at=now):
        raise CurationError("already published")


def archive(item: Model, *, now: datetime) -> None:
    """Take what is published off the lists; a tool's pages stay. Raises CurationError for anything else."""
    published = type(item)._default_manager.filter(pk=item.pk, status="published")
    if not published.update(status="archived", updated_at=now):
        raise CurationError("not published")
