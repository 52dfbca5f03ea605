"""How many sign-ups are believed, before anybody looks at their addresses."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from newsletter.models import MailJob
from tests.newsletter.signing_up import places, subscribe

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ADA = "ada@example.com"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


def test_too_many_sign_ups_from_everywhere_trip_the_breaker_for_a_minute(
    api: APIClient, settings: Settings, clock: time_machine.Traveller
) -> None:
    settings.SIGN_UPS_A_MINUTE = 50

    answers = [
        subscribe(api, f"victim-{n}@example.com", place=place).status_code
        for n, place in enumerate(places(80))
    ]
    clock.shift(61)
    after = subscribe(api, ADA)

    assert answers == [202] * 50 + [429] * 30
    assert MailJob.objects.count() == 51
    assert after.status_code == 202


def test_one_place_signs_five_up_a_minute_and_cannot_trip_the_breaker(
    api: APIClient, settings: Settings
) -> None:
    settings.SIGN_UPS_A_MINUTE = 10

    answers = [subscribe(api, f"victim-{n}@example.com") for n in range(40)]
    elsewhere = subscribe(api, ADA, place="198.51.100.1")

    assert [each.status_code for each in answers] == [202] * 5 + [429] * 35
    assert answers[-1].json()["code"] == "throttled"
    assert [answers[n]["Retry-After"] for n in (5, 29, 30)] == ["60", "60", "86400"]
    assert elsewhere.status_code == 202
