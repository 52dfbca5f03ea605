"""What curators do to tools and to pairs of them: each action happens or says why it did not."""

from datetime import datetime

from django.db.models import Model, QuerySet
from django.db.models.functions import Coalesce, Now

from backend.admin.errors import CurationError
from catalog.models import Tool
from catalog.workflow import UNPUBLISHED


def missing_of_tool(tool: Tool) -> list[str]:
    """What readers would miss of a tool that is published so, in sentences."""
    return [] if tool.pricing_checked_on else ["The price has no day on which it was checked."]


def group_releases(tools: QuerySet[Tool], *, product: str, now: datetime) -> int:
    """Has these tools name the product that they are releases of; how many they are."""
    return tools.update(product=product, updated_at=now)


def hand_in(item: Model, *, now: datetime) -> None:
    """A draft, of tools and of what reviewers say, waits for a publisher; raises CurationError for anything else."""
    drafts = type(item)._default_manager.filter(pk=item.pk, status="draft")
    if not drafts.update(status="in_review", updated_at=now):
        raise CurationError("not a draft")


def publish_tool(tool: Tool, *, now: datetime) -> None:
    """Raises CurationError for one that is incomplete, too: its page can say why it is published so."""
    if tool.status in UNPUBLISHED and (missing := missing_of_tool(tool)):
        raise CurationError(" ".join(missing))
    publish(tool, now=now)


def publish(item: Model, *, now: datetime) -> None:
    """Publish a draft, or what was archived, which keeps its first date; raises CurationError for what is published.

    With a date ahead it is scheduled.
    """
    unpublished = type(item)._default_manager.filter(pk=item.pk).exclude(status="published")
    first = Coalesce("published_at", now)
    if not unpublished.update(status="published", published_at=first, updated_at=now):
        is_ahead = type(item)._default_manager.filter(pk=item.pk, public_at__gt=Now()).exists()
        raise CurationError("scheduled already: unschedule it first" if is_ahead else "already published")
