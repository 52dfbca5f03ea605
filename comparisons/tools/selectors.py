"""Reads of tools with what other apps count and say of them."""

from django.db.models import Prefetch

from catalog.models import Tool
from catalog.querysets import ToolQuerySet
from reviews.models import Review

COUNTS = ("category", "panel", "published_tally")

PUBLISHED_REVIEWS = Prefetch(
    "reviews",
    queryset=Review.objects.published().select_related("reviewer").in_roster_order(),
    to_attr="published_reviews",
)


def tools_with_counts() -> ToolQuerySet:
    """Tools with category, panel and tally: one query, whatever the number of tools."""
    return Tool.objects.select_related(*COUNTS)


def with_reviews(tools: ToolQuerySet) -> ToolQuerySet:
    """Adds `published_reviews` in the roster's order; one more query, whatever the number of tools."""
    return tools.prefetch_related(PUBLISHED_REVIEWS)


def reviews_of(tool: Tool) -> list[Review]:
    """The published reviews of a tool that was read with them."""
    reviews: list[Review] = tool.published_reviews  # type: ignore[attr-defined]
    return reviews
