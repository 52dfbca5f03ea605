"""Tools that may be one product, and by what they look so."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection
from django.db.models import Count, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Lower

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


def likenesses_of(tool: Tool) -> list[tuple[Tool, list[str]]]:
    """Other tools that may be the same as this one, those with most reasons first."""
    keys = _candidates().filter(pk=tool.pk).values_list(*KEYS.values()).first() or (None,) * len(KEYS)
    reasons: dict[Tool, list[str]] = {}
    for (reason, expression), key in zip(KEYS.items(), keys, strict=True):
        if key:
            alike = _candidates().alias(key=expression).filter(key=key).exclude(pk=tool.pk)
            for found in alike.order_by("pk")[:MOST_SHOWN]:
                reasons.setdefault(found, []).append(reason)
    for other in _of_similar_name(tool):
        if "same name" not in reasons.setdefault(other, []):
            reasons[other].append("similar name")
    return sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0].slug))[:MOST_SHOWN]


def all_likenesses() -> list[Likeness]:
    """Groups of tools that may be one, by what all of a group have in common; three queries and one for the tools."""
    reasons: dict[tuple[object, ...], list[str]] = {}
    for reason, expression in KEYS.items():
        groups = _candidates().values(key=expression).exclude(Q(key="") | Q(key=None)).order_by("key")
        of_two = groups.annotate(count=Count("pk"), ids=ArrayAgg("pk", order_by="slug")).filter(count__gt=1)
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
    alike = _candidates().annotate(likeness=TrigramSimilarity("name", tool.name))
    return (
        alike.filter(likeness__gte=MIN_LIKENESS).exclude(pk=tool.pk).order_by("-likeness", "pk")[:MOST_SHOWN]
    )
