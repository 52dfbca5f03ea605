"""Which two tools a row of the file means, and the rows of the database that are of such pairs."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from backend.api.quoting import quoted
from catalog.pairs import in_order
from comparisons.catalog_file.format import Row
from comparisons.catalog_file.reading import Problems
from comparisons.catalog_file.tool_slugs import ToolSlugs


def pair_of(row: Row, slugs: ToolSlugs, errors: Problems) -> frozenset[UUID]:
    """The ids of the row's `tools`; fewer than two where `errors` tell what is wrong with them."""
    named = row.values["tools"]
    unknown = [index for index, slug in enumerate(named) if slug not in slugs.tool_ids]
    errors += [f"{row.place}.tools[{index}]: no tool is called {quoted(named[index])}" for index in unknown]
    pair = frozenset(slugs.tool_ids[slug] for slug in named if slug in slugs.tool_ids)
    if len(pair) == 1 and not unknown:
        errors += [f"{row.place}.tools: must be two different tools"]
    return pair


def is_any_pair(pairs: Iterable[frozenset[UUID]]) -> RawSQL:
    """Whether a row's tools are one of the pairs, whichever stands first."""
    sides = [in_order(pair) for pair in pairs]
    return RawSQL(
        "(LEAST(first_tool_id, second_tool_id), GREATEST(first_tool_id, second_tool_id))"
        " IN (SELECT * FROM unnest(%s::uuid[], %s::uuid[]))",
        [[low for low, _ in sides], [high for _, high in sides]],
        output_field=BooleanField(),
    )
