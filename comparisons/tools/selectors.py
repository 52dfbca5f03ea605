"""Reads of tools with what other apps count and say of them."""

from collections.abc import Sequence
from uuid import UUID

from backend.api.prepared import Prepared
from catalog.models import Tool
from catalog.querysets import ToolQuerySet
from reviews.models import Review

COUNTS = ("category", "panel", "published_tally")

REVIEWS = Prepared(
    lambda tools: Review.objects.published().of_tools(tools).select_related("reviewer").in_roster_order()
)


def tools_with_counts() -> ToolQuerySet:
    """Tools with category, panel and tally: one query, whatever the number of tools."""
    tools: ToolQuerySet = Tool.objects.select_related(*COUNTS).defer("search")
    return tools


def read_reviews(tools: Sequence[Tool]) -> None:
    """Adds `published_reviews` in the roster's order to each; one query, whatever their number."""
    by_tool: dict[UUID, list[Review]] = {tool.pk: [] for tool in tools}
    for review in REVIEWS.rows(tools=list(by_tool)):
        by_tool[review.tool_id].append(review)
    for tool in tools:
        tool.published_reviews = by_tool[tool.pk]  # type: ignore[attr-defined]


def reviews_of(tool: Tool) -> list[Review]:
    """The published reviews of a tool, once `read_reviews` has read them."""
    reviews: list[Review] = tool.published_reviews  # type: ignore[attr-defined]
    return reviews
