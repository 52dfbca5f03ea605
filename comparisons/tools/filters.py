"""What narrows the list of tools, and how many tools each value of a filter would give."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self, TypeVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Count, F, Func, Manager, Model, QuerySet, UUIDField, Value

from backend.api.counts import Key
from backend.api.pagination import Constant
from catalog.models import Category, Condition, Tool
from catalog.querysets import search_query
from comparisons.counts import OF_TOOLS, tools_by_values
from comparisons.listings import (
    DocumentQuerySet,
    ListedTool,
    ListingQuerySet,
    SearchDocument,
    in_categories,
)
from reviews.models import Reviewer

AnyRows = TypeVar("AnyRows", bound=ListingQuerySet)


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

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """From a request's parameters; equal ones are one in memory."""
        asked = {field.name: params[field.name] for field in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(each) if isinstance(each, list) else each for name, each in asked.items()
        }
        return cls(**values)

    def documents(self, *, but: Collection[str] = ()) -> DocumentQuerySet:
        """Of what searches and facets look into, what passes every filter, leaving out those named `but`.

        To be counted: words are found by their index, however many tools have them.
        """
        rows = self.by_values(SearchDocument.objects.published(), but=but)
        if self.q and "q" not in but:
            rows = rows.found_by(search_query(self.q))
        if self.shipped_by:
            rows = rows.filter(shipped_by__overlap=_ids(Reviewer.objects, self.shipped_by))
        if self.skipped_by:
            rows = rows.filter(skipped_by__overlap=_ids(Reviewer.objects, self.skipped_by))
        if self.fits and "fits" not in but:
            rows = rows.filter(conditions__overlap=_ids(Condition.objects, self.fits))
        if self.min_votes:
            voted_on = ListedTool.objects.filter(is_listed=True, votes__gte=Constant(self.min_votes))
            rows = rows.filter(pk__in=voted_on.values("pk"))
        return rows

    def counted(self, *, but: Collection[str] = ()) -> ListingQuerySet:
        """Narrow rows of what passes every filter, which have OF_TOOLS, leaving out those of these that are named `but`."""
        if self.has_any_but((*OF_TOOLS, "min_votes")):
            return self.documents(but=but)
        rows = ListedTool.objects.filter(votes__gte=Constant(self.min_votes)).published()
        return self.by_values(rows, but=but)

    def by_values(self, rows: AnyRows, *, but: Collection[str] = ()) -> AnyRows:
        """Those of some narrow rows that pass the filters of OF_TOOLS, leaving out those named `but`."""
        if self.category and "category" not in but:
            rows = rows.filter(in_categories("category", self.category))
        if self.entry and "entry" not in but:
            rows = rows.filter(entry__in=list(map(Constant, self.entry)))
        if self.call and "call" not in but:
            rows = rows.filter(call__in=list(map(Constant, self.call)))
        return rows

    def has_any_but(self, names: Collection[str]) -> bool:
        """Whether anything narrows the list beside the filters with these names."""
        return any(getattr(self, field.name) for field in fields(self) if field.name not in names)


def _ids(owners: Manager[Model], slugs: Sequence[str]) -> ArraySubquery:
    return ArraySubquery(owners.filter(slug__in=slugs).values("pk"))


CALLS = {"ship": "Ship", "mixed": "Mixed", "skip": "Skip", "unreviewed": "Unreviewed"}


@dataclass(frozen=True, slots=True)
class Facet:
    """One value of a filter, its name for readers, and how many tools it would give."""

    value: str
    label: str
    count: int


def tool_facets(filters: ToolFilters) -> dict[str, list[Facet]]:
    """For each facet every value, with how many tools have it; most first, those without any last. Three queries at most.

    A facet leaves out its own filter, so that it says what choosing another value would give. Of conditions, which may be
    hundreds, those without any tool are left out.
    """
    labels: dict[str, dict[str, str]] = {
        "category": {},
        "entry": dict(Tool.Entry.choices),
        "call": CALLS,
        "fits": {},
    }
    counts: dict[str, Counter[str]] = {name: Counter() for name in labels}
    slugs: dict[str, str] = {}
    for facet, pk, slug, label, fitting in _shelves():
        labels[facet][slug] = label
        slugs[str(pk)] = slug
        counts[facet][slug] = fitting
    for (category, *others), number in _tools_by_values(filters).items():
        # A category that is new since then has no name yet.
        values = [slugs.get(category, ""), *others]
        for name, value in zip(OF_TOOLS, values, strict=True):
            if _lets_through(filters, values, but=name):
                counts[name][value] += number
    if filters.has_any_but(["fits"]):
        counts["fits"] = Counter({slugs.get(pk, ""): number for pk, number in _tools_by_conditions(filters)})
    return {
        name: sorted(
            (
                Facet(value, str(label), counts[name][value])
                for value, label in labels[name].items()
                if name != "fits" or counts[name][value]
            ),
            key=lambda facet: (-facet.count, facet.value),
        )
        for name in labels
    }


def _shelves() -> QuerySet[Model, tuple[str, UUID, str, str, int]]:
    """Every category, and every condition with how many published tools fit it."""
    shelves: list[QuerySet[Model, tuple[str, UUID, str, str, int]]] = [
        rows.annotate(facet=Value(name, output_field=CharField()), fitting=fitting).values_list(
            "facet", "pk", "slug", "name", "fitting"
        )
        for name, rows, fitting in (
            ("category", Category.objects.all(), Value(0)),
            ("fits", Condition.objects.with_tool_count(), F("tool_count")),
        )
    ]
    return shelves[0].union(shelves[1], all=True)


def _tools_by_values(filters: ToolFilters) -> Counter[Key]:
    """How many tools pass the other filters, by the values of OF_TOOLS."""
    if not filters.has_any_but(OF_TOOLS):
        return tools_by_values()
    counted = filters.counted(but=OF_TOOLS).values_list(*OF_TOOLS).annotate(count=Count("*"))
    return Counter({(str(category), entry, call): number for category, entry, call, number in counted})


def _tools_by_conditions(filters: ToolFilters) -> Iterator[tuple[str, int]]:
    """How many tools pass the filters, but for that of conditions, by the ids of conditions that they fit."""
    each = Func("conditions", function="unnest", output_field=UUIDField())
    each.set_returning = True
    documents = filters.documents(but=["fits"]).annotate(condition=each)
    for condition, number in documents.values_list("condition").annotate(count=Count("*")):
        yield str(condition), number


def _lets_through(filters: ToolFilters, values: Sequence[str], *, but: str) -> bool:
    asked = ((name, getattr(filters, name), value) for name, value in zip(OF_TOOLS, values, strict=True))
    return all(value in wanted for name, wanted, value in asked if wanted and name != but)
