"""Subscribers over time: who counts as having come or left, on which day, and how many there were before."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from newsletter.desk.growth import Day, growth, subscribers_by_status
from newsletter.models import Consent, Subscriber
from newsletter.readers import consent
from newsletter.readers.addresses import address_key
from tests.factories import SubscriberFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def record(name: str, *actions: str, at: datetime = NOW) -> None:
    """What a mailbox did, in this order, at one moment."""
    key = address_key(f"{name}@example.com")
    for action in actions:
        Consent.objects.create(
            address_key=key, action=action, source="page", wording="2026-11", created_at=at
        )


def days(number: int = 3) -> list[tuple[int, int, int]]:
    return [(day.confirmed, day.left, day.active) for day in growth(days=number, until=NOW)]


@pytest.mark.parametrize(
    ("actions", "came", "left"),
    [
        pytest.param(["asked"], 0, 0, id="asked alone"),
        pytest.param(["confirmed"], 1, 0, id="confirmed"),
        pytest.param(["confirmed", "unsubscribed"], 1, 1, id="left"),
        pytest.param(["confirmed", "erased"], 1, 1, id="was erased"),
        pytest.param(["confirmed", "suppressed"], 1, 1, id="bounced"),
        pytest.param(["confirmed", "unsubscribed", "erased", "suppressed"], 1, 1, id="left in three ways"),
        pytest.param(["confirmed", "unsubscribed", "lifted", "confirmed"], 2, 1, id="came back"),
        pytest.param(["confirmed", "confirmed"], 1, 0, id="confirmed twice"),
        pytest.param(["unsubscribed"], 0, 0, id="left without having come"),
        pytest.param(["suppressed", "lifted"], 0, 0, id="blocked by staff, and no more"),
    ],
)
def test_a_mailbox_comes_and_leaves_once_each_time(actions: list[str], came: int, left: int) -> None:
    record("ada", *actions)

    assert growth(days=1, until=NOW)[0].confirmed == came
    assert growth(days=1, until=NOW)[0].left == left


def test_what_was_before_the_period_still_counts_for_who_left_in_it() -> None:
    record("ada", "confirmed", at=NOW - 100 * DAY)
    record("ada", "unsubscribed", at=NOW)
    record("eve", "confirmed", "unsubscribed", at=NOW - 100 * DAY)
    record("eve", "erased", at=NOW)

    assert [(day.confirmed, day.left) for day in growth(days=2, until=NOW)] == [(0, 0), (0, 1)]


def test_days_are_those_of_utc_and_the_last_is_today() -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    record("ada", "confirmed", at=midnight)
    record("eve", "confirmed", at=midnight - timedelta(microseconds=1))
    record("bob", "confirmed", at=midnight - 2 * DAY)
    record("joe", "confirmed", at=midnight - 2 * DAY - timedelta(microseconds=1))
    SubscriberFactory.create_batch(4)

    assert growth(days=3, until=NOW) == [
        Day(date(2026, 11, 22), 1, 0, 2),
        Day(date(2026, 11, 23), 1, 0, 3),
        Day(date(2026, 11, 24), 1, 0, 4),
    ]


def test_the_number_of_each_day_is_reckoned_back_from_todays() -> None:
    SubscriberFactory.create_batch(10)
    SubscriberFactory(status="pending", confirmed_at=None)
    record("ada", "confirmed", at=NOW)
    record("eve", "confirmed", at=NOW - 50 * DAY)
    record("eve", "unsubscribed", at=NOW - DAY)

    assert days() == [(0, 0, 10), (0, 1, 9), (1, 0, 10)]


def test_there_are_never_fewer_than_none() -> None:
    for name in ("ada", "eve"):
        record(name, "confirmed")

    assert days(2) == [(0, 0, 0), (2, 0, 0)]


def test_erasing_a_reader_leaves_the_numbers_of_before() -> None:
    subscriber = SubscriberFactory(address="ada@example.com")
    record("ada", "confirmed", at=NOW - 2 * DAY)

    consent.erase(subscriber=subscriber, source="page", now=NOW)

    assert not Subscriber.objects.exists()
    assert days() == [(1, 0, 1), (0, 0, 1), (0, 1, 0)]


@pytest.mark.parametrize("number", [3, 30])
def test_it_takes_two_queries_and_none_right_after(number: int, django_assert_num_queries: Any) -> None:
    for n in range(number):
        record(f"reader-{n}", "confirmed", at=NOW - n * DAY)

    # Who came and left by the day, subscribers by status.
    with django_assert_num_queries(2):
        first = growth(days=90, until=NOW)
    with django_assert_num_queries(0):
        assert growth(days=90, until=NOW) == first


def test_numbers_of_yesterday_are_not_shown_as_todays() -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        growth(days=1, until=NOW)
        record("ada", "confirmed", at=NOW + DAY)
        traveller.shift(DAY)

        assert growth(days=1, until=NOW + DAY) == [Day(date(2026, 11, 25), 1, 0, 0)]


def test_subscribers_by_status_name_each() -> None:
    SubscriberFactory.create_batch(2)
    SubscriberFactory(status="unsubscribed", unsubscribed_at=NOW)

    assert subscribers_by_status() == {"pending": 0, "active": 2, "unsubscribed": 1}
