"""Ends the subscriptions of mailboxes that do not exist, once that is certain, and takes it back where it was wrong."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from newsletter.deliveries import bounces
from newsletter.models import Bounce, Consent, Edition, Subscriber, Suppression
from newsletter.readers import consent, suppressions

HELD_FOR = timedelta(days=7)
KEPT_FOR = timedelta(days=90)


def suppress_single_bounces(*, now: datetime) -> int:
    """Suppress mailboxes whose refusals proved single, after SENDING_BOUNCE_SECONDS; how many. Runs by the clock."""
    found = bounces.single_bounces(held_seconds=settings.SENDING_BOUNCE_SECONDS)
    soft = [each.delivery_id for each in found if not each.is_hard]
    Bounce.objects.filter(pk__in=soft, is_hard=False, suppressed_at=None).delete()
    hard = [each for each in found if each.is_hard]
    for each in hard:
        _suppress(each, now=now)
    return len(hard)


def purge_expired(*, now: datetime) -> None:
    """Delete bounces that nobody will believe any more, and those whose suppression is long past being undone."""
    Bounce.objects.filter(suppressed_at=None, happened_at__lte=now - HELD_FOR).delete()
    Bounce.objects.filter(suppressed_at__lte=now - KEPT_FOR).delete()


def undo_suppressions(*, edition_id: UUID, now: datetime) -> int:
    """Lift what this edition's bounces suppressed, and give the readers their subscriptions back; how many.

    Readers who have since left, complained or been suppressed for another reason stay so.
    """
    suppressed = Bounce.objects.filter(edition=edition_id, suppressed_at__isnull=False)
    lifted = 0
    for bounce in suppressed.select_related("delivery").order_by("pk"):
        with transaction.atomic():
            key, at = bytes(bounce.delivery.address_key), bounce.suppressed_at
            lifted += bool(at and suppressions.take_back_bounce(key=key, suppressed_at=at, now=now))
            bounce.delete()
    return lifted


def _suppress(bounce: bounces.SingleBounce, *, now: datetime) -> None:
    with transaction.atomic():
        key = bounce.address_key
        # Locked, so that no confirmation comes between the question and its answer; first, as all do who act on a reader.
        reader = Subscriber.objects.select_for_update().filter(address_key=key).first()
        waiting = Bounce.objects.filter(pk=bounce.delivery_id, suppressed_at=None, is_hard=True)
        held = waiting.exclude(edition__state=Edition.State.PAUSED).select_for_update(of=("self",)).first()
        if held is None:
            return
        if reader and reader.confirmed_at and reader.confirmed_at > held.happened_at:
            # Since then the reader has confirmed, so the mailbox works.
            held.delete()
            return
        reason, source = Suppression.Reason.HARD_BOUNCE, Consent.Source.PROVIDER
        consent.suppress(keys=[key], reason=reason, source=source, now=now)
        held.suppressed_at = now
        held.save(update_fields=["suppressed_at"])
