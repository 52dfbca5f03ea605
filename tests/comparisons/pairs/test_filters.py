"""The list of comparisons: each filter alone and together, on either side of a pair."""

from typing import Any
from uuid import UUID

import pytest
from django.test import RequestFactory

from backend.api.pagination import paginate_found
from catalog.models import Tool
from comparisons.listings import MOST_SORTED
from comparisons.models import Comparison
from comparisons.pairs.filters import PairList
from tests.database import execute
from tests.factories import CategoryFactory, ComparisonFactory, ToolFactory, review

pytestmark = pytest.mark.django_db


def listed(**filters: Any) -> set[UUID]:
    nothing = {"sort": "-published_at", "q": "", "tool": [], "category": [], "outcome": []}
    pairs = PairList.of({**nothing, **filters})
    asked = RequestFactory().get("/api/v1/comparisons")
    found = {pair.pk for pair in paginate_found(pairs, limit=100, cursor=None, request=asked).results}
    assert pairs.whole().count() == len(found)
    return found


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


@pytest.mark.parametrize("more", [0, MOST_SORTED], ids=["few", "many"])
def test_a_public_pair_is_found_by_the_words_of_an_archived_tool(more: int) -> None:
    Tool.objects.bulk_create(ToolFactory.build_batch(more, category=CategoryFactory(), name="Apple"))
    pair = ComparisonFactory(first_tool=ToolFactory(slug="gone", name="Apple"))
    Tool.objects.filter(slug="gone").update(status="archived")

    assert listed(q="apple") == listed(q="apple", tool=[pair.second_tool.slug]) == {pair.pk}


def test_more_matches_than_are_sorted_are_listed_all_the_same() -> None:
    shelf = CategoryFactory(slug="shelf")
    tools = ToolFactory.build_batch(MOST_SORTED + 2, category=shelf, name="Many")
    Tool.objects.bulk_create(tools)
    other = ToolFactory(slug="other")
    pairs = [ComparisonFactory(first_tool=tool, second_tool=other) for tool in (tools[0], tools[-1])]
    pairs.append(ComparisonFactory(first_tool=other, second_tool=tools[7]))
    ComparisonFactory()
    found = {pair.pk for pair in pairs}

    assert listed(q="many") == found
    assert listed(q="many", category=["shelf"]) == found
    assert listed(q="many", tool=["other"]) == found
    assert listed(q="many", outcome=["winner"]) == set()


# What a search looks into. This table stands before the real one, until the transaction ends.
TOOLS_WITH_WORDS = """
CREATE TEMPORARY TABLE comparisons_searchdocument (tool_id uuid, is_listed boolean, public_at timestamptz, words tsvector)
ON COMMIT DROP
"""
FILL_WORDS = """
INSERT INTO comparisons_searchdocument
SELECT id, true, now() - interval '1 hour', words FROM catalog_search_vector('many', '', '') words, (
    SELECT unnest(%s::uuid[]) UNION ALL SELECT gen_random_uuid() FROM generate_series(1, 65536)
) found (id)
"""


def test_pairs_are_found_by_words_of_more_tools_than_a_statement_has_parameters() -> None:
    left, right, _ = ComparisonFactory(), ComparisonFactory(), ComparisonFactory()
    execute(TOOLS_WITH_WORDS)
    execute(FILL_WORDS, [left.first_tool_id, right.second_tool_id])

    found = listed(q="many")

    assert found == {left.pk, right.pk}
