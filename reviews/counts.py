"""How many reviews are published, as the database counts them."""

from collections.abc import Collection

from backend.api.counts import as_key, kept_counts
from reviews.models import Review, Reviewer


def count_reviews(reviewers: Collection[str], verdicts: Collection[str]) -> int:
    """Of these reviewers, with these verdicts; of all where none are named. Two queries at most."""
    ids = set(map(str, Reviewer.objects.ids_of(reviewers))) if reviewers else set()
    ahead = Review.objects.scheduled().annotate(count_key=as_key("reviewer", "verdict"))
    return sum(
        number
        for (reviewer, verdict, *_), number in kept_counts("reviews", ahead=ahead).items()
        if (not reviewers or reviewer in ids) and (not verdicts or verdict in verdicts)
    )
