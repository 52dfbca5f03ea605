"""Reads of tools with what other apps count and say of them."""

import pytest
from pytest_django import DjangoAssertNumQueries

from comparisons.tools.selectors import read_reviews, reviews_of, tools_with_counts
from tests.factories import ReviewerFactory, ReviewFactory, ToolFactory, vote

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", [1, 6])
def test_tools_come_with_category_panel_and_tally_in_one_query(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for tool in ToolFactory.create_batch(number):
        vote(tool, ship=2, skip=1)
        ReviewFactory(tool=tool)

    with django_assert_num_queries(1):
        seen = [
            (tool.category.name != "", tool.panel.ship, tool.published_tally.total)
            for tool in tools_with_counts()
        ]

    assert seen == [(True, 1, 3)] * number


@pytest.mark.parametrize("number", [1, 6])
def test_reviews_cost_one_more_query_and_stand_in_the_rosters_order(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    late, early = ReviewerFactory(slug="late", position=2), ReviewerFactory(slug="early", position=1)
    for tool in ToolFactory.create_batch(number):
        ReviewFactory(tool=tool, reviewer=late)
        ReviewFactory(tool=tool, reviewer=early)
        ReviewFactory(tool=tool, status="draft")
        ReviewFactory(tool=tool, status="retracted")

    with django_assert_num_queries(2):
        tools = list(tools_with_counts())
        read_reviews(tools)
        rosters = [[review.reviewer.slug for review in reviews_of(tool)] for tool in tools]

    assert rosters == [["early", "late"]] * number
