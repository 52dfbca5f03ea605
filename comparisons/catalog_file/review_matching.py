"""Which review of the database, or which head-to-head, a row of the file speaks of."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from backend.api.json_type import Json
from comparisons.catalog_file.format import Row
from comparisons.catalog_file.upsert import differences
from reviews.models import HeadToHead, Review

OpinionT = TypeVar("OpinionT", Review, HeadToHead)


def pair_up(
    rows: Iterable[Row], opinions: Iterable[OpinionT], columns: Mapping[str, str]
) -> list[tuple[Row, OpinionT | None]]:
    """One reviewer's rows on one tool or pair, each with the review or head-to-head it speaks of.

    That is the one that says just what the row says; else the one with the row's status; else any that is not
    retracted, the published one first. What is retracted is history, so a row never rewrites it.
    """
    left = sorted(opinions, key=lambda opinion: opinion.status != Review.Status.PUBLISHED)
    pairs: dict[str, OpinionT] = {}

    def is_said_by(opinion: OpinionT, row: Row) -> bool:
        return opinion.status == status_of(row) and not differences(opinion, asked_of(opinion, row), columns)

    for fits in (is_said_by, _has_status, _is_current):
        for row in rows:
            opinion = next((opinion for opinion in left if fits(opinion, row)), None)
            if opinion and row.place not in pairs:
                pairs[row.place] = opinion
                left.remove(opinion)
    return [(row, pairs.get(row.place)) for row in rows]


def says_what_was_retracted(row: Row, opinions: Iterable[OpinionT], columns: Mapping[str, str]) -> bool:
    """Whether a row says, word for word, what one that was retracted says."""
    words = {key: row.values[key] for key in ("verdict", "prefers", "quote") if key in row.values}
    return any(
        opinion.status == Review.Status.RETRACTED and not differences(opinion, words, columns)
        for opinion in opinions
    )


def asked_of(opinion: Review | HeadToHead, row: Row) -> dict[str, Json]:
    """The row's values; a lower revision asks for nothing, since the database raises it with each correction."""
    return {
        key: value
        for key, value in row.values.items()
        if key != "revision" or (value or 1) > opinion.revision
    }


def _has_status(opinion: Review | HeadToHead, row: Row) -> bool:
    return _is_current(opinion, row) and opinion.status == status_of(row)


def _is_current(opinion: Review | HeadToHead, row: Row) -> bool:
    return opinion.status != Review.Status.RETRACTED


def status_of(row: Row) -> str:
    """What is new without a status is published."""
    return str(row.values.get("status", Review.Status.PUBLISHED))
