"""Copies that must not be sent any more."""

import pytest

from newsletter.deliveries import withdrawal
from newsletter.models import Delivery, Edition, Subscriber
from tests.newsletter.deliveries.ledger import an_edition

pytestmark = pytest.mark.django_db


def test_a_reader_who_is_erased_is_sent_nothing_and_named_nowhere() -> None:
    an_edition(2)
    reader = Subscriber.objects.order_by("id")[0]

    withdrawal.erase_addresses(subscriber_id=reader.pk)

    mine = Delivery.objects.get(subscriber=reader)
    assert (mine.address, mine.state) == ("", "suppressed")
    assert Delivery.objects.exclude(address="").get().state == "pending"


def test_a_copy_that_was_given_back_while_its_edition_was_cancelled_is_cancelled_too() -> None:
    cancelled = an_edition(2)
    Edition.objects.filter(pk=cancelled.pk).update(state="cancelled")

    assert withdrawal.cancel_left_over() == 2
    assert withdrawal.cancel_left_over() == 0
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}


@pytest.mark.parametrize("state", ["sending", "paused"])
def test_a_copy_of_an_edition_that_goes_on_keeps_waiting(state: str) -> None:
    edition = an_edition(2)
    Edition.objects.filter(pk=edition.pk).update(state=state)

    assert withdrawal.cancel_left_over() == 0
    assert set(Delivery.objects.values_list("state", flat=True)) == {"pending"}
