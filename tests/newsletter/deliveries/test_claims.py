"""Copies are claimed once, come back when their lease runs out, and fail once they were lost too often."""

from datetime import timedelta

import pytest

from newsletter.deliveries import claims
from newsletter.deliveries.claims import Copy
from newsletter.deliveries.database import database_now
from newsletter.models import Delivery
from tests.database import at_once
from tests.newsletter.deliveries.ledger import (
    allow,
    an_edition,
    claim_one,
    let_the_lease_run_out,
    let_the_pause_run_out,
)

pytestmark = pytest.mark.django_db


def test_at_most_fifty_are_claimed_at_once() -> None:
    edition = an_edition(60)

    first, second = (claims.claim(edition_id=edition.pk) for _ in range(2))

    assert (len(first), len(second)) == (50, 10)
    assert not {copy.id for copy in first} & {copy.id for copy in second}


@pytest.mark.django_db(transaction=True)
def test_workers_who_claim_at_once_claim_each_copy_once() -> None:
    edition = an_edition(200)
    claimed: list[Copy] = []

    errors = at_once(*[lambda: claimed.extend(claims.claim(edition_id=edition.pk)) for _ in range(8)])

    assert errors == [None] * 8
    assert len(claimed) == len({copy.id for copy in claimed}) == 200


def test_what_is_not_due_yet_is_not_claimed() -> None:
    edition = an_edition(1)
    Delivery.objects.update(state="deferred", next_attempt_at="2999-01-01T00:00Z")

    assert claims.claim(edition_id=edition.pk) == []


def test_a_claim_that_ran_out_waits_again_and_its_worker_may_not_send() -> None:
    edition = an_edition(1)
    late = claim_one(edition)
    let_the_lease_run_out()

    assert claims.reap() == {"pending": 1}
    assert not allow(late, after=None)
    let_the_pause_run_out()
    fresh = claim_one(edition)
    assert not allow(late, after=None)
    assert allow(fresh, after=None)


def test_a_copy_that_is_lost_each_time_fails_in_the_end() -> None:
    edition = an_edition(1)
    reaped = []

    for _ in range(claims.MOST_LOST):
        let_the_pause_run_out()
        claim_one(edition)
        let_the_lease_run_out()
        reaped.append(claims.reap())

    assert reaped == [{"pending": 1}] * (claims.MOST_LOST - 1) + [{"failed": 1}]
    assert Delivery.objects.values_list("code", "lost", "attempts").get() == ("lost", claims.MOST_LOST, 0)
    assert claims.claim(edition_id=edition.pk) == []


@pytest.mark.parametrize(("lost", "seconds"), [(0, 2), (6, 128)])
def test_those_that_were_lost_together_part(lost: int, seconds: int) -> None:
    edition = an_edition(50)
    Delivery.objects.update(lost=lost)
    claims.claim(edition_id=edition.pk)
    let_the_lease_run_out()

    before = database_now()
    claims.reap()
    after = database_now()

    pauses = Delivery.objects.values_list("next_attempt_at", flat=True)
    assert len(set(pauses)) == 50
    assert all(pause and before <= pause <= after + timedelta(seconds=seconds) for pause in pauses)
    assert max(pause for pause in pauses if pause) > before + timedelta(seconds=seconds / 2)


def test_a_copy_in_doubt_is_not_lost() -> None:
    edition = an_edition(1)
    Delivery.objects.update(lost=claims.MOST_LOST - 1)
    allow(claim_one(edition), after=None)
    let_the_lease_run_out()

    assert claims.reap() == {"uncertain": 1}
    assert Delivery.objects.get().lost == claims.MOST_LOST - 1


def test_a_copy_whose_sender_is_gone_is_in_doubt_and_not_sent_again() -> None:
    edition = an_edition(1)
    copy = claim_one(edition)
    allow(copy, after=None)
    let_the_lease_run_out()

    assert claims.reap() == {"uncertain": 1}
    assert claims.claim(edition_id=edition.pk) == []
