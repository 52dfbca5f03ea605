"""How many reviews are published, as the database counts them."""

from collections.abc import Collection

from backend.api.counts import add_up, as_key, kept_counts
from backend.api.prepared import Prepared
from reviews.models import Review, Reviewer

COUNTS = Prepared(
    lambda: kept_counts(
        "reviews", ahead=Review.objects.scheduled().annotate(count_key=as_key("reviewer", "verdict"))
    )
)


def count_reviews(reviewers: Collection[str], verdicts: Collection[str]) -> int:
    """Of these reviewers, with these verdicts; of all where none are named. Two queries at most."""
    ids = set(map(str, Reviewer.objects.ids_of(reviewers))) if reviewers else set()
    return sum(
        number
        for (reviewer, verdict, *_), number in add_up(COUNTS.rows()).items()
        if (not reviewers or reviewer in ids) and (not verdicts or verdict in verdicts)
    )
