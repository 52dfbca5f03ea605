"""The endpoint of rankings, with its query budget."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from tests.factories import (
    CategoryFactory,
    ToolFactory,
    review,
    vote,
)
from tests.plans import plan_of, plan_of_list, statement_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rendered_as_serialized")]


class TestRankings:
    @pytest.mark.parametrize("rows", [4, 9])
    def test_it_takes_at_most_four_queries(
        self, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries, rows: int
    ) -> None:
        category = CategoryFactory(slug="tools")
        for tool in ToolFactory.create_batch(rows, category=category):
            review(tool, ship=3)

        # Known slugs, the page's ids, tools with their counts, their places.
        with django_assert_num_queries(4):
            answer = api.get("/api/v1/rankings?category=tools").json()

        assert {row["rank"] for row in answer["results"]} == {1}

    def test_ranks_go_on_from_page_to_page(self, api: APIClient) -> None:
        for name, ship, skip in (
            ("a", 4, 0),
            ("b", 3, 1),
            ("c", 3, 1),
            ("d", 3, 1),
            ("e", 0, 4),
            ("few", 2, 0),
        ):
            review(ToolFactory(slug=name), ship=ship, skip=skip)

        rows: list[dict[str, Any]] = []
        address = "/api/v1/rankings?limit=2&fields=rank,score,tool"
        while address:
            answer = api.get(address).json()
            rows += answer["results"]
            address = answer["next"]

        assert [(row["rank"], row["score"], row["tool"]["slug"]) for row in rows] == [
            (1, 100.0, "a"),
            (2, 75.0, "d"),
            (2, 75.0, "c"),
            (2, 75.0, "b"),
            (5, 0.0, "e"),
        ]

    def test_the_crowd_ranks_by_the_lower_bound(self, api: APIClient) -> None:
        vote(ToolFactory(slug="few-fans"), ship=19)
        vote(ToolFactory(slug="all-of-twenty"), ship=20)
        vote(ToolFactory(slug="many-fans"), ship=180, skip=20)
        ToolFactory(slug="unknown")

        answer = api.get("/api/v1/rankings?by=crowd").json()

        assert [(row["rank"], row["tool"]["slug"]) for row in answer["results"]] == [
            (1, "many-fans"),
            (1, "all-of-twenty"),
        ]
        assert answer["formula"]["code"] == "time_uniform_lower_bound"

    @pytest.mark.parametrize("by", ["panel", "crowd"])
    @pytest.mark.parametrize(
        ("query", "index"),
        [("", "ranked_tools"), ("&category=tools", "ranked_on_shelf")],
        ids=["all", "category"],
    )
    def test_an_index_gives_a_rankings_order(self, api: APIClient, by: str, query: str, index: str) -> None:
        category = CategoryFactory(slug="tools")
        for tool in ToolFactory.create_batch(2, category=category):
            review(tool, ship=3)
            vote(tool, ship=20)

        first = f"/api/v1/rankings?by={by}{query}&limit=1"
        for address in (first, api.get(first).json()["next"]):
            plan = plan_of_list(api, address, index=f"{index}_by_{by}")
            assert f"Scan Backward using {index}_by_{by} on" in plan
            assert "Sort" not in plan

    @pytest.mark.parametrize(
        ("query", "index"),
        [("", "ranked_tools_by_crowd"), ("&category=tools", "ranked_on_shelf_by_crowd")],
        ids=["all", "category"],
    )
    def test_places_in_a_crowd_are_counted_from_an_index_alone(
        self, api: APIClient, query: str, index: str
    ) -> None:
        for tool in ToolFactory.create_batch(2, category=CategoryFactory(slug="tools")):
            vote(tool, ship=20)

        counting = statement_of(api, f"/api/v1/rankings?by=crowd{query}", holding="width_bucket")

        # Both bounds.
        assert plan_of(*counting, index=index).count(f"Index Only Scan using {index}") == 2
