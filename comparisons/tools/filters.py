"""What narrows the list of tools, and how many tools each value of a filter would give."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    CharField,
    Count,
    F,
    QuerySet,
    Value,
)

from catalog.models import Tool
from catalog.querysets import ToolQuerySet
from reviews.models import Review


@dataclass(frozen=True, slots=True)
class ToolFilters:
    """What narrows a list of tools; an empty filter lets everything through."""

    text: str = ""
    categories: Sequence[str] = ()
    entries: Sequence[str] = ()
    calls: Sequence[str] = ()
    shipped_by: Sequence[str] = ()
    skipped_by: Sequence[str] = ()
    min_votes: int = 0

    def apply(self, tools: ToolQuerySet, *, but: str = "") -> ToolQuerySet:
        """The tools that pass every filter, leaving out the one called `but`."""
        if self.text:
            tools = tools.matching(self.text)
        if self.categories and but != "category":
            tools = tools.in_categories(self.categories)
        if self.entries and but != "entry":
            tools = tools.with_entry(self.entries)
        if self.calls and but != "call":
            tools = tools.filter(panel__call__in=self.calls)
        for verdict, reviewers in (("ship", self.shipped_by), ("skip", self.skipped_by)):
            if reviewers:
                said = Review.objects.published().filter(verdict=verdict, reviewer__slug__in=reviewers)
                tools = tools.filter(pk__in=said.values("tool"))
        if self.min_votes:
            tools = tools.filter(published_tally__total__gte=self.min_votes)
        return tools


FACETS = {
    "category": (F("category__slug"), F("category__name")),
    "entry": (F("pricing_entry"), F("pricing_entry")),
    "call": (F("panel__call"), F("panel__call")),
}


def tool_facets(filters: ToolFilters) -> dict[str, list[dict[str, object]]]:
    """For each facet the values that occur, with how many tools have them; most first. One query.

    A facet leaves out its own filter, so that it says what choosing another value would give.
    """
    counts = [_facet(name, filters) for name in FACETS]
    facets: dict[str, list[dict[str, object]]] = {name: [] for name in FACETS}
    for facet, value, label, count in counts[0].union(*counts[1:], all=True).order_by("-count", "value"):
        facets[facet].append({"value": value, "label": label, "count": count})
    return facets


def _facet(name: str, filters: ToolFilters) -> QuerySet[Any, Any]:
    value, label = FACETS[name]
    tools: QuerySet[Any, Any] = filters.apply(Tool.objects.published(), but=name)
    values = tools.annotate(facet=Value(name, output_field=CharField()), value=value, label=label)
    counted: QuerySet[Any, Any] = values.values_list("facet", "value", "label").annotate(count=Count("pk"))
    return counted
