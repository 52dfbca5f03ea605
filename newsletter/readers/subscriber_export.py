"""Writes subscribers as a file that `subscriber_file` reads: who is subscribed, and who must not be mailed any more."""

from collections.abc import Iterator

from django.db.models import OuterRef, Subquery

from newsletter.models import Subscriber, Suppression
from newsletter.readers.subscriber_file import EVERY_TOPIC, NO_TOPIC

COLUMNS = ("email", "status", "confirmed_at", "unsubscribed_at", "frequency", "topics", "reviewers")
PAGE = 1_000


def exported_rows() -> Iterator[list[str]]:
    """A line for each subscriber who confirmed or left, in the order of ids. Three queries a thousand, none is kept."""
    suppressed = Suppression.objects.filter(address_key=OuterRef("address_key")).values("reason")
    subscribers = (
        Subscriber.objects.exclude(status=Subscriber.Status.PENDING)
        .annotate(suppressed_as=Subquery(suppressed))
        .prefetch_related("topics", "reviewers")
        .order_by("id")
    )
    for subscriber in subscribers.iterator(chunk_size=PAGE):
        topics = ";".join(sorted(topic.slug for topic in subscriber.topics.all())) or NO_TOPIC
        yield [
            subscriber.address,
            subscriber.suppressed_as or subscriber.status,
            subscriber.confirmed_at.isoformat() if subscriber.confirmed_at else "",
            subscriber.unsubscribed_at.isoformat() if subscriber.unsubscribed_at else "",
            subscriber.frequency,
            EVERY_TOPIC if subscriber.gets_every_topic else topics,
            ";".join(sorted(reviewer.slug for reviewer in subscriber.reviewers.all())),
        ]
