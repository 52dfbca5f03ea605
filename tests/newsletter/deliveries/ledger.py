"""What tests of the ledger share: an edition with copies, a claim, and leases that run out."""

from newsletter.deliveries import claims, outcomes
from newsletter.deliveries.claims import Copy
from newsletter.deliveries.outcomes import Outcome, Step
from newsletter.models import Delivery, Edition
from tests.database import execute
from tests.factories import NOW, DeliveryFactory, EditionFactory, SegmentFactory


def an_edition(copies: int, **fields: object) -> Edition:
    known = {"state": "sending", "frozen_at": NOW, "prepared_at": NOW, "audience": copies}
    edition: Edition = EditionFactory(**known | fields)
    DeliveryFactory.create_batch(copies, edition=edition, segment=SegmentFactory(edition=edition))
    return edition


def claim_one(edition: Edition) -> Copy:
    (copy,) = claims.claim(edition_id=edition.pk, limit=1)
    return copy


def let_the_lease_run_out() -> None:
    execute(
        "UPDATE newsletter_delivery SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL"
    )


def let_the_pause_run_out() -> None:
    execute(
        "UPDATE newsletter_delivery SET next_attempt_at = now() - interval '1 second' WHERE state = 'pending'"
    )


def allow(copy: Copy, *, after: Outcome | None, again: bool = False) -> bool:
    (is_allowed,) = outcomes.allow([Step(copy, after)], again=again)
    return is_allowed


def state_of(copy: Copy) -> str:
    return str(Delivery.objects.values_list("state", flat=True).get(pk=copy.id))
