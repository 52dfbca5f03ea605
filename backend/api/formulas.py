"""Values of a CSV that a spreadsheet would compute: written with an apostrophe in front, and read without it.

Everything that begins with one of these signs is a formula to a spreadsheet, and a mail address may. Ghost writes the same
apostrophe.
"""

import re

# The wide and small forms too: some spreadsheets, such as those set to Japanese, read them as the signs.
_SIGNS = "=+\\-@\t\r\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
# What had apostrophes before gets one more, so that each value comes back as it was. A sign alone computes nothing.
FORMULA = re.compile(rf"'*[{_SIGNS}].", re.DOTALL)
ESCAPED = re.compile(rf"'+[{_SIGNS}].", re.DOTALL)
# A spreadsheet that parts cells at semicolons, as those of half of Europe do, begins a cell behind each, and a row behind
# each line end: it knows no quotes but those at a cell's beginning.
_SIGN = rf"(?='*\"*[{_SIGNS}])"
_INNER = re.compile(rf"(?<=[;\n\r]){_SIGN}")
_INNER_ESCAPED = re.compile(rf"(?<=[;\n\r])'{_SIGN}")


def escaped(value: str) -> str:
    return f"'{value}" if FORMULA.match(value) else value


def without_escape(value: str) -> str:
    return value[1:] if ESCAPED.match(value) else value


def with_inner_escapes(value: str) -> str:
    """Of a cell in a CSV: what begins a formula within it has an apostrophe in front, too."""
    return _INNER.sub("'", value)


def without_inner_escapes(value: str) -> str:
    return _INNER_ESCAPED.sub("", value)
