"""What curators see and may do on the pages of subscribers, editions and deliveries."""

from typing import Any

import pytest

from newsletter.models import Delivery, Edition, Subscriber
from tests.desk import count_queries, errors_of, open_desk, submit
from tests.factories import NOW, DeliveryFactory, EditionFactory, SubscriberFactory

pytestmark = pytest.mark.django_db

SUBSCRIBERS = "/admin/newsletter/subscriber/"
EDITIONS = "/admin/newsletter/edition/"
DELIVERIES = "/admin/newsletter/delivery/"


@pytest.mark.parametrize("rows", [5, 50])
@pytest.mark.parametrize(
    ("address", "budget"),
    [
        # Session, curator; the topics to filter by; all, those found, the page; two for the dates.
        pytest.param(SUBSCRIBERS, 8, id="subscribers"),
        # Session, curator; all, those found, the page; two for the dates.
        pytest.param(EDITIONS, 7, id="editions"),
        # Session, curator; the codes and editions to filter by; all, those found, the page; two for the dates.
        pytest.param(DELIVERIES, 9, id="deliveries"),
    ],
)
def test_a_list_costs_the_same_however_long_it_is(address: str, budget: int, rows: int) -> None:
    DeliveryFactory.create_batch(rows)

    assert count_queries(open_desk(), address) == budget


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("q=ada@example.com", id="address"),
        pytest.param("q=first-copy", id="message id"),
        pytest.param("state__exact=failed", id="state"),
        pytest.param("code__exact=550", id="code"),
    ],
)
def test_a_delivery_is_found_by(words: str) -> None:
    delivery = DeliveryFactory(
        subscriber__address="ada@example.com",
        message_id="<first-copy@example.com>",
        state="failed",
        code="550",
    )
    DeliveryFactory()

    response: Any = open_desk().get(f"{DELIVERIES}?{words}")

    assert [found.pk for found in response.context["cl"].result_list] == [delivery.pk]


def test_a_delivery_outlives_its_subscriber_and_can_only_be_read() -> None:
    desk, delivery = open_desk(), DeliveryFactory()

    desk.post(f"{SUBSCRIBERS}{delivery.subscriber.pk}/delete/", {"post": "yes"})

    assert Delivery.objects.get().subscriber is None
    assert desk.get(DELIVERIES).status_code == 200
    assert desk.get(f"{DELIVERIES}{delivery.pk}/change/").status_code == 200
    assert desk.post(f"{DELIVERIES}{delivery.pk}/change/", {"state": "failed"}).status_code == 403
    assert desk.post(f"{DELIVERIES}{delivery.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_subscriber_is_found_by_address_and_status() -> None:
    subscriber = SubscriberFactory(address="ada@example.com")
    SubscriberFactory(address="ada@example.org", status="pending", confirmed_at=None)

    response: Any = open_desk().get(f"{SUBSCRIBERS}?q=ada@&status__exact=active")

    assert [found.pk for found in response.context["cl"].result_list] == [subscriber.pk]


def test_nobody_subscribes_somebody_else() -> None:
    assert open_desk().get(f"{SUBSCRIBERS}add/").status_code == 403


def test_a_subscribers_address_can_not_be_changed() -> None:
    subscriber = SubscriberFactory(address="ada@example.com")

    open_desk().post(
        f"{SUBSCRIBERS}{subscriber.pk}/change/",
        {"address": "eve@example.com", "status": "active", "frequency": "monthly", "time_zone": "UTC"},
    )

    kept = Subscriber.objects.get()
    assert (kept.address, kept.frequency) == ("ada@example.com", "monthly")


def test_only_the_reader_confirms() -> None:
    subscriber = SubscriberFactory(status="pending", confirmed_at=None)

    response = submit(open_desk(), f"{SUBSCRIBERS}{subscriber.pk}/change/", status="active")

    assert errors_of(response) == {"status": ["Only the reader can confirm the address."]}


def test_a_curator_can_take_a_subscriber_off_the_list() -> None:
    subscriber = SubscriberFactory()

    submit(open_desk(), f"{SUBSCRIBERS}{subscriber.pk}/change/", status="unsubscribed")

    subscriber.refresh_from_db()
    assert subscriber.status == "unsubscribed"
    assert subscriber.unsubscribed_at is not None


def test_a_nul_in_a_time_zone_is_refused() -> None:
    subscriber = SubscriberFactory()

    response = submit(open_desk(), f"{SUBSCRIBERS}{subscriber.pk}/change/", time_zone="U\x00C")

    assert "Null characters are not allowed." in errors_of(response)["time_zone"]


def test_an_edition_is_added_as_a_draft() -> None:
    submit(open_desk(), f"{EDITIONS}add/", week="2026-W48", subject="Two tools", state="done")

    edition = Edition.objects.get()
    assert (edition.week, edition.state) == ("2026-W48", "draft")


@pytest.mark.parametrize("week", ["2026-W00", "2026-W54", "2026-48", "W48", "2026-W4"])
def test_a_week_that_is_none_is_refused(week: str) -> None:
    response = submit(open_desk(), f"{EDITIONS}add/", week=week)

    assert errors_of(response) == {"week": ["Write the ISO week like 2026-W48."]}


@pytest.mark.parametrize("field", ["week", "subject", "intro"])
def test_a_nul_in_an_editions_text_is_refused(field: str) -> None:
    edition = EditionFactory()

    response = submit(open_desk(), f"{EDITIONS}{edition.pk}/change/", **{field: "a\x00b"})

    assert "Null characters are not allowed." in errors_of(response)[field]


def test_a_frozen_edition_can_only_be_read() -> None:
    desk, edition = open_desk(), EditionFactory(state="frozen", frozen_at=NOW)

    assert desk.get(f"{EDITIONS}{edition.pk}/change/").status_code == 200
    assert desk.post(f"{EDITIONS}{edition.pk}/change/", {"week": "2020-W01"}).status_code == 403
    assert desk.post(f"{EDITIONS}{edition.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_draft_edition_with_deliveries_is_protected() -> None:
    edition = DeliveryFactory().edition

    response = open_desk().post(f"{EDITIONS}{edition.pk}/delete/", {"post": "yes"})

    assert "Cannot delete edition" in response.content.decode()
    assert Edition.objects.filter(pk=edition.pk).exists()
