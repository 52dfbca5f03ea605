"""An editor's words: the same small part of Markdown in HTML and in text, and all else as typed."""

from html.parser import HTMLParser

import pytest

from newsletter.content.markup import html_of, text_of

LINK = '<a href="https://x.example/a" rel="noopener noreferrer">the docs</a>'


@pytest.mark.parametrize(
    ("source", "html", "text"),
    [
        pytest.param(
            "One.\nTwo.\r\n\r\nThree. ",
            "<p>One.<br>\nTwo.</p>\n<p>Three.</p>",
            "One.\nTwo.\n\nThree.",
            id="lines",
        ),
        pytest.param(
            "*a* _b_ **c**", "<p><em>a</em> <em>b</em> <strong>c</strong></p>", "a b c", id="emphasis"
        ),
        pytest.param(
            "See [the docs](https://x.example/a).",
            f"<p>See {LINK}.</p>",
            "See the docs (https://x.example/a).",
            id="a link",
        ),
        pytest.param(
            "[https://x.example](https://x.example)",
            '<p><a href="https://x.example" rel="noopener noreferrer">https://x.example</a></p>',
            "https://x.example",
            id="a link that is its address",
        ),
        pytest.param(
            "Two:\n\n- one\n- *two*",
            "<p>Two:</p>\n<ul>\n<li>one</li>\n<li><em>two</em></li>\n</ul>",
            "Two:\n\n- one\n- two",
            id="a list",
        ),
        pytest.param(
            "3. one\n4. two",
            '<ol start="3">\n<li>one</li>\n<li>two</li>\n</ol>',
            "3. one\n4. two",
            id="numbers",
        ),
        pytest.param(
            "- a\n  - b\n\nEnd",
            "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>\n<p>End</p>",
            "- a\n  - b\n\nEnd",
            id="a list in a list",
        ),
    ],
)
def test_what_an_editor_may_write(source: str, html: str, text: str) -> None:
    assert (html_of(source), text_of(source)) == (html, text)


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("5*3*2", id="a sum"),
        pytest.param("5 * 3 * 2", id="a sum with spaces"),
        pytest.param("2**10", id="a power"),
        pytest.param("snake_case_name", id="underscores"),
        pytest.param("{{x}} and {{{y}}}", id="braces"),
        pytest.param("`make serve`", id="code"),
        pytest.param("~~dear~~", id="struck"),
        pytest.param("# Heading", id="a heading"),
        pytest.param("> said", id="a quotation"),
        pytest.param("* * *", id="a line of stars"),
        pytest.param("---", id="dashes"),
        pytest.param("![chart] <b>x</b> &amp; \\*", id="HTML, entities and escapes"),
        pytest.param("https://x.example/a_b_c?d=e*f*g", id="a bare address"),
        pytest.param("[x](javascript:alert(1))", id="a script"),
        pytest.param("[x](https://ada@x.example)", id="a user's name in an address"),
        pytest.param("[x](/tools)", id="no whole address"),
        pytest.param("[1] and [2]", id="brackets"),
        pytest.param("C# at 5 > 4, *", id="marks that mark nothing"),
        pytest.param("+1 for it", id="a sign"),
    ],
)
def test_what_is_no_markup_stays_as_typed(typed: str) -> None:
    said = Words(html_of(typed))

    assert text_of(typed) == typed
    assert said.text == typed
    assert set(said.elements) == {"p"}


@pytest.mark.parametrize(
    "mark", ["{{unsubscribe_url}}", "{{preferences_url}}", "{*{*unsubscribe_url}}", "{{{preferences_url}}}"]
)
def test_no_words_are_a_place_for_a_readers_own_link(mark: str) -> None:
    for part in (html_of(mark), text_of(mark)):
        assert "{{unsubscribe_url}}" not in part
        assert "{{preferences_url}}" not in part


def test_nothing_hidden_stands_in_it() -> None:
    assert text_of("fr\u200bee \u202egpj\u202c a\x00b\x1b") == "free gpj a b"


def test_an_endless_word_is_parted_and_an_address_is_not() -> None:
    address = "https://x.example/" + "a" * 400

    assert max(map(len, text_of("x" * 400).split(" "))) == 120
    assert address in text_of(f"[x]({address})")
    assert f'href="{address}"' in html_of(f"[x]({address})")
    assert "href" not in html_of(f"[x]({address}{'a' * 400})")


def test_a_mail_has_its_styles_where_programs_heed_them() -> None:
    assert html_of("*a* b", styles={"p": "margin:0;"}) == '<p style="margin:0;"><em>a</em> b</p>'


class Words(HTMLParser):
    """What a page shows, and by which elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.elements = "", list[str]()
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.append(tag)
