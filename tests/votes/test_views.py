"""A tool's tally as readers see it."""

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from tests.factories import ToolFactory, vote

pytestmark = pytest.mark.django_db


def test_a_tally_counts_and_says_what_is_held_back(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tool = ToolFactory(slug="alpha")
    vote(tool, ship=6, skip=4)
    vote(tool, ship=2, status="pending")
    vote(tool, skip=1, status="quarantined")

    # The tool with its tally: votes are never scanned.
    with django_assert_num_queries(1):
        answer = api.get("/api/v1/tools/alpha/tally").json()

    assert answer.pop("interval") == {
        "low": pytest.approx(0.312674, abs=1e-6),
        "high": pytest.approx(0.831820, abs=1e-6),
    }
    assert answer == {
        "ship": 6,
        "skip": 4,
        "total": 10,
        "percent": 60,
        "status": "few",
        "pending": 2,
        "quarantined": 1,
    }


def test_no_votes_are_null_and_not_zero(api: APIClient) -> None:
    ToolFactory(slug="alpha")

    answer = api.get("/api/v1/tools/alpha/tally").json()

    assert (answer["percent"], answer["interval"], answer["status"]) == (None, None, "none")


def test_a_draft_has_no_tally(api: APIClient) -> None:
    ToolFactory(slug="alpha", status="draft", published_at=None)

    assert api.get("/api/v1/tools/alpha/tally").json()["code"] == "tool_not_found"
