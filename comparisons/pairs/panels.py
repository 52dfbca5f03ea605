"""The parameter `panel`: a verdict through the eyes of some reviewers alone."""

from collections.abc import Mapping, Sequence

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from backend.api.parameters import CommaList
from reviews.models import Reviewer


class PanelList(CommaList):
    """Slugs of active reviewers, each once; in ascending order, whichever way they were given."""

    default_error_messages = {"repeated": "'{value}' stands twice."}

    def __init__(self) -> None:
        super().__init__(
            help_text="Slugs of active reviewers: the verdict by these alone, and beside it what all say. The order makes "
            "no difference."
        )

    def to_internal_value(self, data: str) -> list[str]:
        given = str(data).split(",")
        items = super().to_internal_value(data)
        if len(items) < len(given):
            self.fail("repeated", value=next(item for item in given if given.count(item) > 1))
        return sorted(items)


def named_panel(slugs: Sequence[str]) -> Mapping[str, str] | None:
    """The names of these reviewers by their slugs; None where none are given, and then without a query.

    Raises a ValidationError that names each unknown or inactive one.
    """
    if not slugs:
        return None
    found = Reviewer.objects.filter(slug__in=slugs)
    known = {
        slug: (name, is_active) for slug, name, is_active in found.values_list("slug", "name", "is_active")
    }
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
    return {slug: known[slug][0] for slug in slugs}
