"""Endpoints of tools: filters, sorts and facets of the list, and a tool's page, each with its query budget."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from catalog.models import Tool
from comparisons.tools import lists
from tests.factories import (
    CategoryFactory,
    ConditionFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    ToolFitFactory,
    review,
    vote,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rendered_as_serialized")]


def slugs(answer: Any) -> list[str]:
    return [row["slug"] for row in answer.json()["results"]]


class TestToolList:
    def test_a_draft_and_an_archived_tool_are_not_listed(self, api: APIClient) -> None:
        shown = ToolFactory()
        ToolFactory(status="draft", published_at=None)
        ToolFactory(status="archived")

        assert slugs(api.get("/api/v1/tools")) == [shown.slug]

    @pytest.mark.parametrize("rows", [2, 9])
    def test_it_takes_at_most_seven_queries(
        self, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries, rows: int
    ) -> None:
        category = CategoryFactory(slug="tools")
        for tool in ToolFactory.create_batch(rows, category=category):
            review(tool, ship=2)

        # Known slugs, the page's ids, tools with their counts, reviews, names of facets' values, tools by
        # three facets at once, tools by conditions.
        with django_assert_num_queries(7):
            answer = api.get("/api/v1/tools?category=tools&include=reviews,facets&q=tool")

        assert len(answer.json()["results"]) == rows

    def test_it_is_narrowed_to_the_tools_that_fit_a_condition(self, api: APIClient) -> None:
        fit = ToolFitFactory(condition=ConditionFactory(slug="offline", name="it must run without a network"))
        ToolFactory()

        answer = api.get("/api/v1/tools?fits=offline&include=facets")

        assert slugs(answer) == [fit.tool.slug]
        assert answer.json()["facets"]["fits"] == [
            {"value": "offline", "label": "it must run without a network", "count": 1}
        ]

    def test_a_condition_that_nobody_knows_is_refused_by_its_name(self, api: APIClient) -> None:
        answer = api.get("/api/v1/tools?fits=ofline")

        assert answer.status_code == 400
        assert answer.json()["errors"] == [
            {
                "pointer": "/fits",
                "code": "invalid_choice",
                "detail": "No condition is called 'ofline'; /api/v1/conditions lists them.",
            }
        ]

    def test_a_facet_leaves_out_its_own_filter(self, api: APIClient) -> None:
        one, other = CategoryFactory(slug="one", name="One"), CategoryFactory(slug="other", name="Other")
        ToolFactory(category=one, pricing_entry="free")
        ToolFactory(category=one, pricing_entry="paid")
        ToolFactory(category=other, pricing_entry="paid")

        facets = api.get("/api/v1/tools?category=one&entry=paid&include=facets").json()["facets"]

        assert facets["category"] == [
            {"value": "one", "label": "One", "count": 1},
            {"value": "other", "label": "Other", "count": 1},
        ]
        assert facets["entry"] == [
            {"value": "free", "label": "Free", "count": 1},
            {"value": "paid", "label": "Paid", "count": 1},
            {"value": "freemium", "label": "Freemium", "count": 0},
        ]
        assert facets["call"][0] == {"value": "unreviewed", "label": "Unreviewed", "count": 1}

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            pytest.param("call=ship", ["loved"], id="panel call"),
            pytest.param("call=skip,unreviewed", ["hated", "new"], id="either of two calls"),
            pytest.param("shipped_by=skeptic", ["loved"], id="shipped by"),
            pytest.param("skipped_by=skeptic", ["hated"], id="skipped by"),
            pytest.param("min_votes=2", ["hated"], id="votes"),
            pytest.param("q=hat", ["hated"], id="words"),
            pytest.param("sort=name", ["hated", "loved", "new"], id="by name"),
            pytest.param("sort=-panel", ["loved", "hated", "new"], id="by panel"),
            pytest.param("sort=-votes", ["hated", "loved", "new"], id="by votes"),
            pytest.param("sort=panel", ["hated", "loved", "new"], id="by panel, the worst first"),
        ],
    )
    def test_it_filters_and_sorts(self, api: APIClient, query: str, expected: list[str]) -> None:
        loved, hated, _ = (ToolFactory(slug=name, name=name) for name in ("loved", "hated", "new"))
        skeptic = ReviewerFactory(slug="skeptic")
        ReviewFactory(tool=loved, reviewer=skeptic, verdict="ship")
        ReviewFactory(tool=hated, reviewer=skeptic, verdict="skip")
        vote(loved, ship=1)
        vote(hated, skip=2)

        found = slugs(api.get(f"/api/v1/tools?{query}"))

        assert sorted(found) == sorted(expected)
        assert "sort" not in query or found == expected

    # Each crowd by its slug: how many ship, how many skip. Those of one line can't be told apart, and stand newest first.
    @pytest.mark.parametrize(
        ("crowds", "best_first", "worst_first"),
        [
            pytest.param(
                {"loved": (90, 10), "hated": (10, 90)}, ["loved", "hated"], ["hated", "loved"], id="apart"
            ),
            pytest.param(
                {"all-of-twenty": (20, 0), "most-of-many": (450, 50)},
                ["most-of-many", "all-of-twenty"],
                ["all-of-twenty", "most-of-many"],
                id="a higher share of fewer votes proves less",
            ),
            pytest.param(
                {"thirty-skips": (0, 30), "ninety-skips": (0, 90)},
                ["thirty-skips", "ninety-skips"],
                ["ninety-skips", "thirty-skips"],
                id="at one lower bound, more skips are worse",
            ),
            pytest.param(
                {"few": (19, 0), "hated": (10, 90), "unknown": (0, 0)},
                ["hated", "unknown", "few"],
                ["hated", "few", "unknown"],
                id="a few votes come last, either way, and no vote moves them",
            ),
            pytest.param(
                {"first": (0, 19), "second": (19, 0), "third": (1, 0)},
                ["third", "second", "first"],
                ["first", "second", "third"],
                id="none decides",
            ),
            pytest.param(
                {"first": (60, 40), "second": (60, 40)}, ["second", "first"], ["first", "second"], id="equal"
            ),
        ],
    )
    def test_the_crowd_sorts_by_what_is_sure(
        self,
        api: APIClient,
        crowds: dict[str, tuple[int, int]],
        best_first: list[str],
        worst_first: list[str],
    ) -> None:
        for slug, (ship, skip) in crowds.items():
            vote(ToolFactory(slug=slug), ship=ship, skip=skip)

        assert slugs(api.get("/api/v1/tools?sort=-community")) == best_first
        assert slugs(api.get("/api/v1/tools?sort=community")) == worst_first

    @pytest.mark.parametrize("limit", [1, 2])
    @pytest.mark.parametrize("sign", ["", "-"])
    def test_the_crowds_order_goes_on_from_page_to_page(self, api: APIClient, sign: str, limit: int) -> None:
        for ship, skip in ((90, 10), (0, 0), (60, 40), (60, 40), (3, 0)):
            vote(ToolFactory(), ship=ship, skip=skip)

        found: list[str] = []
        address = f"/api/v1/tools?sort={sign}community&limit={limit}"
        while address:
            page = api.get(address)
            found += slugs(page)
            address = page.json()["next"]

        assert found == slugs(api.get(f"/api/v1/tools?sort={sign}community"))
        assert len(found) == 5

    def test_it_counts_all_pages_on_request_alone(self, api: APIClient) -> None:
        ToolFactory.create_batch(3)

        counted = api.get("/api/v1/tools?limit=2&include=count&fields=slug").json()
        last = api.get(counted["next"]).json()

        assert (counted["count"], last["count"], len(last["results"])) == (3, 3, 1)
        assert "count" not in api.get("/api/v1/tools").json()

    @pytest.mark.parametrize("limit", [2, 100])
    def test_names_sort_as_people_sort_whatever_the_pages(self, api: APIClient, limit: int) -> None:
        expected = ["aider", "Ärger", "Cursor", "Éclair", "GPT-4", "GPT-4o", "GPT-10", "iA Writer", "“Zed”"]
        for name in reversed(expected):
            ToolFactory(name=name)

        found: list[str] = []
        address = f"/api/v1/tools?sort=name&limit={limit}"
        while address:
            answer = api.get(address).json()
            found += [tool["name"] for tool in answer["results"]]
            address = answer["next"]

        assert found == expected

    def test_pages_hold_every_tool_once(self, api: APIClient) -> None:
        expected = {tool.slug for tool in ToolFactory.create_batch(7)}

        seen: list[str] = []
        address = "/api/v1/tools?limit=3&sort=-panel"
        while address:
            answer = api.get(address)
            seen += slugs(answer)
            address = answer.json()["next"]

        assert len(seen) == 7
        assert set(seen) == expected


class TestTool:
    def test_it_shows_everything_in_two_queries(
        self, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        review(ToolFactory(slug="alpha"), ship=2, skip=1)

        # The tool with its counts, its reviews with their reviewers.
        with django_assert_num_queries(2):
            answer = api.get("/api/v1/tools/alpha").json()

        assert answer["panel"] == {"ship": 2, "skip": 1, "total": 3, "percent": 67, "call": "mixed"}
        assert [row["verdict"] for row in answer["reviews"]] == ["ship", "ship", "skip"]

    @pytest.mark.parametrize("path", ["tools/{}", "tools/{}/reviews", "tools/{}/tally"])
    def test_an_earlier_slug_leads_to_the_present_one(self, api: APIClient, path: str) -> None:
        ToolFactory(slug="old")
        Tool.objects.filter(slug="old").update(slug="new")

        answer = api.get("/api/v1/" + path.format("old"))

        assert answer.status_code == 308
        assert answer["Location"] == "/api/v1/" + path.format("new")

    def test_an_archived_tool_keeps_its_page(self, api: APIClient) -> None:
        ToolFactory(slug="gone", status="archived")

        assert api.get("/api/v1/tools/gone").json()["status"] == "archived"

    def test_it_says_when_the_tool_is_the_right_one(self, api: APIClient) -> None:
        fit = ToolFitFactory(
            tool__slug="aider",
            condition=ConditionFactory(slug="offline", name="it must run without a network"),
        )

        answer = api.get(f"/api/v1/tools/{fit.tool.slug}").json()

        assert answer["fits"] == [
            {
                "condition": {"slug": "offline", "name": "it must run without a network"},
                "note": None,
                "evidence": ["https://example.com/docs"],
                "checked_on": "2026-10-20",
            }
        ]


def test_of_more_matches_than_can_be_ranked_those_by_name_are(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_RANKED", 2)
    named = ToolFactory(name="Quiet", published_at=datetime(2020, 1, 1, tzinfo=UTC))
    for day in range(1, 5):
        ToolFactory(name=f"T{day}", description="quiet", published_at=datetime(2025, 1, day, tzinfo=UTC))

    found = [row["name"] for row in api.get("/api/v1/tools?q=quiet").json()["results"]]
    others = [row["name"] for row in api.get("/api/v1/tools?q=quiet&sort=-published_at").json()["results"]]

    assert (found[0], set(found)) == (named.name, {named.name, "T4", "T3"})
    assert others == ["T4", "T3", "T2", "T1", named.name]
