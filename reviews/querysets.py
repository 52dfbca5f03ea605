"""Reads of the panel's work, as phrases.

Rows are Any: they carry what a read annotates, which no type of a model knows.
"""

from collections.abc import Iterable
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Now

# Neither is public before its tool is.
_PUBLIC_REVIEW = Q(
    reviews__status="published", reviews__published_at__lte=Now(), reviews__tool__status="published"
)


class ReviewerQuerySet(models.QuerySet[Any]):
    def in_roster_order(self) -> Self:
        return self.order_by("position", "id")

    def with_record(self) -> Self:
        """Adds `ship_count` and `skip_count` over published reviews of published tools; one query."""
        return self.annotate(
            ship_count=Count("reviews", filter=_PUBLIC_REVIEW & Q(reviews__verdict="ship")),
            skip_count=Count("reviews", filter=_PUBLIC_REVIEW & Q(reviews__verdict="skip")),
        )


class ReviewQuerySet(models.QuerySet[Any]):
    def published(self) -> Self:
        """Live reviews of tools that may be read."""
        return self.filter(status="published", published_at__lte=Now())

    def of_tools(self, tool_ids: Iterable[UUID]) -> Self:
        return self.filter(tool__in=tool_ids)

    def in_roster_order(self) -> Self:
        return self.order_by("reviewer__position", "reviewer", "id")
