"""A mailbox has one reason for which it gets no mail, and only some of them end by themselves."""

from datetime import UTC, datetime

import pytest

from newsletter.models import Consent, Subscriber, Suppression
from newsletter.readers import consent, suppressions
from newsletter.readers.addresses import address_key
from tests.factories import SubscriberFactory

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ADA = "ada@example.com"

pytestmark = pytest.mark.django_db


def suppressed_as() -> str | None:
    return Suppression.objects.filter(address_key=address_key(ADA)).values_list("reason", flat=True).first()


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("unsubscribe", "complaint", "complaint"),
        ("complaint", "unsubscribe", "complaint"),
        ("manual", "complaint", "manual"),
        ("erased", "hard_bounce", "hard_bounce"),
        ("hard_bounce", "hard_bounce", "hard_bounce"),
    ],
)
def test_the_weightier_reason_is_kept(first: str, second: str, kept: str) -> None:
    changed = [bool(suppressions.add([address_key(ADA)], reason, now=NOW)) for reason in (first, second)]

    assert suppressed_as() == kept
    assert changed == [True, kept == second != first]


@pytest.mark.parametrize(
    ("reason", "is_blocked"),
    [
        ("unsubscribe", False),
        ("erased", False),
        ("hard_bounce", False),
        ("complaint", True),
        ("manual", True),
    ],
)
def test_what_staff_alone_may_lift_blocks_other_spellings_too(reason: str, is_blocked: bool) -> None:
    suppressions.add([address_key(ADA)], reason, now=NOW)

    assert suppressions.is_blocked(ADA) == is_blocked
    assert suppressions.is_blocked("ada+news@example.com") == is_blocked
    assert not suppressions.is_blocked("grace@example.com")


def test_staff_may_lift_it_and_the_reader_still_has_to_ask() -> None:
    SubscriberFactory(address=ADA)
    consent.suppress(keys=[address_key(ADA)], reason="complaint", source="provider", now=NOW)

    suppressions.lift(suppression=Suppression.objects.get(), now=NOW)

    assert suppressed_as() is None
    assert Subscriber.objects.get().status == "unsubscribed"
    assert [each.action for each in Consent.objects.order_by("id")] == ["suppressed", "lifted"]
