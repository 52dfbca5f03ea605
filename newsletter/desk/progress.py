"""The progress of an edition: its copies by state, how fast they go out, when the last one will, and what failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from newsletter.deliveries.database import database_now
from newsletter.deliveries.totals import failure_rows, progress_rows, uncertain_rows
from newsletter.desk.snapshots import shared
from newsletter.models import Delivery, Edition

PACE_SECONDS = 60
# The pace of the first seconds is no basis for an estimate.
EARLY_SECONDS = 3
MOST_UNCERTAIN = 20
MOST_CODES = 10

# In the order of a copy's life.
WAITING = ("pending", "deferred")
HELD = ("claimed", "sending")
SETTLED = ("accepted", "failed", "suppressed", "cancelled", "uncertain")
STATES = WAITING + HELD + SETTLED


@dataclass(frozen=True, slots=True)
class UncertainCopy:
    """A copy that the mail server may or may not have taken."""

    id: UUID
    message_id: str
    uncertain_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """`lately` were accepted since `sending_since`, a minute at most; `last_due_at` is the latest of next tries."""

    edition: Edition
    as_of: datetime
    counts: Mapping[str, int]
    lately: int
    sending_since: datetime | None
    last_due_at: datetime | None
    failures: Sequence[tuple[str, int]]
    uncertain: Sequence[UncertainCopy]

    @property
    def waiting(self) -> int:
        return sum(self.counts[state] for state in WAITING)

    @property
    def held(self) -> int:
        return sum(self.counts[state] for state in HELD)

    @property
    def settled(self) -> int:
        return sum(self.counts[state] for state in SETTLED)

    @property
    def share(self) -> float | None:
        """From 0 to 1, once it is known how many copies there are."""
        audience = self.edition.audience
        if audience is None:
            return None
        return min(1.0, self.settled / audience) if audience else 1.0

    @property
    def is_over(self) -> bool:
        """Whether no count changes any more by itself; workers may still hold a few copies of a cancelled edition."""
        return self.edition.state in {Edition.State.DONE, Edition.State.CANCELLED} and not self.held

    @property
    def per_second(self) -> float | None:
        """Mails a second over the last minute, or since sending began; None while the edition is not being sent."""
        if self.edition.state != Edition.State.SENDING:
            return None
        return self.lately / min(max(self._seconds_sent, 1), PACE_SECONDS)

    @property
    def seconds_left(self) -> float | None:
        """At this pace, and not before the last copy that waits for another try; None while that is unknown."""
        if self.per_second is None:
            return None
        left = self.waiting + self.held
        if not left:
            return 0.0
        is_moving = self._seconds_sent >= EARLY_SECONDS and self.per_second > 0
        if not is_moving and left > self.counts["deferred"]:
            return None
        by_pace = left / self.per_second if is_moving else 0.0
        until_last_try = (self.last_due_at - self.as_of).total_seconds() if self.last_due_at else 0.0
        return max(by_pace, until_last_try)

    @property
    def _seconds_sent(self) -> float:
        return (self.as_of - self.sending_since).total_seconds() if self.sending_since else 0.0


def progress_of(edition: Edition) -> Progress:
    """Count the copies of an edition: four queries, or none where the numbers were counted a moment ago.

    A new state is counted anew, so that an edition that is over is not shown as it was just before.
    """
    return _read(edition, shared(f"progress:{edition.pk}:{edition.state}", lambda: _count(edition)))


@dataclass(frozen=True, slots=True)
class _StateCount:
    """A row of COUNT: copies in one state, and how many were accepted within the last minute."""

    state: str
    copies: int = 0
    lately: int = 0
    first_accepted_at: datetime | None = None
    last_due_at: datetime | None = None


class _Numbers(TypedDict):
    """Plain rows, so that a later release can read what this one cached."""

    as_of: datetime
    resumed_at: datetime | None
    states: Sequence[tuple[str, int, int, datetime | None, datetime | None]]
    failures: Sequence[tuple[str, int]]
    uncertain: Sequence[tuple[UUID, str, datetime]]


def _count(edition: Edition) -> _Numbers:
    now = database_now()
    return {
        "as_of": now,
        "resumed_at": edition.resumed_at,
        "states": progress_rows(edition, now=now),
        "failures": failure_rows(edition, limit=MOST_CODES),
        "uncertain": uncertain_rows(edition, limit=MOST_UNCERTAIN),
    }


def _read(edition: Edition, numbers: _Numbers) -> Progress:
    found = {row[0]: _StateCount(*row) for row in numbers["states"]}
    accepted = found.get(Delivery.State.ACCEPTED, _StateCount(Delivery.State.ACCEPTED))
    sending_since = accepted.first_accepted_at
    if sending_since and numbers["resumed_at"]:
        sending_since = max(sending_since, numbers["resumed_at"])
    due = [found[state].last_due_at for state in WAITING if state in found]
    return Progress(
        edition=edition,
        as_of=numbers["as_of"],
        counts={state: found[state].copies if state in found else 0 for state in STATES},
        lately=accepted.lately,
        sending_since=sending_since,
        last_due_at=max((at for at in due if at), default=None),
        failures=numbers["failures"],
        uncertain=[UncertainCopy(*row) for row in numbers["uncertain"]],
    )
