"""What is told of an import: the first rows, and a digest that is another for each other change."""

import pytest

from comparisons.catalog_file.upsert import Edit, Taken
from comparisons.uploads.telling import MAX_SHOWN, MAX_VALUE, Telling


def told(*rows: Taken) -> Telling:
    telling = Telling()
    for row in rows:
        telling(row)
    return telling


def change(before: object = "old", after: object = "new", key: str = "tagline") -> Taken:
    return Taken("tools", "alpha", is_new=False, edits=(Edit.of(key, before, after),))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param([], id="nothing"),
        pytest.param([change(before="older")], id="another value before"),
        pytest.param([change(after="newer")], id="another value after"),
        pytest.param([change(key="name")], id="another column"),
        pytest.param([change(), change()], id="once more"),
        pytest.param([Taken("tools", "alpha", is_new=True, edits=())], id="a new row"),
        pytest.param([change(before="x" * 999 + "a")], id="a long value"),
    ],
)
def test_the_digest_is_another_for_each_other_change(other: list[Taken]) -> None:
    assert told(change()).digest == told(change()).digest
    assert told(*other).digest != told(change()).digest


def test_long_values_are_shortened_but_stand_whole_in_the_digest() -> None:
    one, two = (change(before="x" * MAX_VALUE + end) for end in ("a", "b"))

    assert told(one).rows == told(two).rows
    assert told(one).rows[0]["edits"][0][1] == "x" * MAX_VALUE + " …"
    assert told(one).digest != told(two).digest


def test_rows_beyond_the_first_are_in_the_digest_alone() -> None:
    many = [change() for _ in range(MAX_SHOWN + 1)]

    assert len(told(*many).rows) == MAX_SHOWN
    assert told(*many).digest != told(*many[1:]).digest


def test_what_has_no_values_is_named() -> None:
    telling = told(
        Taken("tools", "alpha", is_new=False, edits=("fits", Edit.of("aliases", None, ["a", "b"])))
    )

    assert telling.rows[0]["edits"] == [("fits", "", ""), ("aliases", "", "a\nb")]
