"""Adds the copies of an edition, one for each reader, and counts them. Adding a copy again changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection

from newsletter.deliveries.database import row_count
from newsletter.models import Delivery, Edition

# The id follows from edition and subscriber, and the Message-ID from the id: a repeated insertion makes nothing new.
ADD = """
INSERT INTO newsletter_delivery (
    id, edition_id, segment_id, subscriber_id, address, address_key, state, fence, attempts, next_attempt_at,
    message_id, code, detail, created_at, updated_at
)
SELECT own.id, own.edition_id, own.segment_id, own.subscriber_id, own.address, own.address_key,
    CASE
        WHEN EXISTS (SELECT FROM newsletter_suppression x WHERE x.address_key = own.address_key) THEN 'suppressed'
        ELSE 'pending'
    END,
    0, 0, clock_timestamp(), '<' || %(week)s || '.' || replace(own.id::text, '-', '') || '@' || %(domain)s || '>',
    '', '', clock_timestamp(), clock_timestamp()
FROM (
    SELECT md5(%(edition)s::uuid::text || s.id::text)::uuid AS id, %(edition)s::uuid AS edition_id,
        reader.segment_id, s.id AS subscriber_id, s.address, s.address_key
    FROM unnest(%(readers)s::uuid[], %(segments)s::uuid[]) AS reader (subscriber_id, segment_id)
    JOIN newsletter_subscriber s ON s.id = reader.subscriber_id
    WHERE s.status = 'active'
) own
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Addressee:
    """A reader of an edition, and the segment whose mail they get."""

    subscriber_id: UUID
    segment_id: UUID


def add_copies(edition: Edition, addressees: Sequence[Addressee]) -> None:
    """One copy for each of them who is still active. One query."""
    values = {
        "edition": edition.pk,
        "week": edition.week,
        "domain": settings.MAIL_DOMAIN,
        "readers": [each.subscriber_id for each in addressees],
        "segments": [each.segment_id for each in addressees],
    }
    row_count(ADD, values)


def number_of_copies(edition: Edition) -> int:
    """One query, which reads all copies of the edition."""
    return Delivery.objects.filter(edition=edition).count()


def refresh_statistics() -> None:
    """After many insertions: autovacuum would do it, but not before the first copies are sent."""
    with connection.cursor() as cursor:
        # While another process vacuums the table, this one goes without.
        cursor.execute("ANALYZE (SKIP_LOCKED) newsletter_delivery")
