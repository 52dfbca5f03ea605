"""Values as a report shows them: short, in one line, and harmless to a terminal."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.api.quoting import quoted


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("free", '"free"', id="text"),
        pytest.param("Zoë", '"Zoë"', id="letters beyond ASCII"),
        pytest.param('say "hi"', r'"say \"hi\""', id="quotes"),
        pytest.param("a\nb", r'"a\nb"', id="a line break"),
        pytest.param("\x1b[31m", r'"\u001b[31m"', id="an escape sequence"),
        pytest.param("a\u202eb", r'"a\u202eb"', id="text turned round"),
        pytest.param("a\x9bb", r'"a\x9bb"', id="a control character of 8 bits"),
        pytest.param("\ud800", r'"\ud800"', id="half a surrogate pair"),
        pytest.param("x" * 78, f'"{"x" * 78}"', id="80 characters with the quotes"),
        pytest.param("x" * 79, f'"{"x" * 59}… (81 characters)', id="a character more"),
        pytest.param(True, "true", id="true"),
        pytest.param(None, "null", id="null"),
        pytest.param(7, "7", id="a number"),
        pytest.param(Decimal("1.50"), "1.50", id="a decimal as it was written"),
        pytest.param(Decimal("NaN"), "NaN", id="no number"),
        pytest.param([], "a list of 0", id="an empty list"),
        pytest.param([1, [2]], "a list of 2", id="a list"),
        pytest.param({"password": "secret"}, "an object", id="an object"),
    ],
)
def test_a_value_is_shown_as(value: object, shown: str) -> None:
    assert quoted(value) == shown


@given(st.text())
def test_any_text_is_shown_in_one_printable_line(text: str) -> None:
    assert quoted(text).isprintable()
