"""Tools by the tables that people write to, which lists, searches and facets must agree with."""

from collections.abc import Collection

from catalog.models import Tool
from catalog.querysets import ToolQuerySet, search_query
from comparisons.tools.filters import ToolFilters
from reviews.models import Review


def filtered(filters: ToolFilters, *, but: Collection[str] = ()) -> ToolQuerySet:
    """The published tools that pass every filter, leaving out those named `but`."""
    tools = Tool.objects.published()
    columns = {"category": "category__slug", "entry": "pricing_entry", "call": "panel__call"}
    for name, column in columns.items():
        if (values := getattr(filters, name)) and name not in but:
            tools = tools.filter(**{f"{column}__in": values})
    for verdict, reviewers in (("ship", filters.shipped_by), ("skip", filters.skipped_by)):
        if reviewers:
            said = Review.objects.published().filter(verdict=verdict, reviewer__slug__in=reviewers)
            tools = tools.filter(pk__in=said.values("tool"))
    if filters.fits and "fits" not in but:
        tools = tools.filter(pk__in=Tool.objects.filter(fits__condition__slug__in=filters.fits).values("pk"))
    if filters.q:
        tools = tools.filter(search=search_query(filters.q))
    return tools.filter(published_tally__total__gte=filters.min_votes)
