"""Line-ups: several tools, every pair judged, and the order that follows."""

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.models import Tool
from comparisons.pairs.lineups import line_up
from tests.factories import ToolFactory, review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rendered_as_serialized")]


def test_each_tool_stands_once_in_the_order_of_slugs_and_unknown_ones_are_named() -> None:
    renamed = ToolFactory(slug="old")
    Tool.objects.filter(pk=renamed.pk).update(slug="b")
    ToolFactory(slug="a")
    ToolFactory(slug="archived", status="archived")

    lineup = line_up(["old", "b", "a", "nothing", "archived"])

    assert [(tool.slug, tool.status) for tool in lineup.tools] == [
        ("a", "published"),
        ("archived", "archived"),
        ("b", "published"),
    ]
    assert [pair.slug for pair in lineup.pairs] == ["a-vs-archived", "a-vs-b", "archived-vs-b"]
    assert lineup.unknown == ["nothing"]


def test_a_tool_without_any_verdict_stands_below_one_that_won() -> None:
    for slug, ship, skip in (("a", 1, 0), ("b", 4, 0), ("c", 2, 2), ("d", 3, 1), ("e", 1, 3)):
        review(ToolFactory(slug=slug), ship=ship, skip=skip)

    lineup = line_up(["a", "b", "c", "d", "e"])

    # c won one pair and lost two; of a there are too few reviews to say anything.
    assert [(each.slug, each.rank) for each in lineup.order] == [
        ("b", 1),
        ("d", 2),
        ("c", 3),
        ("e", 4),
        ("a", 5),
    ]


def test_the_order_is_by_pairs_won_less_pairs_lost() -> None:
    for slug, ship, skip in (("a", 0, 4), ("b", 4, 0), ("c", 2, 2)):
        review(ToolFactory(slug=slug), ship=ship, skip=skip)

    lineup = line_up(["a", "b", "c"])

    assert [(each.slug, each.rank, each.wins, each.losses) for each in lineup.order] == [
        ("b", 1, 2, 0),
        ("c", 2, 1, 1),
        ("a", 3, 0, 2),
    ]
    assert lineup.cycles == []


@pytest.mark.parametrize("number", [2, 5])
def test_a_lineup_takes_four_queries(number: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    slugs = [tool.slug for tool in ToolFactory.create_batch(number)]

    # Tools, their reviews, curated pairs, picks.
    with django_assert_num_queries(4):
        lineup = line_up(slugs)

    assert len(lineup.pairs) == number * (number - 1) // 2
