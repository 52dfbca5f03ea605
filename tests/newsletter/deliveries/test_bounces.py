"""Refusals that are held: which prove single, and which copies wait again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from newsletter.deliveries import bounces, health, withdrawal
from newsletter.deliveries.outcomes import Outcome
from newsletter.models import Bounce, Delivery, Edition
from tests.database import execute, start_elsewhere
from tests.factories import NOW
from tests.newsletter.deliveries.ledger import allow, an_edition, claim_one, state_of

pytestmark = pytest.mark.django_db


def failed_copies(number: int, *, code: str = "5.1.1", **fields: Any) -> Edition:
    """An edition of which each copy failed, and whose refusals are held."""
    edition = an_edition(number, **fields)
    Delivery.objects.filter(edition=edition).update(state="failed", code=code, attempts=1)
    for delivery in edition.deliveries.all():
        bounces.hold(delivery_id=delivery.pk, edition_id=edition.pk, is_hard=True)
    return edition


def single_ones(*, held_seconds: float = 0) -> int:
    return len(bounces.single_bounces(held_seconds=held_seconds))


def test_a_few_refusals_are_single_once_they_were_held_for_long_enough() -> None:
    failed_copies(3)

    assert single_ones(held_seconds=60) == 0
    execute("UPDATE newsletter_bounce SET happened_at = happened_at - interval '61 seconds'")
    assert single_ones(held_seconds=60) == 3


@pytest.mark.parametrize(("failed", "single"), [(9, 3), (11, 0)])
def test_refusals_that_come_in_a_burst_are_not_single(failed: int, single: int) -> None:
    edition = failed_copies(3)
    health.count(edition_id=edition.pk, failed=failed)

    assert single_ones() == single


def test_while_an_edition_is_paused_no_refusal_is_single() -> None:
    failed_copies(1)
    Edition.objects.update(state="paused")

    assert single_ones() == 0


def test_held_copies_wait_again_and_those_that_are_settled_do_not() -> None:
    edition = failed_copies(3)
    settled = Bounce.objects.order_by("pk")[0]
    Bounce.objects.filter(pk=settled.pk).update(suppressed_at=settled.happened_at)

    assert bounces.put_back_held(edition_id=edition.pk) == 2

    assert set(Delivery.objects.exclude(pk=settled.pk).values_list("state", "attempts")) == {("pending", 0)}
    assert Delivery.objects.get(pk=settled.pk).state == "failed"
    assert Bounce.objects.count() == 1


def test_a_copy_that_was_accepted_and_bounced_later_is_not_sent_again() -> None:
    edition = failed_copies(1)
    execute("UPDATE newsletter_delivery SET state = 'accepted', accepted_at = now()")

    assert bounces.put_back_held(edition_id=edition.pk) == 0
    assert Delivery.objects.get().state == "accepted"


def test_copies_that_failed_with_a_code_wait_again_and_others_do_not() -> None:
    edition = failed_copies(3)
    other = edition.deliveries.order_by("pk")[0]
    Delivery.objects.filter(pk=other.pk).update(code="5.2.2")

    assert bounces.retry_failed(edition_id=edition.pk, code="5.1.1") == 2

    assert Delivery.objects.get(pk=other.pk).state == "failed"
    assert list(Bounce.objects.values_list("pk", flat=True)) == [other.pk]


@pytest.mark.parametrize("gone", ["cancelled", "erased"])
def test_nobody_is_tried_again_who_must_not_be(gone: str) -> None:
    edition = failed_copies(1)
    if gone == "cancelled":
        Edition.objects.update(state="cancelled")
    else:
        Delivery.objects.update(address="")

    assert bounces.retry_failed(edition_id=edition.pk, code="5.1.1") == 0
    assert Delivery.objects.get().state == "failed"


@pytest.mark.parametrize("state", ["sending", "paused"])
def test_what_is_tried_again_is_tried_for_as_long_as_new_copies(state: str) -> None:
    edition = failed_copies(1, prepared_at=NOW - timedelta(days=900))
    Edition.objects.update(state=state)

    assert bounces.retry_failed(edition_id=edition.pk, code="5.1.1") == 1
    Edition.objects.update(state="sending")

    assert withdrawal.expire() == 0
    execute("UPDATE newsletter_edition SET retried_at = retried_at - interval '121 hours'")
    assert withdrawal.expire() == 1


@pytest.mark.django_db(transaction=True)
def test_a_failure_and_its_refusal_are_written_down_in_one_commit() -> None:
    edition = an_edition(1)
    copy = claim_one(edition)
    allow(copy, after=None)
    failure = Outcome(copy, "failed", "5.1.1", "no such user", counts=True)

    with transaction.atomic():
        # The other one has to wait for this.
        bounces.hold(delivery_id=copy.id, edition_id=edition.pk, is_hard=False)
        recording = start_elsewhere(lambda: bounces.record_failure(failure, is_hard=True))
        before = state_of(copy), bounces.retry_failed(edition_id=edition.pk, code="5.1.1")
    recording.result(timeout=30)

    assert before == ("sending", 0)
    assert (state_of(copy), Bounce.objects.get().is_hard) == ("failed", True)
    assert bounces.retry_failed(edition_id=edition.pk, code="5.1.1") == 1
    assert not Bounce.objects.exists()


def test_of_a_copy_that_others_have_settled_no_refusal_is_held() -> None:
    copy = claim_one(an_edition(1))
    execute("UPDATE newsletter_delivery SET fence = fence + 1")

    bounces.record_failure(Outcome(copy, "failed", "5.1.1", "no such user", counts=True), is_hard=True)

    assert not Bounce.objects.exists()
