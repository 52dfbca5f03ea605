"""A voter's own pick of a pair, from the address to the whole answer."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.models import Tool
from tests.factories import (
    NOW,
    ComparisonFactory,
    PickFactory,
    ToolFactory,
)
from votes.models import Pick
from votes.tallies.publication import publish_tallies
from votes.voters.tokens import issue_token

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rendered_as_serialized")]


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
        assert not Pick.objects.standing().exists()

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
            "decides": False,
            "is_decided": False,
            "flip_margin": None,
            "pending": 0,
            "quarantined": 0,
            "ruleset": "2026-12",
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
        assert not Pick.objects.standing().exists()

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
