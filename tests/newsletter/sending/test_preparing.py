"""Each reader with something to read gets one copy."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction

from newsletter.models import Delivery, Edition, Segment
from newsletter.sending import editions, preparing, segments
from tests.database import start_elsewhere
from tests.factories import SubscriberFactory
from tests.newsletter.sending.weeks import DUE, SCHEDULE, clock, news, the_edition

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_edition_with_nothing_to_tell_is_sent_to_nobody() -> None:
    SubscriberFactory()

    clock()

    assert (the_edition().state, the_edition().audience) == ("done", 0)
    assert Segment.objects.get().item_count == 0


def test_who_is_not_confirmed_is_no_reader_however_many_come_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(segments, "PAGE", 10)
    news()
    SubscriberFactory.create_batch(25, status="pending", confirmed_at=None)
    SubscriberFactory(confirmed_at=DUE + timedelta(minutes=1))
    SubscriberFactory.create_batch(2, confirmed_at=DUE)

    clock()

    assert the_edition().audience == 2


@pytest.mark.parametrize("readers", [9, 10, 20, 21])
def test_every_page_is_prepared(monkeypatch: pytest.MonkeyPatch, readers: int) -> None:
    monkeypatch.setattr(segments, "PAGE", 10)
    news()
    SubscriberFactory.create_batch(readers)

    clock()

    assert the_edition().audience == readers


def test_a_sender_that_begins_at_once_finds_copies_counted() -> None:
    news()
    SubscriberFactory.create_batch(12)

    clock()

    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'newsletter_delivery'")
        assert cursor.fetchone() == (12,)


def test_preparing_again_adds_nobody_twice() -> None:
    news()
    SubscriberFactory.create_batch(3)
    clock()
    before = set(Delivery.objects.values_list("id", "message_id"))

    Edition.objects.update(state="preparing", prepared_at=None)
    clock()

    assert set(Delivery.objects.values_list("id", "message_id")) == before


def test_while_another_process_prepares_a_page_this_one_leaves_it_alone() -> None:
    news()
    SubscriberFactory.create_batch(3)
    clock()
    Delivery.objects.all().delete()
    Edition.objects.update(state="frozen", prepared_at=None, done_at=None)
    key = preparing.turn_key(the_edition().pk)

    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        preparing.prepare(edition_id=the_edition().pk, now=DUE)
        left_alone = (the_edition().state, Delivery.objects.count())
    preparing.prepare(edition_id=the_edition().pk, now=DUE)

    assert left_alone == ("preparing", 0)
    assert (the_edition().state, Delivery.objects.count()) == ("sending", 3)


def test_once_its_copies_are_counted_nobody_adds_one() -> None:
    news()
    SubscriberFactory.create_batch(3)
    editions.ensure_due_editions(now=DUE, schedule=SCHEDULE)
    edition = the_edition()

    with transaction.atomic():
        Edition.objects.select_for_update().get()
        second = start_elsewhere(lambda: preparing.prepare(edition_id=edition.pk, now=DUE))
        preparing.prepare(edition_id=edition.pk, now=DUE)
        # Imported, say, with the time at which they had confirmed elsewhere.
        SubscriberFactory(confirmed_at=DUE)
    second.result(timeout=30)

    assert (the_edition().state, the_edition().audience, Delivery.objects.count()) == ("sending", 3, 3)
