"""Renders an edition as a mail: HTML by MJML, and a text part with the same content."""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, reduce
from itertools import groupby
from operator import attrgetter, or_
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template import Context, Engine, Template
from django.urls import reverse
from django.utils.safestring import mark_safe
from mjml import mjml2html

from newsletter.content.items import HEADINGS, Because, Item
from newsletter.content.markup import html_of, text_of
from newsletter.content.summary import preheader
from votes.models import ClosedDay

# Where each reader's own links go, filled in when the mail is sent.
UNSUBSCRIBE_URL, PREFERENCES_URL = "{{unsubscribe_url}}", "{{preferences_url}}"

# Also of readers who came with a list, who had agreed elsewhere.
SUBSCRIBED = "You get this mail because you subscribed to it."
QUESTION = "Which would you ship with?"
COLUMNS = 72
# RFC 5322 allows lines of 998 bytes.
MAX_LINE = 900
# Of an editor's words, for programs that heed no sheet of styles.
INTRO_STYLES = {
    "p": "margin:0 0 12px;",
    "ul": "margin:0 0 12px;padding:0 0 0 22px;",
    "ol": "margin:0 0 12px;padding:0 0 0 22px;",
    "li": "margin:0 0 4px;",
    "a": "color:#1f1d18;text-decoration:underline;",
}
# What stands before an item of a list, or a point of the mail.
_BULLET = re.compile(r" *(?:[*-]|\d+\.) ")
# All of them at least 5 to 1 on the page's ground.
COLOURS = {"ship": "#0b6b3c", "skip": "#a52a1e", "tie": "#6f5a12", "none": "#6b6558"}
# A text that is one quotation; its end may have been cut off.
_QUOTATIONS = [
    re.compile(f"{opening}([^{opening}{closing}]*)[{closing}]?")
    for opening, closing in [('"', '"'), ("“", "”"), ("„", "“”"), ("«", "»"), ("»", "«")]
]
_BEGINS_WITH_QUOTATION = re.compile(r'"([^"]*\S)"(.+)')
_SINGLE = str.maketrans("“”„", "‘’‚")


@dataclass(frozen=True, slots=True)
class Content:
    """What both parts of a mail say. Only a personal mail has links of the reader's own, and reasons for its items."""

    subject: str
    intro: str
    items: Sequence[Item]
    since: datetime
    until: datetime
    is_personal: bool
    # Who signs the intro; empty: nobody.
    editor: str = ""
    # A link into the archive: its words, and its address.
    online: tuple[str, str] | None = None
    closed_day: ClosedDay | None = None

    @property
    def lead(self) -> Item | None:
        """The first pair, of which the mail asks which tool the reader would ship with; only a site takes answers."""
        return next((item for item in self.items if item.options), None) if has_site() else None


@dataclass(frozen=True, slots=True)
class Section:
    """Items of one kind, with their reasons said once; empty where the mail is nobody's own."""

    heading: str
    because: str
    items: list[Item]


def has_site() -> bool:
    """Whether SITE_URL names a frontend, and the links do not lead to the API's own answers."""
    return f"{settings.PUBLIC_BASE_URL}/api/v1" != settings.SITE_URL


# --- HTML ---------------------------------------------------------------------------------------


def render_html(content: Content) -> str:
    """A whole page of HTML without pictures, scripts or anything to load; lines stay below 998 bytes."""
    context = {
        "subject": content.subject,
        "preheader": preheader(content.items),
        "period": period_words(content.since, content.until),
        # Nothing but the elements that an editor may write.
        "intro": mark_safe(html_of(content.intro, styles=INTRO_STYLES)),  # noqa: S308
        "editor": content.editor,
        "sections": [
            (section.heading, section.because, [_shown(item, content) for item in section.items])
            for section in sections_of(content)
        ],
        "question": QUESTION,
        "is_personal": content.is_personal,
        "online": content.online,
        "archive_url": page_url("newsletter-archive"),
        "sign_up_url": page_url("newsletter-sign-up"),
        "takes_replies": bool(settings.MAIL_REPLY_TO),
        # Our own marks, no foreign text.
        "unsubscribe_url": mark_safe(UNSUBSCRIBE_URL),  # noqa: S308
        "preferences_url": mark_safe(PREFERENCES_URL),  # noqa: S308
        "check_url": page_url("newsletter-check"),
        "closed_day": content.closed_day,
        "proof_words": proof_words(content.closed_day) if content.closed_day else "",
        "subscribed": SUBSCRIBED,
        "site_url": settings.SITE_URL,
        "postal_address": settings.NEWSLETTER_POSTAL_ADDRESS,
    }
    return folded(_template().render(Context(context)))


@cache
def _template() -> Template:
    """The page as a Django template. MJML sees it before any text is in, so no text can be read as markup by it."""
    source = Engine.get_default().get_template("newsletter/edition.mjml").source
    page = mjml2html(source, disable_comments=True, fonts={})
    return Template(page, engine=Engine.get_default())


def _shown(item: Item, content: Content) -> dict[str, object]:
    return {
        "title": item.title,
        "mark": item.mark,
        "tone": item.tone,
        "colour": COLOURS[item.tone],
        "detail": item.detail,
        "quote": in_quotation_marks(item.quote),
        "url": url_of(item.path),
        "options": [(each.name, url_of(each.path)) for each in item.options] if item is content.lead else [],
    }


# --- Text ---------------------------------------------------------------------------------------


def render_text(content: Content) -> str:
    """The same in plain text, 72 columns wide but for addresses."""
    period = period_words(content.since, content.until)
    blocks = [f"AI TOOL VERDICTS\n{period}", wrapped(content.subject)]
    blocks += ["{}:\n{}".format(*content.online)] if content.online else []
    blocks += [wrapped(text_of(content.intro))]
    blocks += [wrapped(f"— {content.editor}")] if content.editor else []
    for section in sections_of(content):
        blocks.append(f"\n{section.heading.upper()}\n{'-' * len(section.heading)}")
        blocks += [wrapped(section.because)] if section.because else []
        blocks += [_item_in_text(item, content) for item in section.items]
    blocks.append("\n" + "-" * COLUMNS)
    return "\n\n".join([*blocks, *_foot_in_text(content)]) + "\n"


def _item_in_text(item: Item, content: Content) -> str:
    parts = [f"* {item.mark}", item.title, item.detail, in_quotation_marks(item.quote)]
    lines = [wrapped(part, indent="" if part.startswith("* ") else "  ") for part in parts if part]
    lines.append(f"  {url_of(item.path)}")
    if item is content.lead:
        lines.append(f"\n  {QUESTION}")
        lines += [f"{wrapped(f'{each.name}:', indent='  ')}\n  {url_of(each.path)}" for each in item.options]
    return "\n".join(lines)


def _foot_in_text(content: Content) -> list[str]:
    if content.is_personal:
        foot = [SUBSCRIBED]
        foot += ["To write to us, reply to this mail."] if settings.MAIL_REPLY_TO else []
        foot.append(f"How and when you subscribed, what you get, and at which address:\n{PREFERENCES_URL}")
        foot.append(f"Unsubscribe:\n{UNSUBSCRIBE_URL}")
    else:
        foot = ["This is the edition for every topic, as it was sent."]
        foot.append(f"Get the mail:\n{page_url('newsletter-sign-up')}")
        foot.append(f"All editions:\n{page_url('newsletter-archive')}")
    if content.closed_day:
        foot.append(wrapped(proof_words(content.closed_day)))
        foot.append(f"{content.closed_day.root}\nHow to check it:\n{page_url('newsletter-check')}")
    foot.append(f"AI Tool Verdicts\n{settings.SITE_URL}")
    foot += [wrapped(settings.NEWSLETTER_POSTAL_ADDRESS)] if settings.NEWSLETTER_POSTAL_ADDRESS else []
    return foot


# --- What both share ----------------------------------------------------------------------------


def sections_of(content: Content) -> list[Section]:
    """Items under their headings, in the order given."""
    return [
        Section(HEADINGS[kind], _because(of_kind) if content.is_personal else "", of_kind)
        for kind, of_kind in (
            (kind, list(each)) for kind, each in groupby(content.items, key=attrgetter("kind"))
        )
    ]


def _because(items: Sequence[Item]) -> str:
    return reduce(or_, (item.because for item in items), Because()).sentence()


def proof_words(closed_day: ClosedDay) -> str:
    """What stands before a day's root, which proves all numbers of the crowd until then."""
    day = f"{closed_day.day:%-d %B %Y}"
    return f"Keep this number, and you can tell later whether a vote count up to {day} was changed:"


def in_quotation_marks(text: str) -> str:
    """In one pair. The text's own around the whole of it make way; within it, typographic ones become single.

    So do straight ones, but only at the beginning: further on one may be an inch.
    """
    for quotation in _QUOTATIONS:
        if whole := quotation.fullmatch(text):
            text = whole[1]
            break
    if begins := _BEGINS_WITH_QUOTATION.fullmatch(text):
        text = f"‘{begins[1]}’{begins[2]}"
    return f"“{text.translate(_SINGLE)}”" if text else ""


def url_of(path: str) -> str:
    """Of a page of the site."""
    return f"{settings.SITE_URL}{path}"


def page_url(name: str) -> str:
    """Of a page of our own."""
    return f"{settings.PUBLIC_BASE_URL}{reverse(name)}"


def period_words(since: datetime, until: datetime) -> str:
    """`17 to 24 November 2026`, with as much of the first day as differs: days of the zone that the mail is sent by."""
    zone = ZoneInfo(settings.NEWSLETTER_ZONE)
    since, until = since.astimezone(zone), until.astimezone(zone)
    ends = f"{until.day}{until: %B %Y}"
    if since.date() == until.date():
        return ends
    begins = f"{since.day}"
    if (since.year, since.month) != (until.year, until.month):
        begins += f"{since: %B}"
    if since.year != until.year:
        begins += f"{since: %Y}"
    return f"{begins} to {ends}"


def wrapped(text: str, *, indent: str = "") -> str:
    """Each line of the text in lines of 72 columns; a longer word stays whole."""
    return "\n".join(
        textwrap.fill(
            line,
            COLUMNS,
            initial_indent=indent,
            subsequent_indent=indent + " " * (len(bullet[0]) if (bullet := _BULLET.match(line)) else 0),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.split("\n")
    )


def folded(html: str) -> str:
    """Long lines broken where a space is, which means the same to HTML."""
    lines = []
    for line in html.split("\n"):
        rest = line
        while len(rest.encode()) > MAX_LINE:
            at = _last_space(rest)
            if at <= 0:
                break
            lines.append(rest[:at])
            rest = rest[at + 1 :]
        lines.append(rest)
    return "\n".join(lines)


def _last_space(line: str) -> int:
    """The last space within the first MAX_LINE bytes; -1 where there is none."""
    head = line.encode()[:MAX_LINE].decode(errors="ignore")
    return head.rfind(" ")
