"""Reads of pairs: the two tools that a slug names, with all that a comparison shows of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from backend.api.prepared import Prepared
from backend.api.problems import Refusal
from catalog.models import Tool, ToolAlias
from catalog.pairs import by_id, by_slug
from catalog.querysets import ToolQuerySet
from comparisons.models import PAIR_SEPARATOR, Comparison
from comparisons.pairs.answers import answers_read_with, answers_to, any_pair, ids_of, sides_of
from comparisons.pairs.pair import FoundPair, Pair
from comparisons.querysets import ComparisonQuerySet
from comparisons.tools.selectors import (
    COUNTS,
    read_reviews,
    tools_with_counts,
)

MAX_SLUG_LENGTH = Tool._meta.get_field("slug").max_length or 0


def comparisons_with_counts() -> ComparisonQuerySet:
    """Published pairs with all that a list shows of their tools: one query."""
    return with_counts(Comparison.objects.published()).with_panel_crowd_gap()


def with_counts(pairs: ComparisonQuerySet) -> ComparisonQuerySet:
    """With all that `pair_from_counts` needs to know: no query more."""
    sides = [f"{side}__{relation}" for side in ("first_tool", "second_tool") for relation in COUNTS]
    return pairs.select_related(*sides, "pair_panel").with_picks()


def comparisons_with_guidance() -> ComparisonQuerySet:
    """The same with the conditions that decide between their tools: one query too."""
    return comparisons_with_counts().with_fits().with_fits_of_tools()


def tools_with_fits(comparison: Comparison) -> tuple[Tool, Tool]:
    """The tools of a comparison that was read with its guidance, each with its own conditions."""
    first, second = comparison.first_tool, comparison.second_tool
    first.fit_rows, second.fit_rows = comparison.first_fit_rows, comparison.second_fit_rows
    return first, second


def by_asked_slugs(tools: ToolQuerySet) -> Prepared:
    """Those of the tools that are visible and have, or once had, one of the `slugs` it is asked for; each with those of
    them that it once had as `asked_aliases`."""

    def build(slugs: Sequence[str]) -> ToolQuerySet:
        aliases = ToolAlias.objects.filter(tool=OuterRef("pk"), slug__in=slugs).values("slug")
        named = tools.visible().with_slugs(slugs)
        asked: ToolQuerySet = named.annotate(asked_aliases=ArraySubquery(aliases))
        return asked

    return Prepared(build)


NAMED_TOOLS = by_asked_slugs(Tool.objects.defer("search"))
SHOWN_TOOLS = by_asked_slugs(tools_with_counts().with_fits())
STORED_PAIRS = Prepared(
    lambda firsts, seconds: (
        Comparison.objects.visible()
        .with_picks()
        .with_head_to_heads()
        .with_fits()
        .filter(any_pair(zip(firsts, seconds, strict=True)))
    )
)
LISTED_PAIRS = Prepared(lambda ids: comparisons_with_guidance().with_head_to_heads().filter(pk__in=ids))


class ComparisonNotFound(Refusal):
    status_code = 404
    default_code = "comparison_not_found"
    default_detail = "No two published tools make up this slug."


def find_pair(slug: str, *, panel_of: Mapping[str, str] | None = None) -> Pair:
    """The pair that a comparison's slug names, with all that a page shows of it; raises ComparisonNotFound.

    Three queries for a pair that an editor published, four for another, whatever the number of reviews.
    """
    found = resolve_pair(slug, tools=SHOWN_TOOLS)
    read_reviews(found.tools)
    answers = (
        answers_read_with(found.stored)
        if found.stored
        else answers_to([found.tools])[ids_of(by_id(*found.tools))]
    )
    return Pair(found.first, found.second, found.stored, answers=answers, panel_of=panel_of)


def resolve_pair(slug: str, *, tools: Prepared = NAMED_TOOLS) -> FoundPair:
    """The two tools that a comparison's slug names, in either order and by present or earlier slugs.

    Raises ComparisonNotFound unless an editor published the pair or both tools are published. A tool's slug may
    itself hold the separator, so each way to read the slug is looked up; where more than one leads to two tools, a
    curated pair wins, then the reading with the shortest first slug. Two queries. `tools` are `by_asked_slugs`.
    """
    readings = list(_readings(slug))
    named = tools_by_asked_slug(tools, {name for reading in readings for name in reading})
    pairs = [
        by_slug(named[one], named[other])
        for one, other in readings
        if one in named and other in named and named[one] != named[other]
    ]
    stored = stored_pairs(pairs)
    found = [FoundPair(*pair, stored.get(ids_of(pair))) for pair in pairs]
    pair = min(found, key=lambda pair: pair.comparison is None, default=None)
    if pair is None:
        raise ComparisonNotFound
    if pair.comparison is None and not all(tool.is_published for tool in pair.tools):
        raise ComparisonNotFound
    return pair


def _readings(slug: str) -> Iterator[tuple[str, str]]:
    """Every way to read `a-vs-b` as two slugs, of which none is longer than a slug can be: 128 at most."""
    at = slug.find(PAIR_SEPARATOR, 1)
    while at != -1:
        first, second = slug[:at], slug[at + len(PAIR_SEPARATOR) :]
        if max(len(first), len(second)) <= MAX_SLUG_LENGTH:
            yield first, second
        at = slug.find(PAIR_SEPARATOR, at + 1)


def tools_by_asked_slug(tools: Prepared, slugs: Iterable[str]) -> dict[str, Tool]:
    """Those of the tools that are visible, by the slug that was asked for."""
    asked = tools.rows(slugs=list(slugs))
    return {name: tool for tool in asked for name in [tool.slug, *tool.asked_aliases]}


def stored_pairs(pairs: Sequence[tuple[Tool, Tool]]) -> dict[tuple[UUID, UUID], Comparison]:
    """Those of the pairs that an editor published, archived ones too, by the pair's ids: one query.

    With all that was said of them, and their conditions.
    """
    found = STORED_PAIRS.rows(**sides_of(pairs))
    return {(comparison.first_tool_id, comparison.second_tool_id): comparison for comparison in found}


def pair_up(pairs: Sequence[tuple[Tool, Tool]], *, panel_of: Mapping[str, str] | None = None) -> list[Pair]:
    """Each pair with its curated comparison, and what was said of it: two queries."""
    stored = stored_pairs(pairs)
    answers = answers_to(pairs)
    return [
        Pair(*pair, stored.get(ids_of(pair)), answers=answers[ids_of(by_id(*pair))], panel_of=panel_of)
        for pair in pairs
    ]


def pairs_of(comparisons: Sequence[Comparison]) -> list[Pair]:
    """The pairs of comparisons that were read with their tools, conditions and all that was said of them: one query, for
    reviews."""
    pairs = [tools_with_fits(row) for row in comparisons]
    read_reviews([tool for pair in pairs for tool in pair])
    return [
        Pair(*pair, row, answers=answers_read_with(row)) for pair, row in zip(pairs, comparisons, strict=True)
    ]
