"""Tools that may be the same product, and by what they look so."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection
from django.db.models import Count, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Lower, NullIf, Upper

from catalog.models import Tool
from comparisons.models import ToolMerge

# Of the three-letter pieces of two names, so many are common to both.
MIN_LIKENESS = 0.6
MOST_SHOWN = 10
MOST_GROUPS = 100


def _without(text: Func | Lower | F, pattern: str) -> Func:
    return Func(
        text, Value(pattern), Value(""), Value("g"), function="regexp_replace", output_field=TextField()
    )


# What two tools may have in common. In brackets stand sizes and years; an address is the same with www and a slash behind.
KEYS: dict[str, Func] = {
    "same name": _without(_without(Lower("name"), r"\([^)]*\)"), r"[^[:alnum:]]+"),
    "same website": _without(Lower("website"), r"^https?://(www\.)?|[/#?]+$"),
    "slugs begin alike": Func(
        F("slug"), Value("^[^-]+-[^-]+-[^-]+"), function="substring", output_field=TextField()
    ),
}


@dataclass(frozen=True)
class Likeness:
    """Tools that look like one, and by what."""

    tools: Sequence[Tool]
    reasons: Sequence[str]

    @property
    def product(self) -> str:
        """What their product may be called: as one of them says, or else the shortest of their names."""
        named = [tool.product for tool in self.tools if tool.product]
        return named[0] if named else min((tool.name for tool in self.tools), key=len)


def likenesses_of(tool: Tool) -> list[tuple[Tool, list[str]]]:
    """Other tools that may be the same as this one, those with most reasons first; not those of one product with it."""
    keys = _candidates().filter(pk=tool.pk).values_list(*KEYS.values()).first() or (None,) * len(KEYS)
    reasons: dict[Tool, list[str]] = {}
    for (reason, expression), key in zip(KEYS.items(), keys, strict=True):
        if key:
            alike = _candidates().alias(key=expression).filter(key=key)
            for found in _besides_releases(alike, tool).order_by("pk")[:MOST_SHOWN]:
                reasons.setdefault(found, []).append(reason)
    for other in _of_similar_name(tool):
        if "same name" not in reasons.setdefault(other, []):
            reasons[other].append("similar name")
    return sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0].slug))[:MOST_SHOWN]


def all_likenesses() -> list[Likeness]:
    """Groups of tools that may be one, by what all of a group have in common; three queries and one for the tools.

    Known releases of one product are no such group.
    """
    reasons: dict[tuple[object, ...], list[str]] = {}
    for reason, expression in KEYS.items():
        groups = _candidates().values(key=expression).exclude(Q(key="") | Q(key=None)).order_by("key")
        # A tool that names no product is like no other in that.
        products = Count(
            Coalesce(NullIf(Upper("product"), Value("")), Cast("pk", TextField())), distinct=True
        )
        of_two = groups.annotate(products=products, ids=ArrayAgg("pk", order_by="slug")).filter(
            products__gt=1
        )
        for _, ids in of_two.values_list("key", "ids")[:MOST_GROUPS]:
            reasons.setdefault(tuple(ids), []).append(reason)
    tools = Tool.objects.in_bulk({pk for ids in reasons for pk in ids})
    found = [Likeness([tools[pk] for pk in ids], why) for ids, why in reasons.items()]
    return sorted(found, key=lambda likeness: (-len(likeness.reasons), likeness.tools[0].slug))


def _candidates() -> QuerySet[Tool]:
    return Tool.objects.exclude(pk__in=ToolMerge.objects.standing().values("merged_tool"))


def _of_similar_name(tool: Tool) -> QuerySet[Tool]:
    """By pieces of three letters, where PostgreSQL has pg_trgm, which is optional."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_extension WHERE extname = 'pg_trgm'")
        if not cursor.rowcount:
            return Tool.objects.none()
    others = _besides_releases(_candidates(), tool)
    alike = others.annotate(likeness=TrigramSimilarity("name", tool.name))
    return alike.filter(likeness__gte=MIN_LIKENESS).order_by("-likeness", "pk")[:MOST_SHOWN]


def _besides_releases(tools: QuerySet[Tool], tool: Tool) -> QuerySet[Tool]:
    """Without the tool itself, and without other releases of its product."""
    others = tools.exclude(pk=tool.pk)
    return others.exclude(product__iexact=tool.product) if tool.product else others
