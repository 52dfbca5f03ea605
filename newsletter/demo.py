"""The demo's edition of the weekly mail: one week of its catalog, sent to the demo's own reader alone."""

from datetime import UTC, datetime, timedelta

from django.conf import settings

from catalog.models import Category
from newsletter.content.archive import OF_DEMO, keep_for_archive
from newsletter.models import Consent, Edition, Subscriber
from newsletter.readers.addresses import address_key
from newsletter.sending import preparing
from reviews.models import Reviewer

# The Tuesday after a week in which the demo's catalog has pairs, reviews and votes.
WEEK = "2026-W46"
SENT_AT = datetime(2026, 11, 10, 7, 0, tzinfo=UTC)

# What the week's curator wrote.
EDITOR = "Ada Example"
INTRO = """\
Four new pairs this week. Each has an invented tool in it, so that you see what a page says of a clear answer, and of a \
panel that is too small for one.

Nobody ran these tools: the reviewers are personas who read public documents, and say so. Where two disagree, follow their \
links."""

# A reserved domain of RFC 2606: it has no mailboxes.
READER = "demo-reader@example.com"
CONFIRMED_AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
TOPICS = ["developer-tools"]
REVIEWERS = ["builder", "skeptic"]

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def load_demo_edition(*, now: datetime) -> None:
    """Add the edition of WEEK to a demo that was just loaded; where that week has one, change nothing.

    It is mailed where a catcher takes all mail and the database has no reader yet, as in `make serve`. Elsewhere it
    stands in the archive as an edition without readers.
    """
    edition, is_new = Edition.objects.get_or_create(
        week=WEEK,
        defaults={
            "state": Edition.State.FROZEN,
            "frozen_at": SENT_AT,
            "intro": INTRO,
            "editor": EDITOR,
        },
    )
    if not is_new:
        return
    keep_for_archive(edition=edition, since=SENT_AT - timedelta(weeks=1), until=SENT_AT)
    if _is_caught() and not Subscriber.objects.exists():
        _add_reader()
        # At once, so that no later subscriber is among its readers.
        preparing.prepare(edition_id=edition.pk, now=now)
    else:
        if edition.archive:
            edition.archive[OF_DEMO] = True
        edition.state, edition.audience = Edition.State.DONE, 0
        edition.prepared_at = edition.done_at = SENT_AT
        edition.save()


def _is_caught() -> bool:
    return bool(settings.DEBUG_MAIL_DIR) and not settings.MAIL_PROVIDER and settings.EMAIL_HOST in LOOPBACK


def _add_reader() -> None:
    key = address_key(READER)
    reader = Subscriber.objects.create(
        address=READER, address_key=key, status=Subscriber.Status.ACTIVE, confirmed_at=CONFIRMED_AT
    )
    reader.topics.set(Category.objects.filter(slug__in=TOPICS))
    reader.reviewers.set(Reviewer.objects.filter(slug__in=REVIEWERS))
    Consent.objects.create(
        address_key=key,
        action=Consent.Action.CONFIRMED,
        source=Consent.Source.STAFF,
        wording="demo",
        created_at=CONFIRMED_AT,
    )
