"""What narrows the list of tools, and how many tools each value of a filter would give."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from django.db.models import CharField, Count, F, Value

from catalog.models import Category, Condition, Tool
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
    fits: Sequence[str] = ()
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
        if self.fits and but != "fits":
            tools = tools.fitting(self.fits)
        if self.min_votes:
            tools = tools.filter(published_tally__total__gte=self.min_votes)
        return tools


FILTERS = [field.name for field in fields(ToolFilters)]

FACETS = {
    "category": F("category__slug"),
    "entry": F("pricing_entry"),
    "call": F("panel__call"),
    "fits": F("fits__condition__slug"),
}
CALLS = {"ship": "Ship", "mixed": "Mixed", "skip": "Skip", "unreviewed": "Unreviewed"}


@dataclass(frozen=True, slots=True)
class Facet:
    """One value of a filter, its name for readers, and how many tools it would give."""

    value: str
    label: str
    count: int


def tool_facets(filters: ToolFilters) -> dict[str, list[Facet]]:
    """For each facet every value, with how many tools have it; most first, and those without any last. Two queries.

    A facet leaves out its own filter, so that it says what choosing another value would give. Of conditions, which may be
    hundreds, those without any tool are left out.
    """
    labels: dict[str, dict[str, str]] = {
        "category": {},
        "entry": dict(Tool.Entry.choices),
        "call": CALLS,
        "fits": {},
    }
    shelves = [
        rows.annotate(facet=Value(name, output_field=CharField())).values_list("facet", "slug", "name")
        for name, rows in (("category", Category.objects.all()), ("fits", Condition.objects.all()))
    ]
    for facet, slug, label in shelves[0].union(shelves[1], all=True):
        labels[facet][slug] = label
    queries = [
        filters.apply(Tool.objects.published(), but=name)
        .annotate(facet=Value(name, output_field=CharField()), value=value)
        .values_list("facet", "value")
        .annotate(count=Count("pk"))
        for name, value in FACETS.items()
    ]
    counts = {(facet, value): count for facet, value, count in queries[0].union(*queries[1:], all=True)}
    return {
        name: sorted(
            (
                Facet(value, str(label), counts.get((name, value), 0))
                for value, label in labels[name].items()
                if name != "fits" or (name, value) in counts
            ),
            key=lambda facet: (-facet.count, facet.value),
        )
        for name in FACETS
    }
