"""Which rows of a file's head-to-heads have to be seen at once; tests/reviews/test_head_to_heads.py imports them."""

from typing import Any

from comparisons.catalog_file.format import Row
from comparisons.catalog_file.head_to_heads import neighbours


def row(place: str, *tools: str, **values: Any) -> Row:
    return Row(place, {"tools": list(tools), **values}, is_whole=True)


def test_what_one_reviewer_says_of_one_pair_stays_together() -> None:
    rows = [
        row("0", "a", "b", reviewer="builder"),
        row("1", "b", "a", reviewer="builder"),
        row("2", "a", "b", reviewer="skeptic"),
        row("3", "a", "b"),
        row("4", "a", "b", reviewer="builder"),
    ]

    assert [[each.place for each in group] for group in neighbours(rows)] == [["0", "1"], ["2"], ["3"], ["4"]]
