"""Writes the whole catalog as a catalog file: the same rows give the same bytes, whatever their ids."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import models

from catalog.models import Category, Tool, ToolAlias
from comparisons.catalog_file.format import (
    CATEGORY_COLUMNS,
    COMPARISON_COLUMNS,
    FORMAT,
    PRICING_COLUMNS,
    REVIEW_COLUMNS,
    REVIEWER_COLUMNS,
    TOOL_COLUMNS,
    Json,
)
from comparisons.models import Comparison
from reviews.models import Review, Reviewer


def export_catalog() -> str:
    """Every key of the format, in a fixed order; six queries.

    What names others is read first: what an editor adds meanwhile then can't be named and missing.
    """
    comparisons = [
        {"tools": [item.first_tool.slug, item.second_tool.slug], **_values(item, COMPARISON_COLUMNS)}
        for item in Comparison.objects.select_related("first_tool", "second_tool")
    ]
    reviews = defaultdict(list)
    for review in Review.objects.select_related("reviewer"):
        reviews[review.tool_id].append(_review(review))
    aliases = defaultdict(list)
    for slug, tool_id in ToolAlias.objects.values_list("slug", "tool_id"):
        aliases[tool_id].append(slug)
    tools = [
        _tool(tool, aliases[tool.id], reviews[tool.id])
        for tool in Tool.objects.select_related("category").defer("search")
    ]
    catalog = {
        "format": FORMAT,
        "categories": sorted(_slug_and(Category.objects.all(), CATEGORY_COLUMNS), key=_slug),
        "reviewers": sorted(_slug_and(Reviewer.objects.all(), REVIEWER_COLUMNS), key=_slug),
        "tools": sorted(tools, key=_slug),
        "comparisons": sorted(comparisons, key=lambda comparison: comparison["tools"]),
    }
    return json.dumps(catalog, ensure_ascii=False, indent=2) + "\n"


def _tool(tool: Tool, aliases: Iterable[str], reviews: Iterable[dict[str, Json]]) -> dict[str, Json]:
    return {
        "slug": tool.slug,
        **_values(tool, TOOL_COLUMNS),
        "category": tool.category.slug,
        "aliases": sorted(aliases),
        "pricing": _values(tool, PRICING_COLUMNS),
        # One reviewer can have several, of which one at most is published: their whole text makes the order.
        "reviews": sorted(reviews, key=lambda review: (review["reviewer"], json.dumps(review))),
    }


def _review(review: Review) -> dict[str, Json]:
    return {"reviewer": review.reviewer.slug, **_values(review, REVIEW_COLUMNS)}


def _slug_and(items: Iterable[Category | Reviewer], columns: Mapping[str, str]) -> list[dict[str, Json]]:
    return [{"slug": item.slug, **_values(item, columns)} for item in items]


def _slug(values: Mapping[str, Json]) -> str:
    return str(values["slug"])


def _values(item: models.Model, columns: Mapping[str, str]) -> dict[str, Json]:
    return {
        key: _json_value(getattr(item, name), is_nullable=item._meta.get_field(name).null)
        for key, name in columns.items()
    }


def _json_value(value: Json, *, is_nullable: bool) -> Json:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value.normalize():f}"
        case "" if is_nullable:
            # An import knows one way to say that nothing is known.
            return None
        case _:
            return value
