"""What a spreadsheet would compute is written as text, and comes back as it was."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.api.formulas import escaped, with_inner_escapes, without_escape, without_inner_escapes

FIRST = "=+-@\t\r\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=cmd|x@example.com", "'=cmd|x@example.com"),
        ("+1@example.com", "'+1@example.com"),
        ("-x@example.com", "'-x@example.com"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("'=x@example.com", "''=x@example.com"),
        ("'tis@example.com", "'tis@example.com"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("\uff0b1", "'\uff0b1"),
        ("\uff0d1", "'\uff0d1"),
        ("\uff20SUM(1)", "'\uff20SUM(1)"),
        ("\ufe661+1", "'\ufe661+1"),
        ("'\uff1d1", "''\uff1d1"),
        ("-", "-"),
        ("", ""),
        ("ada+news@example.com", "ada+news@example.com"),
    ],
)
def test_a_formula_is_written_with_an_apostrophe_in_front(value: str, written: str) -> None:
    assert escaped(value) == written


@given(st.text(alphabet=f"'{FIRST}ax", max_size=6))
def test_each_value_comes_back_as_it_was(value: str) -> None:
    assert without_escape(escaped(value)) == value


@given(st.text(alphabet=f"'{FIRST}ax", max_size=6))
def test_nothing_that_is_written_computes(value: str) -> None:
    assert len(escaped(value)) < 2 or escaped(value)[0] not in FIRST


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("one;=1+1", "one;'=1+1"),
        ("one;+1", "one;'+1"),
        ('one;"=1+1"', 'one;\'"=1+1"'),
        ("one;'=1+1", "one;''=1+1"),
        ("one\n=1+1\ntwo", "one\n'=1+1\ntwo"),
        ("- one\n- two", "- one\n'- two"),
        ("one;\uff1d1+1", "one;'\uff1d1+1"),
        ("one; two", "one; two"),
        ("https://example.com/?a=1;b=2", "https://example.com/?a=1;b=2"),
    ],
)
def test_what_begins_a_cell_between_semicolons_has_an_apostrophe_too(value: str, written: str) -> None:
    assert with_inner_escapes(value) == written


SIGNS = st.text(alphabet=f"'\"{FIRST};\nax", max_size=8)


@given(SIGNS)
def test_each_cell_comes_back_as_it_was(value: str) -> None:
    assert without_escape(without_inner_escapes(with_inner_escapes(escaped(value)))) == value


@given(st.lists(SIGNS, min_size=1, max_size=3))
def test_a_spreadsheet_that_parts_at_semicolons_finds_no_formula(values: list[str]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(["slug", *(with_inner_escapes(escaped(value)) for value in values)])

    # Each kind of line end begins a row.
    rows = csv.reader(io.StringIO(buffer.getvalue(), newline=None), delimiter=";")
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if len(cell) > 1 and cell.lstrip('"')[:1] in tuple(FIRST)] == []
