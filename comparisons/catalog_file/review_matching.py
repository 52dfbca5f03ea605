"""Which review of the database a row of the file speaks of."""

from collections.abc import Iterable

from comparisons.catalog_file.format import REVIEW_COLUMNS, Row
from comparisons.catalog_file.reading import Json
from comparisons.catalog_file.upsert import differences
from reviews.models import Review


def pair_up(rows: Iterable[Row], reviews: Iterable[Review]) -> list[tuple[Row, Review | None]]:
    """One reviewer's rows on one tool, each with the review it speaks of.

    That is the review that says just what the row says; else the one with the row's status; else any that is
    not retracted, the published one first. What is retracted is history, so a row never rewrites it.
    """
    left = sorted(reviews, key=lambda review: review.status != Review.Status.PUBLISHED)
    pairs: dict[str, Review] = {}
    for fits in (_is_said_by, _has_status, _is_current):
        for row in rows:
            review = next((review for review in left if fits(review, row)), None)
            if review and row.place not in pairs:
                pairs[row.place] = review
                left.remove(review)
    return [(row, pairs.get(row.place)) for row in rows]


def _is_said_by(review: Review, row: Row) -> bool:
    return review.status == status_of(row) and not differences(review, asked_of(review, row), REVIEW_COLUMNS)


def asked_of(review: Review, row: Row) -> dict[str, Json]:
    """The row's values; a lower revision asks for nothing, since the database raises it with each correction."""
    return {
        key: value for key, value in row.values.items() if key != "revision" or (value or 1) > review.revision
    }


def _has_status(review: Review, row: Row) -> bool:
    return _is_current(review, row) and review.status == status_of(row)


def _is_current(review: Review, row: Row) -> bool:
    return review.status != Review.Status.RETRACTED


def status_of(row: Row) -> str:
    return str(row.values.get("status", Review.Status.PUBLISHED))
