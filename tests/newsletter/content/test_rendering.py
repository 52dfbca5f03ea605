"""An edition as HTML and as text: whole, readable, safe, and without anything to load."""

import re
from collections import Counter
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from newsletter.content.composition import EditorsWords, compose
from newsletter.content.items import AT_MOST, Because, Item, Option
from newsletter.content.rendering import (
    Content,
    folded,
    in_quotation_marks,
    period_words,
    render_html,
    render_text,
    wrapped,
)
from newsletter.content.words import prose
from tests.newsletter.editions import (
    BEFORE,
    SINCE,
    UNTIL,
    WITHIN,
    changed_pair,
    chosen,
    crowd,
    new_pair,
    reviewed,
    shelf,
    tool,
)

SITE = "https://www.example.com"
# What HTML itself needs no end tag for.
VOID = {"meta", "br", "img", "hr", "link", "input"}
EDITORS_ELEMENTS = {"p", "br", "ul", "ol", "li", "em", "strong", "a"}
LOADING = {"img", "script", "link", "iframe", "object", "embed", "video", "audio", "source", "svg", "form"}


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    settings.SITE_URL = SITE
    settings.NEWSLETTER_POSTAL_ADDRESS = "1 Main Street, 10115 Berlin"


class Page(HTMLParser):
    """What a browser finds in a page: its elements with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def shape(self) -> list[str]:
        return [name for name, _ in self.elements]


def an_item(kind: str = "comparison", **values: Any) -> Item:
    plain_item = {
        "title": "Aider vs Zed",
        "mark": "Ship Aider",
        "tone": "ship",
        "detail": "Clearly, by the 4 who reviewed both: all would ship it, 2 the other.",
        "quote": "It holds.",
        "path": "/comparisons/aider-vs-zed",
        "because": Because(topics=("Developer Tools",)),
        "headline": "Ship Aider over Zed",
    }
    return Item(kind=kind, **{**plain_item, **values})


def rendered(*items: Item, **values: Any) -> tuple[str, str]:
    content = {
        "subject": "Ship Aider over Zed",
        "intro": "One thing this week.",
        "items": items or (an_item(),),
        "since": SINCE,
        "until": UNTIL,
        "is_personal": True,
        **values,
    }
    return render_html(Content(**content)), render_text(Content(**content))


# --- The HTML -----------------------------------------------------------------------------------


def test_the_page_says_all_that_there_is() -> None:
    html, _ = rendered()

    assert Page(html).text == (
        "Ship Aider over Zed "
        # The preheader.
        "Clearly, by the 4 who reviewed both: all would ship it, 2 the other. "
        "AI Tool Verdicts · 17 to 24 November 2026 Ship Aider over Zed One thing this week. "
        "New comparisons Because you chose Developer Tools. Aider vs Zed Ship Aider "
        "Clearly, by the 4 who reviewed both: all would ship it, 2 the other. “It holds.” "
        "You get this mail because you subscribed to it. "
        "How and when you subscribed, what you get, and at which address · Unsubscribe "
        "AI Tool Verdicts , 1 Main Street, 10115 Berlin"
    )


def test_the_page_loads_nothing() -> None:
    html, _ = rendered(*[an_item(kind) for kind in AT_MOST])
    page = Page(html)

    assert not LOADING & set(page.shape)
    assert not [
        name
        for _, attributes in page.elements
        for name in attributes
        if name in {"src", "srcset", "background", "action", "data"} or name.startswith("on")
    ]
    assert not re.search(r"url\(|@import|@font-face", html)


def test_links_lead_to_the_site_and_to_the_readers_own_pages() -> None:
    html, text = rendered(*[an_item(kind) for kind in AT_MOST])

    links = {attributes["href"] for attributes in Page(html).all("a")}
    assert links == {
        f"{SITE}/comparisons/aider-vs-zed",
        SITE,
        "{{unsubscribe_url}}",
        "{{preferences_url}}",
    }
    assert set(re.findall(r"https?://\S+", text)) == {f"{SITE}/comparisons/aider-vs-zed", SITE}


OPTIONS = (
    Option("Aider", "/comparisons/aider-vs-zed?pick=aider#picks"),
    Option("Zed", "/comparisons/aider-vs-zed?pick=zed#picks"),
)


def test_the_mail_asks_once_and_leads_to_the_vote() -> None:
    html, text = rendered(an_item("crowd"), an_item(options=OPTIONS), an_item("verdict", options=OPTIONS))

    for part in (Page(html).text, text):
        assert part.count("Which would you ship with?") == 1
    for slug in ("aider", "zed"):
        url = f"{SITE}/comparisons/aider-vs-zed?pick={slug}#picks"
        assert [each["href"] for each in Page(html).all("a")].count(url) == text.count(url) == 1


def test_where_no_site_takes_votes_the_mail_does_not_ask(settings: Settings) -> None:
    settings.SITE_URL = f"{settings.PUBLIC_BASE_URL}/api/v1"

    html, text = rendered(an_item(options=OPTIONS))

    assert "Which would you ship with?" not in html + text


def test_reasons_are_said_once_a_section() -> None:
    followed = Because(follows=("The Skeptic",))
    items = [
        an_item(),
        an_item(because=Because(topics=("Design",))),
        an_item(),
        an_item("review", because=followed),
    ]

    html, text = rendered(*items)

    for part in (html, text):
        assert re.findall(r"Because you [^.]+\.", part) == [
            "Because you chose Developer Tools and Design.",
            "Because you follow The Skeptic.",
        ]


def test_an_editors_name_stands_below_the_paragraph() -> None:
    html, text = rendered(intro="One thing.\n\nAnother.", editor="Ada Lovelace")

    assert "One thing. Another. — Ada Lovelace New comparisons" in Page(html).text
    assert "One thing.\n\nAnother.\n\n— Ada Lovelace\n\n\nNEW COMPARISONS" in text


def test_who_may_reply_is_told_so(settings: Settings) -> None:
    assert "reply" not in "".join(rendered())
    settings.MAIL_REPLY_TO = "Ada Lovelace <ada@example.com>"

    for part in rendered():
        assert "To write to us, reply to this mail." in part


def test_the_archives_copy_leads_to_the_sign_up_and_to_other_editions() -> None:
    html, text = rendered(is_personal=False)

    pages = {f"http://127.0.0.1:8000/newsletter{path}" for path in ("", "/editions")}
    assert pages <= {str(each["href"]) for each in Page(html).all("a")}
    assert pages <= set(text.split("\n"))


def test_the_archives_copy_is_nobodys() -> None:
    html, text = rendered(is_personal=False)

    for part in (html, text):
        assert "{{" not in part
        assert "Because you" not in part
        assert "unsubscribe" not in part.lower()
        assert "This is the edition for every topic, as it was sent." in part


def test_the_page_is_accessible() -> None:
    html, _ = rendered(an_item(), an_item("crowd"))
    page = Page(html)

    assert page.all("html")[0]["lang"] == "en"
    assert page.all("table")
    assert {table["role"] for table in page.all("table")} == {"presentation"}
    assert [name for name in page.shape if re.fullmatch(r"h\d", name)] == ["h1", "h2", "h3", "h2", "h3"]
    assert page.open == []
    assert "<title>Ship Aider over Zed</title>" in html


def test_the_page_has_colours_for_the_dark() -> None:
    html, _ = rendered()

    schemes = {each.get("name"): each["content"] for each in Page(html).all("meta") if each.get("name")}
    assert schemes["color-scheme"] == schemes["supported-color-schemes"] == "light dark"
    assert "@media (prefers-color-scheme: dark)" in html


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_every_colour_can_be_read_on_its_ground(ground: str) -> None:
    html, _ = rendered(*[an_item(tone=tone) for tone in ("ship", "skip", "tie", "none")])
    dark = html.partition("prefers-color-scheme: dark")[2].partition("</style>")[0]
    light = re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL).replace(
        "color:#ffffff;line-height:1px", ""
    )
    colours, page = {"light": (light, "#fbfaf6"), "dark": (dark, "#171611")}[ground]

    found = set(re.findall(r"[ ;\"{]color: ?(#[0-9a-f]{6})", colours))

    assert len(found) >= 5
    assert {colour for colour in found if contrast(colour, page) < 4.5} == set()


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance and contrast ratio."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.django_db
@pytest.mark.parametrize("text", ['"' * 200, "日本語" * 66, "a b " * 50, "x" * 200])
def test_a_full_edition_of_the_longest_names_is_not_clipped(text: str) -> None:
    """Gmail shows the first 102 kB of a mail."""
    category = shelf(name=text[:100])
    for n in range(12):
        names: dict[str, Any] = {
            "first_tool__name": text,
            "second_tool__name": text,
            "first_tool__slug": f"{'a' * 240}-{n}",
        }
        new_pair(editor_note=text * 20, first_tool__category=category, **names)
        changed_pair(first_tool__name=text, second_tool__name=text, first_tool__category=category)
        row = tool(text, category=category)
        reviewed(published_at=BEFORE, corrected_at=WITHIN, reviewer=f"Old {n}", quote=text * 20, tool=row)
        reviewed(reviewer=f"New {n}", quote=text * 20, tool=row)
        crowd(before=(15, 15), now=(40, 20), name=text, category=category)
    readers = chosen("developer-tools", reviewers=tuple(f"new-{n}" for n in range(12)))

    composed = compose(choices=readers, until=UNTIL, words=EditorsWords(intro=text * 25, subject=text))

    assert composed
    assert len(composed.html.encode()) < 100_000
    assert len(composed.items) >= 9
    for part in (composed.html, composed.text):
        assert max(len(line.encode()) for line in part.split("\n")) < 998


# --- Texts that somebody wrote ------------------------------------------------------------------

_CORES = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>*{display:none}</style>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<form action=//evil.example><input name=q>",
    "<mj-raw><b>x</b></mj-raw>",
    "<mj-include path='/etc/passwd' />",
    "{% include '/etc/passwd' %}",
    "{{ settings.SECRET_KEY }}",
    "{# gone #}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]
_WRAPS = ["{}", '">{}', "'>{}", "</a>{}", "</style>{}", "-->{}", "]]>{}", "<![endif]-->{}"]
PAYLOADS = [wrap.replace("{}", core) for wrap in _WRAPS for core in _CORES]


def saying(said: str, names: list[str]) -> Item:
    options = (Option(said, "/comparisons/a?pick=a#picks"), Option(said, "/comparisons/a?pick=b#picks"))
    return an_item(**dict.fromkeys(names, said), because=Because(topics=(said,)), options=options)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_somebody_wrote_is_text_wherever_it_stands(payload: str) -> None:
    assert len(PAYLOADS) == 120
    said = prose(payload)
    names = ["title", "mark", "detail", "quote", "headline"]

    html, text = rendered(saying(said, names), subject=said, intro="Words", editor=said)
    harmless, _ = rendered(saying("Words", names), subject="Words", intro="Words", editor="Words")

    # The same elements with the same attributes, but for the labels that repeat the subject.
    page, plain_page = Page(html), Page(harmless)
    assert page.shape == plain_page.shape
    assert [sorted(each) for _, each in page.elements] == [sorted(each) for _, each in plain_page.elements]
    assert {each["href"] for each in page.all("a")} == {each["href"] for each in plain_page.all("a")}
    # Subject as title, label and heading; five places of the item.
    assert " ".join(said.split()) in page.text
    assert said.split()[0] in text


@pytest.mark.django_db
@pytest.mark.parametrize("payload", PAYLOADS[::10])
def test_names_taglines_notes_and_quotes_come_out_as_text(payload: str) -> None:
    category = shelf(name=f"C {payload}")
    new_pair(
        title=f"T {payload}",
        editor_note=f"N {payload}",
        first_tool__name=f"F {payload}",
        first_tool__tagline=payload,
        first_tool__category=category,
    )
    changed_pair(first_tool__name=f"G {payload}", first_tool__category=category)
    reviewed(
        published_at=BEFORE,
        corrected_at=WITHIN,
        quote=f"Q {payload}",
        tool=tool(f"R {payload}", category=category),
    )
    crowd(before=(15, 15), now=(40, 20), name=f"V {payload}", category=category)

    words = EditorsWords(intro="Words", subject=payload, editor=payload)
    composed = compose(choices=chosen("developer-tools"), until=UNTIL, words=words)

    assert composed
    page = Page(composed.html)
    assert page.open == []
    assert not LOADING & set(page.shape)
    assert {each["href"] for each in page.all("a")} <= {
        SITE,
        "{{unsubscribe_url}}",
        "{{preferences_url}}",
        *(f"{SITE}{item.path}" for item in composed.items),
        *(f"{SITE}{option.path}" for item in composed.items for option in item.options),
    }
    assert page.shape.count("style") == Page(rendered()[0]).shape.count("style")


@pytest.mark.django_db
def test_nobodys_words_are_a_place_for_a_personal_link() -> None:
    names: dict[str, Any] = {
        "first_tool__name": "{{unsubscribe_url}}",
        "second_tool__name": "{{preferences_url}}",
    }
    new_pair(editor_note="{{unsubscribe_url}}", **names)

    words = EditorsWords(
        intro="{{preferences_url}}", subject="{{unsubscribe_url}}", editor="{{preferences_url}}"
    )
    composed = compose(choices=chosen(), until=UNTIL, words=words)

    assert composed
    for part in (composed.html, composed.text):
        assert part.count("{{unsubscribe_url}}") == part.count("{{preferences_url}}") == 1
    assert "{{" not in composed.subject


@pytest.mark.django_db
def test_a_subject_is_one_line() -> None:
    new_pair()

    composed = compose(
        choices=chosen(), until=UNTIL, words=EditorsWords(subject="A\r\nBcc: eve@example.com\x00")
    )

    assert composed
    assert composed.subject == "A Bcc: eve@example.com"


# --- The text -----------------------------------------------------------------------------------


def test_the_text_says_all_that_there_is() -> None:
    _, text = rendered(
        an_item(), an_item("crowd", title="Zed", mark="50 → 67% ship", quote="", path="/tools/zed")
    )

    assert (
        text
        == """\
AI TOOL VERDICTS
17 to 24 November 2026

Ship Aider over Zed

One thing this week.


NEW COMPARISONS
---------------

Because you chose Developer Tools.

* Ship Aider
  Aider vs Zed
  Clearly, by the 4 who reviewed both: all would ship it, 2 the other.
  “It holds.”
  https://www.example.com/comparisons/aider-vs-zed


THE CROWD MOVED
---------------

Because you chose Developer Tools.

* 50 → 67% ship
  Zed
  Clearly, by the 4 who reviewed both: all would ship it, 2 the other.
  https://www.example.com/tools/zed


------------------------------------------------------------------------

You get this mail because you subscribed to it.

How and when you subscribed, what you get, and at which address:
{{preferences_url}}

Unsubscribe:
{{unsubscribe_url}}

AI Tool Verdicts
https://www.example.com

1 Main Street, 10115 Berlin
"""
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("It holds.", "“It holds.”", id="none"),
        pytest.param('"It holds."', "“It holds.”", id="around the whole"),
        pytest.param("“It holds.”", "“It holds.”", id="curly"),
        pytest.param("„Es hält.“", "“Es hält.”", id="German"),
        pytest.param("“It holds, and it…", "“It holds, and it…”", id="cut off"),
        pytest.param('"Fast" is the word.', "“‘Fast’ is the word.”", id="around the beginning"),
        pytest.param('"Yes," he said. "No."', '“‘Yes,’ he said. "No."”', id="twice"),
        pytest.param('A 24" screen is "wide".', '“A 24" screen is "wide".”', id="within"),
        pytest.param('""', "", id="around nothing"),
        pytest.param('“He said "x" and left”', '“He said "x" and left”', id="others within"),
        pytest.param('"I call it "fine"."', '“"I call it "fine"."”', id="the same within"),
        pytest.param('"It is “wide” and…', "“It is ‘wide’ and…”", id="others within, cut off"),
        pytest.param("“A” and “B”", "“‘A’ and ‘B’”", id="two"),
        pytest.param("»Gut«", "“Gut”", id="pointed"),
        pytest.param("„Dobre”", "“Dobre”", id="Polish"),
        pytest.param("„Dobre” is what", "“‚Dobre’ is what”", id="Polish, around the beginning"),
    ],
)
def test_a_quote_stands_in_one_pair_of_marks(written: str, shown: str) -> None:
    assert in_quotation_marks(written) == shown


def test_both_parts_quote_alike() -> None:
    html, text = rendered(an_item(quote='"It holds."'))

    assert [part.count("“It holds.”") for part in (html, text)] == [1, 1]


def test_text_is_72_columns_wide_but_for_addresses() -> None:
    long = an_item(detail="Some words that go on. " * 20, path="/comparisons/" + "a" * 90)

    _, text = rendered(long, intro="More words that go on. " * 20)

    assert {line for line in text.split("\n") if len(line) > 72} == {f"  {SITE}{long.path}"}


def test_both_parts_hold_the_same_items() -> None:
    items = [an_item(kind, title=f"Title of {kind}") for kind in AT_MOST]

    html, text = rendered(*items)

    for item in items:
        assert item.title in html
        assert item.title in text


# --- Pieces -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        pytest.param("2026-11-24T07:00", "2026-11-24T07:00", "24 November 2026", id="a moment"),
        pytest.param("2026-11-24T07:00", "2026-11-24T22:59", "24 November 2026", id="within a day"),
        pytest.param("2026-11-23T23:00", "2026-11-24T22:59", "24 November 2026", id="a day of Berlin"),
        pytest.param("2026-11-23T22:59", "2026-11-24T07:00", "23 to 24 November 2026", id="over midnight"),
        pytest.param("2026-11-17T07:00", "2026-11-24T07:00", "17 to 24 November 2026", id="a week"),
        pytest.param("2026-10-24T06:00", "2026-11-24T07:00", "24 October to 24 November 2026", id="a month"),
        pytest.param(
            "2026-10-27T07:00", "2026-11-03T07:00", "27 October to 3 November 2026", id="two months"
        ),
        pytest.param(
            "2026-12-29T07:00", "2027-01-05T07:00", "29 December 2026 to 5 January 2027", id="two years"
        ),
        pytest.param(
            "2026-12-31T22:00", "2026-12-31T23:00", "31 December 2026 to 1 January 2027", id="new year"
        ),
        pytest.param(
            "2025-11-24T07:00", "2026-11-24T07:00", "24 November 2025 to 24 November 2026", id="a year"
        ),
    ],
)
def test_a_period_in_words(settings: Settings, since: str, until: str, words: str) -> None:
    settings.NEWSLETTER_ZONE = "Europe/Berlin"

    assert period_words(*(datetime.fromisoformat(f"{each}+00:00") for each in (since, until))) == words


@pytest.mark.parametrize("payload", PAYLOADS)
def test_an_intro_holds_only_what_an_editor_may_write(payload: str) -> None:
    html, _ = rendered(intro=payload)
    harmless, _ = rendered(intro="Words")

    page, plain_page = Page(html), Page(harmless)
    assert page.open == []
    assert Counter(page.shape) - Counter(plain_page.shape) <= Counter(dict.fromkeys(EDITORS_ELEMENTS, 99))
    assert {str(each["href"]).split(":")[0] for each in page.all("a")} <= {
        "https",
        "http",
        "{{unsubscribe_url}}",
        "{{preferences_url}}",
    }


def test_an_intro_has_paragraphs_lines_and_lists() -> None:
    html, text = rendered(intro="One.\nTwo.\n\nThree:\n\n- four\n- " + "five " * 20)
    assert "One.<br>\nTwo.</p>" in html
    assert '<li style="margin:0 0 4px;">four</li>' in html
    assert "\n\nOne.\nTwo.\n\nThree:\n\n- four\n- five" in text
    assert "\n  five" in text


def test_a_long_line_is_folded_at_spaces_alone() -> None:
    line = " ".join(["wörd"] * 2_000)

    lines = folded(line).split("\n")

    assert " ".join(lines) == line
    assert max(len(each.encode()) for each in lines) <= 900
    assert folded("x" * 2_000) == "x" * 2_000


def test_a_long_word_stays_whole() -> None:
    assert wrapped("x" * 100) == "x" * 100
