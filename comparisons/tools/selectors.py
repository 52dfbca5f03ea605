"""Reads of tools with what other apps count and say of them."""

from django.db.models import FloatField, Prefetch
from django.db.models.functions import Coalesce

from backend.api.pagination import Constant
from catalog.models import Tool
from catalog.querysets import ToolQuerySet
from reviews.models import Review
from votes.models import ABOVE_ALL_BOUNDS, BELOW_ALL_BOUNDS

COUNTS = ("category", "panel", "published_tally")

PUBLISHED_REVIEWS = Prefetch(
    "reviews",
    queryset=Review.objects.published().select_related("reviewer").in_roster_order(),
    to_attr="published_reviews",
)


def tools_with_counts() -> ToolQuerySet:
    """Tools with category, panel and tally: one query, whatever the number of tools."""
    return Tool.objects.select_related(*COUNTS)


# What with_crowd_order adds, and the tool itself, as an index has them.
CROWD_ORDER = ("crowd_low", "crowd_high", "published_tally__tool_id")


def with_crowd_order(tools: ToolQuerySet, *, best_first: bool) -> ToolQuerySet:
    """Adds the bounds that the crowd decides by, for CROWD_ORDER; of a crowd that decides nothing, what comes last."""
    unknown = Constant(BELOW_ALL_BOUNDS if best_first else ABOVE_ALL_BOUNDS, FloatField())
    # Every tool has a tally. Said so, PostgreSQL may begin with the index of tallies.
    ordered: ToolQuerySet = tools.filter(published_tally__isnull=False).annotate(
        crowd_low=Coalesce("published_tally__bound_low", unknown),
        crowd_high=Coalesce("published_tally__bound_high", unknown),
    )
    return ordered


def with_reviews(tools: ToolQuerySet) -> ToolQuerySet:
    """Adds `published_reviews` in the roster's order; one more query, whatever the number of tools."""
    return tools.prefetch_related(PUBLISHED_REVIEWS)


def reviews_of(tool: Tool) -> list[Review]:
    """The published reviews of a tool that was read with them."""
    reviews: list[Review] = tool.published_reviews  # type: ignore[attr-defined]
    return reviews
