"""How many reviews are published: the same as counting them."""

from itertools import product
from typing import Any

import pytest

from reviews.counts import count_reviews
from reviews.models import Review
from tests.factories import AHEAD, ReviewerFactory, ReviewFactory, ToolFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def said() -> None:
    """Of two reviewers, on a published tool, an archived one, one that is ahead and a draft."""
    tools = [
        ToolFactory(),
        ToolFactory(status="archived"),
        ToolFactory(published_at=AHEAD),
        ToolFactory(status="draft"),
    ]
    for slug, verdict in (("fan", "ship"), ("skeptic", "skip")):
        reviewer = ReviewerFactory(slug=slug)
        for tool in tools:
            ReviewFactory(tool=tool, reviewer=reviewer, verdict=verdict)
        ReviewFactory(reviewer=reviewer, status="retracted")
        ReviewFactory(reviewer=reviewer, status="draft")


@pytest.mark.parametrize(
    ("reviewers", "verdicts"),
    list(product(([], ["fan"], ["fan", "skeptic"], ["nobody"]), ([], ["ship"], ["ship", "skip"]))),
)
def test_reviews_are_counted_as_a_list_has_them(reviewers: list[str], verdicts: list[str]) -> None:
    asked: dict[str, Any] = {}
    if reviewers:
        asked["reviewer__slug__in"] = reviewers
    if verdicts:
        asked["verdict__in"] = verdicts

    assert count_reviews(reviewers, verdicts) == Review.objects.published().filter(**asked).count()


def test_there_are_some() -> None:
    assert (count_reviews([], []), count_reviews(["fan"], ["ship"])) == (4, 2)
