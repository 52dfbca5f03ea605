"""Copies in doubt: what evidence settles, how old it must be, and what a day settles."""

import pytest

from newsletter.deliveries import outcomes, resolution
from newsletter.deliveries.outcomes import Outcome
from newsletter.models import Delivery, Edition
from newsletter.sending import editions
from newsletter.sending.schedule import schedule_from_settings
from tests.database import execute
from tests.factories import NOW
from tests.newsletter.deliveries.ledger import allow, an_edition, claim_one

pytestmark = pytest.mark.django_db


def in_doubt(*, minutes: int) -> Edition:
    edition = an_edition(1)
    execute(
        "UPDATE newsletter_delivery SET state = 'uncertain', uncertain_at = now() - %s * interval '1 minute'",
        minutes,
    )
    return edition


def resolve(*, sent: bool) -> int:
    return resolution.resolve(resolution.uncertain_message_ids(), sent=sent, source="a test")


def test_evidence_of_acceptance_settles_a_copy_at_once() -> None:
    in_doubt(minutes=0)

    assert resolve(sent=True) == 1
    assert Delivery.objects.get().state == "accepted"


@pytest.mark.parametrize(("minutes", "state"), [(14, "uncertain"), (16, "pending")])
def test_evidence_of_absence_must_be_as_old_as_a_lease(minutes: int, state: str) -> None:
    in_doubt(minutes=minutes)

    resolve(sent=False)

    assert Delivery.objects.get().state == state


def test_who_sent_it_after_all_is_no_longer_believed() -> None:
    edition = an_edition(1)
    copy = claim_one(edition)
    allow(copy, after=None)
    execute("UPDATE newsletter_delivery SET state = 'uncertain', uncertain_at = now() - interval '1 hour'")
    resolve(sent=False)

    assert not outcomes.record(Outcome(copy, "accepted", "250"))
    assert claim_one(edition).fence > copy.fence


@pytest.mark.parametrize(("minutes", "state"), [(24 * 60 - 1, "uncertain"), (24 * 60 + 1, "accepted")])
def test_after_a_day_nobody_asks_any_more(minutes: int, state: str) -> None:
    in_doubt(minutes=minutes)

    resolution.assume_sent()

    assert Delivery.objects.get().state == state


def test_an_edition_that_was_done_goes_on_with_what_was_not_sent() -> None:
    edition = in_doubt(minutes=20)
    editions.close_finished(now=NOW)
    done = Edition.objects.get(pk=edition.pk).state

    resolve(sent=False)
    editions.ensure_due_editions(now=NOW, schedule=schedule_from_settings())

    assert done == "done"
    again = Edition.objects.get(pk=edition.pk)
    assert (again.state, again.retried_at) == ("sending", NOW)


def test_why_a_provider_did_not_send_is_not_kept_of_a_reader_who_was_erased() -> None:
    edition = an_edition(2)
    Delivery.objects.update(state="accepted", accepted_at=NOW)
    erased, other = edition.deliveries.order_by("pk")
    Delivery.objects.filter(pk=erased.pk).update(address="")

    for copy in (erased, other):
        resolution.reject(delivery_id=copy.pk, detail="user ada unknown", now=NOW)

    kept = Delivery.objects.order_by("pk").values_list("state", "detail")
    assert list(kept) == [("failed", ""), ("failed", "user ada unknown")]
