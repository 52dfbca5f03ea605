"""Copies that must not be sent any more."""

import pytest

from newsletter.deliveries import withdrawal
from newsletter.models import Delivery, Subscriber
from tests.newsletter.deliveries.ledger import an_edition

pytestmark = pytest.mark.django_db


def test_a_reader_who_is_erased_is_sent_nothing_and_named_nowhere() -> None:
    an_edition(2)
    reader = Subscriber.objects.order_by("id")[0]

    withdrawal.erase_addresses(subscriber_id=reader.pk)

    mine = Delivery.objects.get(subscriber=reader)
    assert (mine.address, mine.state) == ("", "suppressed")
    assert Delivery.objects.exclude(address="").get().state == "pending"
