"""How a value stands in a cell, and what a cell says, of any program."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparisons.catalog_file.cells import SHEETS, can_be_cleared, value_of, written


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        pytest.param("name", None, None, id="nothing"),
        pytest.param("name", "  ", None, id="white space"),
        pytest.param("name", 2048, "2048", id="a name that is a number"),
        pytest.param("name", 20.0, "20", id="a number without a point"),
        pytest.param("name", True, "true", id="a name that a spreadsheet took for true"),
        pytest.param("name", date(2026, 5, 2), "2026-05-02", id="a name that a spreadsheet took for a day"),
        pytest.param("name", "'=1+1", "=1+1", id="a formula that was written as text"),
        pytest.param("name", " two  spaces ", " two  spaces ", id="text as it is"),
        pytest.param("position", 3.0, 3, id="a whole number of a spreadsheet"),
        pytest.param("position", " 3 ", 3, id="a whole number of a CSV"),
        pytest.param("position", 2.5, "2.5", id="half a place, which the format refuses"),
        pytest.param("revision", "first", "first", id="a word, which the format refuses"),
        pytest.param("is_active", "TRUE", True, id="true"),
        pytest.param("is_active", 0, False, id="0"),
        pytest.param("pricing.free_tier", "no", False, id="no"),
        pytest.param("pricing.free_tier", "perhaps", "perhaps", id="neither, which the format refuses"),
        pytest.param("pricing.starts_at", 20, "20", id="an amount"),
        pytest.param("pricing.starts_at", 0.1, "0.1", id="an amount as people read it"),
        pytest.param("pricing.starts_at", 1e-07, "0.0000001", id="an amount without an exponent"),
        pytest.param("pricing.starts_at", "0,25", "0,25", id="a comma, which the format refuses"),
        pytest.param("reviewed_on", datetime(2026, 5, 2), "2026-05-02", id="a day"),
        pytest.param("reviewed_on", "2026-05-02", "2026-05-02", id="a day of a CSV"),
        pytest.param("published_at", datetime(2026, 5, 2, 9, 30), "2026-05-02T09:30:00Z", id="a time"),
        pytest.param("published_at", date(2026, 5, 2), "2026-05-02T00:00:00Z", id="a day for a time"),
        pytest.param("evidence", "http://a.test\n http://b.test", ["http://a.test", "http://b.test"], id="several"),
        pytest.param("aliases", "old older", ["old", "older"], id="slugs"),
    ],
)  # fmt: skip
def test_a_cell_is_read_as_its_column_asks(column: str, cell: object, value: object) -> None:
    assert value_of(column, cell) == value


@pytest.mark.parametrize(
    ("column", "value", "cell"),
    [
        ("name", None, ""),
        ("name", "=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("name", "@SUM(1)", "'@SUM(1)"),
        ("is_active", False, "false"),
        ("position", 3, "3"),
        ("evidence", ["https://a.example", "https://b.example"], "https://a.example\nhttps://b.example"),
        ("aliases", [], ""),
    ],
)
def test_a_value_is_written_as_text_that_computes_nothing(column: str, value: object, cell: str) -> None:
    assert written(column, value) == cell


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30))
def test_a_text_comes_back_as_it_was_unless_it_is_blank(text: str) -> None:
    assert value_of("name", written("name", text)) == (text if text.strip() else None)


@pytest.mark.parametrize(
    ("sheet", "column", "clears"),
    [
        ("tools", "website", True),
        ("tools", "pricing.note", True),
        ("tools", "pricing.entry", False),
        ("tools", "name", False),
        ("tools", "aliases", False),
        ("reviews", "quote", True),
        ("reviews", "verdict", False),
        ("reviews", "evidence", True),
        ("head_to_head", "prefers", True),
        ("head_to_head", "first_tool", False),
        ("comparisons", "title", True),
    ],
)
def test_an_empty_cell_clears_what_the_format_lets_be_cleared(sheet: str, column: str, clears: bool) -> None:
    assert can_be_cleared(SHEETS[sheet], column) is clears


def test_a_moment_is_in_utc() -> None:
    assert datetime.fromisoformat(value_of("published_at", datetime(2026, 5, 2))).tzinfo == UTC
