"""Categories and conditions as readers see them."""

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from tests.factories import AHEAD, CategoryFactory, ConditionFactory, ToolFactory, ToolFitFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rendered_as_serialized")]


def test_categories_come_by_name_and_count_published_tools(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tools = CategoryFactory(slug="b", name="Beta")
    CategoryFactory(slug="a", name="Alpha")
    ToolFactory.create_batch(2, category=tools)
    ToolFactory(category=tools, status="archived")

    # Categories with their counts.
    with django_assert_num_queries(1):
        rows = api.get("/api/v1/categories").json()["results"]

    assert [(row["slug"], row["description"], row["tool_count"]) for row in rows] == [
        ("a", None, 0),
        ("b", None, 2),
    ]


def test_one_category_is_found_by_its_slug(api: APIClient) -> None:
    CategoryFactory(slug="alpha", name="Alpha", description="First")

    answer = api.get("/api/v1/categories/alpha").json()

    assert (answer["name"], answer["description"], answer["tool_count"]) == ("Alpha", "First", 0)


def test_an_unknown_category_is_not_found(api: APIClient) -> None:
    answer = api.get("/api/v1/categories/nothing")

    assert (answer.status_code, answer.json()["code"]) == (404, "category_not_found")


@pytest.mark.parametrize("tools", [1, 9])
def test_conditions_come_by_name_and_count_the_tools_that_lists_show_in_one_query(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries, tools: int
) -> None:
    offline = ConditionFactory(slug="offline", name="it must run without a network")
    ConditionFactory(slug="cheap", name="it must cost nothing")
    for _ in range(tools):
        ToolFitFactory(condition=offline)
    ToolFitFactory(condition=offline, tool__status="archived")
    ToolFitFactory(condition=offline, tool__status="draft", tool__published_at=None)
    ToolFitFactory(condition=offline, tool__published_at=AHEAD)

    # Conditions with their counts.
    with django_assert_num_queries(1):
        rows = api.get("/api/v1/conditions?fields=slug,name,tool_count").json()["results"]

    assert rows == [
        {"slug": "cheap", "name": "it must cost nothing", "tool_count": 0},
        {"slug": "offline", "name": "it must run without a network", "tool_count": tools},
    ]
