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
from tests.plans import plan_of_list

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rendered_as_serialized")]


class TestRankings:
    @pytest.mark.parametrize("rows", [4, 9])
    def test_it_takes_at_most_four_queries(
        self, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries, rows: int
    ) -> None:
        category = CategoryFactory(slug="tools")
        for tool in ToolFactory.create_batch(rows, category=category):
            review(tool, ship=3)

        # Known slugs, tools with their counts, the first row's place.
        with django_assert_num_queries(3):
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

    def test_an_index_gives_the_crowds_ranking_its_order(self, api: APIClient) -> None:
        plan = plan_of_list(api, "/api/v1/rankings?by=crowd")

        assert "Index Scan Backward using tallies_by_crowd on" in plan
        assert "Sort" not in plan
