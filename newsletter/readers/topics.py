"""What becomes of a topic's followers when its category is deleted: staff say it, and nobody gets more than they chose."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from catalog.models import Category
from newsletter.deliveries.database import rows
from newsletter.readers.consent_record import WORDING

# Readers who left may come back to their choices.
COUNT = """
SELECT count(*), count(*) FILTER (
    WHERE NOT EXISTS (
        SELECT FROM newsletter_subscriber_topics o
        WHERE o.subscriber_id = t.subscriber_id AND o.category_id <> t.category_id
    )
)
FROM newsletter_subscriber_topics t JOIN newsletter_subscriber s ON s.id = t.subscriber_id
WHERE t.category_id = %(category)s AND s.status = 'active'
"""
MOVE = """
WITH moved AS (
    INSERT INTO newsletter_subscriber_topics (subscriber_id, category_id)
    SELECT subscriber_id, %(to)s FROM newsletter_subscriber_topics WHERE category_id = %(category)s
    ON CONFLICT DO NOTHING
    RETURNING subscriber_id
)
INSERT INTO newsletter_consent (address_key, deed, source, wording, created_at)
SELECT s.address_key, 'changed', 'staff', %(wording)s, %(now)s
FROM moved JOIN newsletter_subscriber s ON s.id = moved.subscriber_id
"""


@dataclass(frozen=True, slots=True)
class Followers:
    """How many subscribed readers chose a topic, and how many of them chose no other."""

    total: int
    without_other: int


def followers_of(category: Category) -> Followers:
    """One query."""
    ((total, without_other),) = rows(COUNT, {"category": category.pk})
    return Followers(total, without_other)


def move_followers(*, category: Category, to: Category, now: datetime) -> None:
    """Readers who chose the one topic have chosen the other as well, and the record of consent says so. One statement."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MOVE, {"category": category.pk, "to": to.pk, "wording": WORDING, "now": now})
