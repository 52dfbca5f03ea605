"""What narrows the list of tools, and how many tools each value of a filter would give."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from django.db.models import CharField, Count, F, Value

from catalog.models import Tool
from catalog.querysets import ToolQuerySet
from reviews.models import Review


@dataclass(frozen=True, slots=True)
class ToolFilters:
    """What narrows a list of tools, by the names of the parameters; an empty filter lets everything through."""

    q: str = ""
    category: Sequence[str] = ()
    entry: Sequence[str] = ()
    call: Sequence[str] = ()
    shipped_by: Sequence[str] = ()
    skipped_by: Sequence[str] = ()
    min_votes: int = 0

    def apply(self, tools: ToolQuerySet, *, but: str = "") -> ToolQuerySet:
        """The tools that pass every filter, leaving out the facet named `but`."""
        if self.q:
            tools = tools.matching(self.q)
        if self.category and but != "category":
            tools = tools.in_categories(self.category)
        if self.entry and but != "entry":
            tools = tools.with_entry(self.entry)
        if self.call and but != "call":
            tools = tools.filter(panel__call__in=self.call)
        for verdict, reviewers in (("ship", self.shipped_by), ("skip", self.skipped_by)):
            if reviewers:
                said = Review.objects.published().filter(verdict=verdict, reviewer__slug__in=reviewers)
                tools = tools.filter(pk__in=said.values("tool"))
        if self.min_votes:
            tools = tools.filter(published_tally__total__gte=self.min_votes)
        return tools


FILTERS = [field.name for field in fields(ToolFilters)]

FACETS = {
    "category": (F("category__slug"), F("category__name")),
    "entry": (F("pricing_entry"), F("pricing_entry")),
    "call": (F("panel__call"), F("panel__call")),
}


@dataclass(frozen=True, slots=True)
class Facet:
    """One value of a filter, its name for readers, and how many tools it would give."""

    value: str
    label: str
    count: int


def tool_facets(filters: ToolFilters) -> dict[str, list[Facet]]:
    """For each facet the values that occur, with how many tools have them; most first. One query.

    A facet leaves out its own filter, so that it says what choosing another value would give.
    """
    counts = [
        filters.apply(Tool.objects.published(), but=name)
        .annotate(facet=Value(name, output_field=CharField()), value=value, label=label)
        .values_list("facet", "value", "label")
        .annotate(count=Count("pk"))
        for name, (value, label) in FACETS.items()
    ]
    facets: dict[str, list[Facet]] = {name: [] for name in FACETS}
    for facet, *counted in counts[0].union(*counts[1:], all=True).order_by("-count", "value"):
        facets[facet].append(Facet(*counted))
    return facets
