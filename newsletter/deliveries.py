"""The ledger of copies: who may send which, what became of it, and what to do about those of which nobody knows.

A copy is claimed under a lease and a fence number. One commit records what became of the copy before and allows the
next: whatever dies, at most one copy a connection is in doubt. All times are the database's, whose clock is the only one.
"""

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, cast
from uuid import UUID

from django.conf import settings
from django.db import connection

from newsletter.models import Delivery, Edition

MOST_CLAIMED = 50
MAX_DETAIL = 500
MOST_LOST = 8
# What an array of PostgreSQL has to be told to take as it is.
SPECIAL = re.compile(r'["\\]')
BACKSLASHED = r"\\\g<0>"
ASSUME_SENT_HOURS = 24
# More hard failures than this in the first thousand mean that something is wrong with us, not with a thousand mailboxes.
FIRST_COPIES = 1_000
MOST_FAILURES = 50

# Who still wants their copy: the readers' choice and their mailbox.
WANTED = """(
    (SELECT status FROM newsletter_subscriber WHERE id = d.subscriber_id) IS NOT DISTINCT FROM 'active'
    AND NOT EXISTS (SELECT FROM newsletter_suppression x WHERE x.address_key = d.address_key)
)"""

# What looks roundabout here and below keeps the planner, whatever it believes of the tables, from reading all copies, or
# all that are held, to find a handful by their ids: in an array it expects few, behind a join it expected a tenth of all.
CLAIM = f"""
UPDATE newsletter_delivery d SET
    state = 'claimed', fence = fence + 1, updated_at = clock_timestamp(),
    lease_until = clock_timestamp() + %(seconds)s::float8 * interval '1 second'
WHERE d.id = ANY (ARRAY(
    SELECT id FROM newsletter_delivery
    WHERE edition_id = %(edition)s AND state IN ('pending', 'deferred') AND next_attempt_at <= clock_timestamp()
    ORDER BY next_attempt_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
))
RETURNING d.id, d.fence, d.edition_id, d.segment_id, d.subscriber_id, d.address, d.message_id, d.attempts, {WANTED}
"""  # noqa: S608

# Whoever has the fence knows best, even of a copy that was given up as uncertain meanwhile.
RECORD = """
UPDATE newsletter_delivery d SET
    state = outcome.state, code = outcome.code, detail = outcome.detail, lease_until = NULL,
    updated_at = clock_timestamp(), attempts = d.attempts + outcome.attempts,
    accepted_at = CASE WHEN outcome.state = 'accepted' THEN clock_timestamp() END,
    uncertain_at = CASE WHEN outcome.state = 'uncertain' THEN clock_timestamp() END,
    next_attempt_at = clock_timestamp() + outcome.delay * interval '1 second'
FROM unnest(
    %(ids)s::uuid[], %(fences)s::integer[], %(states)s::text[], %(codes)s::text[], %(details)s::text[],
    %(attempts)s::smallint[], %(delays)s::float8[]
) AS outcome (id, fence, state, code, detail, attempts, delay)
WHERE d.id = outcome.id AND d.fence = outcome.fence AND d.state IN ('claimed', 'sending', 'uncertain')
"""

# Unsubscribing wins: this is the last look before the mails go out.
RECORD_AND_ALLOW = f"""
WITH previous AS ({RECORD})
UPDATE newsletter_delivery d SET
    state = 'sending', updated_at = clock_timestamp(),
    lease_until = clock_timestamp() + %(seconds)s::float8 * interval '1 second'
FROM unnest(%(next_ids)s::uuid[], %(next_fences)s::integer[]) AS following (id, fence)
WHERE d.id = following.id AND d.fence = following.fence
  AND CASE d.state
      WHEN 'claimed' THEN d.lease_until > clock_timestamp()
      WHEN 'sending' THEN %(again)s::boolean
      ELSE false
  END
  AND (SELECT state FROM newsletter_edition WHERE id = d.edition_id) = 'sending'
  AND {WANTED}
RETURNING d.id
"""  # noqa: S608

LAY_DOWN = f"""
UPDATE newsletter_delivery d SET
    lease_until = NULL, updated_at = clock_timestamp(),
    state = CASE
        WHEN e.state = 'cancelled' THEN 'cancelled'
        WHEN e.state <> 'sending' OR {WANTED} THEN 'pending'
        ELSE 'suppressed'
    END
FROM newsletter_edition e
WHERE e.id = d.edition_id AND d.state = 'claimed'
  AND (d.id, d.fence) IN (SELECT * FROM unnest(%(ids)s::uuid[], %(fences)s::integer[]))
RETURNING d.state
"""  # noqa: S608

# A copy that kills whoever writes its mail must not do so for ever, nor take those that were claimed with it along: they
# part by chance, more widely each time, so that only the guilty one is lost so often.
REAP = """
UPDATE newsletter_delivery d SET
    state = expired.outcome, lease_until = NULL, updated_at = clock_timestamp(),
    lost = d.lost + (d.state = 'claimed')::integer,
    next_attempt_at = clock_timestamp() + random() * 2 ^ (d.lost + 1) * interval '1 second',
    uncertain_at = CASE expired.outcome WHEN 'uncertain' THEN clock_timestamp() END,
    code = CASE expired.outcome WHEN 'failed' THEN 'lost' ELSE d.code END,
    detail = CASE expired.outcome
        WHEN 'uncertain' THEN 'Its sender did not come back.'
        WHEN 'failed' THEN 'Whoever was to send it died, each time.'
        ELSE d.detail
    END
FROM (
    SELECT d.id,
        CASE
            WHEN d.state = 'sending' THEN 'uncertain'
            WHEN e.state = 'cancelled' THEN 'cancelled'
            WHEN d.lost + 1 >= %(most)s THEN 'failed'
            ELSE 'pending'
        END AS outcome
    FROM newsletter_delivery d JOIN newsletter_edition e ON e.id = d.edition_id
    WHERE d.state IN ('claimed', 'sending') AND d.lease_until < clock_timestamp()
    FOR UPDATE OF d SKIP LOCKED
) expired
WHERE d.id = expired.id
RETURNING d.state
"""

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

CANCEL_WAITING = """
UPDATE newsletter_delivery SET state = 'cancelled', updated_at = clock_timestamp()
WHERE edition_id = %(edition)s AND state IN ('pending', 'deferred')
"""

FORGET = """
UPDATE newsletter_delivery SET
    address = '', detail = '', updated_at = clock_timestamp(),
    state = CASE WHEN state IN ('pending', 'deferred') THEN 'suppressed' ELSE state END
WHERE subscriber_id = %(subscriber)s
"""

LOST = """
SELECT count(*) FROM newsletter_delivery d JOIN newsletter_edition e ON e.id = d.edition_id
WHERE d.edition_id = %(edition)s AND d.state = 'failed' AND d.code = 'lost'
  AND d.updated_at > coalesce(e.resumed_at, '-infinity')
"""

TROUBLE = """
SELECT count(*) FILTER (WHERE state = 'failed'), count(*) FROM (
    SELECT d.state FROM newsletter_delivery d JOIN newsletter_edition e ON e.id = d.edition_id
    WHERE d.edition_id = %(edition)s AND d.state IN ('accepted', 'failed')
      AND d.updated_at > coalesce(e.resumed_at, '-infinity')
    LIMIT %(limit)s
) tried
"""


@dataclass(frozen=True)
class Copy:
    """A delivery that this process holds, as long as nobody raises its fence."""

    id: UUID
    fence: int
    edition_id: UUID
    segment_id: UUID
    subscriber_id: UUID | None
    address: str
    message_id: str
    attempts: int
    # Whether the reader still wanted it when it was claimed.
    is_wanted: bool


@dataclass(frozen=True)
class Outcome:
    """What became of a copy; `delay_seconds` says when the next attempt may be."""

    copy: Copy
    state: str
    code: str = ""
    detail: str = ""
    counts: bool = False
    delay_seconds: float = 0


@dataclass(frozen=True)
class Step:
    """From a copy to the next on one connection; `after` says what became of the former, unless that is recorded."""

    copy: Copy
    after: Outcome | None


@dataclass(frozen=True)
class Books:
    """Copies by what became of them; they balance when nothing is under way and all are there."""

    audience: int | None
    waiting: int
    held: int
    accepted: int
    failed: int
    suppressed: int
    cancelled: int
    uncertain: int

    @property
    def settled(self) -> int:
        return self.accepted + self.failed + self.suppressed + self.cancelled + self.uncertain

    @property
    def balance(self) -> bool:
        return self.audience == self.settled and not (self.waiting or self.held)


# --- What a worker does -----------------------------------------------------------------------


def claim(*, edition_id: UUID, limit: int = MOST_CLAIMED) -> list[Copy]:
    values = {
        "edition": edition_id,
        "limit": min(limit, MOST_CLAIMED),
        "seconds": settings.SENDING_CLAIM_SECONDS,
    }
    return [Copy(*row) for row in _rows(CLAIM, values)]


def plan_once() -> None:
    """On this connection, plan a statement once: for a handful of copies that takes longer than what is planned."""
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan")


def refresh_statistics() -> None:
    """After many copies came at once: autovacuum would do it, but not before the first of them are sent."""
    with connection.cursor() as cursor:
        # Where somebody vacuums the table it goes without.
        cursor.execute("ANALYZE (SKIP_LOCKED) newsletter_delivery")


def record(outcome: Outcome) -> bool:
    """False where somebody else has the copy by now."""
    return _count(RECORD, _columns([outcome])) == 1


def allow(steps: Sequence[Step], *, again: bool = False) -> list[bool]:
    """Record what became of the copies before, and say which of these may go out; one commit does all of it.

    `again`: an earlier call may have been committed without our hearing of it.
    """
    allowed = {key for (key,) in _rows(RECORD_AND_ALLOW, values_to_allow(steps, again=again))}
    return [step.copy.id in allowed for step in steps]


def values_to_allow(steps: Sequence[Step], *, again: bool) -> dict[str, Any]:
    return {
        **_columns([step.after for step in steps if step.after]),
        "next_ids": _array(step.copy.id for step in steps),
        "next_fences": _array(step.copy.fence for step in steps),
        "again": again,
        "seconds": sending_lease_seconds(),
    }


def _columns(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {
        "ids": _array(outcome.copy.id for outcome in outcomes),
        "fences": _array(outcome.copy.fence for outcome in outcomes),
        "states": _array(outcome.state for outcome in outcomes),
        "codes": _array(outcome.code[:20] for outcome in outcomes),
        "details": _array(outcome.detail[:MAX_DETAIL] for outcome in outcomes),
        "attempts": _array(int(outcome.counts) for outcome in outcomes),
        "delays": _array(outcome.delay_seconds for outcome in outcomes),
    }


def _array(values: Iterable[object]) -> str:
    """As PostgreSQL writes an array. psycopg looks for each element's type, and takes longer than all the rest."""
    return "{" + ",".join(f'"{SPECIAL.sub(BACKSLASHED, str(value))}"' for value in values) + "}"


def lay_down(copies: Sequence[Copy]) -> list[str]:
    """Give back what was claimed and not sent; the states those copies are in now."""
    ids, fences = [copy.id for copy in copies], [copy.fence for copy in copies]
    return [state for (state,) in _rows(LAY_DOWN, {"ids": ids, "fences": fences})]


def after_refusal(copy: Copy, *, code: str, detail: str) -> Outcome:
    """Tried again after longer and longer pauses, spread so that not all come back at once; then given up."""
    delays = settings.SENDING_RETRY_SECONDS
    if copy.attempts >= len(delays):
        return Outcome(copy, Delivery.State.FAILED, code, detail, counts=True)
    delay = delays[copy.attempts] * random.uniform(0.8, 1.2)  # noqa: S311
    return Outcome(copy, Delivery.State.DEFERRED, code, detail, counts=True, delay_seconds=delay)


def sending_lease_seconds() -> float:
    """Half as long again as a server may take to answer the final dot."""
    return float(settings.SENDING_FINAL_SECONDS) * 1.5


def address_key_of(copy: Copy) -> bytes:
    return bytes(Delivery.objects.values_list("address_key", flat=True).get(pk=copy.id))


def too_many_fail(*, edition_id: UUID) -> bool:
    """More than 50 of the first 1,000, counted anew when staff resume."""
    ((failed, tried),) = _rows(TROUBLE, {"edition": edition_id, "limit": FIRST_COPIES + 1})
    return bool(failed > MOST_FAILURES and tried <= FIRST_COPIES)


def too_many_are_lost(*, edition_id: UUID) -> bool:
    """More than 50 with whoever held them, since staff resumed."""
    ((lost,),) = _rows(LOST, {"edition": edition_id})
    return bool(lost > MOST_FAILURES)


def database_now() -> datetime:
    """The one clock that all of us read."""
    ((now,),) = _rows("SELECT clock_timestamp()", {})
    return cast(datetime, now)


# --- What the clock does ----------------------------------------------------------------------


def reap() -> dict[str, int]:
    """Take back what was held longer than its lease: a claimed copy waits again, of a sent one nobody knows.

    One that was claimed and lost too often has failed.
    """
    states = [state for (state,) in _rows(REAP, {"most": MOST_LOST})]
    return {state: states.count(state) for state in set(states)}


def assume_sent() -> int:
    return _count(ASSUME_SENT, {"hours": ASSUME_SENT_HOURS})


# --- Copies in doubt --------------------------------------------------------------------------


class Found(StrEnum):
    SENT = "sent"
    # Only where the source would have seen it; not having found it is not enough.
    NOT_SENT = "not_sent"


class Evidence(Protocol):
    """Somebody who knows what became of a mail by its Message-ID: a provider's events, a server's log, a person."""

    def find(self, message_ids: Sequence[str]) -> Mapping[str, Found]:
        """What is known; a Message-ID of which nothing is known is left out."""


@dataclass(frozen=True)
class Resolved:
    sent: int
    requeued: int


def uncertain_message_ids(*, edition_id: UUID | None = None) -> list[str]:
    uncertain = Delivery.objects.filter(state=Delivery.State.UNCERTAIN)
    if edition_id:
        uncertain = uncertain.filter(edition_id=edition_id)
    return list(uncertain.order_by("id").values_list("message_id", flat=True))


def resolve(evidence: Evidence, *, source: str, edition_id: UUID | None = None) -> Resolved:
    """Settle what the evidence settles: sent is accepted; surely not sent waits again, if it was long enough ago."""
    found = evidence.find(uncertain_message_ids(edition_id=edition_id))
    by_kind = {kind: [key for key, value in found.items() if value == kind] for kind in Found}
    return Resolved(
        sent=_resolve(by_kind[Found.SENT], sent=True, source=source),
        requeued=_resolve(by_kind[Found.NOT_SENT], sent=False, source=source),
    )


def _resolve(message_ids: Iterable[str], *, sent: bool, source: str) -> int:
    values = {
        "message_ids": list(message_ids),
        "sent": sent,
        "seconds": sending_lease_seconds(),
        "code": "evidence" if sent else "",
        "detail": f"Resolved by {source}."[:MAX_DETAIL],
    }
    return _count(RESOLVE, values)


# --- Books ------------------------------------------------------------------------------------

COUNT = "SELECT state, count(*) FROM newsletter_delivery WHERE edition_id = %(edition)s GROUP BY state"


def books(edition: Edition) -> Books:
    counts: dict[str, int] = dict(_rows(COUNT, {"edition": edition.pk}))
    return Books(
        audience=edition.audience,
        waiting=counts.get("pending", 0) + counts.get("deferred", 0),
        held=counts.get("claimed", 0) + counts.get("sending", 0),
        **{
            state: counts.get(state, 0)
            for state in ("accepted", "failed", "suppressed", "cancelled", "uncertain")
        },
    )


def cancel_waiting(*, edition_id: UUID) -> int:
    return _count(CANCEL_WAITING, {"edition": edition_id})


def forget_addresses(*, subscriber_id: UUID) -> None:
    """For erasure: what waits is not sent, and no copy names the address, nor does what a server said of it."""
    _count(FORGET, {"subscriber": subscriber_id})


def _rows(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _count(statement: str, values: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
