"""The copies of an edition: one for each reader who is still there, however often they are added."""

from typing import Any
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from newsletter.deliveries.insertion import Addressee, add_copies, number_of_copies, refresh_statistics
from newsletter.models import Delivery, Edition, Segment, Subscriber, Suppression
from tests.factories import NOW, EditionFactory, SegmentFactory, SubscriberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition() -> Edition:
    made: Edition = EditionFactory(week="2026-W45", state="preparing", frozen_at=NOW)
    return made


@pytest.fixture
def segment(edition: Edition) -> Segment:
    made: Segment = SegmentFactory(edition=edition)
    return made


def addressees(segment: Segment, *subscribers: Subscriber) -> list[Addressee]:
    return [Addressee(each.pk, segment.pk) for each in subscribers]


def test_a_reader_gets_a_copy_that_waits(edition: Edition, segment: Segment, settings: Settings) -> None:
    settings.MAIL_DOMAIN = "mail.example.com"
    reader = SubscriberFactory(address="ada@example.com")

    add_copies(edition, addressees(segment, reader))

    copy = Delivery.objects.get()
    assert (copy.edition, copy.segment, copy.subscriber) == (edition, segment, reader)
    assert (copy.address, bytes(copy.address_key)) == ("ada@example.com", bytes(reader.address_key))
    assert (copy.state, copy.attempts, copy.fence, copy.lease_until) == ("pending", 0, 0, None)
    assert copy.message_id == f"<2026-W45.{copy.pk.hex}@mail.example.com>"
    assert copy.next_attempt_at is not None


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"status": "pending", "confirmed_at": None}, id="pending"),
        pytest.param({"status": "unsubscribed", "unsubscribed_at": NOW}, id="unsubscribed"),
    ],
)
def test_who_is_not_subscribed_gets_none(edition: Edition, segment: Segment, values: dict[str, Any]) -> None:
    reader = SubscriberFactory(**values)

    add_copies(edition, [*addressees(segment, reader), Addressee(UUID(int=7), segment.pk)])

    assert number_of_copies(edition) == 0


def test_a_suppressed_mailbox_has_a_copy_that_is_never_sent(edition: Edition, segment: Segment) -> None:
    reader = SubscriberFactory()
    Suppression.objects.create(address_key=reader.address_key, reason="complaint", created_at=NOW)

    add_copies(edition, addressees(segment, reader))

    assert Delivery.objects.get().state == "suppressed"


def test_adding_again_changes_nothing_whatever_became_of_a_copy(edition: Edition, segment: Segment) -> None:
    first, second = SubscriberFactory.create_batch(2)
    add_copies(edition, addressees(segment, first))
    Delivery.objects.update(state="accepted", accepted_at=NOW)

    add_copies(edition, addressees(segment, first, second, first))

    assert number_of_copies(edition) == 2
    assert dict(Delivery.objects.values_list("subscriber", "state")) == {
        first.pk: "accepted",
        second.pk: "pending",
    }


@pytest.mark.parametrize("number", [1, 20])
def test_copies_are_added_and_counted_by_one_query_each(
    edition: Edition, segment: Segment, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    readers = addressees(segment, *SubscriberFactory.create_batch(number))

    with django_assert_num_queries(1):
        add_copies(edition, readers)
    with django_assert_num_queries(1):
        assert number_of_copies(edition) == number


def test_copies_of_another_edition_are_not_counted(edition: Edition, segment: Segment) -> None:
    add_copies(edition, addressees(segment, SubscriberFactory()))

    assert number_of_copies(EditionFactory()) == 0
    assert number_of_copies(edition) == 1


def test_statistics_can_be_refreshed_within_a_transaction() -> None:
    refresh_statistics()
