"""Reads of the panel's work, as phrases.

Rows are Any: they carry what a read annotates, which no type of a model knows.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Case, Count, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce, Now

# After so many days a review is looked at again.
REVIEW_DAYS = 180

# Neither is public before its tool is.
_PUBLIC_REVIEW = Q(
    reviews__status="published", reviews__published_at__lte=Now(), reviews__tool__status="published"
)


class ReviewerQuerySet(models.QuerySet[Any]):
    def ids_of(self, slugs: Iterable[str]) -> list[UUID]:
        """The ids of reviewers with these slugs: one query."""
        return list(self.filter(slug__in=slugs).values_list("pk", flat=True))

    def in_roster_order(self) -> Self:
        return self.order_by("position", "id")

    def with_record(self) -> Self:
        """Adds `ship_count` and `skip_count` over published reviews of published tools, and `head_to_head_count`; one
        query."""
        # A second join would count each review once for each head-to-head.
        head_to_heads = (
            self.model.head_to_heads.rel.related_model.objects.published()
            .filter(reviewer=OuterRef("pk"))
            .order_by()
            .values("reviewer")
            .values(number=Count("*"))
        )
        return self.annotate(
            ship_count=Count("reviews", filter=_PUBLIC_REVIEW & Q(reviews__verdict="ship")),
            skip_count=Count("reviews", filter=_PUBLIC_REVIEW & Q(reviews__verdict="skip")),
            head_to_head_count=Coalesce(Subquery(head_to_heads), 0),
        )


class OpinionQuerySet(models.QuerySet[Any]):
    """What reviews and head-to-heads have in common."""

    def nearest_to_readers_last(self) -> Self:
        """Drafts, what is in review, what is published; of each the latest last. Without what was retracted."""
        step = Case(
            When(status="draft", then=0),
            When(status="in_review", then=1),
            default=2,
            output_field=models.IntegerField(),
        )
        return self.exclude(status="retracted").order_by(step, "updated_at", "id")


class ReviewQuerySet(OpinionQuerySet):
    def published(self) -> Self:
        """Live reviews of tools that may be read."""
        return self.filter(status="published", published_at__lte=Now())

    def of_tools(self, tool_ids: Iterable[UUID]) -> Self:
        return self.filter(tool__in=tool_ids)

    def due(self, *, today: date) -> Self:
        """Reviews of REVIEW_DAYS ago."""
        return self.filter(reviewed_on__lte=today - timedelta(days=REVIEW_DAYS))

    def in_roster_order(self) -> Self:
        return self.order_by("reviewer__position", "reviewer", "id")


class HeadToHeadQuerySet(OpinionQuerySet):
    def published(self) -> Self:
        """Live ones on two tools that may both be read."""
        return self.filter(status="published", published_at__lte=Now())

    def of_tools(self, tool_ids: Iterable[UUID]) -> Self:
        """On pairs in which any of these tools stands."""
        tool_ids = list(tool_ids)
        return self.filter(Q(first_tool__in=tool_ids) | Q(second_tool__in=tool_ids))

    def in_roster_order(self) -> Self:
        return self.order_by("reviewer__position", "reviewer", "id")

    def with_all_named(self) -> Self:
        """With the reviewer, both tools and the chosen one, and no query more for them."""
        return self.select_related("reviewer", "first_tool", "second_tool", "choice").defer(
            "first_tool__search", "second_tool__search", "choice__search"
        )
