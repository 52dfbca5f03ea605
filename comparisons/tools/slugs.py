"""Slugs that a caller filters by: which of them exist, and the refusal of those that do not."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Now
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from catalog.models import Category, Tool, ToolAlias
from comparisons.models import Comparison, pair_slug
from reviews.models import Reviewer

# Rows of several models, of which only the slug is read.
SLUG_OWNERS: dict[str, list[QuerySet[Any, Any]]] = {
    "category": [Category.objects.all()],
    "reviewer": [Reviewer.objects.all()],
    "tool": [Tool.objects.visible(), ToolAlias.objects.filter(tool__public_at__lte=Now())],
}


def known_slugs(asked: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the asked (kind, slug) that exist, earlier slugs of tools among them; one query at most."""
    by_kind: dict[str, list[str]] = {}
    for kind, slug in asked:
        by_kind.setdefault(kind, []).append(slug)
    queries = [
        owners.filter(slug__in=slugs)
        .annotate(asked_kind=Value(kind, output_field=CharField()))
        .values_list("asked_kind", "slug")
        for kind, slugs in by_kind.items()
        for owners in SLUG_OWNERS[kind]
    ]
    return set(queries[0].union(*queries[1:])) if queries else set()


def refuse_unknown_slugs(params: Mapping[str, Sequence[str]], kinds: Mapping[str, str]) -> None:
    """Raises a ValidationError that names each unknown slug; `kinds` says what a parameter's slugs are of.

    One query at most.
    """
    asked = [(parameter, kinds[parameter], slug) for parameter in kinds for slug in params[parameter]]
    known = known_slugs((kind, slug) for _, kind, slug in asked)
    errors: dict[str, list[ErrorDetail]] = {}
    for parameter, kind, slug in asked:
        if (kind, slug) not in known:
            plural = {"category": "categories"}.get(kind, f"{kind}s")
            message = f"No {kind} is called '{slug}'; /api/v1/{plural} lists them."
            errors.setdefault(parameter, []).append(ErrorDetail(message, "invalid_choice"))
    if errors:
        raise serializers.ValidationError(errors)


def taken_pair_slugs(tool: Tool, slug: str) -> list[str]:
    """Slugs of other pairs that the pairs of this tool would come to have, were it called `slug`. Two queries."""
    pairs = Comparison.objects.filter(Q(first_tool=tool) | Q(second_tool=tool))
    wanted = {
        pair_slug(slug, other)
        for names in pairs.values_list("first_tool__slug", "second_tool__slug")
        for other in names
        if other != tool.slug
    }
    taken = Comparison.objects.filter(pair_slug__in=wanted).exclude(pk__in=pairs.values("pk"))
    return sorted(taken.values_list("pair_slug", flat=True))
