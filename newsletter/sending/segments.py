"""Groups the readers of an edition by their choices, and composes what each group gets."""

import hashlib
import json
from dataclasses import dataclass
from uuid import UUID

from newsletter.content.composition import EditorsWords, compose
from newsletter.content.items import Choices
from newsletter.deliveries.database import rows
from newsletter.models import Edition, Segment
from newsletter.sending.periods import frozen_at_of, since

PAGE = 5_000
# Before all others in the order of ids.
NO_READER = UUID(int=0)

AUDIENCE = """
WHERE s.status = 'active' AND s.confirmed_at <= %(frozen_at)s
  AND (s.frequency = 'each_comparison') = %(is_daily)s AND (%(includes_monthly)s OR s.frequency <> 'monthly')
"""
# What readers chose, in an order that makes one choice one text.
READERS = f"""
SELECT s.id, s.frequency, CASE WHEN NOT s.gets_every_topic THEN coalesce(
    (
        SELECT jsonb_agg(c.slug ORDER BY c.slug) FROM newsletter_subscriber_topics t
        JOIN catalog_category c ON c.id = t.category_id WHERE t.subscriber_id = s.id
    ), '[]'
) END AS topics, coalesce(
    (
        SELECT jsonb_agg(v.slug ORDER BY v.slug) FROM newsletter_subscriber_reviewers f
        JOIN reviews_reviewer v ON v.id = f.reviewer_id WHERE f.subscriber_id = s.id
    ), '[]'
) AS reviewers
FROM newsletter_subscriber s
{AUDIENCE}
"""  # noqa: S608
NUMBER_OF_READERS = f"SELECT count(*) FROM newsletter_subscriber s {AUDIENCE}"  # noqa: S608
ALL_CHOICES = f"SELECT DISTINCT frequency, topics, reviewers FROM ({READERS}) reader"  # noqa: S608
PAGE_OF_READERS = f"{READERS} AND s.id > %(after)s ORDER BY s.id LIMIT %(limit)s"


@dataclass(frozen=True)
class SegmentKey:
    """The choices that all readers of one segment share: slugs of topics (None: every topic) and of reviewers."""

    frequency: str
    topics: tuple[str, ...] | None = None
    reviewers: tuple[str, ...] = ()

    @classmethod
    def of(cls, frequency: str, topics: object, reviewers: object) -> "SegmentKey":
        """From a row, in which topics and reviewers are jsonb."""
        return cls(
            frequency, None if topics is None else tuple(json_list(topics)), tuple(json_list(reviewers))
        )

    def choices(self) -> dict[str, str | list[str] | None]:
        """As `Segment.choices` keeps them."""
        topics = None if self.topics is None else list(self.topics)
        return {"frequency": self.frequency, "topics": topics, "reviewers": list(self.reviewers)}

    def digest(self) -> bytes:
        """The SHA-256 that `Segment.key` keeps."""
        return hashlib.sha256(json.dumps(self.choices(), sort_keys=True).encode()).digest()


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader of an edition, and which segment is theirs."""

    subscriber_id: UUID
    key: SegmentKey


def number_of_readers(edition: Edition) -> int:
    """How many would get a copy at most; who has nothing new gets none. One query."""
    ((number,),) = rows(NUMBER_OF_READERS, _audience(edition))
    return int(number)


def keys_of(edition: Edition) -> list[SegmentKey]:
    """One for each combination of choices among the edition's readers. One query."""
    return [SegmentKey.of(*row) for row in rows(ALL_CHOICES, _audience(edition))]


def page_of_readers(edition: Edition, *, after: UUID) -> list[Reader]:
    """The edition's next 5,000 readers in the order of ids; none at the end. One query."""
    found = rows(PAGE_OF_READERS, {**_audience(edition), "after": after, "limit": PAGE})
    return [Reader(subscriber_id, SegmentKey.of(*choices)) for subscriber_id, *choices in found]


def segment_for(edition: Edition, key: SegmentKey) -> Segment:
    """The segment of a frozen edition, composed unless it is there already."""
    found = Segment.objects.filter(edition=edition, key=key.digest()).first()
    if found is not None:
        return found
    composed = compose(
        choices=Choices(
            topics=key.topics,
            reviewers=key.reviewers,
            frequency=key.frequency,
            since=since(edition, frequency=key.frequency),
        ),
        until=frozen_at_of(edition),
        words=EditorsWords.of(edition),
    )
    segment = Segment(edition=edition, key=key.digest(), choices=key.choices(), item_count=0)
    if composed is not None:
        segment.subject, segment.html, segment.text = composed.subject, composed.html, composed.text
        segment.item_count = len(composed.items)
    Segment.objects.bulk_create([segment], ignore_conflicts=True)
    return Segment.objects.get(edition=edition, key=key.digest())


def json_list(value: object) -> list[str]:
    """Django reads jsonb from plain SQL as text."""
    return list(json.loads(value)) if isinstance(value, str) else list(value)  # type: ignore[call-overload]


def _audience(edition: Edition) -> dict[str, object]:
    return {
        "frozen_at": edition.frozen_at,
        "includes_monthly": edition.includes_monthly,
        "is_daily": edition.is_daily,
    }
