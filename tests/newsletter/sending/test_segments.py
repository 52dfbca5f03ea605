"""Readers with the same choices share a segment."""

from datetime import timedelta

import pytest

from newsletter.models import Delivery, Segment, Subscriber
from newsletter.readers import consent
from newsletter.sending.segments import SegmentKey
from tests.factories import CategoryFactory, ComparisonFactory, SubscriberFactory
from tests.newsletter.sending.weeks import DUE, clock

pytestmark = pytest.mark.django_db(transaction=True)


def test_readers_with_the_same_choices_share_one_text() -> None:
    first, second = CategoryFactory(), CategoryFactory()
    ComparisonFactory(
        first_tool__category=first, second_tool__category=second, public_at=DUE - timedelta(days=1)
    )
    for topics in ([first, second], [second, first], [second]):
        reader: Subscriber = SubscriberFactory()
        reader.topics.set(topics)
    SubscriberFactory()

    clock()

    assert Segment.objects.count() == 3
    assert Delivery.objects.count() == 4


@pytest.mark.parametrize("is_before_confirming", [False, True])
def test_a_reader_whose_only_topic_is_deleted_gets_no_mail_instead_of_every_topic(
    is_before_confirming: bool,
) -> None:
    ComparisonFactory(public_at=DUE - timedelta(days=1))
    topic = CategoryFactory()
    reader = SubscriberFactory()
    if is_before_confirming:
        topic.delete()
        consent.change_preferences(
            subscriber=reader,
            choices={"topics": ["gone"], "every_topic": False},
            source="api",
            now=DUE - timedelta(days=1),
        )
    else:
        reader.topics.add(topic)
        topic.delete()

    clock()

    assert not Delivery.objects.exists()


def test_a_key_reads_rows_as_django_gives_them_and_choices_tell_it_apart() -> None:
    key = SegmentKey.of("weekly", '["ai", "code"]', [])

    assert key == SegmentKey("weekly", ("ai", "code"))
    assert key.choices() == {"frequency": "weekly", "topics": ["ai", "code"], "reviewers": []}
    assert key.digest() == SegmentKey("weekly", ("ai", "code")).digest()
    assert len({key.digest(), SegmentKey("weekly", ("ai",)).digest(), SegmentKey("monthly").digest()}) == 3
    assert SegmentKey("weekly", ()).digest() != SegmentKey("weekly", None).digest()
