"""A category that is deleted: who followed it, and what they get in its place."""

import pytest
from pytest_django import DjangoAssertNumQueries

from newsletter.models import Consent, Subscriber
from newsletter.readers.topics import Followers, followers_of, move_followers
from tests.factories import NOW, CategoryFactory, SubscriberFactory

pytestmark = pytest.mark.django_db


def test_followers_are_counted_and_so_are_those_who_follow_nothing_else() -> None:
    topic, other = CategoryFactory(), CategoryFactory()
    for topics, status in (
        ([topic], "active"),
        ([topic, other], "active"),
        ([other], "active"),
        ([], "active"),
        ([topic], "unsubscribed"),
    ):
        SubscriberFactory(status=status, unsubscribed_at=NOW).topics.set(topics)

    assert followers_of(topic) == Followers(total=2, without_other=1)


def test_followers_move_to_the_other_topic_and_the_record_says_so(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    topic, other = CategoryFactory(), CategoryFactory()
    both, one = SubscriberFactory(), SubscriberFactory()
    both.topics.set([topic, other])
    one.topics.set([topic])
    everything = SubscriberFactory()

    # A savepoint, the statement, its end.
    with django_assert_num_queries(3):
        move_followers(category=topic, to=other, now=NOW)
    topic.delete()

    assert list(one.topics.all()) == list(both.topics.all()) == [other]
    assert Subscriber.objects.get(gets_every_topic=True) == everything
    [record] = Consent.objects.all()
    assert (bytes(record.address_key), record.action, record.source) == (
        bytes(one.address_key),
        "changed",
        "staff",
    )
