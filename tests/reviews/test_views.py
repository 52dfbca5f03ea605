"""The panel's endpoints: who reviews, what they said, and who may not be seen."""

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from tests.factories import ReviewerFactory, ReviewFactory, ToolFactory
from tests.plans import plan_of_list

pytestmark = pytest.mark.django_db


def test_reviewers_come_in_the_rosters_order_with_their_record(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    last, first = ReviewerFactory(slug="last", position=2), ReviewerFactory(slug="first", position=1)
    ReviewFactory(reviewer=first)
    ReviewFactory(reviewer=first)
    ReviewFactory(reviewer=first, verdict="skip")
    ReviewFactory(reviewer=last, status="draft")
    ReviewFactory(reviewer=last, tool__status="draft", tool__published_at=None)

    # Reviewers with their counts.
    with django_assert_num_queries(1):
        rows = api.get("/api/v1/reviewers").json()["results"]

    assert [(row["slug"], row["record"]) for row in rows] == [
        ("first", {"ship": 2, "skip": 1, "total": 3, "percent": 67}),
        ("last", {"ship": 0, "skip": 0, "total": 0, "percent": None}),
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param({"status": "draft"}, id="a draft"),
        pytest.param({"status": "retracted"}, id="a retracted review"),
        pytest.param({"tool__status": "draft", "tool__published_at": None}, id="of a draft tool"),
    ],
)
def test_what_is_not_published_is_nowhere(api: APIClient, hidden: dict[str, str]) -> None:
    review = ReviewFactory(**hidden)

    assert api.get("/api/v1/reviews").json()["results"] == []
    assert api.get(f"/api/v1/reviews/{review.pk}").json()["code"] == "review_not_found"


@pytest.mark.parametrize("path", ["reviews", "head-to-heads"])
@pytest.mark.parametrize("parameter", ["tool", "reviewer"])
def test_slugs_that_nobody_has_are_refused(api: APIClient, path: str, parameter: str) -> None:
    answer = api.get(f"/api/v1/{path}?{parameter}=nobody")

    assert answer.status_code == 400
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        (f"/{parameter}", "invalid_choice")
    ]


def test_reviews_are_narrowed_by_tool_reviewer_and_verdict(api: APIClient) -> None:
    wanted = ReviewFactory(tool__slug="alpha", reviewer__slug="skeptic", verdict="skip")
    ReviewFactory(tool=wanted.tool, verdict="skip")
    ReviewFactory(reviewer=wanted.reviewer, verdict="skip")

    rows = api.get("/api/v1/reviews?tool=alpha&reviewer=skeptic&verdict=skip").json()["results"]

    assert [row["id"] for row in rows] == [str(wanted.pk)]
    assert list(rows[0]) == [
        "id",
        "tool",
        "reviewer",
        "verdict",
        "quote",
        "basis",
        "disclosure",
        "evidence",
        "reviewed_on",
        "revision",
    ]


@pytest.mark.parametrize("rows", [2, 9])
def test_a_tools_reviews_take_two_queries(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    tool = ToolFactory(slug="alpha")
    ReviewFactory.create_batch(rows, tool=tool)

    # The tool, its reviews with their reviewers.
    with django_assert_num_queries(2):
        answer = api.get("/api/v1/tools/alpha/reviews").json()

    assert len(answer["results"]) == rows


def test_an_unknown_reviewer_is_not_found(api: APIClient) -> None:
    assert api.get("/api/v1/reviewers/nobody").json()["code"] == "reviewer_not_found"


@pytest.mark.parametrize(
    ("address", "index"),
    [
        ("/api/v1/reviews", "reviews_by_creation"),
        ("/api/v1/reviews?verdict=skip", "reviews_by_creation"),
        ("/api/v1/reviews?reviewer=skeptic", "reviews_by_reviewer"),
        ("/api/v1/head-to-heads", "head_to_heads_by_creation"),
    ],
)
def test_an_index_gives_lists_their_order(api: APIClient, address: str, index: str) -> None:
    ReviewerFactory(slug="skeptic")

    plan = plan_of_list(api, address)

    assert index in plan
    assert "Sort" not in plan
