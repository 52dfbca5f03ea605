"""Writes the whole catalog as a catalog file: the same rows give the same bytes, whatever their ids."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models.functions import Collate, Greatest, Least

from backend.api.json_type import Json
from catalog.models import Category, Condition, Tool, ToolAlias, ToolFit
from comparisons.catalog_file.format import (
    CATEGORY_COLUMNS,
    COMPARISON_COLUMNS,
    CONDITION_COLUMNS,
    FIT_COLUMNS,
    FORMAT,
    HEAD_TO_HEAD_COLUMNS,
    PRICING_COLUMNS,
    REVIEW_COLUMNS,
    REVIEWER_COLUMNS,
    TOOL_COLUMNS,
)
from comparisons.catalog_file.reading import MAX_ROW_CHARACTERS, CatalogFileError
from comparisons.catalog_file.upsert import BATCH_SIZE
from comparisons.models import Comparison, PairFit
from reviews.models import HeadToHead, Review, Reviewer

RowT = TypeVar("RowT", bound=models.Model)


def export_catalog(*, batch_size: int = BATCH_SIZE) -> Iterator[str]:
    """The file in pieces: every key of the format, in a fixed order, and all of one moment.

    Memory holds `batch_size` rows and the ids of all. Raises CatalogFileError where a tool with its reviews is larger
    than an import takes.
    """
    with _one_moment():
        yield f'{{\n  "format": {FORMAT}'
        for kind, items in _lists(batch_size):
            yield from _list(kind, items)
        yield "\n}\n"


def exported_rows(*, batch_size: int = BATCH_SIZE) -> Iterator[tuple[str, dict[str, Json]]]:
    """The same objects, each with the key of its list."""
    with _one_moment():
        for kind, items in _lists(batch_size):
            yield from ((kind, item) for item in items)


def _lists(batch_size: int) -> Iterator[tuple[str, Iterable[dict[str, Json]]]]:
    yield "categories", _slug_and(Category.objects.all(), CATEGORY_COLUMNS)
    yield "reviewers", _slug_and(Reviewer.objects.all(), REVIEWER_COLUMNS)
    yield "conditions", _slug_and(Condition.objects.all(), CONDITION_COLUMNS)
    yield "tools", _tools(batch_size)
    yield "head_to_head", _head_to_heads(batch_size)
    yield "comparisons", _comparisons(batch_size)


@contextmanager
def _one_moment() -> Iterator[None]:
    """What an editor adds meanwhile can't be named and missing; a caller's own transaction is left as it is."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _list(key: str, items: Iterable[dict[str, Json]]) -> Iterator[str]:
    """As json.dumps writes it with an indent of 2; no line break stands in a JSON text."""
    yield f',\n  "{key}": ['
    is_first = True
    for item in items:
        text = json.dumps(item, ensure_ascii=False, indent=2)
        if len(text) > MAX_ROW_CHARACTERS:
            name = item.get("slug") or "-vs-".join(item["tools"])
            raise CatalogFileError(
                [f"{key}: {name} has more than the {MAX_ROW_CHARACTERS} characters that an import takes"]
            )
        yield ("\n    " if is_first else ",\n    ") + text.replace("\n", "\n    ")
        is_first = False
    yield "]" if is_first else "\n  ]"


def _tools(batch_size: int) -> Iterator[dict[str, Json]]:
    ids = list(Tool.objects.order_by(Collate("slug", "C")).values_list("id", flat=True))
    for batch in _in_order(Tool.objects.select_related("category").defer("search"), ids, batch_size):
        reviews, aliases, fits = defaultdict(list), defaultdict(list), defaultdict(list)
        batch_ids = [tool.id for tool in batch]
        for review in Review.objects.filter(tool_id__in=batch_ids).select_related("reviewer"):
            reviews[review.tool_id].append(_review(review))
        for slug, tool_id in ToolAlias.objects.filter(tool_id__in=batch_ids).values_list("slug", "tool_id"):
            aliases[tool_id].append(slug)
        for fit in ToolFit.objects.filter(tool_id__in=batch_ids).select_related("condition").in_order():
            fits[fit.tool_id].append(_fit(fit))
        yield from (_tool(tool, aliases[tool.id], fits[tool.id], reviews[tool.id]) for tool in batch)


def _comparisons(batch_size: int) -> Iterator[dict[str, Json]]:
    by_slugs = (Collate("first_tool__slug", "C"), Collate("second_tool__slug", "C"))
    ids = list(Comparison.objects.order_by(*by_slugs).values_list("id", flat=True))
    rows = Comparison.objects.select_related("first_tool", "second_tool").defer(
        "first_tool__search", "second_tool__search"
    )
    for batch in _in_order(rows, ids, batch_size):
        fits = defaultdict(list)
        of_batch = PairFit.objects.filter(comparison__in=batch).select_related("condition", "tool")
        for fit in of_batch.defer("tool__search").in_order():
            fits[fit.comparison_id].append({"tool": fit.tool.slug, **_fit(fit)})
        yield from (_comparison(pair, fits[pair.id]) for pair in batch)


def _head_to_heads(batch_size: int) -> Iterator[dict[str, Json]]:
    """By pair and reviewer; of several by one reviewer on a pair, their whole text makes the order."""
    first, second = Collate("first_tool__slug", "C"), Collate("second_tool__slug", "C")
    places = HeadToHead.objects.order_by(
        Least(first, second), Greatest(first, second), Collate("reviewer__slug", "C"), "id"
    ).values_list("id", "first_tool_id", "second_tool_id", "reviewer_id")
    batches = _whole_groups(places, batch_size)
    for ids in batches:
        rows = HeadToHead.objects.with_all_named().in_bulk(ids)
        answers = [_head_to_head(rows[row_id]) for row_id in ids if row_id in rows]
        yield from sorted(
            answers, key=lambda answer: (answer["tools"], answer["reviewer"], json.dumps(answer))
        )


def _whole_groups(places: Iterable[tuple[UUID, UUID, UUID, UUID]], batch_size: int) -> Iterator[list[UUID]]:
    """Ids in batches that don't part what one reviewer said of one pair."""
    batch: list[UUID] = []
    last = None
    for row_id, *subject in places:
        if len(batch) >= batch_size and subject != last:
            yield batch
            batch = []
        batch.append(row_id)
        last = subject
    if batch:
        yield batch


def _in_order(rows: models.QuerySet[RowT], ids: list[UUID], batch_size: int) -> Iterator[list[RowT]]:
    for start in range(0, len(ids), batch_size):
        batch = ids[start : start + batch_size]
        by_id = rows.in_bulk(batch)
        yield [by_id[row_id] for row_id in batch if row_id in by_id]


def _tool(
    tool: Tool, aliases: Iterable[str], fits: list[dict[str, Json]], reviews: Iterable[dict[str, Json]]
) -> dict[str, Json]:
    return {
        "slug": tool.slug,
        **_values(tool, TOOL_COLUMNS),
        "category": tool.category.slug,
        "aliases": sorted(aliases),
        "pricing": _values(tool, PRICING_COLUMNS),
        "fits": fits,
        # One reviewer can have several, of which one at most is published: their whole text makes the order.
        "reviews": sorted(reviews, key=lambda review: (review["reviewer"], json.dumps(review))),
    }


def _review(review: Review) -> dict[str, Json]:
    return {"reviewer": review.reviewer.slug, **_values(review, REVIEW_COLUMNS)}


def _head_to_head(answer: HeadToHead) -> dict[str, Json]:
    return {
        "tools": [tool.slug for tool in answer.tools],
        "reviewer": answer.reviewer.slug,
        **_values(answer, HEAD_TO_HEAD_COLUMNS),
        "prefers": answer.choice.slug if answer.choice else None,
    }


def _fit(fit: ToolFit | PairFit) -> dict[str, Json]:
    return {"condition": fit.condition.slug, **_values(fit, FIT_COLUMNS)}


def _comparison(comparison: Comparison, fits: Iterable[dict[str, Json]]) -> dict[str, Json]:
    tools = [comparison.first_tool.slug, comparison.second_tool.slug]
    # In the order of the tools, and of each as an editor put them.
    by_tool = sorted(fits, key=lambda fit: tools.index(fit["tool"]))
    return {"tools": tools, **_values(comparison, COMPARISON_COLUMNS), "fits": by_tool}


def _slug_and(
    items: models.QuerySet[Category] | models.QuerySet[Reviewer] | models.QuerySet[Condition],
    columns: Mapping[str, str],
) -> Iterator[dict[str, Json]]:
    for item in items.order_by(Collate("slug", "C")):
        yield {"slug": item.slug, **_values(item, columns)}


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
