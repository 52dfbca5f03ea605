"""An editor's words: a small part of Markdown, the same in HTML and in text; what is none of it stays as typed.

Paragraphs, line breaks, lists, *emphasis*, **strong words** and [links](https://example.com): docs/curators.md has the
table.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import escape
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from catalog.validators import WEB_ADDRESS_PATTERN
from newsletter.content.words import between_words, without_controls, without_places

# Mail servers cut lines of more than 998 bytes: so much of a word, or of an address, surely fits in.
MAX_WORD = 120
MAX_ADDRESS = 800
_LONG_WORD = re.compile(rf"\S{{{MAX_WORD}}}(?=\S)")
_WEB_ADDRESS = re.compile(WEB_ADDRESS_PATTERN)
_LINE_END = re.compile(r"\r\n?")


def html_of(source: str, *, styles: Mapping[str, str] | None = None) -> str:
    """As HTML that holds no other elements than p, br, ul, ol, li, em, strong and a; `styles` are CSS by element."""
    tokens = _parsed(source)
    for token in _with_children(tokens):
        if token.tag == "a" and token.nesting == 1:
            token.attrSet("rel", "noopener noreferrer")
        if styles and token.nesting >= 0 and token.tag in styles:
            token.attrSet("style", styles[token.tag])
    rendered: str = _markdown().renderer.render(tokens, _markdown().options, {})
    return without_places(rendered).strip()


def text_of(source: str) -> str:
    """As plain text: an empty line between blocks, `- ` before items, and an address behind its link's words."""
    return without_places("\n\n".join(_blocks(_parsed(source))))


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("zero", {"breaks": True, "xhtmlOut": False})
    markdown.enable(["list", "hr", "newline", "emphasis", "link"])
    markdown.inline.ruler.at("emphasis", between_words)
    markdown.validateLink = _is_web_address  # type: ignore[method-assign, assignment]
    # A line of three stars is no list, and nothing else either.
    markdown.add_render_rule("hr", lambda _, tokens, at, *__: f"<p>{escape(tokens[at].content)}</p>\n")
    return markdown


def _is_web_address(address: str) -> bool:
    """Whether a browser reads it as it looks."""
    is_short = len(escape(address)) <= MAX_ADDRESS
    return is_short and bool(_WEB_ADDRESS.match(address)) and "@" not in urlsplit(address).netloc


def _parsed(source: str) -> list[Token]:
    lines = _LINE_END.sub("\n", source).split("\n")
    words = "\n".join(without_controls(line) for line in lines)
    tokens = _markdown().parse(words)
    for token in tokens:
        if token.type == "hr" and token.map:
            token.content = words.split("\n")[token.map[0]].strip()
    for token in _with_children(tokens):
        if token.type == "text":
            token.content = _LONG_WORD.sub(r"\g<0> ", token.content)
    return tokens


def _with_children(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or []


def _blocks(tokens: Iterable[Token]) -> Iterator[str]:
    """A paragraph or a whole list each."""
    rows: list[str] = []
    # Of each list that is open: the number of its next item, or None for a list without numbers.
    lists: list[int | None] = []
    prefix = ""
    for token in tokens:
        match token.type:
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1))
            case "list_item_open":
                number = lists[-1]
                prefix = "  " * (len(lists) - 1) + ("- " if number is None else f"{number}. ")
                lists[-1] = None if number is None else number + 1
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
                if not lists:
                    yield "\n".join(rows)
                    rows = []
            case "hr":
                yield token.content
            case "inline":
                words = _words(token.children or [])
                if lists:
                    rows.append(prefix + words.replace("\n", "\n" + " " * len(prefix)))
                    prefix = " " * len(prefix)
                else:
                    yield words


def _words(tokens: Iterable[Token]) -> str:
    said: list[str] = []
    links: list[tuple[str, int]] = []
    for token in tokens:
        match token.type:
            case "link_open":
                links.append((str(token.attrGet("href")), len(said)))
            case "link_close":
                address, begin = links.pop()
                if "".join(said[begin:]) != address:
                    said.append(f" ({address})")
            case "softbreak" | "hardbreak":
                said.append("\n")
            case _:
                said.append(token.content)
    return "".join(said)
