"""What a comparison's page may be asked to include."""

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from catalog.models import Tool
from tests.factories import NOW, ComparisonFactory, PickFactory, ToolFactory, vote
from votes.tallies.publication import publish_tallies

pytestmark = pytest.mark.django_db

PAGE = "/api/v1/comparisons/a-vs-b"


@pytest.fixture
def pair() -> tuple[Tool, Tool]:
    tools = ToolFactory(slug="a"), ToolFactory(slug="b")
    ComparisonFactory(first_tool=tools[0], second_tool=tools[1])
    return tools


def test_tallies_come_where_they_are_asked_for_and_are_those_of_their_own_addresses(
    api: APIClient, pair: tuple[Tool, Tool]
) -> None:
    first, second = pair
    vote(first, ship=2, skip=1)
    PickFactory.create_batch(2, first_tool=first, second_tool=second, chosen_tool=second)
    PickFactory(first_tool=first, second_tool=second, chosen_tool=first)
    publish_tallies(now=NOW)

    plain, full = api.get(PAGE).json(), api.get(f"{PAGE}?include=tally").json()

    assert full.keys() - plain.keys() == {"tally", "tool_tallies"}
    assert full["tally"]["counts"] == [1, 2]
    assert full["tally"]["shares"] == full["picks"]["shares"] == [33, 67]
    assert full["tool_tallies"] == [api.get(f"/api/v1/tools/{slug}/tally").json() for slug in "ab"]
    assert api.get("/api/v1/tools/a?include=tally").json()["tally"] == full["tool_tallies"][0]


def test_related_pairs_are_others_of_either_tool_the_latest_first(
    api: APIClient, pair: tuple[Tool, Tool]
) -> None:
    first, second = pair
    others = [ToolFactory(slug=f"c{number}") for number in range(7)]
    for number, other in enumerate(others):
        ComparisonFactory(first_tool=other, second_tool=(first, second)[number % 2])
    ComparisonFactory(first_tool=others[0], second_tool=others[1])
    ComparisonFactory(first_tool=others[2], second_tool=second, status="archived")

    related = api.get(f"{PAGE}?include=related").json()["related"]

    assert [each["slug"] for each in related] == [
        *("a-vs-c6", "b-vs-c5", "a-vs-c4", "b-vs-c3", "a-vs-c2", "b-vs-c1"),
    ]
    assert related == api.get("/api/v1/comparisons?tool=a,b&limit=6").json()["results"][:6]


@pytest.mark.parametrize("others", [1, 5])
def test_related_pairs_take_two_queries_whatever_their_number(
    api: APIClient, pair: tuple[Tool, Tool], django_assert_num_queries: DjangoAssertNumQueries, others: int
) -> None:
    for number in range(others):
        ComparisonFactory(first_tool=pair[0], second_tool=ToolFactory(slug=f"c{number}"))

    # The page's own three; the pairs, and the reviews of their tools.
    with django_assert_num_queries(5):
        answer = api.get(f"{PAGE}?include=related")

    assert len(answer.json()["related"]) == others


def test_what_is_included_comes_beside_the_fields_that_are_named(
    api: APIClient, pair: tuple[Tool, Tool]
) -> None:
    answer = api.get(f"{PAGE}?fields=slug&include=tally,related").json()

    assert answer.keys() == {"slug", "tally", "tool_tallies", "related"}
    refused = api.get(f"{PAGE}?fields=tally").json()
    assert refused["errors"][0]["code"] == "invalid_choice"
