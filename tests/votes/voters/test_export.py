"""What a voter takes along."""

import pytest
from rest_framework.test import APIClient

from catalog.models import Tool
from tests.factories import ToolFactory

pytestmark = pytest.mark.django_db


def test_a_voter_takes_everything_along(voter: APIClient, tool: Tool) -> None:
    assert voter.get("/api/v1/voters/me").json() == {
        "assurance": 0, "created_at": None, "votes": [], "picks": [],
    }  # fmt: skip
    ToolFactory(slug="beta")
    voter.put("/api/v1/tools/alpha/vote", {"value": "ship"}, format="json")
    voter.put("/api/v1/comparisons/alpha-vs-beta/pick", {"tool": "beta"}, format="json")

    answer = voter.get("/api/v1/voters/me").json()

    assert answer["created_at"] is not None
    assert [(row["tool"]["slug"], row["value"]) for row in answer["votes"]] == [("alpha", "ship")]
    assert [row["tool"]["slug"] for row in answer["picks"]] == ["beta"]
