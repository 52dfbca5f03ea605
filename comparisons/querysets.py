"""Reads of curated pairs, as phrases; the verdict's outcome as PostgreSQL says it."""

from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Abs, Cast, Coalesce, Greatest, JSONObject, Least, Now, NullIf

from catalog.models import ToolFit
from comparisons.verdict import MIN_PANEL
from votes.models import PublishedPickTally

_PANELS_DIFFER = ~Q(first_tool__panel__percent=F("second_tool__panel__percent"))
# Bounds that merely touch still overlap. A crowd that decides nothing has none, and null is greater than nothing.
_CROWDS_DIFFER = Q(
    first_tool__published_tally__bound_low__gt=F("second_tool__published_tally__bound_high")
) | Q(second_tool__published_tally__bound_low__gt=F("first_tool__published_tally__bound_high"))


# The models import their querysets, which therefore name no model to the type checker.
class ComparisonQuerySet(models.QuerySet[Any]):
    def published(self) -> Self:
        """Published pairs whose tools may both be read, by PostgreSQL's clock."""
        return self.visible().filter(status="published")

    def visible(self) -> Self:
        """The same, and archived ones."""
        return self.filter(public_at__lte=Now())

    def of_tools(self, tool_ids: models.QuerySet[models.Model]) -> Self:
        """Pairs in which any of these tools stands."""
        return self.filter(Q(first_tool__in=tool_ids) | Q(second_tool__in=tool_ids))

    def in_categories(self, slugs: Iterable[str]) -> Self:
        """Pairs of which at least one tool is in one of these categories."""
        slugs = list(slugs)
        return self.filter(Q(first_tool__category__slug__in=slugs) | Q(second_tool__category__slug__in=slugs))

    def with_outcome(self) -> Self:
        """Adds `outcome`, the rule of comparisons.verdict in SQL, so that lists can filter by it."""
        return self.annotate(
            outcome=Case(
                When(
                    Q(first_tool__panel__total__lt=MIN_PANEL) | Q(second_tool__panel__total__lt=MIN_PANEL),
                    then=Value("insufficient"),
                ),
                When(_PANELS_DIFFER | _CROWDS_DIFFER, then=Value("winner")),
                default=Value("tie"),
                output_field=models.CharField(),
            )
        )

    def with_picks(self) -> Self:
        """Adds `pick_count`, the counted picks of the pair, and `stored_picks`, those of each tool in the order of ids."""
        picks = PublishedPickTally.objects.filter(
            first_tool=Least(OuterRef("first_tool"), OuterRef("second_tool")),
            second_tool=Greatest(OuterRef("first_tool"), OuterRef("second_tool")),
        )
        return self.annotate(
            pick_count=Coalesce(
                Subquery(picks.values("total")), Value(0), output_field=models.IntegerField()
            ),
            stored_picks=Subquery(picks.values(both=JSONObject(first="first", second="second"))),
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


def _crowd_percent(tool: str) -> models.expressions.Combinable:
    """The tool's community percentage, as votes.tally rounds it; null without votes."""
    # In 64 bits: 200 times eleven million votes is more than 32 hold.
    ship, total = (
        Cast(f"{tool}__published_tally__{count}", models.BigIntegerField()) for count in ("ship", "total")
    )
    return (ship * 200 + total) / NullIf(total * 2, Value(0))
