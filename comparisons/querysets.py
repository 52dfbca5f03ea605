"""Reads of curated pairs, as phrases."""

from collections.abc import Iterable
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Greatest, JSONObject, Least, Now

from catalog.models import ToolFit
from reviews.models import HeadToHead
from votes.models import PublishedPickTally

PICKS_AS_JSON = JSONObject(first="first", second="second", low="bound_low", high="bound_high", as_of="as_of")
# A head-to-head with its reviewer, by the names of the columns.
HEAD_TO_HEAD_AS_JSON = JSONObject(
    **{
        name: name
        for name in (
            *(
                "id",
                "choice_id",
                "quote",
                "basis",
                "disclosure",
                "evidence",
                "compared_on",
                "revision",
                "updated_at",
            ),
            *(
                f"reviewer__{name}"
                for name in ("id", "slug", "name", "kind", "lens", "position", "updated_at")
            ),
        )
    }
)


# The models import their querysets, which therefore name no model to the type checker.
class ComparisonQuerySet(models.QuerySet[Any]):
    def published(self) -> Self:
        """Published pairs whose tools may both be read, by PostgreSQL's clock."""
        return self.visible().filter(status="published")

    def visible(self) -> Self:
        """The same, and archived ones."""
        return self.filter(public_at__lte=Now())

    def of_tools(self, tool_ids: Iterable[UUID]) -> Self:
        """Pairs in which any of these tools stands. Ids rather than a query for them: an index is read for each side."""
        tool_ids = list(tool_ids)
        return self.filter(Q(first_tool__in=tool_ids) | Q(second_tool__in=tool_ids))

    def in_categories(self, slugs: Iterable[str]) -> Self:
        """Pairs of which at least one tool is in one of these categories."""
        slugs = list(slugs)
        return self.filter(Q(first_tool__category__slug__in=slugs) | Q(second_tool__category__slug__in=slugs))

    def with_outcome(self) -> Self:
        """Adds `outcome`, as sql/listings.sql keeps it."""
        return self.annotate(outcome=F("listing__outcome"))

    def without_guidance(self) -> Self:
        """Pairs of which no condition, their own or a tool's, says whom either tool suits."""
        of_pair = self.model._meta.get_field("fits").related_model.objects.filter(comparison=OuterRef("pk"))
        of_tools = (ToolFit.objects.filter(tool=OuterRef(tool)) for tool in ("first_tool", "second_tool"))
        return self.filter(~Exists(of_pair), *(~Exists(fits) for fits in of_tools))

    def with_picks(self) -> Self:
        """Adds `stored_picks`, the counted picks of each tool in the order of ids, with the bounds of the first one's share
        and the time of both."""
        return self.annotate(stored_picks=Subquery(_picks().values(both=PICKS_AS_JSON)))

    def with_fits(self) -> Self:
        """Adds `fit_rows`, the conditions that an editor put on the pair, each with the slug of its tool; no query more."""
        fits = self.model._meta.get_field("fits").related_model.objects
        of_pair = fits.filter(comparison=OuterRef("pk"))
        return self.annotate(fit_rows=of_pair.as_rows(tool="tool__slug"))

    def with_fits_of_tools(self) -> Self:
        """Adds `first_fit_rows` and `second_fit_rows`, the conditions of the two tools; no query more."""
        return self.annotate(
            first_fit_rows=ToolFit.objects.filter(tool=OuterRef("first_tool")).as_rows(),
            second_fit_rows=ToolFit.objects.filter(tool=OuterRef("second_tool")).as_rows(),
        )

    def with_head_to_heads(self) -> Self:
        """Adds `stored_head_to_heads`, the published ones on the pair in the roster's order."""
        answers = HeadToHead.objects.published().filter(**_of_the_pair()).in_roster_order()
        return self.annotate(stored_head_to_heads=ArraySubquery(answers.values(answer=HEAD_TO_HEAD_AS_JSON)))

    def with_panel_crowd_gap(self) -> Self:
        """Adds `panel_crowd_gap`, as sql/listings.sql keeps it."""
        return self.annotate(panel_crowd_gap=F("listing__panel_crowd_gap"))


class VerdictChangeQuerySet(models.QuerySet[Any]):
    def with_winners(self) -> Self:
        """With the tools that win before and after, and no query more for them."""
        return self.select_related("winner", "before_winner").defer("winner__search", "before_winner__search")


def _of_the_pair() -> dict[str, models.expressions.Combinable]:
    """Of a row that keeps its pair in the order of ids: that it is of the outer row's pair."""
    return {
        "first_tool": Least(OuterRef("first_tool"), OuterRef("second_tool")),
        "second_tool": Greatest(OuterRef("first_tool"), OuterRef("second_tool")),
    }


def _picks() -> models.QuerySet[PublishedPickTally]:
    return PublishedPickTally.objects.filter(**_of_the_pair())


class ToolMergeQuerySet(models.QuerySet[Any]):
    def standing(self) -> Self:
        """Merges that were not undone."""
        return self.filter(undone_at=None)
