"""Allows a copy to be sent, and records what became of the one before: one commit does both."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from django.conf import settings

from newsletter.deliveries.claims import Copy
from newsletter.deliveries.database import MAX_DETAIL, WANTED, array, row_count, rows
from newsletter.models import Delivery

logger = structlog.get_logger(__name__)

# The holder of the fence knows best, even of a copy that was given up as uncertain meanwhile. A server's words may name the
# reader: of one who was erased meanwhile they are not kept.
RECORD = """
UPDATE newsletter_delivery d SET
    state = outcome.state, code = outcome.code, lease_until = NULL,
    detail = CASE WHEN d.address <> '' THEN outcome.detail ELSE '' END,
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
WITH previous AS ({RECORD} RETURNING d.id), allowed AS (
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
)
SELECT id, true FROM allowed UNION ALL SELECT id, false FROM previous
"""  # noqa: S608


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


def record(outcome: Outcome) -> bool:
    """Write down what became of one copy; False where another process has taken it over. One query."""
    is_recorded = row_count(RECORD, _columns([outcome])) == 1
    if not is_recorded:
        _tell_of_old_fence(outcome)
    return is_recorded


def allow(steps: Sequence[Step], *, again: bool = False) -> list[bool]:
    """Record what became of the copies before, and say for each step whether its copy may be sent. One query.

    `again`: an earlier call may have been committed although its answer got lost.
    """
    found = rows(RECORD_AND_ALLOW, values_to_allow(steps, again=again))
    recorded = {key for key, is_allowed in found if not is_allowed}
    for step in steps:
        if step.after and step.after.copy.id not in recorded and not again:
            _tell_of_old_fence(step.after)
    return [(step.copy.id, True) in found for step in steps]


def _tell_of_old_fence(outcome: Outcome) -> None:
    """A mail was accepted from a process that others took for dead; its copy may have been settled as not sent since."""
    if outcome.state == Delivery.State.ACCEPTED:
        logger.error(
            "accepted_with_an_old_fence",
            edition=str(outcome.copy.edition_id),
            delivery=str(outcome.copy.id),
            fence=outcome.copy.fence,
        )


def values_to_allow(steps: Sequence[Step], *, again: bool) -> dict[str, object]:
    """The parameters of RECORD_AND_ALLOW."""
    return {
        **_columns([step.after for step in steps if step.after]),
        "next_ids": array(step.copy.id for step in steps),
        "next_fences": array(step.copy.fence for step in steps),
        "again": again,
        "seconds": sending_lease_seconds(),
    }


def _columns(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {
        "ids": array(outcome.copy.id for outcome in outcomes),
        "fences": array(outcome.copy.fence for outcome in outcomes),
        "states": array(outcome.state for outcome in outcomes),
        "codes": array(outcome.code[:20] for outcome in outcomes),
        "details": array(outcome.detail[:MAX_DETAIL] for outcome in outcomes),
        "attempts": array(int(outcome.counts) for outcome in outcomes),
        "delays": array(outcome.delay_seconds for outcome in outcomes),
    }


def after_refusal(copy: Copy, *, code: str, detail: str) -> Outcome:
    """Deferred for SENDING_RETRY_SECONDS, longer each time and spread by a fifth; after the last of them, failed."""
    delays = settings.SENDING_RETRY_SECONDS
    if copy.attempts >= len(delays):
        return Outcome(copy, Delivery.State.FAILED, code, detail, counts=True)
    delay = delays[copy.attempts] * random.uniform(0.8, 1.2)  # noqa: S311
    return Outcome(copy, Delivery.State.DEFERRED, code, detail, counts=True, delay_seconds=delay)


def sending_lease_seconds() -> float:
    """For how long a copy may be on its way: half as long again as a server may take to answer the final dot."""
    return float(settings.SENDING_FINAL_SECONDS) * 1.5
