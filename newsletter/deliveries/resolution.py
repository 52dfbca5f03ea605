"""Settles uncertain copies: by a known send result, by a provider's report that it sent nothing, or after a day."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Case, F, Value, When

from newsletter.deliveries.database import MAX_DETAIL, row_count
from newsletter.deliveries.outcomes import sending_lease_seconds
from newsletter.models import Delivery

ASSUME_SENT_HOURS = 24

State = Delivery.State
# The provider has these, as far as we know; the fence tells a sender that is still at work that it is too late.
PERHAPS_SENT = [State.SENDING, State.ACCEPTED, State.UNCERTAIN]

# A copy whose sender may still be at work is not touched: it must have been in doubt for as long as a lease.
RESOLVE = """
UPDATE newsletter_delivery SET
    state = CASE WHEN %(sent)s::boolean THEN 'accepted' ELSE 'pending' END,
    accepted_at = CASE WHEN %(sent)s::boolean THEN uncertain_at END,
    next_attempt_at = clock_timestamp(), fence = fence + 1, uncertain_at = NULL,
    code = %(code)s, detail = %(detail)s, updated_at = clock_timestamp()
WHERE state = 'uncertain' AND message_id = ANY(%(message_ids)s)
  AND (%(sent)s::boolean OR uncertain_at < clock_timestamp() - %(seconds)s::float8 * interval '1 second')
"""

ASSUME_SENT = """
UPDATE newsletter_delivery SET
    state = 'accepted', accepted_at = uncertain_at, uncertain_at = NULL, fence = fence + 1, code = 'assumed',
    detail = 'Nobody knew for a day: taken as sent, for twice would be worse.', updated_at = clock_timestamp()
WHERE state = 'uncertain' AND uncertain_at < clock_timestamp() - %(hours)s::float8 * interval '1 hour'
"""


def uncertain_message_ids() -> list[str]:
    """Of all editions. One query."""
    uncertain = Delivery.objects.filter(state=State.UNCERTAIN)
    return list(uncertain.order_by("id").values_list("message_id", flat=True))


def resolve(message_ids: Iterable[str], *, sent: bool, source: str) -> int:
    """Settle those of the mails that are uncertain; how many. One query.

    A sent one is accepted; one that was not sent waits again, once its lease is over. That a source has not seen a mail
    says that it was not sent only where the source would have seen it.
    """
    values = {
        "message_ids": list(message_ids),
        "sent": sent,
        "seconds": sending_lease_seconds(),
        "code": "evidence" if sent else "",
        "detail": f"Resolved by {source}."[:MAX_DETAIL],
    }
    return row_count(RESOLVE, values)


def assume_sent() -> int:
    """Take copies that were in doubt for a day as sent; returns how many there were."""
    return row_count(ASSUME_SENT, {"hours": ASSUME_SENT_HOURS})


def reject(*, delivery_id: UUID, detail: str, now: datetime) -> None:
    """The provider did not send this copy, nor will it: it has failed."""
    Delivery.objects.filter(pk=delivery_id, state__in=PERHAPS_SENT).update(
        state=State.FAILED,
        code="rejected",
        # Of a reader who was erased nothing is kept that may name them.
        detail=Case(When(address="", then=Value("")), default=Value(detail[:MAX_DETAIL])),
        accepted_at=None,
        uncertain_at=None,
        lease_until=None,
        fence=F("fence") + 1,
        updated_at=now,
    )
