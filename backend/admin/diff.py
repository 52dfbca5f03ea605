"""Two texts as one: what was taken out and what was put in, word by word."""

import re
from difflib import SequenceMatcher

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

# Words, white space and marks by themselves.
_PIECES = re.compile(r"\s+|\w+|[^\w\s]")
# Of longer texts whole lines are compared: the time grows with the square of the pieces.
MOST_PIECES = 4_000


def show_diff(before: str, after: str) -> SafeString:
    """HTML, with `<del>` around what was taken out and `<ins>` around what was put in."""
    old, new = pieces(before), pieces(after)
    if max(len(old), len(new)) > MOST_PIECES:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    parts = []
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(format_html("{}", "".join(old[start:end])))
            continue
        if end > start:
            parts.append(format_html("<del>{}</del>", "".join(old[start:end])))
        if new_end > new_start:
            parts.append(format_html("<ins>{}</ins>", "".join(new[new_start:new_end])))
    return format_html_join(mark_safe(""), "{}", ((part,) for part in parts))


def pieces(text: str) -> list[str]:
    return _PIECES.findall(text)
