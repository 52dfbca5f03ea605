"""Which mailboxes get no mail, and what each reason allows.

| suppressed as | a sign-up is mailed | confirming lifts it |
| --- | --- | --- |
| unsubscribe | yes | yes: the reader came back |
| erased | yes | yes: as a new subscriber, old links stay invalid |
| hard_bounce | yes | yes: the link was opened, so the mailbox works |
| complaint | no | no: only staff may lift it |
| manual | no | no: only staff may lift it |

What the last two say of `ada@` counts for sign-ups of `ada+news@` and `a.da@` too; an import compares spellings.

A mailbox has one reason, the lowest in this table that ever came up: erasing oneself lifts no complaint. No other module
changes suppressions, and the journal records each change.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from backend.api.problems import Refusal
from newsletter.deliveries.database import rows
from newsletter.models import Consent, Subscriber, Suppression
from newsletter.readers.addresses import address_key, untagged
from newsletter.readers.consent_record import record
from newsletter.readers.journal import LIFTED, STRENGTH, note_lifted, note_suppressed

LIFTED_BY_CONFIRMING = {"unsubscribe", "erased", "hard_bounce"}

SUPPRESS = """
INSERT INTO newsletter_suppression AS kept (address_key, reason, created_at)
SELECT key, %(reason)s, %(now)s FROM unnest(%(keys)s::bytea[]) key
ON CONFLICT (address_key) DO UPDATE SET reason = EXCLUDED.reason, created_at = EXCLUDED.created_at
WHERE array_position(%(strength)s::text[], EXCLUDED.reason::text)
    > array_position(%(strength)s::text[], kept.reason::text)
RETURNING address_key
"""


class BlockedMailbox(Refusal):
    status_code = 409
    default_code = "blocked_mailbox"
    default_detail = "This mailbox is blocked, because it reported our mail or asked us to; write to us."
    example_rank = 13


def is_blocked(address: str) -> bool:
    """Whether the mailbox gets no mail at all, not even for a sign-up, by this spelling or without tag and dots.

    One query; raises InvalidAddress.
    """
    suppressions = Suppression.objects.filter(address_key__in=_keys_that_block(address))
    return suppressions.exclude(reason__in=LIFTED_BY_CONFIRMING).exists()


def add(keys: Sequence[bytes], reason: str, *, now: datetime) -> list[bytes]:
    """The keys that are suppressed now for this reason: those with an equal or stronger one keep theirs."""
    # In order, so that two at once don't wait for each other.
    values = {"keys": sorted(set(keys)), "reason": reason, "now": now, "strength": STRENGTH}
    changed = [bytes(key) for (key,) in rows(SUPPRESS, values)]
    note_suppressed(changed, reason)
    return changed


def lift_by_confirming(address: str, *, source: str, now: datetime) -> None:
    """Lift what a reader's own confirmation lifts, to be called in its transaction. Raises BlockedMailbox."""
    key = address_key(address)
    mailbox = Suppression.objects.select_for_update().filter(address_key__in=_keys_that_block(address))
    reasons = {bytes(each.address_key): each.reason for each in mailbox.order_by("address_key")}
    if not LIFTED_BY_CONFIRMING.issuperset(reasons.values()):
        raise BlockedMailbox
    if key in reasons:
        Suppression.objects.filter(address_key=key).delete()
        record([key], "lifted", source=source, now=now)


def lift(*, suppression: Suppression, now: datetime) -> None:
    """Remove a suppression; only staff may. The mailbox gets mail again once its reader signs up anew."""
    with transaction.atomic():
        key = bytes(suppression.address_key)
        Suppression.objects.filter(address_key=key).delete()
        note_lifted(key, LIFTED)
        record([key], "lifted", source=Consent.Source.STAFF, now=now)


def take_back_bounce(*, key: bytes, suppressed_at: datetime, now: datetime) -> bool:
    """Lift a hard bounce that was none, and make the reader whom it unsubscribed active again; whether it still stood."""
    with transaction.atomic():
        reader = Subscriber.objects.select_for_update().filter(address_key=key).first()
        bounced = Suppression.objects.filter(
            address_key=key, reason=Suppression.Reason.HARD_BOUNCE, created_at=suppressed_at
        )
        if not bounced.delete()[0]:
            return False
        if reader and reader.unsubscribed_at == suppressed_at and reader.confirmed_at:
            reader.status, reader.unsubscribed_at = Subscriber.Status.ACTIVE, None
            reader.save(update_fields=["status", "unsubscribed_at", "updated_at"])
        note_lifted(key, LIFTED)
        record([key], "lifted", source=Consent.Source.STAFF, now=now)
        return True


def _keys_that_block(address: str) -> list[bytes]:
    return [address_key(address), address_key(untagged(address))]
