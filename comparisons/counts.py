"""How many tools and pairs lists show, as the database counts them by what they are filtered by most."""

from collections import Counter
from collections.abc import Collection, Sequence

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from backend.api.counts import Key, as_key, kept_counts
from catalog.models import Category
from comparisons.listings import ListedPair, ListedTool, ListingQuerySet
from comparisons.rules import MIN_PANEL

# What tools are counted by, by the names of the filters: a tool has one of each.
OF_TOOLS = ("category", "entry", "call")


def tools_by_values() -> Counter[Key]:
    """How many tools each category (by its id), entry price and call have together; one query."""
    return kept_counts(
        "listed_tools", ahead=ListedTool.objects.scheduled().annotate(count_key=as_key(*OF_TOOLS))
    )


def count_tools(*, category: Collection[str], entry: Collection[str], call: Collection[str]) -> int:
    """How many tools have one of the values of each filter, where it has any; two queries at most."""
    ids = _ids_of(category)
    return sum(
        number
        for (category_id, *values), number in tools_by_values().items()
        if (not category or category_id in ids)
        and all(value in asked for value, asked in zip(values, (entry, call), strict=True) if asked)
    )


def pairs_by_values() -> Counter[Key]:
    """How many pairs the categories of both tools, in their order, and the outcome have together; one query."""
    key = as_key("first_category", "second_category", "outcome")
    return kept_counts("listed_pairs", ahead=ListedPair.objects.scheduled().annotate(count_key=key))


def count_pairs(*, category: Collection[str], outcome: Collection[str]) -> int:
    """The same of pairs, of which a category is that of either side."""
    ids = _ids_of(category)
    return sum(
        number
        for (first, second, stored), number in pairs_by_values().items()
        if (not category or first in ids or second in ids) and (not outcome or stored in outcome)
    )


def ranked_by_panel(category: Collection[str]) -> Counter[int]:
    """How many tools of a ranking by the panel, of these categories or of all, have each percentage; one query."""
    ranked = ListedTool.objects.filter(panel_total__gte=MIN_PANEL)
    percents = Counter[int]()
    for (_, percent), number in _ranked(
        "ranked_by_panel", ranked, ("category", "panel_percent"), category
    ).items():
        percents[int(percent)] += number
    return percents


def count_ranked_by_crowd(category: Collection[str]) -> int:
    """How many tools a ranking by the crowd is about; one query."""
    ranked = ListedTool.objects.filter(crowd_low__isnull=False)
    return _ranked("ranked_by_crowd", ranked, ("category",), category).total()


def _ranked(
    name: str, rows: ListingQuerySet, columns: Sequence[str], category: Collection[str]
) -> Counter[Key]:
    ahead = rows.scheduled().annotate(count_key=as_key(*columns))
    if not category:
        return kept_counts(name, ahead=ahead)
    shelves = Category.objects.filter(slug__in=category)
    texts = shelves.annotate(text=Cast("pk", TextField())).values("text")
    return kept_counts(name, ahead=ahead.filter(category__in=shelves.values("pk")), of=Q(key__0__in=texts))


def _ids_of(category: Collection[str]) -> set[str]:
    return set(map(str, Category.objects.ids_of(category))) if category else set()
