"""Reads of curated pairs, as phrases; the verdict's outcome as PostgreSQL says it."""

from collections.abc import Iterable
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Abs, Cast, Coalesce, Greatest, JSONObject, Least, Now, NullIf

from catalog.models import ToolFit
from comparisons.rules import MIN_PANEL
from reviews.models import HeadToHead
from votes.models import PublishedPickTally

_PANEL_DECIDES = Q(pair_panel__shared_total__gte=MIN_PANEL) & ~Q(
    pair_panel__shared_first=F("pair_panel__shared_second")
)
_HEAD_TO_HEADS_DECIDE = Q(
    pair_panel__choose_first__gte=MIN_PANEL, pair_panel__choose_first__gt=F("pair_panel__choose_second")
) | Q(pair_panel__choose_second__gte=MIN_PANEL, pair_panel__choose_second__gt=F("pair_panel__choose_first"))
# Bounds that merely touch still overlap. A crowd that decides nothing has none, and null is greater than nothing.
_CROWDS_DIFFER = Q(
    first_tool__published_tally__bound_low__gt=F("second_tool__published_tally__bound_high")
) | Q(second_tool__published_tally__bound_low__gt=F("first_tool__published_tally__bound_high"))

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
        """Adds `outcome`, the present rule of comparisons.rules in SQL, so that lists can filter by it."""
        sure = _picks().filter(Q(bound_low__gt=0.5) | Q(bound_high__lt=0.5))
        return self.annotate(
            outcome=Case(
                When(_PANEL_DECIDES | _HEAD_TO_HEADS_DECIDE | _CROWDS_DIFFER, then=Value("winner")),
                When(Exists(sure), then=Value("winner")),
                When(pair_panel__shared_total__gte=MIN_PANEL, then=Value("tie")),
                default=Value("insufficient"),
                output_field=models.CharField(),
            )
        )

    def without_guidance(self) -> Self:
        """Pairs of which no condition, their own or a tool's, says whom either tool suits."""
        of_pair = self.model._meta.get_field("fits").related_model.objects.filter(comparison=OuterRef("pk"))
        of_tools = (ToolFit.objects.filter(tool=OuterRef(tool)) for tool in ("first_tool", "second_tool"))
        return self.filter(~Exists(of_pair), *(~Exists(fits) for fits in of_tools))

    def with_picks(self) -> Self:
        """Adds `pick_count`, the counted picks of the pair, and `stored_picks`, those of each tool in the order of ids,
        with the bounds of the first one's share and the time of both."""
        return self.annotate(
            pick_count=Coalesce(
                Subquery(_picks().values("total")), Value(0), output_field=models.IntegerField()
            ),
            stored_picks=Subquery(_picks().values(both=PICKS_AS_JSON)),
        )

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
        """Adds `panel_crowd_gap`: the points between the panel's lead and the crowd's; 0 while either side is unknown."""
        return self.annotate(
            panel_crowd_gap=Coalesce(
                Abs(
                    F("first_tool__panel__percent")
                    - F("second_tool__panel__percent")
                    - _crowd_percent("first_tool")
                    + _crowd_percent("second_tool")
                ),
                Value(0),
                output_field=models.IntegerField(),
            )
        )


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


def _crowd_percent(tool: str) -> models.expressions.Combinable:
    """The tool's community percentage, as votes.tally rounds it; null without votes."""
    # In 64 bits: 200 times eleven million votes is more than 32 hold.
    ship, total = (
        Cast(f"{tool}__published_tally__{count}", models.BigIntegerField()) for count in ("ship", "total")
    )
    return (ship * 200 + total) / NullIf(total * 2, Value(0))


class ToolMergeQuerySet(models.QuerySet[Any]):
    def standing(self) -> Self:
        """Merges that were not undone."""
        return self.filter(undone_at=None)
