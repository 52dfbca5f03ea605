"""The endpoint of a pair's verdict history, with its query budget."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from catalog.models import Tool
from comparisons.models import Comparison
from tests.factories import (
    NOW,
    ComparisonFactory,
    ToolFactory,
    VerdictChangeFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rendered_as_serialized")]

LATER = NOW + timedelta(days=1)


class TestVerdictHistory:
    @pytest.fixture
    def pair(self) -> Comparison:
        """A pair whose verdict was a tie, and then the first tool."""
        row: Comparison = ComparisonFactory(
            first_tool=ToolFactory(slug="aider", name="Aider"), second_tool=ToolFactory(slug="zed")
        )
        VerdictChangeFactory(comparison=row)
        won = {"outcome": "winner", "winner": row.first_tool, "decided_by": "panel", "strength": "narrow"}
        before = {"before_outcome": "tie", "before_margin": 0, "before_rule": "2026-12"}
        later = {"number": 2, "cause": "panel", "changed_at": LATER, "margin": 25}
        VerdictChangeFactory(comparison=row, **later, **won, **before)
        return row

    @pytest.mark.usefixtures("pair")
    def test_each_change_says_what_was_what_is_and_why_the_latest_first(self, api: APIClient) -> None:
        answer = api.get("/api/v1/comparisons/aider-vs-zed/history")

        tie = {
            "outcome": "tie",
            "winner": None,
            "decided_by": None,
            "strength": None,
            "margin": 0,
            "rule": "2026-12",
        }
        assert answer.json()["results"] == [
            {
                "number": 2,
                "changed_at": "2026-11-03T09:30:00Z",
                "cause": "panel",
                "detail": "The panel's reviews changed. Before: a tie. Now: Aider, narrow, by the panel.",
                "before": tie,
                "after": {
                    "outcome": "winner",
                    "winner": "aider",
                    "decided_by": "panel",
                    "strength": "narrow",
                    "margin": 25,
                    "rule": "2026-12",
                },
            },
            {
                "number": 1,
                "changed_at": "2026-11-02T09:30:00Z",
                "cause": "first",
                "detail": "The first verdict on this pair. It says: a tie.",
                "before": None,
                "after": tie,
            },
        ]
        assert answer["Cache-Control"] == "public, max-age=60"
        assert answer["ETag"]

    @pytest.mark.usefixtures("pair")
    def test_it_goes_on_page_by_page(self, api: APIClient) -> None:
        first = api.get("/api/v1/comparisons/aider-vs-zed/history?limit=1&fields=number").json()
        second = api.get(first["next"].partition("8000")[2]).json()

        assert [row["number"] for row in first["results"] + second["results"]] == [2, 1]
        assert second["next"] is None

    @pytest.mark.parametrize("changes", [1, 30])
    def test_it_costs_three_queries(
        self,
        api: APIClient,
        django_assert_num_queries: DjangoAssertNumQueries,
        pair: Comparison,
        changes: int,
    ) -> None:
        for number in range(3, 3 + changes):
            won = {
                "outcome": "winner",
                "winner": pair.second_tool,
                "decided_by": "panel",
                "strength": "clear",
            }
            before = {"before_outcome": "tie", "before_margin": 0, "before_rule": "2026-12"}
            VerdictChangeFactory(comparison=pair, number=number, cause="panel", **won, **before)

        # The tools, the pair, its changes with their winners.
        with django_assert_num_queries(3):
            api.get("/api/v1/comparisons/aider-vs-zed/history")

    @pytest.mark.usefixtures("pair")
    def test_the_other_order_and_an_earlier_slug_lead_to_it(self, api: APIClient) -> None:
        Tool.objects.filter(slug="zed").update(slug="zed-2")

        for slug in ("zed-2-vs-aider", "aider-vs-zed", "zed-vs-aider"):
            answer = api.get(f"/api/v1/comparisons/{slug}/history")
            assert answer.status_code == 308
            assert answer["Location"].endswith("/api/v1/comparisons/aider-vs-zed-2/history")

    def test_a_computed_pair_has_none(self, api: APIClient) -> None:
        ToolFactory(slug="aider")
        ToolFactory(slug="zed")
        VerdictChangeFactory()

        answer = api.get("/api/v1/comparisons/aider-vs-zed/history")

        assert (answer.status_code, answer.json()["results"]) == (200, [])

    def test_an_unknown_pair_is_not_found(self, api: APIClient) -> None:
        answer = api.get("/api/v1/comparisons/aider-vs-zed/history")

        assert (answer.status_code, answer.json()["code"]) == (404, "comparison_not_found")
