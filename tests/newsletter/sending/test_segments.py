"""Readers with the same choices share a segment."""

from datetime import timedelta

import pytest

from newsletter.models import Delivery, Segment, Subscriber
from newsletter.sending.segments import SegmentKey
from tests.factories import CategoryFactory, ComparisonFactory, SubscriberFactory
from tests.newsletter.sending.weeks import DUE, clock

pytestmark = pytest.mark.django_db(transaction=True)


def test_readers_with_the_same_choices_share_one_text() -> None:
    first, second = CategoryFactory(), CategoryFactory()
    ComparisonFactory(
        first_tool__category=first, second_tool__category=second, public_at=DUE - timedelta(days=1)
    )
    for topics in ([], [first, second], [second, first], [second]):
        reader: Subscriber = SubscriberFactory()
        reader.topics.set(topics)

    clock()

    assert Segment.objects.count() == 3
    assert Delivery.objects.count() == 4


def test_a_key_reads_rows_as_django_gives_them_and_choices_tell_it_apart() -> None:
    key = SegmentKey.of("weekly", '["ai", "code"]', [])

    assert key == SegmentKey("weekly", ("ai", "code"))
    assert key.choices() == {"frequency": "weekly", "topics": ["ai", "code"], "reviewers": []}
    assert key.digest() == SegmentKey("weekly", ("ai", "code")).digest()
    assert len({key.digest(), SegmentKey("weekly", ("ai",)).digest(), SegmentKey("monthly").digest()}) == 3
