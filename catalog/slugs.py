"""Slugs that a caller filters by: which of them exist, and the refusal of those that do not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import CharField, Model, QuerySet, Value
from django.db.models.functions import Now
from rest_framework.exceptions import ErrorDetail, ValidationError

from catalog.models import Category, Condition, Tool, ToolAlias


@dataclass(frozen=True, eq=False)
class SlugKind:
    """What a slug may be of: its name, the list of all, and the rows that own slugs, of which only the slug is read."""

    name: str
    plural: str
    owners: tuple[QuerySet[Model, object], ...]


CATEGORY = SlugKind("category", "categories", (Category.objects.all(),))
CONDITION = SlugKind("condition", "conditions", (Condition.objects.all(),))
TOOL = SlugKind(
    "tool", "tools", (Tool.objects.visible(), ToolAlias.objects.filter(tool__public_at__lte=Now()))
)


def known_slugs(asked: Iterable[tuple[SlugKind, str]]) -> set[tuple[SlugKind, str]]:
    """Those of the asked slugs that exist, earlier slugs of tools among them; one query at most."""
    by_kind: dict[SlugKind, list[str]] = {}
    for kind, slug in asked:
        by_kind.setdefault(kind, []).append(slug)
    kinds = {kind.name: kind for kind in by_kind}
    queries = [
        owners.filter(slug__in=slugs)
        .annotate(asked_kind=Value(kind.name, output_field=CharField()))
        .values_list("asked_kind", "slug")
        for kind, slugs in by_kind.items()
        for owners in kind.owners
    ]
    found = queries[0].union(*queries[1:]) if queries else []
    return {(kinds[name], slug) for name, slug in found}


def refuse_unknown_slugs(params: Mapping[str, Sequence[str]], kinds: Mapping[str, SlugKind]) -> None:
    """Raises a ValidationError that names each unknown slug; `kinds` says what a parameter's slugs are of.

    One query at most.
    """
    asked = [(parameter, kinds[parameter], slug) for parameter in kinds for slug in params[parameter]]
    known = known_slugs((kind, slug) for _, kind, slug in asked)
    errors: dict[str, list[ErrorDetail]] = {}
    for parameter, kind, slug in asked:
        if (kind, slug) not in known:
            message = f"No {kind.name} is called '{slug}'; /api/v1/{kind.plural} lists them."
            errors.setdefault(parameter, []).append(ErrorDetail(message, "invalid_choice"))
    if errors:
        raise ValidationError(errors)
