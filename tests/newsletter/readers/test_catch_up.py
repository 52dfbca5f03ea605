"""A restored database is brought up to the journal; tests of `replay_suppressions` go through every state."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.models import Consent, Subscriber, Suppression
from newsletter.readers.addresses import address_key
from newsletter.readers.catch_up import catch_up
from newsletter.readers.journal import MailboxState
from tests.factories import SubscriberFactory

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ADA, GRACE = "ada@example.com", "grace@example.com"

pytestmark = pytest.mark.django_db


def test_who_has_left_since_the_backup_leaves_again_once() -> None:
    SubscriberFactory(address=ADA, confirmed_at=NOW)
    final = {
        address_key(ADA): MailboxState(entry="unsubscribe", at=LATER, erased_at=None),
        address_key(GRACE): MailboxState(entry="confirmed", at=LATER, erased_at=None),
    }

    first, second = catch_up(final), catch_up(final)

    assert first == {"unsubscribed": 1, "suppressed": 1, "lost": 1}
    assert +second == {"lost": 1}
    assert Subscriber.objects.get().status == "unsubscribed"
    assert Suppression.objects.get().reason == "unsubscribe"
    assert [each.action for each in Consent.objects.order_by("id")] == ["unsubscribed", "suppressed"]
