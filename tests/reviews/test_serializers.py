"""How reviewers and reviews look in an answer."""

from typing import Any

import pytest

from backend.api.rendering import rendered
from catalog.models import Tool
from reviews.models import Review, Reviewer
from reviews.panel import PanelCount
from reviews.serializers import PanelCountSerializer, ReviewerSerializer, ReviewSerializer


def reviewer(*, ships: int = 0, skips: int = 0, **values: Any) -> Reviewer:
    """One as `with_record()` gives it."""
    made = Reviewer(slug="skeptic", name="The Skeptic", **values)
    made.ship_count, made.skip_count, made.head_to_head_count = ships, skips, 0  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    ("ships", "skips", "percent"), [(0, 0, None), (0, 1, 0), (1, 1, 50), (2, 1, 67), (3, 0, 100)]
)
def test_a_reviewer_has_a_record_with_its_percentage(ships: int, skips: int, percent: int | None) -> None:
    shown = ReviewerSerializer(reviewer(ships=ships, skips=skips)).data

    assert shown["record"] == {"ship": ships, "skip": skips, "total": ships + skips, "percent": percent}


def test_what_a_reviewer_does_not_say_is_null() -> None:
    shown = rendered(ReviewerSerializer, reviewer(), only=["kind", "lens", "motto"])

    assert shown == {"kind": "persona", "lens": None, "motto": None}


def test_a_count_without_reviews_has_no_percentage_and_says_so() -> None:
    assert PanelCountSerializer(PanelCount()).data == {
        "ship": 0,
        "skip": 0,
        "total": 0,
        "percent": None,
        "call": "unreviewed",
    }


def test_a_review_names_its_tool_and_its_reviewer() -> None:
    shown = ReviewSerializer(
        Review(
            reviewer=reviewer(lens="What breaks"),
            tool=Tool(slug="cursor", name="Cursor", status="published"),
            verdict="ship",
            basis="read",
        )
    ).data

    assert shown["reviewer"] == {
        "slug": "skeptic",
        "name": "The Skeptic",
        "kind": "persona",
        "lens": "What breaks",
    }
    assert shown["tool"] == {"slug": "cursor", "name": "Cursor", "status": "published"}
    assert (shown["basis"], shown["disclosure"]) == ("read", None)
    assert (shown["verdict"], shown["evidence"], shown["reviewed_on"], shown["revision"]) == (
        "ship",
        [],
        None,
        1,
    )
