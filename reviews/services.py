"""What curators do to reviews: each action happens or says why it did not."""

from datetime import datetime

from django.db import IntegrityError, transaction

from backend.admin.errors import CurationError
from reviews.models import Review


def publish(review: Review, *, now: datetime) -> None:
    """Publish a draft; raises CurationError for any other review, for one without a basis, or where the reviewer has a
    live one on the tool.

    A retracted review is brought back on its own page: that is a decision about one review, not about a selection.
    """
    if not review.basis:
        raise CurationError("it has no basis")
    try:
        with transaction.atomic():
            changed = (
                Review.objects.filter(pk=review.pk, status=Review.Status.DRAFT)
                .exclude(basis=None)
                .update(status=Review.Status.PUBLISHED, updated_at=now)
            )
    except IntegrityError as error:
        raise CurationError("the reviewer already has a live review of the tool") from error
    if not changed:
        raise CurationError("not a draft")


def retract(review: Review, *, now: datetime) -> None:
    """Take a published review back; raises CurationError for any other."""
    changed = Review.objects.filter(pk=review.pk, status=Review.Status.PUBLISHED).update(
        status=Review.Status.RETRACTED, updated_at=now
    )
    if not changed:
        raise CurationError("not published")
