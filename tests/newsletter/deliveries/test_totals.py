"""Copies counted by what became of them."""

import pytest

from newsletter.deliveries import claims, outcomes, totals
from newsletter.deliveries.outcomes import Outcome
from newsletter.deliveries.totals import Totals
from newsletter.models import Delivery
from newsletter.sending import editions
from tests.factories import NOW, EditionFactory
from tests.newsletter.deliveries.ledger import an_edition
from tests.plans import plan_of

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


@pytest.mark.parametrize("statement", [totals.FAILURES, totals.UNCERTAIN], ids=["failures", "uncertain"])
def test_the_few_in_trouble_are_found_by_their_index(statement: str) -> None:
    plan = plan_of(statement, {"edition": EditionFactory().pk, "limit": 20}, index="troubled_deliveries")

    assert "troubled_deliveries" in plan
