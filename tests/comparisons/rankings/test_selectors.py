"""Rankings: which tools they are about, and the place of each over all pages."""

from datetime import datetime
from random import Random
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.models import Tool
from comparisons.rankings.selectors import Ranking, ranked
from tests.factories import NOW, CategoryFactory, ToolFactory, review, vote
from votes.models import PublishedTally

pytestmark = pytest.mark.django_db

PANEL, CROWD = Ranking("panel", ()), Ranking("crowd", ())


def tool(slug: str, *, ship: int, skip: int = 0, **values: Any) -> None:
    review(ToolFactory(slug=slug, **values), ship=ship, skip=skip)


def bounds_of(tool: Tool) -> tuple[float, float]:
    tally = tool.published_tally
    assert tally.bound_low is not None
    assert tally.bound_high is not None
    return tally.bound_low, tally.bound_high


def tools_of(ranking: Ranking) -> list[Tool]:
    """In any order, which is the view's."""
    return ranking.rows.rows(ids=list(ranking.whole().values_list("pk", flat=True)))


@pytest.mark.parametrize(
    ("ship", "skip", "is_ranked"), [(0, 0, False), (2, 0, False), (3, 0, True), (0, 3, True)]
)
def test_the_panel_ranks_tools_with_three_reviews(ship: int, skip: int, is_ranked: bool) -> None:
    tool("a", ship=ship, skip=skip)

    assert bool(tools_of(PANEL)) == is_ranked


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

    assert bool(tools_of(CROWD)) == is_ranked


def test_a_ranking_may_be_of_some_categories_and_never_holds_hidden_tools() -> None:
    editors = CategoryFactory(slug="editors")
    tool("in", ship=3, category=editors)
    tool("out", ship=3)
    tool("archived", ship=3, category=editors, status="archived")

    assert [each.slug for each in tools_of(Ranking("panel", ("editors",)))] == ["in"]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_equal_percentages_share_their_places_whatever_the_pages(size: int) -> None:
    for slug, ship, skip in (("a", 4, 0), ("b", 3, 0), ("c", 3, 0), ("d", 3, 1), ("e", 0, 3)):
        tool(slug, ship=ship, skip=skip)
    tools = tools_of(PANEL)
    pages = [tools[start : start + size] for start in range(0, len(tools), size)]

    places = [
        (row.tool.slug, row.rank, row.last_rank, row.score) for page in pages for row in ranked(PANEL, page)
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
    page = sorted(tools_of(CROWD), key=lambda tool: -bounds_of(tool)[0])

    rows = ranked(CROWD, page)

    assert [(row.tool.slug, row.rank, row.last_rank) for row in rows] == [
        ("best", 1, 1),
        ("level-1", 2, 3),
        ("level-2", 2, 3),
        ("worst", 4, 4),
    ]
    assert [row.score for row in rows] == [bounds_of(tool)[0] for tool in page]


@pytest.mark.parametrize("categories", [(), ("editors",), ("editors", "agents")], ids=str)
def test_places_are_what_comparing_with_every_other_gives(categories: tuple[str, ...]) -> None:
    random = Random(9)
    shelves = [CategoryFactory(slug=slug) for slug in ("editors", "agents", "others")]
    for number in range(30):
        # Some crowds are equal, and then one's lower bound is not above another's upper one.
        vote(
            ToolFactory(category=shelves[number % 3]),
            ship=20 * random.randrange(5),
            skip=15 * random.randrange(5),
        )
    ranking = Ranking("crowd", categories)
    page = tools_of(ranking)
    bounds = [bounds_of(tool) for tool in page]

    places = [(row.rank, row.last_rank) for row in ranked(ranking, page)]

    assert places == [
        (
            1 + sum(other > upper for other, _ in bounds),
            len(bounds) - sum(other < lower for _, other in bounds),
        )
        for lower, upper in bounds
    ]
    assert len(set(places)) > 3


def test_a_bound_that_meets_another_is_not_beyond_it() -> None:
    low, high = (ToolFactory() for _ in range(2))
    for each, ship in ((low, 20), (high, 200)):
        vote(each, ship=ship, skip=20)
    meeting = bounds_of(low)[1]
    PublishedTally.objects.filter(tool=high).update(bound_low=meeting)

    assert [(row.rank, row.last_rank) for row in ranked(CROWD, tools_of(CROWD))] == [(1, 2), (1, 2)]


def test_a_tool_whose_crowd_ceased_to_decide_since_it_was_found_is_not_ranked() -> None:
    vote(ToolFactory(), ship=20)
    ids = list(CROWD.whole().values_list("pk", flat=True))
    PublishedTally.objects.update(bound_low=None, bound_high=None)

    assert CROWD.rows.rows(ids=ids) == []


def test_a_page_takes_one_query_and_an_empty_one_none(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    tool("a", ship=3)
    page = tools_of(PANEL)

    with django_assert_num_queries(1):
        ranked(PANEL, page)
    with django_assert_num_queries(0):
        assert ranked(PANEL, []) == []
