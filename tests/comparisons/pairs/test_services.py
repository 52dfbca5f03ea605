"""What curators do to pairs."""

from datetime import timedelta

import pytest

from backend.admin.errors import CurationError
from comparisons.pairs import services
from tests.factories import NOW, ComparisonFactory, ReviewFactory

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("status", "first_published", "shown"),
    [
        pytest.param("draft", None, LATER, id="draft: from now on"),
        pytest.param("archived", NOW, NOW, id="archived: since its first day"),
    ],
)
def test_a_pair_is_published(status: str, first_published: object, shown: object) -> None:
    comparison = ComparisonFactory(status=status, published_at=first_published)
    for tool in (comparison.first_tool, comparison.second_tool):
        ReviewFactory.create_batch(3, tool=tool)

    services.publish(comparison, now=LATER)

    comparison.refresh_from_db()
    assert (comparison.status, comparison.published_at, comparison.updated_at) == ("published", shown, LATER)


@pytest.mark.parametrize("side", ["first_tool", "second_tool"])
def test_a_pair_with_a_draft_is_not_published(side: str) -> None:
    comparison = ComparisonFactory(status="draft", published_at=None, **{f"{side}__status": "draft"})

    with pytest.raises(CurationError, match=r"^a tool of the pair is not published$"):
        services.publish(comparison, now=LATER)

    comparison.refresh_from_db()
    assert comparison.status == "draft"


def test_a_published_pair_is_not_published_again() -> None:
    comparison = ComparisonFactory()

    with pytest.raises(CurationError, match=r"^already published$"):
        services.publish(comparison, now=LATER)

    comparison.refresh_from_db()
    assert comparison.updated_at != LATER
