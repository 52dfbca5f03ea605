"""What narrows the list of comparisons: each filter alone and together, on either side of a pair."""

from typing import Any
from uuid import UUID

import pytest

from comparisons.models import Comparison
from comparisons.pairs.filters import PairFilters
from tests.database import execute
from tests.factories import CategoryFactory, ComparisonFactory, ToolFactory, review

pytestmark = pytest.mark.django_db


def listed(**filters: Any) -> set[UUID]:
    return {
        pk for listing in PairFilters(**filters).listings() for pk in listing.values_list("pk", flat=True)
    }


def test_without_filters_all_published_pairs_are_listed() -> None:
    pair = ComparisonFactory()
    ComparisonFactory(status="archived")
    ComparisonFactory(first_tool=ToolFactory(status="draft"))

    assert listed() == {pair.pk}


def test_each_filter_looks_at_both_sides_and_all_must_be_met() -> None:
    shelf = CategoryFactory(slug="shelf")
    left: Comparison = ComparisonFactory(first_tool=ToolFactory(slug="left", name="Apple", category=shelf))
    right: Comparison = ComparisonFactory(second_tool=ToolFactory(slug="right", name="Apple", category=shelf))
    other: Comparison = ComparisonFactory(first_tool=ToolFactory(slug="other", name="Apple"))
    review(left.first_tool, ship=3)
    review(left.second_tool, skip=3)

    assert listed(q="apple") == {left.pk, right.pk, other.pk}
    assert listed(category=["shelf"]) == {left.pk, right.pk}
    assert listed(tool=["left", "other"]) == {left.pk, other.pk}
    assert listed(outcome=["winner"]) == {left.pk}
    assert listed(outcome=["winner", "insufficient"], category=["shelf"]) == {left.pk, right.pk}
    assert listed(q="apple", category=["shelf"], tool=["right", "other"]) == {right.pk}
    assert listed(q="apple", category=["shelf"], tool=["other"]) == set()


# What a search reads of tools. This table stands before the real one, until the transaction ends.
TOOLS_WITH_WORDS = "CREATE TEMPORARY TABLE catalog_tool (id uuid, search tsvector) ON COMMIT DROP"
FILL_WORDS = """
INSERT INTO catalog_tool SELECT id, words FROM catalog_search_vector('many', '', '') words, (
    SELECT unnest(%s::uuid[]) UNION ALL SELECT gen_random_uuid() FROM generate_series(1, 65536)
) found (id)
"""


def test_pairs_are_found_by_words_of_more_tools_than_a_statement_has_parameters() -> None:
    left, right, _ = ComparisonFactory(), ComparisonFactory(), ComparisonFactory()
    execute(TOOLS_WITH_WORDS)
    execute(FILL_WORDS, [left.first_tool_id, right.second_tool_id])

    found = listed(q="many")

    assert found == {left.pk, right.pk}
