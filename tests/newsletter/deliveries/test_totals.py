"""Copies counted by what became of them."""

import pytest
from django.db import connection

from newsletter.deliveries import claims, outcomes, totals
from newsletter.deliveries.outcomes import Outcome
from newsletter.deliveries.totals import Totals
from newsletter.models import Delivery
from newsletter.sending import editions
from tests.database import execute
from tests.factories import NOW, EditionFactory
from tests.newsletter.deliveries.ledger import an_edition

pytestmark = pytest.mark.django_db


def test_totals_say_what_became_of_each_copy() -> None:
    edition = an_edition(3)
    first, _ = claims.claim(edition_id=edition.pk, limit=2)
    outcomes.record(Outcome(first, "failed", "5.1.1"))

    counted = totals.totals_of(edition)

    assert counted == Totals(waiting=1, held=1, accepted=0, failed=1, suppressed=0, cancelled=0, uncertain=0)


def test_copies_are_counted_of_the_editions_under_way_alone() -> None:
    edition = an_edition(3)
    claims.claim(edition_id=edition.pk, limit=2)
    EditionFactory(week="2026-W02", state="sending", frozen_at=NOW)

    counted = totals.copies_under_way()

    assert sorted(counted) == [(edition.week, 3, "claimed", 2), (edition.week, 3, "pending", 1)]
    Delivery.objects.update(state="cancelled")
    editions.cancel(edition_id=edition.pk)
    assert totals.copies_under_way() == []


@pytest.mark.parametrize(
    ("failures", "successes", "is_too_much"), [(50, 0, False), (51, 0, True), (51, 950, False)]
)
def test_many_failures_at_the_beginning_are_a_sign(failures: int, successes: int, is_too_much: bool) -> None:
    edition = an_edition(failures + successes)
    execute("UPDATE newsletter_delivery SET state = 'accepted', accepted_at = now()")
    failed = Delivery.objects.order_by("id").values("pk")[:failures]
    Delivery.objects.filter(pk__in=failed).update(state="failed", accepted_at=None)

    assert totals.too_many_fail(edition_id=edition.pk) == is_too_much


def test_once_staff_resume_failures_are_counted_anew() -> None:
    edition = an_edition(60)
    Delivery.objects.update(state="failed", updated_at=NOW)
    editions.pause(edition_id=edition.pk, reason="too many")

    editions.resume(edition_id=edition.pk, by_staff_at=NOW)

    assert not totals.too_many_fail(edition_id=edition.pk)


@pytest.mark.parametrize("statement", [totals.FAILURES, totals.UNCERTAIN], ids=["failures", "uncertain"])
def test_the_few_in_trouble_are_found_by_their_index(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}", {"edition": EditionFactory().pk, "limit": 20})
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "troubled_deliveries" in plan
