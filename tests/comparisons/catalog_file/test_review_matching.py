"""Which review of the database a row of the file speaks of."""

from typing import Any

import pytest

from comparisons.catalog_file.format import REVIEW_COLUMNS, Row
from comparisons.catalog_file.review_matching import asked_of, pair_up
from reviews.models import Review


def row(place: str, **values: Any) -> Row:
    return Row(place, values, is_whole=False)


def review(quote: str, status: str = "published", revision: int = 1) -> Review:
    return Review(quote=quote, status=status, revision=revision)


@pytest.mark.parametrize(
    ("rows", "reviews", "expected"),
    [
        pytest.param([{"quote": "a"}], [], [None], id="none is there"),
        pytest.param([{"quote": "b"}], [review("a")], ["a"], id="the live one is corrected"),
        pytest.param(
            [{"quote": "b", "status": "retracted"}], [review("a")], ["a"], id="the live one is retracted"
        ),
        pytest.param(
            [{"quote": "b"}], [review("a", "retracted")], [None], id="a row never rewrites what is retracted"
        ),
        pytest.param(
            [{"quote": "a", "status": "retracted"}],
            [review("a", "retracted"), review("b")],
            ["a"],
            id="a retracted one that says just this",
        ),
        pytest.param(
            [{"quote": "d", "status": "draft"}, {"quote": "x"}],
            [review("live"), review("draft", "draft")],
            ["draft", "live"],
            id="by status",
        ),
        pytest.param(
            [{"quote": "x"}, {"quote": "a"}],
            [review("a")],
            [None, "a"],
            id="the row that says just what it says comes first",
        ),
        pytest.param(
            [{"quote": "x"}],
            [review("draft", "draft"), review("live")],
            ["live"],
            id="the published one first",
        ),
    ],
)
def test_a_row_speaks_of_one_review(
    rows: list[dict[str, Any]], reviews: list[Review], expected: list[str | None]
) -> None:
    pairs = pair_up([row(str(index), **values) for index, values in enumerate(rows)], reviews, REVIEW_COLUMNS)

    assert [review and review.quote for _, review in pairs] == expected


@pytest.mark.parametrize(("revision", "asked"), [(None, {}), (1, {}), (2, {}), (3, {"revision": 3})])
def test_a_revision_is_asked_for_only_where_it_is_higher(revision: int | None, asked: dict[str, int]) -> None:
    assert asked_of(review("a", revision=2), row("0", revision=revision)) == asked
