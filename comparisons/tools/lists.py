"""Lists of tools: which narrow rows pass the filters, in which order."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.postgres.search import SearchRank
from django.db.models import F, FloatField, IntegerField, Model, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from backend.api.pagination import Constant
from backend.api.prepared import Prepared
from catalog.models import Tool, ToolFit
from catalog.querysets import search_query
from comparisons.listings import (
    ABOVE_ALL_PERCENT,
    ARE_MORE,
    BELOW_ALL_PERCENT,
    MATCHING,
    VOTE_STEPS,
    ListedTool,
    in_categories,
    vote_step,
)
from comparisons.tools.filters import ToolFilters
from comparisons.tools.selectors import tools_with_counts
from reviews.models import Review
from votes.models import ABOVE_ALL_BOUNDS, BELOW_ALL_BOUNDS

# By the names of sorts, and as cursors have them.
TOOL_SORTS = {
    "published_at": ["published_at"],
    "name": ["sort_key"],
    "panel": ["panel_score"],
    "community": ["crowd_low", "crowd_high", "published_tally__tool_id"],
    "votes": ["published_tally__total"],
}

# Relevance is computed for so many tools with the words in their name, and for so many others, the newest of each.
MOST_RANKED = 200

# What was published once more meanwhile is of another page.
LISTED_TOOLS = Prepared(lambda ids: tools_with_counts().published().filter(pk__in=ids))


@dataclass(frozen=True, slots=True)
class ToolList:
    """The published tools that pass every filter, in an order."""

    filters: ToolFilters
    sort: str

    model = Tool
    rows = LISTED_TOOLS

    @property
    def text(self) -> str:
        return self.filters.q

    @property
    def keys(self) -> list[str]:
        if self.sort == "relevance":
            return ["-relevance"]
        name, sign = self.sort.removeprefix("-"), "-" if self._falls else ""
        return [sign + key for key in TOOL_SORTS[name]]

    @property
    def columns(self) -> Mapping[str, Combinable]:
        """Written as indexes have them. Unknown is neither good nor bad: it comes last, either way."""
        if self.sort == "relevance":
            return {}
        percent = Constant(BELOW_ALL_PERCENT if self._falls else ABOVE_ALL_PERCENT, IntegerField())
        bound = Constant(BELOW_ALL_BOUNDS if self._falls else ABOVE_ALL_BOUNDS, FloatField())
        return {
            "panel_score": Coalesce("panel_percent", percent),
            "crowd_low": Coalesce("crowd_low", bound),
            "crowd_high": Coalesce("crowd_high", bound),
            "published_tally__tool_id": F("tool"),
            "published_tally__total": F("votes"),
        }

    @property
    def _falls(self) -> bool:
        return self.sort.startswith("-")

    @property
    def matches(self) -> QuerySet[Model, object] | None:
        is_sorted = self.filters.q and self.sort != "relevance"
        return self.filters.documents().values("pk") if is_sorted else None

    def parts(self) -> list[QuerySet[Model]]:
        """Apart what no index holds in one order: several categories, steps of votes, and what few tools match."""
        if self.sort == "relevance":
            return [self._by_relevance()]
        if not self.filters.q:
            return self._in_order()
        few = ListedTool.objects.published().filter(~Q(ARE_MORE), pk__in=MATCHING)
        return [few, *(rows.filter(ARE_MORE) for rows in self._in_order())]

    def _in_order(self) -> list[QuerySet[Model]]:
        """What an index holds in this order, which is read until a page is found."""
        filters, rows = self.filters, self._narrowed()
        if filters.category:
            return [rows.filter(in_categories("category", [slug])) for slug in filters.category]
        if filters.min_votes and self.sort.endswith("published_at"):
            first = bisect_right(VOTE_STEPS, filters.min_votes)
            rows = rows.annotate(vote_step=vote_step())
            return [rows.filter(vote_step=Constant(step)) for step in range(first, len(VOTE_STEPS) + 1)]
        return [rows]

    def _by_relevance(self) -> QuerySet[Tool]:
        """Those that can stand at the front: a rank is computed from all words of a tool, and common words are in most."""
        query, rows = search_query(self.filters.q), self.filters.documents(but=["q"])
        named, others = (
            found.order_by("-published_at", "-pk").values("pk")[:MOST_RANKED]
            for found in (rows.named(query), rows.having(query))
        )
        rank = Cast(SearchRank(F("search"), query), FloatField())
        ranked: QuerySet[Tool] = Tool.objects.filter(pk__in=named.union(others)).annotate(relevance=rank)
        return ranked

    def whole(self) -> QuerySet[Model]:
        if self.sort == "relevance":
            [matches] = self.parts()
            return matches
        return self.filters.counted()

    def _narrowed(self) -> QuerySet[ListedTool]:
        """By all filters but categories."""
        filters = self.filters
        rows = filters.by_values(ListedTool.objects.published(), but=["category"])
        if filters.q:
            # Or what no row is: as an alternative, matches are put into a hash; alone, they would be joined and all sorted.
            return rows.filter(Q(pk__in=MATCHING) | Q(sort_key__isnull=True))
        for verdict, reviewers in (("ship", filters.shipped_by), ("skip", filters.skipped_by)):
            if reviewers:
                said = Review.objects.published().filter(verdict=verdict, reviewer__slug__in=reviewers)
                rows = rows.filter(pk__in=said.values("tool"))
        if filters.fits:
            rows = rows.filter(pk__in=ToolFit.objects.filter(condition__slug__in=filters.fits).values("tool"))
        if filters.min_votes:
            rows = rows.filter(votes__gte=Constant(filters.min_votes))
        return rows
