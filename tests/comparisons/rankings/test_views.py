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

pytestmark = pytest.mark.django_db


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
        vote(ToolFactory(slug="one-fan"), ship=1)
        vote(ToolFactory(slug="many-fans"), ship=9, skip=1)
        ToolFactory(slug="unknown")

        answer = api.get("/api/v1/rankings?by=crowd").json()

        assert [row["tool"]["slug"] for row in answer["results"]] == ["many-fans", "one-fan"]
        assert answer["formula"]["code"] == "wilson_lower_bound"
