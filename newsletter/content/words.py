"""Foreign text as the mail shows it: one line, nothing active or hidden, no marks of Markdown, cut between words."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from catalog.validators import visible_text

MAX_QUOTE = 280

_LONG_RUN = re.compile(r"\S{100}(?=\S)")
# Headings, bullets, quotations and fences; a number with a dot stays, since a sentence may begin with one.
_BLOCK_MARKS = re.compile(r"^[ \t]*(?:(?:#{1,6}|[-*+]|>)[ \t]+|(?:```|~~~)[^\n`]*$)", re.MULTILINE)


def plain(text: str) -> str:
    """Foreign text as one line, without active or hidden parts: controls, changes of direction, marks of links."""
    text = visible_text(text)
    text = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    # So that foreign text can't hold a mark that a reader's own link replaces.
    text = re.sub(r"\{(?=\{)", "{ ", text)
    # Mail servers cut lines of more than 998 bytes, and a word is never broken elsewhere.
    text = _LONG_RUN.sub(r"\g<0> ", text)
    return " ".join(text.split())


def prose(text: str) -> str:
    """As `plain`, without the marks of Markdown: curators and importers write `code` and **weight** out of habit."""
    # The parser would show a NUL as a letter.
    text = _BLOCK_MARKS.sub("", text.replace("\0", " "))
    return plain("".join(_words(_markdown().parseInline(text))))


@cache
def _markdown() -> MarkdownIt:
    """Without HTML, entities and escapes: what looks like those is text."""
    return (
        MarkdownIt("commonmark")
        .enable("strikethrough")
        .disable(["autolink", "entity", "escape", "html_inline"])
    )


def _words(tokens: Sequence[Token]) -> list[str]:
    """What each token shows; of a picture its description, of a link its text."""
    return [
        "".join(_words(token.children))
        if token.children
        else "\n"
        if token.type == "softbreak"
        else token.content
        for token in tokens
    ]


def shortened(text: str, limit: int) -> str:
    """At most so many characters, cut between words where there are any."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > limit // 2 else cut).rstrip(" ,;:.") + "…"


def listed(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def sentence(text: str) -> str:
    """As `prose`, with an end."""
    text = prose(text)
    return text if text.endswith((".", "!", "?")) else f"{text}."
