"""Composes an edition for one group of readers: what there is to tell them, as a mail."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from newsletter.content.gathering import SETTLING, gather, last_day_over
from newsletter.content.items import Choices, Item
from newsletter.content.markup import html_of, text_of
from newsletter.content.rendering import Content, page_url, render_html, render_text
from newsletter.content.summary import MAX_SUBJECT, default_intro, default_subject
from newsletter.content.words import plain, shortened
from newsletter.models import Edition, Subscriber
from votes.models import ClosedDay

# Gmail shows the first 102 kB; of an edition that is longer the last items are left out.
MAX_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class EditorsWords:
    """What curators wrote for all readers of an edition; an empty subject or intro is made from the items.

    `editor` is the name below the intro, `online_url` the page of the archive; empty: there is none.
    """

    subject: str = ""
    intro: str = ""
    editor: str = ""
    online_url: str = ""

    @classmethod
    def of(cls, edition: Edition) -> "EditorsWords":
        return cls(
            subject=edition.subject,
            intro=edition.intro,
            editor=edition.editor,
            online_url=online_url(edition.week) if edition.archive is not None else "",
        )


@dataclass(frozen=True, slots=True)
class Composed:
    """A mail for all readers with the same choices, with marks where each reader's own links go."""

    subject: str
    # As text, and as HTML.
    intro: str
    intro_html: str
    # Of the intro, where a curator wrote it.
    editor: str
    html: str
    text: str
    items: tuple[Item, ...]


def online_url(week: str) -> str:
    """The edition's page in the archive."""
    return f"{settings.PUBLIC_BASE_URL}{reverse('newsletter-edition-page', args=[week])}"


def _online(choices: Choices, words: EditorsWords) -> tuple[str, str] | None:
    """Where a reader of these choices may read on, and what the link says: no page has a month's mail, or a day's."""
    if not words.online_url:
        return None
    if choices.frequency != Subscriber.Frequency.WEEKLY:
        return "All editions online", page_url("newsletter-archive")
    is_same = choices.topics is None and not choices.reviewers
    return ("Read online" if is_same else "The edition for every topic, online"), words.online_url


def compose(
    *, choices: Choices, until: datetime, words: EditorsWords = EditorsWords(), is_personal: bool = True
) -> Composed | None:
    """The mail for these choices with the changes up to `until`, or None where there are none. A query more than `gather`.

    `{{unsubscribe_url}}` and `{{preferences_url}}` stand where each reader's own links go; without `is_personal`, for the
    archive, there are none. Items that make the HTML MAX_BYTES or longer are left out from the end.
    """
    items = gather(choices=choices, until=until)
    days = ClosedDay.objects.filter(day__lte=last_day_over(until - SETTLING)) if items else None
    closed_day = days.order_by("-day").first() if days is not None else None
    intro = words.intro if text_of(words.intro) else ""
    while items:
        content = Content(
            subject=shortened(plain(words.subject), MAX_SUBJECT) or default_subject(items),
            intro=intro or default_intro(items),
            editor=plain(words.editor) if intro else "",
            items=items,
            since=choices.since,
            until=until,
            is_personal=is_personal,
            online=_online(choices, words) if is_personal else None,
            closed_day=closed_day,
        )
        html = render_html(content)
        if len(items) == 1 or len(html.encode()) < MAX_BYTES:
            return Composed(
                subject=content.subject,
                intro=text_of(content.intro),
                intro_html=html_of(content.intro),
                editor=content.editor,
                html=html,
                text=render_text(content),
                items=items,
            )
        items = items[:-1]
    return None
