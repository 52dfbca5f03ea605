"""The archive: the edition for every topic, stored when sending begins, without personal data."""

from dataclasses import asdict
from datetime import datetime

from django.db import models

from newsletter.content.composition import EditorsWords, compose
from newsletter.content.items import Choices
from newsletter.content.markup import html_of
from newsletter.models import Edition, Subscriber

# In the archive of an edition of the demo, which is there to be looked at.
OF_DEMO = "is_demo"
BEGUN = [Edition.State.SENDING, Edition.State.PAUSED, Edition.State.DONE]


def archived_editions() -> models.QuerySet[Edition]:
    """Public editions: sending has begun, they have items, and they went to somebody."""
    begun = Edition.objects.filter(state__in=BEGUN, archive__isnull=False)
    return begun.exclude(~models.Q(archive__has_key=OF_DEMO), audience=0)


def intro_html(edition: Edition) -> str:
    """Of a public edition; those of before kept the text alone."""
    archive = edition.archive or {}
    return str(archive.get("intro_html") or html_of(archive["intro"]))


def keep_for_archive(*, edition: Edition, since: datetime, until: datetime) -> bool:
    """Store what a reader of every topic gets, without personal links; False where the edition has no items.

    To be called while the edition is frozen, so that the archive says what the mail says. A second call stores the
    items as they are then.
    """
    composed = compose(
        choices=Choices(topics=None, reviewers=(), frequency=Subscriber.Frequency.WEEKLY, since=since),
        until=until,
        words=EditorsWords.of(edition),
        is_personal=False,
    )
    if composed is None:
        return False
    edition.archive = {
        "subject": composed.subject,
        "intro": composed.intro,
        "intro_html": composed.intro_html,
        "editor": composed.editor,
        "items": [asdict(item) for item in composed.items],
    }
    edition.html, edition.text = composed.html, composed.text
    edition.save(update_fields=["archive", "html", "text", "updated_at"])
    return True
