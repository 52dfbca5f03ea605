"""Ends copies that must not be sent any more, and takes addresses out of those that are long settled."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef

from newsletter.deliveries.database import row_count, rows
from newsletter.models import Delivery, Edition

ADDRESSES_KEPT_FOR = timedelta(days=90)
# How long a copy is tried for, as RFC 5321 has it (4.5.4.1).
TRIED_FOR = timedelta(days=5)

CANCEL_WAITING = """
UPDATE newsletter_delivery SET state = 'cancelled', updated_at = clock_timestamp()
WHERE edition_id = %(edition)s AND state IN ('pending', 'deferred')
"""

# A worker that gave a copy back while staff cancelled its edition may have read the edition as it was before.
CANCEL_LEFT_OVER = """
UPDATE newsletter_delivery d SET state = 'cancelled', updated_at = clock_timestamp()
FROM newsletter_edition e
WHERE e.id = d.edition_id AND e.state = 'cancelled' AND d.state IN ('pending', 'deferred')
"""

# One that nobody has tried yet only waits for its turn.
EXPIRE = """
UPDATE newsletter_delivery d SET
    state = 'failed', code = 'expired', detail = left('It was tried for too long. ' || d.detail, 500),
    updated_at = clock_timestamp()
FROM newsletter_edition e
WHERE e.id = d.edition_id AND e.state = 'sending' AND d.state IN ('pending', 'deferred') AND d.code <> ''
  AND greatest(e.prepared_at, e.resumed_at, e.retried_at) < clock_timestamp() - %(tried_for)s::interval
"""

ERASE_ADDRESSES = """
UPDATE newsletter_delivery SET
    address = '', detail = '', updated_at = clock_timestamp(),
    state = CASE WHEN state IN ('pending', 'deferred') THEN 'suppressed' ELSE state END
WHERE subscriber_id = %(subscriber)s
"""

# By the unique index over edition and mailbox, a batch at a time.
END_OF_BATCH = """
SELECT address_key FROM (
    SELECT address_key FROM newsletter_delivery WHERE edition_id = %(edition)s AND address_key > %(after)s
    ORDER BY address_key LIMIT 5000
) batch ORDER BY address_key DESC LIMIT 1
"""

ERASE_SETTLED = """
UPDATE newsletter_delivery SET address = '', detail = '', updated_at = clock_timestamp()
WHERE edition_id = %(edition)s AND address_key > %(after)s AND address_key <= %(until)s AND address <> ''
  AND state IN ('accepted', 'failed', 'suppressed', 'cancelled', 'uncertain')
"""


def cancel_waiting(*, edition_id: UUID) -> int:
    """Cancel the copies that no worker holds; returns how many there were."""
    return row_count(CANCEL_WAITING, {"edition": edition_id})


def cancel_left_over() -> int:
    """Cancel the waiting copies of cancelled editions; returns how many there were."""
    return row_count(CANCEL_LEFT_OVER, {})


def expire() -> int:
    """Give up the copies that were refused again and again for TRIED_FOR; returns how many there were."""
    return row_count(EXPIRE, {"tried_for": TRIED_FOR})


def erase_addresses(*, subscriber_id: UUID) -> None:
    """Suppress the reader's waiting copies, and take the address and the server's words out of all of them."""
    row_count(ERASE_ADDRESSES, {"subscriber": subscriber_id})


def purge_addresses(*, now: datetime) -> None:
    """Take the addresses out of the settled copies of editions that were made ADDRESSES_KEPT_FOR ago.

    An edition that is over is read once; each batch is committed by itself.
    """
    old = Edition.objects.filter(created_at__lte=now - ADDRESSES_KEPT_FOR, addresses_erased_at=None)
    for edition in old.order_by("pk"):
        after = b""
        while batch := rows(END_OF_BATCH, {"edition": edition.pk, "after": after}):
            ((until,),) = batch
            row_count(ERASE_SETTLED, {"edition": edition.pk, "after": after, "until": until})
            after = until
        # Staff may have copies wait again meanwhile.
        kept = Delivery.objects.filter(edition=OuterRef("pk")).exclude(address="")
        over = Edition.objects.filter(pk=edition.pk, state__in=[Edition.State.DONE, Edition.State.CANCELLED])
        over.filter(~Exists(kept)).update(addresses_erased_at=now)
