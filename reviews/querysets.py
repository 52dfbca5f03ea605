"""Reads of the panel's work, as phrases.

Rows are Any: they carry what a read annotates, which no type of a model knows.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Case, OuterRef, Q, Value, When
from django.db.models.functions import Now

from backend.api.counts import kept_count, number_of

# After so many days a review is looked at again.
REVIEW_DAYS = 180


class ReviewerQuerySet(models.QuerySet[Any]):
    def ids_of(self, slugs: Iterable[str]) -> list[UUID]:
        """The ids of reviewers with these slugs: one query."""
        return list(self.filter(slug__in=slugs).values_list("pk", flat=True))

    def in_roster_order(self) -> Self:
        return self.order_by("position", "id")

    def with_record(self) -> Self:
        """Adds `ship_count` and `skip_count` over published reviews of published tools, and `head_to_head_count`: what the
        database counted, less what is scheduled; one query."""
        related = self.model._meta.get_field
        reviews, answers = (
            related(name).related_model.objects.scheduled().filter(reviewer=OuterRef("pk"))
            for name in ("reviews", "head_to_heads")
        )
        counts = {
            f"{verdict}_count": kept_count("reviews", "pk", Value(verdict), Value("true"))
            - number_of(reviews.filter(verdict=verdict, tool__status="published"))
            for verdict in ("ship", "skip")
        }
        return self.annotate(
            **counts, head_to_head_count=kept_count("head_to_heads", "pk") - number_of(answers)
        )


class OpinionQuerySet(models.QuerySet[Any]):
    """What reviews and head-to-heads have in common."""

    def published(self) -> Self:
        """Live ones, whose tools may be read."""
        return self.filter(status="published", published_at__lte=Now())

    def scheduled(self) -> Self:
        """Live from a moment to come; few, which an index of the moments finds."""
        return self.filter(status="published", published_at__gt=Now())

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
    def of_tools(self, tool_ids: Iterable[UUID]) -> Self:
        return self.filter(tool__in=tool_ids)

    def due(self, *, today: date) -> Self:
        """Reviews of REVIEW_DAYS ago."""
        return self.filter(reviewed_on__lte=today - timedelta(days=REVIEW_DAYS))

    def in_roster_order(self) -> Self:
        return self.order_by("reviewer__position", "reviewer", "id")


class HeadToHeadQuerySet(OpinionQuerySet):
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
