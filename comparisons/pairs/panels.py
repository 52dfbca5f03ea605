"""The parameter `panel`: a verdict through the eyes of some reviewers alone."""

from collections.abc import Mapping, Sequence

from django.db import models
from django.db.models import Exists, OuterRef, Q
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from backend.api.parameters import CommaList
from reviews.models import HeadToHead, Review, Reviewer


class PanelList(CommaList):
    """Slugs of active reviewers, each once; in ascending order, whichever way they were given."""

    def __init__(self) -> None:
        super().__init__(
            may_repeat=False,
            help_text="Slugs of active reviewers: the verdict by these alone, and beside it what all say. The order makes "
            "no difference. Where nobody else has a say, the answer is that without `panel`: no other reviewer is active, "
            "and none who left has a public review or answer.",
        )

    def to_internal_value(self, data: str) -> list[str]:
        return sorted(super().to_internal_value(data))


def named_panel(slugs: Sequence[str]) -> Mapping[str, str] | None:
    """The names of these reviewers by their slugs; None where none are given, and then without a query.

    None too where there is nobody else whose word counts: no other reviewer is active, and who has left said nothing that
    is public. Raises a ValidationError that names each unknown or inactive one. One query.
    """
    if not slugs:
        return None
    found = Reviewer.objects.filter(slug__in=slugs).annotate(is_some=Exists(_others(slugs)))
    rows = list(found.values_list("slug", "name", "is_active", "is_some"))
    known = {slug: (name, is_active) for slug, name, is_active, _ in rows}
    errors = [
        ErrorDetail(
            f"The reviewer '{slug}' is not active."
            if slug in known
            else f"No reviewer is called '{slug}'; /api/v1/reviewers lists them.",
            "invalid_choice",
        )
        for slug in slugs
        if not known.get(slug, ("", False))[1]
    ]
    if errors:
        raise serializers.ValidationError({"panel": errors})
    return {slug: known[slug][0] for slug in slugs} if any(is_some for *_, is_some in rows) else None


def _others(slugs: Sequence[str]) -> models.QuerySet[Reviewer]:
    """Everybody else whose word counts: who is active, and who has left and still has a public review or answer."""
    reviews, answers = (
        Exists(each.objects.published().filter(reviewer=OuterRef("pk"))) for each in (Review, HeadToHead)
    )
    return Reviewer.objects.exclude(slug__in=slugs).filter(Q(is_active=True) | reviews | answers)
