"""Foreign text as the mail shows it: one line, nothing active or hidden, no marks of Markdown, cut between words."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, emphasis
from markdown_it.token import Token

from catalog.validators import visible_text

MAX_QUOTE = 280

_PLACES = re.compile(r"\{(?=\{(?:unsubscribe_url|preferences_url)\}\})")
# Where a sentence ends, with what closes it, and another begins.
_SENTENCE_END = re.compile(r"[.!?][\"'’”»)]*(?= [^a-z])|[。！？]")
_LONG_RUN = re.compile(r"\S{100}(?=\S)")
# Headings, bullets, quotations and fences; a number with a dot stays, since a sentence may begin with one.
_BLOCK_MARKS = re.compile(r"^[ \t]*(?:(?:#{1,6}|[-*+]|>)[ \t]+|(?:```|~~~)[^\n`]*$)", re.MULTILINE)


def plain(text: str) -> str:
    """Foreign text as one line, without active or hidden parts: controls, changes of direction, marks of links."""
    text = without_places(without_controls(text))
    # Mail servers cut lines of more than 998 bytes, and a word is never broken elsewhere.
    text = _LONG_RUN.sub(r"\g<0> ", text)
    return " ".join(text.split())


def without_controls(text: str) -> str:
    """Without characters that no reader sees or that turn the direction of text; a space for each control."""
    return "".join(" " if unicodedata.category(each) == "Cc" else each for each in visible_text(text))


def without_places(text: str) -> str:
    """So that foreign text can't hold a mark that a reader's own link replaces; all other braces stay."""
    return _PLACES.sub("{ ", text)


def prose(text: str) -> str:
    """As `plain`, without the marks of Markdown: curators and importers write `code` and **weight** out of habit."""
    # The parser would show a NUL as a letter.
    text = _BLOCK_MARKS.sub("", text.replace("\0", " "))
    return plain("".join(_words(_markdown().parseInline(text))))


@cache
def _markdown() -> MarkdownIt:
    """Without HTML, entities and escapes: what looks like those is text."""
    markdown = MarkdownIt("commonmark").enable("strikethrough")
    markdown.disable(["autolink", "entity", "escape", "html_inline"])
    markdown.inline.ruler.at("emphasis", between_words)
    return markdown


def between_words(state: StateInline, silent: bool) -> bool:
    """Markdown's emphasis, but for stars within a word or a sum: of `5*3*2` all stay."""
    if not silent and state.src[state.pos] == "*":
        run = state.scanDelims(state.pos, canSplitWord=False)
        if not (run.can_open or run.can_close):
            state.pending += "*" * run.length
            state.pos += run.length
            return True
    return emphasis.tokenize(state, silent)


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


def excerpt(text: str, limit: int) -> str:
    """The beginning of foreign prose: whole sentences where one ends in its second half, else words; then `…`."""
    text = prose(text)
    if len(text) <= limit:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, limit - 1)]
    return f"{text[: ends[-1]]} …" if ends and ends[-1] > limit // 2 else shortened(text, limit)


def listed(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def sentence(text: str) -> str:
    """As `prose`, with an end."""
    text = prose(text)
    return text if text.endswith((".", "!", "?")) else f"{text}."
