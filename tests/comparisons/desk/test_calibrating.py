"""How a reviewer's reviews stand beside the others' and the crowd's, case by case."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from comparisons.desk.calibrating import calibrate
from reviews.models import Calibration, Reviewer
from tests.factories import ReviewerFactory, ReviewFactory, ToolFactory, review, vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def own() -> Reviewer:
    reviewer: Reviewer = ReviewerFactory(slug="own")
    return reviewer


def counts_of(reviewer: Reviewer) -> dict[str, int]:
    calibrate()
    row = Calibration.objects.get(reviewer=reviewer)
    return {
        name: getattr(row, name) for name in ("panel_agrees", "panel_total", "crowd_agrees", "crowd_total")
    }


@pytest.mark.parametrize(
    ("verdict", "others", "expected"),
    [
        pytest.param("ship", (1, 0), (0, 0), id="one other is no panel"),
        pytest.param("ship", (1, 1), (0, 0), id="the others tie"),
        pytest.param("ship", (2, 0), (1, 1), id="both others ship too"),
        pytest.param("skip", (2, 0), (0, 1), id="both others ship"),
        pytest.param("ship", (0, 2), (0, 1), id="both others skip"),
        pytest.param("skip", (0, 2), (1, 1), id="both others skip too"),
        pytest.param("ship", (1, 2), (0, 1), id="a majority that their own answer would even out"),
        pytest.param("skip", (2, 1), (0, 1), id="likewise the other way"),
        pytest.param("ship", (2, 2), (0, 0), id="a tie that their own answer would decide"),
    ],
)
def test_agreement_is_with_the_others_alone(
    own: Reviewer, verdict: str, others: tuple[int, int], expected: tuple[int, int]
) -> None:
    tool = ToolFactory()
    review(tool, ship=others[0], skip=others[1])
    ReviewFactory(reviewer=own, tool=tool, verdict=verdict)

    counts = counts_of(own)

    assert (counts["panel_agrees"], counts["panel_total"]) == expected


@pytest.mark.parametrize(
    ("verdict", "votes", "expected"),
    [
        pytest.param("ship", (5, 0), (0, 0), id="too few votes"),
        pytest.param("ship", (30, 30), (0, 0), id="an undecided crowd"),
        pytest.param("ship", (60, 0), (1, 1), id="a crowd that ships"),
        pytest.param("skip", (60, 0), (0, 1), id="against a crowd that ships"),
        pytest.param("skip", (0, 60), (1, 1), id="with a crowd that skips"),
    ],
)
def test_agreement_with_the_crowd_counts_where_it_decides(
    own: Reviewer, verdict: str, votes: tuple[int, int], expected: tuple[int, int]
) -> None:
    tool = ToolFactory()
    vote(tool, ship=votes[0], skip=votes[1])
    ReviewFactory(reviewer=own, tool=tool, verdict=verdict)

    counts = counts_of(own)

    assert (counts["crowd_agrees"], counts["crowd_total"]) == expected


def test_what_is_not_published_counts_nowhere(own: Reviewer) -> None:
    ReviewFactory(reviewer=own)
    ReviewFactory(reviewer=own, status="draft")
    ReviewFactory(reviewer=own, tool__status="archived")
    ToolFactory()

    calibrate()

    row = Calibration.objects.get(reviewer=own)
    assert (row.ship, row.total, row.tools) == (1, 1, 3)


def test_what_is_the_same_as_before_is_not_written_again(own: Reviewer) -> None:
    """Each write would empty the memory of answers."""
    ReviewFactory(reviewer=own)
    calibrate()

    with CaptureQueriesContext(connection) as queries:
        calibrate()

    assert [each["sql"] for each in queries if not each["sql"].startswith("SELECT")] == []


def test_the_api_tells_it_and_null_before_it_is_counted(own: Reviewer, api: APIClient) -> None:
    ReviewFactory(reviewer=own)
    before = api.get("/api/v1/reviewers/own").json()["calibration"]

    calibrate()

    assert before is None
    assert api.get("/api/v1/reviewers/own").json()["calibration"] == {
        "agrees_with_panel": {"count": 0, "total": 0, "percent": None},
        "agrees_with_crowd": {"count": 0, "total": 0, "percent": None},
        "coverage": {"count": 1, "total": 1, "percent": 100},
        "is_rubber_stamp": False,
    }
