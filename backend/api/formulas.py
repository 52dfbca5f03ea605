"""Values of a CSV that a spreadsheet would compute: written with an apostrophe in front, and read without it.

Everything that begins with one of these signs is a formula to a spreadsheet, and a mail address may. Ghost writes the same
apostrophe.
"""

import re

# What had apostrophes before gets one more, so that each value comes back as it was. A sign alone computes nothing.
FORMULA = re.compile(r"'*[=+\-@\t\r].", re.DOTALL)
ESCAPED = re.compile(r"'+[=+\-@\t\r].", re.DOTALL)


def escaped(value: str) -> str:
    return f"'{value}" if FORMULA.match(value) else value


def without_escape(value: str) -> str:
    return value[1:] if ESCAPED.match(value) else value
