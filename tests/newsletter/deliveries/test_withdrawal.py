"""Copies that must not be sent any more."""

from datetime import timedelta

import pytest
from django.db import transaction

from newsletter.deliveries import withdrawal
from newsletter.deliveries.database import database_now
from newsletter.models import Delivery, Edition, Subscriber
from tests.database import execute, start_elsewhere
from tests.factories import NOW
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


@pytest.mark.parametrize(
    ("days", "code", "state", "left_as"),
    [
        pytest.param(5.01, "4.2.2", "sending", "failed", id="refused for more than five days"),
        pytest.param(4.99, "4.2.2", "sending", "deferred", id="for less"),
        pytest.param(5.01, "", "sending", "deferred", id="not tried yet"),
        pytest.param(5.01, "4.2.2", "paused", "deferred", id="paused"),
    ],
)
def test_a_copy_is_tried_for_five_days(days: float, code: str, state: str, left_as: str) -> None:
    an_edition(1)
    Delivery.objects.update(state="deferred", code=code)
    Edition.objects.update(state=state, prepared_at=database_now() - timedelta(days=days))

    assert withdrawal.expire() == (left_as == "failed")

    assert Delivery.objects.get().state == left_as


def test_an_edition_that_staff_resume_is_tried_for_as_long_again() -> None:
    an_edition(1)
    Delivery.objects.update(state="deferred", code="4.2.2")
    now = database_now()
    Edition.objects.update(prepared_at=now - timedelta(days=9), resumed_at=now - timedelta(days=1))

    assert withdrawal.expire() == 0


@pytest.mark.django_db(transaction=True)
def test_an_edition_with_a_copy_that_waits_again_is_looked_at_once_more() -> None:
    edition = an_edition(2)
    Delivery.objects.update(state="failed", code="4.2.2")
    Edition.objects.update(state="done", done_at=NOW)
    later = database_now() + withdrawal.ADDRESSES_KEPT_FOR + timedelta(days=1)

    with transaction.atomic():
        execute(
            "UPDATE newsletter_delivery SET state = 'pending' WHERE id = %s", Delivery.objects.all()[0].pk
        )
        purging = start_elsewhere(lambda: withdrawal.purge_addresses(now=later))
    purging.result(timeout=30)

    edition.refresh_from_db()
    assert (edition.addresses_erased_at, Delivery.objects.exclude(address="").count()) == (None, 1)
