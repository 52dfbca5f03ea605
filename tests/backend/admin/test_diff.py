"""Two texts as one, with what was taken out and what was put in."""

import pytest

from backend.admin.diff import MOST_PIECES, show_diff


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        pytest.param("It holds.", "It holds.", "It holds.", id="the same"),
        pytest.param("It holds.", "It broke.", "It <del>holds</del><ins>broke</ins>.", id="a word"),
        pytest.param("", "New.", "<ins>New.</ins>", id="all new"),
        pytest.param("Old.", "", "<del>Old.</del>", id="all gone"),
        pytest.param("a <b>", "a <i>", "a &lt;<del>b</del><ins>i</ins>&gt;", id="markup"),
    ],
)
def test_a_diff_marks_words(before: str, after: str, shown: str) -> None:
    assert show_diff(before, after) == shown


def test_long_texts_are_compared_line_by_line() -> None:
    line = "word " * MOST_PIECES

    assert show_diff(f"{line}\nend", f"{line}\nEnd") == f"{line}\n<del>end</del><ins>End</ins>"
