"""What a spreadsheet would compute is written as text, and comes back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.api.formulas import escaped, without_escape


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
        ("-", "-"),
        ("", ""),
        ("ada+news@example.com", "ada+news@example.com"),
    ],
)
def test_a_formula_is_written_with_an_apostrophe_in_front(value: str, written: str) -> None:
    assert escaped(value) == written


@given(st.text(alphabet="'=+-@\t\rax", max_size=6))
def test_each_value_comes_back_as_it_was(value: str) -> None:
    assert without_escape(escaped(value)) == value


@given(st.text(alphabet="'=+-@\t\rax", max_size=6))
def test_nothing_that_is_written_computes(value: str) -> None:
    assert len(escaped(value)) < 2 or escaped(value)[0] not in "=+-@\t\r"
