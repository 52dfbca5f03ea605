"""The panel's endpoints: who reviews, what they said, and who may not be seen."""

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from backend.api.attribution import attributed
from reviews.models import Review
from tests.factories import ReviewerFactory, ReviewFactory, ToolFactory
from tests.plans import plan_of_list

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rendered_as_serialized")]


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

    plan = plan_of_list(api, address, index=index)

    assert index in plan
    assert "Sort" not in plan


# --- What a review said before ---------------------------------------------------------------------


def correct(review: Review, note: str, **values: str) -> None:
    with attributed(source="admin", note=note):
        Review.objects.filter(pk=review.pk).update(**values)


def test_a_reviews_revisions_show_text_note_and_times(
    api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    review = ReviewFactory(verdict="ship", quote="It holds.", disclosure="")
    correct(review, "It broke in May.", verdict="skip", quote="It broke.")
    correct(review, "", disclosure="Works there.")

    # The review; its former texts.
    with django_assert_num_queries(2):
        answer = api.get(f"/api/v1/reviews/{review.pk}/revisions").json()

    texts = [answer["current"], *answer["results"]]
    assert [(text["revision"], text["verdict"], text["quote"], text["note"]) for text in texts] == [
        (3, "skip", "It broke.", None),
        (2, "skip", "It broke.", "It broke in May."),
        (1, "ship", "It holds.", None),
    ]
    assert [text["disclosure"] for text in texts] == ["Works there.", None, None]
    assert [text["ended_at"] for text in texts] == [None, texts[0]["began_at"], texts[1]["began_at"]]
    assert list(texts[0]) == [
        "revision", "verdict", "quote", "basis", "disclosure", "evidence", "reviewed_on", "note", "began_at",
        "ended_at",
    ]  # fmt: skip
    assert (answer["next"], answer["previous"]) == (None, None)


def test_revisions_come_in_pages_and_with_chosen_fields(api: APIClient) -> None:
    review = ReviewFactory(quote="0")
    for number in range(3):
        correct(review, "", quote=f"{number + 1}")

    first = api.get(f"/api/v1/reviews/{review.pk}/revisions?limit=2&fields=quote").json()
    second = api.get(first["next"]).json()

    assert (first["current"], first["results"]) == ({"quote": "3"}, [{"quote": "2"}, {"quote": "1"}])
    assert (second["current"], second["results"]) == ({"quote": "3"}, [{"quote": "0"}])


@pytest.mark.parametrize("status", ["draft", "retracted"])
def test_what_is_not_published_shows_no_revisions(api: APIClient, status: str) -> None:
    review = ReviewFactory(status="published" if status == "retracted" else "draft")
    Review.objects.filter(pk=review.pk).update(status=status)

    answer = api.get(f"/api/v1/reviews/{review.pk}/revisions")

    assert (answer.status_code, answer.json()["code"]) == (404, "review_not_found")
