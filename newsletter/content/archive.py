"""The archive: what the edition for every topic said, kept when sending begins, without anybody's data."""

from dataclasses import asdict
from datetime import datetime

from django.db import models

from newsletter.content.composition import Choices, compose
from newsletter.models import Edition, Subscriber

BEGUN = [Edition.State.SENDING, Edition.State.PAUSED, Edition.State.DONE]


def archived_editions() -> models.QuerySet[Edition]:
    """Editions that anybody may read: sending has begun, and there was something to tell."""
    return Edition.objects.filter(state__in=BEGUN, archive__isnull=False)


def keep_for_archive(*, edition: Edition, since: datetime, until: datetime) -> bool:
    """Write down what a reader of every topic gets, with no place for personal links; whether there was anything.

    To be called while the edition is frozen, so that the archive says what the mail says. Again changes nothing but
    what has changed in between.
    """
    composed = compose(
        choices=Choices(topics=(), reviewers=(), frequency=Subscriber.Frequency.WEEKLY, since=since),
        until=until,
        subject=edition.subject,
        intro=edition.intro,
        is_personal=False,
    )
    if composed is None:
        return False
    edition.archive = {
        "subject": composed.subject,
        "intro": composed.intro,
        "items": [asdict(item) for item in composed.items],
    }
    edition.html, edition.text = composed.html, composed.text
    edition.save(update_fields=["archive", "html", "text", "updated_at"])
    return True
