"""Endpoints of comparisons and line-ups, from the address to the whole answer, each with its query budget."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from catalog.models import Tool
from tests.factories import (
    NOW,
    CategoryFactory,
    ComparisonFactory,
    ConditionFactory,
    HeadToHeadFactory,
    PickFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    ToolFitFactory,
    answer_pair,
    review,
    vote,
)
from votes.tallies.publication import publish_tallies

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rendered_as_serialized")]


def slugs(answer: Any) -> list[str]:
    return [row["slug"] for row in answer.json()["results"]]


class TestComparison:
    @pytest.fixture
    def pair(self) -> tuple[Tool, Tool]:
        """Two tools as the first page of the site has them: level panels, no votes, one paid and one free."""
        category = CategoryFactory(slug="developer-tools", name="Developer Tools")
        files = ToolFactory(
            slug="claude-files-api", name="Claude Files API", pricing_entry="paid", category=category
        )
        llama = ToolFactory(slug="llama-4-scout-quantized", name="Llama 4 Scout Quantized", category=category)
        for slug in ("builder", "skeptic", "founder", "futurist"):
            reviewer = ReviewerFactory(slug=slug)
            ReviewFactory(reviewer=reviewer, tool=files)
            ReviewFactory(reviewer=reviewer, tool=llama)
        return files, llama

    def test_it_answers_which_one_to_ship_with(self, api: APIClient, pair: tuple[Tool, Tool]) -> None:
        ComparisonFactory(first_tool=pair[0], second_tool=pair[1])

        answer = api.get("/api/v1/comparisons/claude-files-api-vs-llama-4-scout-quantized").json()

        assert list(answer) == [
            "slug",
            "kind",
            "title",
            "editor_note",
            "published_at",
            "updated_at",
            "tools",
            "scorecard",
            "picks",
            "pricing_read",
            "guidance",
            "verdict",
            "whole_panel_verdict",
        ]
        assert answer["kind"] == "curated"
        assert answer["title"] == "Claude Files API vs Llama 4 Scout Quantized"
        assert answer["published_at"] == "2026-11-02T09:30:00Z"
        assert [tool["panel"] for tool in answer["tools"]] == [
            {"ship": 4, "skip": 0, "total": 4, "percent": 100, "call": "ship"}
        ] * 2
        assert [tool["community"] for tool in answer["tools"]] == [
            {
                "ship": 0,
                "skip": 0,
                "total": 0,
                "percent": None,
                "interval": None,
                "status": "none",
                "decides": False,
            }
        ] * 2
        assert answer["picks"] == {"total": 0, "shares": [None, None], "status": "none"}
        assert answer["pricing_read"] == {
            "cheaper_to_start": "llama-4-scout-quantized",
            "basis": "entry",
            "note": "Claude Files API is paid from the start, Llama 4 Scout Quantized is free to start.",
        }
        assert [row["reviewer"]["slug"] for row in answer["scorecard"]] == [
            "builder",
            "skeptic",
            "founder",
            "futurist",
        ]
        assert {row["agreement"] for row in answer["scorecard"]} == {"both_ship"}
        verdict = answer["verdict"]
        reasons, flip, replay = (verdict.pop(name) for name in ("reasons", "flip", "replay"))
        assert {(each["kind"], each["count"]) for each in flip} == {
            ("review", 1), ("head_to_head", 3), ("picks", 20),
        }  # fmt: skip
        assert [each["reviewer"] for each in replay["reviewers"]] == [
            "builder",
            "skeptic",
            "founder",
            "futurist",
        ]
        assert verdict == {
            "outcome": "tie",
            "winner": None,
            "decided_by": None,
            "strength": None,
            "margin": 0,
            "contested": False,
            "dissent": [],
            "shared_panel": {
                "reviewers": ["builder", "skeptic", "founder", "futurist"],
                "first": 4,
                "second": 4,
            },
            "rule": "2026-12",
            "panel_of": None,
            "summary": "Level on every count: all 4 reviewers ship Claude Files API, as many Llama 4 Scout Quantized. "
            "Claude Files API is paid from the start, Llama 4 Scout Quantized is free to start.",
        }
        assert [(reason["code"], reason["favors"]) for reason in reasons] == [
            ("panel_level", None),
            ("no_head_to_heads", None),
            ("no_votes", None),
            ("no_picks", None),
            ("cheaper_to_start", "llama-4-scout-quantized"),
        ]

    @pytest.mark.parametrize(
        "asked",
        [
            pytest.param("llama-4-scout-quantized-vs-claude-files-api", id="reversed"),
            pytest.param("files-api-vs-llama-4-scout-quantized", id="earlier slug"),
            pytest.param("llama-4-scout-quantized-vs-files-api", id="reversed with an earlier slug"),
        ],
    )
    def test_other_spellings_lead_to_the_one_address(
        self, api: APIClient, pair: tuple[Tool, Tool], asked: str
    ) -> None:
        Tool.objects.filter(pk=pair[0].pk).update(slug="files-api")
        Tool.objects.filter(pk=pair[0].pk).update(slug="claude-files-api")

        answer = api.get(f"/api/v1/comparisons/{asked}?fields=slug")

        assert answer.status_code == 308
        assert (
            answer["Location"]
            == "/api/v1/comparisons/claude-files-api-vs-llama-4-scout-quantized?fields=slug"
        )
        assert answer.content == b""

    def test_any_two_published_tools_are_computed(self, api: APIClient, pair: tuple[Tool, Tool]) -> None:
        answer = api.get("/api/v1/comparisons/claude-files-api-vs-llama-4-scout-quantized").json()

        assert answer["kind"] == "computed"
        assert answer["published_at"] is None

    @pytest.mark.parametrize(
        "asked",
        [
            pytest.param("alpha-vs-nothing", id="one tool is unknown"),
            pytest.param("alpha-vs-draft", id="one tool is a draft"),
            pytest.param("alpha-vs-alpha", id="a tool with itself"),
            pytest.param("alpha", id="one tool only"),
            pytest.param("-vs-alpha", id="nothing before"),
            pytest.param("alpha-vs-", id="nothing behind"),
            pytest.param("-vs-" * 60, id="separators only"),
        ],
    )
    def test_anything_else_is_not_found(self, api: APIClient, asked: str) -> None:
        ToolFactory(slug="alpha")
        ToolFactory(slug="draft", status="draft", published_at=None)

        answer = api.get(f"/api/v1/comparisons/{asked}")

        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"

    def test_a_separator_inside_a_slug_is_harmless(self, api: APIClient) -> None:
        for slug in ("draft-vs-final", "notes", "draft"):
            ToolFactory(slug=slug)

        answer = api.get("/api/v1/comparisons/draft-vs-final-vs-notes").json()

        assert [tool["slug"] for tool in answer["tools"]] == ["draft-vs-final", "notes"]

    def test_a_curated_pair_wins_where_a_slug_can_be_read_twice(self, api: APIClient) -> None:
        a, a_vs_b, b_vs_c, c = (ToolFactory(slug=slug) for slug in ("a", "a-vs-b", "b-vs-c", "c"))
        ComparisonFactory(first_tool=a_vs_b, second_tool=c)

        answer = api.get("/api/v1/comparisons/a-vs-b-vs-c").json()

        assert [tool["slug"] for tool in answer["tools"]] == ["a-vs-b", "c"]
        assert {a.slug, b_vs_c.slug} == {"a", "b-vs-c"}

    def test_picks_stand_in_the_order_of_the_tools(self, api: APIClient) -> None:
        late, early = ToolFactory(slug="zebra"), ToolFactory(slug="aardvark")
        PickFactory.create_batch(3, first_tool=late, second_tool=early, chosen_tool=early)
        PickFactory(first_tool=late, second_tool=early, chosen_tool=late)
        publish_tallies(now=NOW)

        answer = api.get("/api/v1/comparisons/aardvark-vs-zebra").json()

        assert answer["picks"] == {"total": 4, "shares": [75, 25], "status": "few"}

    @pytest.mark.parametrize("reviews", [1, 12])
    def test_it_takes_three_queries_whatever_the_panel(
        self, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries, reviews: int
    ) -> None:
        first, second = ToolFactory(slug="a"), ToolFactory(slug="b")
        ComparisonFactory(first_tool=first, second_tool=second)
        for tool in (first, second):
            review(tool, ship=reviews, skip=reviews)
        HeadToHeadFactory.create_batch(reviews, first_tool=first, second_tool=second, choice=second)

        # Tools with their counts, reviews with reviewers, the curated pair with its picks.
        with django_assert_num_queries(3):
            answer = api.get("/api/v1/comparisons/a-vs-b")

        rows = answer.json()["scorecard"]
        assert len(rows) == 3 * reviews
        assert [row["head_to_head"]["prefers"] for row in rows if row["head_to_head"]] == ["b"] * reviews

    def test_it_says_when_to_choose_which(self, api: APIClient, pair: tuple[Tool, Tool]) -> None:
        ToolFitFactory(
            tool=pair[1],
            condition=ConditionFactory(slug="offline", name="it must run without a network"),
            note="It runs on the machine.",
        )

        answer = api.get("/api/v1/comparisons/claude-files-api-vs-llama-4-scout-quantized").json()

        assert answer["guidance"] == [
            {"tool": "claude-files-api", "when": []},
            {
                "tool": "llama-4-scout-quantized",
                "when": [
                    {
                        "condition": {"slug": "offline", "name": "it must run without a network"},
                        "note": "It runs on the machine.",
                        "evidence": ["https://example.com/docs"],
                        "checked_on": "2026-10-20",
                    }
                ],
            },
        ]
        assert answer["verdict"]["summary"] == (
            "Level on every count: ship Llama 4 Scout Quantized if it must run without a network; "
            "otherwise neither is ahead."
        )


class TestComparisonList:
    @pytest.mark.parametrize("rows", [2, 9])
    def test_it_takes_at_most_four_queries(
        self, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries, rows: int
    ) -> None:
        category = CategoryFactory(slug="tools")
        for _ in range(rows):
            comparison = ComparisonFactory(first_tool__category=category)
            review(comparison.first_tool, ship=2)
            sides = {"first_tool": comparison.first_tool, "second_tool": comparison.second_tool}
            HeadToHeadFactory(**sides, choice=comparison.first_tool)

        # Known slugs, the page's ids, pairs with their tools and picks, reviews.
        with django_assert_num_queries(4):
            answer = api.get("/api/v1/comparisons?category=tools&include=scorecard")

        assert len(answer.json()["results"]) == rows
        assert len(answer.json()["results"][0]["scorecard"]) == 3

    def test_it_filters_by_outcome_as_the_verdict_says(self, api: APIClient) -> None:
        winner, tie, insufficient = (ComparisonFactory() for _ in range(3))
        review(winner.first_tool, ship=3)
        review(winner.second_tool, skip=3)
        review(tie.first_tool, ship=3)
        review(tie.second_tool, ship=3)

        found = {
            outcome: slugs(api.get(f"/api/v1/comparisons?outcome={outcome}"))
            for outcome in ("winner", "tie", "insufficient")
        }

        assert found == {"winner": [winner.slug], "tie": [tie.slug], "insufficient": [insufficient.slug]}

    def test_it_finds_the_pairs_of_a_tool_by_an_earlier_slug(self, api: APIClient) -> None:
        comparison = ComparisonFactory(first_tool__slug="old")
        ComparisonFactory()
        Tool.objects.filter(slug="old").update(slug="new")

        answer = api.get("/api/v1/comparisons?tool=old")

        assert [row["tools"][0]["slug"] for row in answer.json()["results"]] == ["new"]
        assert comparison.pk is not None

    def test_it_finds_pairs_by_the_words_of_either_tool_and_counts_all_pages(self, api: APIClient) -> None:
        found = [
            ComparisonFactory(first_tool__name="Crème Brûlée"),
            ComparisonFactory(second_tool__name="Creme Caramel"),
        ]
        ComparisonFactory()

        answer = api.get("/api/v1/comparisons?q=creme&include=count&limit=1").json()
        everything = [*slugs(api.get("/api/v1/comparisons?q=creme"))]

        assert (answer["count"], len(answer["results"])) == (2, 1)
        assert sorted(everything) == sorted(pair.slug for pair in found)

    def test_it_refuses_slugs_that_nobody_has(self, api: APIClient) -> None:
        answer = api.get("/api/v1/comparisons?tool=nobody&category=nothing")

        assert answer.status_code == 400
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
            ("/tool", "invalid_choice"),
            ("/category", "invalid_choice"),
        ]

    def test_it_sorts_by_picks_and_by_contest(self, api: APIClient) -> None:
        quiet, picked, contested = (ComparisonFactory() for _ in range(3))
        PickFactory(first_tool=picked.first_tool, second_tool=picked.second_tool)
        publish_tallies(now=NOW)
        review(contested.first_tool, ship=3)
        review(contested.second_tool, skip=3)
        vote(contested.first_tool, skip=1)
        vote(contested.second_tool, ship=1)

        by_picks = slugs(api.get("/api/v1/comparisons?sort=-pick_count"))
        by_gap = api.get("/api/v1/comparisons?sort=-panel_crowd_gap").json()["results"]

        assert by_picks[0] == picked.slug
        assert (by_gap[0]["slug"], by_gap[0]["panel_crowd_gap"]) == (contested.slug, 200)
        assert quiet.slug in by_picks


class TestCompare:
    def test_it_orders_several_tools(
        self, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for name, ship in (("best", 4), ("good", 3), ("fair", 2), ("equal", 2)):
            review(ToolFactory(slug=name), ship=ship, skip=4 - ship)

        # Tools with their counts, reviews with reviewers, curated pairs, picks.
        with django_assert_num_queries(4):
            answer = api.get("/api/v1/compare?tools=fair,best,good,equal").json()

        assert [(row["rank"], row["slug"]) for row in answer["order"]] == [
            (1, "best"),
            (2, "good"),
            (3, "equal"),
            (3, "fair"),
        ]
        assert len(answer["pairs"]) == 6
        assert answer["cycles"] == []

    def test_it_marks_tools_that_beat_each_other_round_and_round(self, api: APIClient) -> None:
        a, b, c = (ToolFactory(slug=slug) for slug in "abc")
        for tool in (a, b, c):
            review(tool, ship=3)
        answer_pair(a, b, a=3)
        answer_pair(b, c, a=4, b=1)
        answer_pair(a, c, b=3, neither=2)

        answer = api.get("/api/v1/compare?tools=a,b,c").json()

        assert answer["cycles"] == [["a", "b", "c"]]
        assert [(row["rank"], row["wins"], row["losses"]) for row in answer["order"]] == [(1, 1, 1)] * 3
        assert {pair["verdict"]["decided_by"] for pair in answer["pairs"]} == {"head_to_head"}

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            pytest.param("", "required", id="none"),
            pytest.param("tools=a", "min_items", id="one"),
            pytest.param("tools=a,b,c,d,e,f", "max_items", id="six"),
            pytest.param("tools=a,nobody", "invalid_choice", id="unknown"),
            pytest.param("tools=a,old-a", "repeated", id="one tool by two slugs"),
            pytest.param("tools=a,b,old-a", "repeated", id="one tool by two slugs beside another"),
            pytest.param("tools=a,a", "repeated", id="one tool twice"),
            pytest.param("tools=a,b,a", "repeated", id="one tool twice beside another"),
            pytest.param("tools=a&tools=b&tools=a", "repeated", id="twice by repeating the parameter"),
        ],
    )
    def test_it_needs_two_to_five_known_tools(self, api: APIClient, query: str, code: str) -> None:
        ToolFactory(slug="old-a")
        ToolFactory(slug="b")
        Tool.objects.filter(slug="old-a").update(slug="a")

        answer = api.get(f"/api/v1/compare?{query}")

        assert answer.status_code == 400
        assert [error["code"] for error in answer.json()["errors"]] == [code]
