"""Rankings: which tools they are about, and the place of each over all pages."""

from datetime import datetime
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from comparisons.rankings.selectors import RANKINGS, ranked, ranked_tools
from tests.factories import NOW, CategoryFactory, ToolFactory, review, vote

pytestmark = pytest.mark.django_db


def tool(slug: str, *, ship: int, skip: int = 0, **values: Any) -> None:
    review(ToolFactory(slug=slug, **values), ship=ship, skip=skip)


@pytest.mark.parametrize(
    ("ship", "skip", "is_ranked"), [(0, 0, False), (2, 0, False), (3, 0, True), (0, 3, True)]
)
def test_the_panel_ranks_tools_with_three_reviews(ship: int, skip: int, is_ranked: bool) -> None:
    tool("a", ship=ship, skip=skip)

    assert ranked_tools("panel", []).exists() == is_ranked


@pytest.mark.parametrize(
    ("votes", "at", "is_ranked"),
    [
        pytest.param(0, None, False, id="none"),
        pytest.param(19, None, False, id="few"),
        pytest.param(20, None, True, id="enough"),
        pytest.param(200, NOW, False, id="of one day"),
    ],
)
def test_the_crowd_ranks_tools_whose_crowd_may_decide(
    votes: int, at: datetime | None, is_ranked: bool
) -> None:
    vote(ToolFactory(), ship=votes, at=at)

    assert ranked_tools("crowd", []).exists() == is_ranked


def test_a_ranking_may_be_of_some_categories_and_never_holds_hidden_tools() -> None:
    editors = CategoryFactory(slug="editors")
    tool("in", ship=3, category=editors)
    tool("out", ship=3)
    tool("archived", ship=3, category=editors, status="archived")

    assert [each.slug for each in ranked_tools("panel", ["editors"])] == ["in"]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_equal_percentages_share_their_places_whatever_the_pages(size: int) -> None:
    for slug, ship, skip in (("a", 4, 0), ("b", 3, 0), ("c", 3, 0), ("d", 3, 1), ("e", 0, 3)):
        tool(slug, ship=ship, skip=skip)
    formula = RANKINGS["panel"]
    tools = ranked_tools("panel", [])
    rows = list(tools.order_by(*formula.keys, "-pk"))
    pages = [rows[start : start + size] for start in range(0, len(rows), size)]

    places = [
        (row.tool.slug, row.rank, row.last_rank, row.score)
        for page in pages
        for row in ranked(tools, page, formula=formula)
    ]

    assert sorted(places) == [
        ("a", 1, 3, 100),
        ("b", 1, 3, 100),
        ("c", 1, 3, 100),
        ("d", 4, 4, 75),
        ("e", 5, 5, 0),
    ]


def test_tools_that_the_crowd_cant_tell_apart_share_their_places() -> None:
    # 61 to 39 and 60 to 40 are level by the rule of verdicts; ten votes decide nothing.
    for slug, ship, skip in (
        ("best", 400, 10),
        ("level-1", 61, 39),
        ("level-2", 60, 40),
        ("worst", 5, 200),
        ("few", 9, 1),
    ):
        vote(ToolFactory(slug=slug), ship=ship, skip=skip)
    tools = ranked_tools("crowd", [])
    page = list(tools.order_by(*RANKINGS["crowd"].keys))

    rows = ranked(tools, page, formula=RANKINGS["crowd"])

    assert [(row.tool.slug, row.rank, row.last_rank) for row in rows] == [
        ("best", 1, 1),
        ("level-1", 2, 3),
        ("level-2", 2, 3),
        ("worst", 4, 4),
    ]
    assert [row.score for row in rows] == [tool.published_tally.bound_low for tool in page]


def test_a_page_takes_one_query_and_an_empty_one_none(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    tool("a", ship=3)
    page = list(ranked_tools("panel", []))

    with django_assert_num_queries(1):
        ranked(ranked_tools("panel", []), page, formula=RANKINGS["panel"])
    with django_assert_num_queries(0):
        assert ranked(ranked_tools("panel", []), [], formula=RANKINGS["panel"]) == []
