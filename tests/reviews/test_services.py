"""What curators do to reviews."""

import pytest

from backend.admin.errors import CurationError
from reviews import services
from tests.factories import NOW, ReviewFactory

pytestmark = pytest.mark.django_db


def test_a_draft_is_published() -> None:
    review = ReviewFactory(status="draft")

    services.publish(review, now=NOW)

    review.refresh_from_db()
    assert (review.status, review.updated_at, review.revision) == ("published", NOW, 1)


def test_a_draft_is_not_published_beside_a_live_review() -> None:
    live = ReviewFactory()
    draft = ReviewFactory(reviewer=live.reviewer, tool=live.tool, status="draft")

    with pytest.raises(CurationError, match=r"^the reviewer already has a live review of the tool$"):
        services.publish(draft, now=NOW)

    draft.refresh_from_db()
    assert draft.status == "draft"


def test_a_draft_without_a_basis_is_not_published() -> None:
    draft = ReviewFactory(status="draft", basis=None)

    with pytest.raises(CurationError, match=r"^it has no basis$"):
        services.publish(draft, now=NOW)

    draft.refresh_from_db()
    assert draft.status == "draft"


def test_a_draft_takes_the_place_of_a_retracted_review() -> None:
    retracted = ReviewFactory(status="retracted")
    draft = ReviewFactory(reviewer=retracted.reviewer, tool=retracted.tool, status="draft")

    services.publish(draft, now=NOW)

    draft.refresh_from_db()
    assert draft.status == "published"


@pytest.mark.parametrize("status", ["published", "retracted"])
def test_only_a_draft_is_published(status: str) -> None:
    review = ReviewFactory(status=status)

    with pytest.raises(CurationError, match=r"^not a draft$"):
        services.publish(review, now=NOW)

    review.refresh_from_db()
    assert review.status == status
