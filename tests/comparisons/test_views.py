"""The endpoints that span apps, from the address to the whole answer, each with its query budget."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from catalog.models import Tool
from comparisons.models import Comparison
from tests.factories import (
    NOW,
    CategoryFactory,
    ComparisonFactory,
    PickFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    VerdictChangeFactory,
    review,
    vote,
)
from votes.models import Pick
from votes.tallies.publication import publish_tallies
from votes.voters.tokens import issue_token

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


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
            "verdict",
        ]
        assert answer["kind"] == "curated"
        assert answer["title"] == "Claude Files API vs Llama 4 Scout Quantized"
        assert answer["published_at"] == "2026-11-02T09:30:00Z"
        assert [tool["panel"] for tool in answer["tools"]] == [
            {"ship": 4, "skip": 0, "total": 4, "percent": 100, "call": "ship"}
        ] * 2
        assert [tool["community"] for tool in answer["tools"]] == [
            {"ship": 0, "skip": 0, "total": 0, "percent": None, "interval": None, "status": "none"}
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
        reasons = verdict.pop("reasons")
        assert verdict == {
            "outcome": "tie",
            "winner": None,
            "decided_by": None,
            "strength": None,
            "margin": 0,
            "contested": False,
            "dissent": [],
            "rule": "2026-11",
        }
        assert [(reason["code"], reason["favors"]) for reason in reasons] == [
            ("panel_level", None),
            ("no_votes", None),
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

        # Tools with their counts, reviews with reviewers, the curated pair with its picks.
        with django_assert_num_queries(3):
            answer = api.get("/api/v1/comparisons/a-vs-b")

        assert len(answer.json()["scorecard"]) == 4 * reviews


class TestComparisonList:
    @pytest.mark.parametrize("rows", [2, 9])
    def test_it_takes_at_most_three_queries(
        self, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries, rows: int
    ) -> None:
        category = CategoryFactory(slug="tools")
        for _ in range(rows):
            comparison = ComparisonFactory(first_tool__category=category)
            review(comparison.first_tool, ship=3)

        # Known slugs, pairs with their tools and picks, reviews.
        with django_assert_num_queries(3):
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


class TestToolList:
    def test_a_draft_and_an_archived_tool_are_not_listed(self, api: APIClient) -> None:
        shown = ToolFactory()
        ToolFactory(status="draft", published_at=None)
        ToolFactory(status="archived")

        assert slugs(api.get("/api/v1/tools")) == [shown.slug]

    @pytest.mark.parametrize("rows", [2, 9])
    def test_it_takes_at_most_four_queries(
        self, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries, rows: int
    ) -> None:
        category = CategoryFactory(slug="tools")
        for tool in ToolFactory.create_batch(rows, category=category):
            review(tool, ship=2)

        # Known slugs, tools with their counts, reviews, facets.
        with django_assert_num_queries(4):
            answer = api.get("/api/v1/tools?category=tools&include=reviews,facets&q=tool")

        assert len(answer.json()["results"]) == rows

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
            {"value": "free", "label": "free", "count": 1},
            {"value": "paid", "label": "paid", "count": 1},
        ]
        assert facets["call"] == [{"value": "unreviewed", "label": "unreviewed", "count": 1}]

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
            pytest.param("sort=-community", ["loved", "new", "hated"], id="by crowd"),
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
        assert "sort" not in query or "community" in query or found == expected

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

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            pytest.param("", "required", id="none"),
            pytest.param("tools=a", "min_items", id="one"),
            pytest.param("tools=a,b,c,d,e,f", "max_items", id="six"),
            pytest.param("tools=a,nobody", "invalid_choice", id="unknown"),
            pytest.param("tools=a,old-a", "min_items", id="one tool by two slugs"),
        ],
    )
    def test_it_needs_two_to_five_known_tools(self, api: APIClient, query: str, code: str) -> None:
        ToolFactory(slug="old-a")
        Tool.objects.filter(slug="old-a").update(slug="a")

        answer = api.get(f"/api/v1/compare?{query}")

        assert answer.status_code == 400
        assert [error["code"] for error in answer.json()["errors"]] == [code]


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


class TestPick:
    PICK = "/api/v1/comparisons/aardvark-vs-zebra/pick"

    @pytest.fixture
    def pair(self) -> tuple[Tool, Tool]:
        """The tools' ids stand in the other order than their slugs."""
        late, early = ToolFactory(slug="zebra"), ToolFactory(slug="aardvark")
        return early, late

    @pytest.fixture
    def voter(self) -> APIClient:
        client = APIClient()
        token = issue_token(assurance=0, now=timezone.now()).token
        client.credentials(HTTP_AUTHORIZATION=f"Voter {token}")
        return client

    @pytest.mark.usefixtures("pair")
    def test_a_pick_is_put_read_changed_and_deleted(self, voter: APIClient) -> None:
        assert voter.get(self.PICK).json()["tool"] is None

        put = voter.put(self.PICK, {"tool": "zebra"}, format="json")

        assert (put.status_code, put.json()["tool"]) == (200, "zebra")
        assert put["Cache-Control"] == "private, no-store"
        assert put["RateLimit"].startswith('"votes-60s";r=29;')
        assert voter.get(self.PICK).json() == put.json()
        assert voter.put(self.PICK, {"tool": "aardvark"}, format="json").json()["tool"] == "aardvark"
        assert voter.delete(self.PICK).json()["tool"] is None
        assert not Pick.objects.exists()

    def test_the_tally_stands_in_the_order_of_the_slugs(
        self, voter: APIClient, pair: tuple[Tool, Tool]
    ) -> None:
        PickFactory.create_batch(3, first_tool=pair[0], second_tool=pair[1], chosen_tool=pair[0])
        PickFactory(first_tool=pair[0], second_tool=pair[1], chosen_tool=pair[1])
        PickFactory(first_tool=pair[0], second_tool=pair[1], chosen_tool=pair[1], status="pending")
        publish_tallies(now=NOW)

        expected = {
            "total": 4,
            "counts": [3, 1],
            "shares": [75, 25],
            "status": "few",
            "is_decided": False,
            "flip_margin": 2,
            "pending": 1,
            "quarantined": 0,
            "ruleset": "2026-11",
            "as_of": "2026-11-02T09:30:00Z",
        }
        assert voter.get(self.PICK).json()["tally"] == expected
        assert voter.put(self.PICK, {"tool": "zebra"}, format="json").json()["tally"] == expected

    @pytest.mark.parametrize("method", ["get", "put", "delete"])
    def test_the_other_order_and_earlier_slugs_lead_to_the_same_pick(
        self, voter: APIClient, pair: tuple[Tool, Tool], method: str
    ) -> None:
        Tool.objects.filter(pk=pair[1].pk).update(slug="yak")
        sent = {"data": {"tool": "yak"}, "format": "json"} if method == "put" else {}

        for slug in ("yak-vs-aardvark", "aardvark-vs-zebra", "zebra-vs-aardvark"):
            answer = getattr(voter, method)(f"/api/v1/comparisons/{slug}/pick", **sent)

            assert answer.status_code == 308
            assert answer["Location"] == "/api/v1/comparisons/aardvark-vs-yak/pick"

    def test_an_earlier_slug_of_the_picked_tool_is_understood(
        self, voter: APIClient, pair: tuple[Tool, Tool]
    ) -> None:
        Tool.objects.filter(pk=pair[1].pk).update(slug="yak")

        answer = voter.put("/api/v1/comparisons/aardvark-vs-yak/pick", {"tool": "zebra"}, format="json")

        assert answer.json()["tool"] == "yak"

    @pytest.mark.usefixtures("pair")
    @pytest.mark.parametrize(
        ("body", "pointer", "code"),
        [
            pytest.param({}, "/tool", "required", id="missing"),
            pytest.param({"tool": "nobody"}, "/tool", "invalid_choice", id="of another pair"),
            pytest.param({"tool": 7}, "/tool", "invalid_choice", id="number"),
            pytest.param({"tool": "x" * 300}, "/tool", "max_length", id="long"),
            pytest.param({"tool": "zebra", "value": "ship"}, "/value", "unknown_property", id="more"),
        ],
    )
    def test_a_wrong_body_is_refused_and_named(
        self, voter: APIClient, body: dict[str, Any], pointer: str, code: str
    ) -> None:
        answer = voter.put(self.PICK, body, format="json")

        assert answer.status_code == 400
        assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [(pointer, code)]
        assert not Pick.objects.exists()

    @pytest.mark.usefixtures("pair")
    def test_a_pair_that_is_none_and_a_voter_who_is_none_are_refused(
        self, api: APIClient, voter: APIClient
    ) -> None:
        unknown = voter.put("/api/v1/comparisons/aardvark-vs-nobody/pick", {"tool": "nobody"}, format="json")

        assert (unknown.status_code, unknown.json()["code"]) == (404, "comparison_not_found")
        for method in ("get", "put", "delete"):
            assert getattr(api, method)(self.PICK).json()["code"] == "not_authenticated"

    def test_an_archived_tool_closes_its_curated_pairs(
        self, voter: APIClient, pair: tuple[Tool, Tool]
    ) -> None:
        ComparisonFactory(first_tool=pair[0], second_tool=pair[1])
        voter.put(self.PICK, {"tool": "zebra"}, format="json")
        Tool.objects.filter(pk=pair[1].pk).update(status="archived")

        answer = voter.put(self.PICK, {"tool": "aardvark"}, format="json")

        assert (answer.status_code, answer.json()["code"]) == (409, "tool_archived")
        assert voter.delete(self.PICK).json()["tool"] is None


class TestVerdictHistory:
    @pytest.fixture
    def pair(self) -> Comparison:
        """A pair whose verdict was a tie, and then the first tool."""
        row: Comparison = ComparisonFactory(
            first_tool=ToolFactory(slug="aider", name="Aider"), second_tool=ToolFactory(slug="zed")
        )
        VerdictChangeFactory(comparison=row)
        won = {"outcome": "winner", "winner": row.first_tool, "decided_by": "panel", "strength": "narrow"}
        before = {"before_outcome": "tie", "before_margin": 0, "before_rule": "2026-11"}
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
            "rule": "2026-11",
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
                    "rule": "2026-11",
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
        assert answer["Cache-Control"] == "public, max-age=60, stale-while-revalidate=300"
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
            before = {"before_outcome": "tie", "before_margin": 0, "before_rule": "2026-11"}
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
