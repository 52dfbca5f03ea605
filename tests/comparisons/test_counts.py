"""How many tools and pairs lists show, by what they are filtered by: the same as counting them."""

from itertools import pairwise, product

import pytest
from django.db.models import Q
from pytest_django import DjangoAssertNumQueries

from catalog.models import Category, Tool
from comparisons.counts import count_pairs, count_tools
from comparisons.listings import ListedPair
from comparisons.tools.filters import ToolFilters
from tests.comparisons.tools.by_tables import filtered
from tests.factories import AHEAD, CategoryFactory, ComparisonFactory, ToolFactory, review

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shelf() -> None:
    """Tools of two categories, with each entry price, reviewed or not; pairs within and across these; some are ahead."""
    for slug in ("editors", "agents"):
        category = CategoryFactory(slug=slug)
        for entry in ("free", "freemium", "paid"):
            ToolFactory(category=category, pricing_entry=entry)
            review(ToolFactory(category=category, pricing_entry=entry), ship=3)
        ToolFactory(category=category, published_at=AHEAD)
    one, *others = Tool.objects.order_by("-published_at", "slug")
    for other in others:
        ComparisonFactory(first_tool=one, second_tool=other)
    for first, second in pairwise(others):
        ComparisonFactory(first_tool=first, second_tool=second)


NONE: list[str] = []


@pytest.mark.parametrize(
    ("category", "entry", "call"),
    list(
        product(
            (NONE, ["editors"], ["editors", "agents"], ["nothing"]),
            (NONE, ["free", "paid"]),
            (NONE, ["ship"], ["skip", "unreviewed"]),
        )
    ),
)
def test_tools_are_counted_as_a_list_has_them(category: list[str], entry: list[str], call: list[str]) -> None:
    filters = ToolFilters(category=category, entry=entry, call=call)

    counted = count_tools(category=category, entry=entry, call=call)

    assert counted == filtered(filters).count()


@pytest.mark.parametrize(
    ("category", "outcome"),
    list(
        product(
            (NONE, ["editors"], ["agents"], ["editors", "agents"], ["nothing"]),
            (NONE, ["tie"], ["winner", "insufficient"]),
        )
    ),
)
def test_pairs_are_counted_once_with_either_side(category: list[str], outcome: list[str]) -> None:
    listed = ListedPair.objects.published()
    if category:
        ids = Category.objects.ids_of(category)
        listed = listed.filter(Q(first_category__in=ids) | Q(second_category__in=ids))
    if outcome:
        listed = listed.filter(outcome__in=outcome)

    assert count_pairs(category=category, outcome=outcome) == listed.count()


def test_a_count_is_one_query_and_one_for_the_names(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        assert count_tools(category=[], entry=[], call=[]) == 12
    with django_assert_num_queries(2):
        assert count_pairs(category=["agents"], outcome=[]) > 0
