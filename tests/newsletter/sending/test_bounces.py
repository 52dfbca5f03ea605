"""What the bounces of an edition end, and what staff take back."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from newsletter.deliveries import bounces, health
from newsletter.models import Bounce, Consent, Delivery, Edition, Subscriber, Suppression
from newsletter.readers import consent
from newsletter.sending.bounces import purge_expired, suppress_single_bounces, undo_suppressions
from tests.database import execute, start_elsewhere
from tests.newsletter.sending.rounds import an_edition

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def held_for_no_time(settings: Settings) -> None:
    settings.SENDING_BOUNCE_SECONDS = 0


def bounced(*addresses: str, is_hard: bool = True) -> Edition:
    edition = an_edition(*addresses)
    Delivery.objects.update(state="failed", code="5.1.1")
    for delivery in edition.deliveries.all():
        bounces.hold(delivery_id=delivery.pk, edition_id=edition.pk, is_hard=is_hard)
    return edition


def statuses() -> set[str]:
    return set(Subscriber.objects.values_list("status", flat=True))


def test_a_single_hard_bounce_ends_a_subscription_and_a_soft_one_does_not() -> None:
    bounced("ada@example.com")
    bounced("eve@example.com", is_hard=False)
    Bounce.objects.filter(delivery__address="ada@example.com").update(is_hard=True)

    assert suppress_single_bounces(now=timezone.now()) == 1

    assert Subscriber.objects.get(deliveries__address="ada@example.com").status == "unsubscribed"
    assert Subscriber.objects.get(deliveries__address="eve@example.com").status == "active"
    assert list(Bounce.objects.values_list("delivery__address", flat=True)) == ["ada@example.com"]
    assert suppress_single_bounces(now=timezone.now()) == 0


def test_a_burst_ends_no_subscription() -> None:
    edition = bounced(*(f"reader-{n}@example.com" for n in range(21)))
    health.count(edition_id=edition.pk, judged=21, failed=21)

    assert suppress_single_bounces(now=timezone.now()) == 0
    assert statuses() == {"active"}


def test_a_reader_who_has_confirmed_since_the_bounce_stays() -> None:
    bounced("ada@example.com")
    Subscriber.objects.update(confirmed_at=timezone.now() + timedelta(seconds=1))

    suppress_single_bounces(now=timezone.now())

    assert statuses() == {"active"}
    assert not Suppression.objects.exists()
    assert not Bounce.objects.exists()


def test_staff_undo_what_an_edition_suppressed() -> None:
    edition = bounced("ada@example.com", "eve@example.com")
    suppress_single_bounces(now=timezone.now())

    assert undo_suppressions(edition_id=edition.pk, now=timezone.now()) == 2

    assert statuses() == {"active"}
    assert not Suppression.objects.exists()
    record = Consent.objects.order_by("id").values_list("action", "source")
    assert list(record)[-2:] == [("lifted", "staff")] * 2
    assert undo_suppressions(edition_id=edition.pk, now=timezone.now()) == 0


@pytest.mark.parametrize("reason", ["complaint", "erased", "manual"])
def test_undoing_gives_nobody_back_who_is_suppressed_for_another_reason(reason: str) -> None:
    edition = bounced("ada@example.com")
    suppress_single_bounces(now=timezone.now())
    key = bytes(Suppression.objects.get().address_key)
    Suppression.objects.all().delete()
    consent.suppress(keys=[key], reason=reason, source="provider", now=timezone.now())

    assert undo_suppressions(edition_id=edition.pk, now=timezone.now()) == 0

    assert statuses() == {"unsubscribed"}
    assert Suppression.objects.get().reason == reason


def test_undoing_does_not_subscribe_a_reader_who_had_left_before_the_bounce() -> None:
    edition = bounced("ada@example.com")
    Subscriber.objects.update(status="unsubscribed", unsubscribed_at=timezone.now() - timedelta(days=1))
    suppress_single_bounces(now=timezone.now())

    assert undo_suppressions(edition_id=edition.pk, now=timezone.now()) == 1

    assert statuses() == {"unsubscribed"}


@pytest.mark.parametrize(
    ("field", "days", "is_kept"),
    [
        ("happened_at", 6, True),
        ("happened_at", 8, False),
        ("suppressed_at", 89, True),
        ("suppressed_at", 91, False),
    ],
)
def test_old_bounces_are_forgotten(field: str, days: int, is_kept: bool) -> None:
    bounced("ada@example.com")
    now = timezone.now()
    Bounce.objects.update(**{field: now - timedelta(days=days)})

    purge_expired(now=now)

    assert Bounce.objects.exists() == is_kept


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_confirms_just_now_stays() -> None:
    bounced("ada@example.com")

    with transaction.atomic():
        Subscriber.objects.update(confirmed_at=timezone.now() + timedelta(seconds=1))
        suppressing = start_elsewhere(lambda: suppress_single_bounces(now=timezone.now()))
    suppressing.result(timeout=30)

    assert statuses() == {"active"}
    assert not Suppression.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_another_bounce_of_the_copy_is_held_while_the_first_is_looked_at() -> None:
    edition = bounced("ada@example.com")

    with transaction.atomic():
        Subscriber.objects.select_for_update().get()
        suppressing = start_elsewhere(lambda: suppress_single_bounces(now=timezone.now()))
        bounces.hold(delivery_id=Delivery.objects.get().pk, edition_id=edition.pk, is_hard=True)
    suppressing.result(timeout=30)

    assert statuses() == {"unsubscribed"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE newsletter_bounce SET is_hard = false", id="a softer answer"),
        pytest.param("UPDATE newsletter_edition SET state = 'paused'", id="a pause"),
    ],
)
def test_what_changes_while_the_bounces_of_others_are_looked_at_counts(change: str) -> None:
    bounced("ada@example.com", "eve@example.com")
    first, second = Bounce.objects.order_by("happened_at", "delivery_id")

    with transaction.atomic():
        # It waits with the first one.
        Bounce.objects.select_for_update().get(pk=first.pk)
        suppressing = start_elsewhere(lambda: suppress_single_bounces(now=timezone.now()))
        execute(change)
        Bounce.objects.filter(pk=first.pk).delete()
    suppressing.result(timeout=30)

    assert statuses() == {"active"}
    assert list(Bounce.objects.values_list("pk", "suppressed_at")) == [(second.pk, None)]
