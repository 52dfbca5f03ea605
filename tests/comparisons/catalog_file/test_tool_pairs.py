"""Which two tools a row of the file means."""

from uuid import UUID

import pytest

from backend.api.ids import new_id
from comparisons.catalog_file.format import Row
from comparisons.catalog_file.reading import Problems
from comparisons.catalog_file.tool_pairs import is_any_pair, pair_of
from comparisons.catalog_file.tool_slugs import ToolSlugs
from comparisons.models import Comparison
from tests.factories import ComparisonFactory

ALPHA, BETA = new_id(), new_id()


@pytest.mark.parametrize(
    ("tools", "pair", "line"),
    [
        (["alpha", "beta"], {ALPHA, BETA}, None),
        (["beta", "old-alpha"], {ALPHA, BETA}, None),
        (["alpha", "old-alpha"], {ALPHA}, "comparisons[3].tools: must be two different tools"),
        (["alpha", "gamma"], {ALPHA}, 'comparisons[3].tools[1]: no tool is called "gamma"'),
    ],
)
def test_two_slugs_mean_two_tools_or_tell_why_not(
    tools: list[str], pair: set[UUID], line: str | None
) -> None:
    errors = Problems()
    slugs = ToolSlugs(errors, [])
    slugs.tool_ids = {"alpha": ALPHA, "old-alpha": ALPHA, "beta": BETA}

    found = pair_of(Row("comparisons[3]", {"tools": tools}, is_whole=True), slugs, errors)

    assert found == pair
    assert list(errors) == ([line] if line else [])


@pytest.mark.django_db
def test_rows_of_a_pair_are_found_whichever_tool_stands_first() -> None:
    pair, _ = ComparisonFactory.create_batch(2)

    found = Comparison.objects.filter(
        is_any_pair([frozenset([pair.second_tool_id, pair.first_tool_id]), frozenset([ALPHA, BETA])])
    )

    assert list(found) == [pair]
