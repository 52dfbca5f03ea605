"""Values of files and requests as a report may show them."""

import json
from decimal import Decimal


def quoted(value: object) -> str:
    """A value of a file as it may be shown: short, in one line, and harmless to a terminal."""
    match value:
        case dict():
            return "an object"
        case list():
            return f"a list of {len(value)}"
        case Decimal():
            text = str(value)
        case _:
            text = json.dumps(value, ensure_ascii=False)
    if len(text) > 80:
        text = f"{text[:60]}… ({len(text)} characters)"
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
