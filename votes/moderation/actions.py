"""What staff decide about votes and picks: over a span of time, with an audit row, and so that it can be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, CharField, Count, F, Func, QuerySet, Value, When

from backend.admin.errors import CurationError
from catalog.models import Tool
from catalog.pairs import by_id
from votes.models import Alert, CountStatus, Pick, Ruling, Vote
from votes.rules import RULESET
from votes.tallies.locks import hold_tally

LONGEST = timedelta(days=31)
QUARANTINE_REASON = "staff_quarantine"
REJECTION_REASON = "staff_reject"


@dataclass(frozen=True, slots=True)
class Step:
    """Which statuses a deed takes votes from, and what becomes of them."""

    leaves: tuple[str, ...]
    becomes: Any
    reasons: Any


def _status(value: CountStatus) -> Value:
    return Value(value.value, output_field=CharField())


def _with_reason(reason: str) -> Func:
    return Func(F("reasons"), Value(reason), function="array_append")


# A deed does the first of its steps that finds anything.
STEPS: dict[str, Sequence[Step]] = {
    Ruling.Deed.QUARANTINE: [
        Step(
            (CountStatus.COUNTED, CountStatus.PENDING),
            _status(CountStatus.QUARANTINED),
            _with_reason(QUARANTINE_REASON),
        ),
    ],
    Ruling.Deed.RELEASE: [
        Step(
            (CountStatus.QUARANTINED,),
            # Every vote that waits has a reason of the rules, and keeps it in quarantine.
            Case(
                When(reasons__contained_by=[QUARANTINE_REASON], then=_status(CountStatus.COUNTED)),
                default=_status(CountStatus.PENDING),
            ),
            Func(F("reasons"), Value(QUARANTINE_REASON), function="array_remove"),
        ),
        Step((CountStatus.PENDING,), _status(CountStatus.COUNTED), []),
    ],
    Ruling.Deed.REJECT: [
        Step(
            (CountStatus.QUARANTINED, CountStatus.PENDING),
            _status(CountStatus.REJECTED),
            _with_reason(REJECTION_REASON),
        ),
    ],
}


@dataclass(frozen=True, slots=True)
class Move:
    """How many votes for one answer go from one status to another. Of a pick, the answer is the chosen tool's id."""

    status: str
    becomes: str
    answer: Any
    count: int


def ballots_of(*, tool: Tool, other_tool: Tool | None = None) -> QuerySet[Any]:
    """The votes on a tool, or the picks of a pair in either order."""
    if other_tool is None:
        return Vote.objects.filter(tool=tool)
    first, second = by_id(tool, other_tool)
    return Pick.objects.filter(first_tool=first, second_tool=second)


def preview(
    *,
    deed: str,
    tool: Tool,
    other_tool: Tool | None = None,
    begins_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> list[Move]:
    """What `rule` would move; raises the same refusals."""
    ballots = _within(ballots_of(tool=tool, other_tool=other_tool), begins_at, ends_at, now)
    return _plan(deed, ballots)[1]


def rule(
    *,
    deed: str,
    tool: Tool,
    other_tool: Tool | None = None,
    begins_at: datetime,
    ends_at: datetime,
    why: str,
    decided_by: Any,
    now: datetime,
) -> Ruling:
    """Move the votes on a tool (the picks of a pair) cast from `begins_at` until before `ends_at`; all or none.

    * Quarantine takes what counts or waits out of the numbers.
    * Release takes back one step. What is quarantined becomes what it was before: what counted counts, what waited
      waits. Only where nothing is quarantined does what waits count. So an accidental quarantine leaves no trace but
      its two audit rows.
    * Reject takes what is quarantined or waits, for good. What counts can't be rejected: it has to be quarantined
      first, so that nothing is lost by one wrong click.

    A time that reaches beyond `now` ends there. Voters are not told: `updated_at` stays. Closes the open alerts of
    bursts that began in that time. Raises CurationError where nothing can be moved; then nothing is written.
    """
    if not why.strip():
        raise CurationError("Say why.")
    with transaction.atomic():
        hold_tally(tool=tool, other_tool=other_tool)
        ballots = _within(ballots_of(tool=tool, other_tool=other_tool), begins_at, ends_at, now)
        step, _ = _plan(deed, ballots)
        count = ballots.filter(status__in=step.leaves).update(
            status=step.becomes, reasons=step.reasons, ruleset=RULESET
        )
        first, second = by_id(tool, other_tool) if other_tool else (tool, None)
        open_alerts = Alert.objects.filter(tool=first, other_tool=second, closed_at=None)
        open_alerts.filter(
            kind=Alert.Kind.BURST, begins_at__gte=begins_at, begins_at__lt=min(ends_at, now)
        ).update(closed_at=now)
        return Ruling.objects.create(
            deed=deed,
            tool=first,
            other_tool=second,
            begins_at=begins_at,
            ends_at=min(ends_at, now),
            why=why.strip(),
            count=count,
            ruleset=RULESET,
            decided_by=decided_by,
        )


def close(*, alert: Alert, now: datetime) -> None:
    """Somebody has looked at it, and there is nothing to do."""
    if not Alert.objects.filter(pk=alert.pk, closed_at=None).update(closed_at=now):
        raise CurationError("closed already")


def _within(ballots: QuerySet[Any], begins_at: datetime, ends_at: datetime, now: datetime) -> QuerySet[Any]:
    if begins_at >= ends_at:
        raise CurationError("The time has to begin before it ends.")
    if ends_at - begins_at > LONGEST:
        raise CurationError(f"The time can't be longer than {LONGEST.days} days.")
    if begins_at >= now:
        raise CurationError("This time is still to come.")
    return ballots.filter(created_at__gte=begins_at, created_at__lt=min(ends_at, now))


def _plan(deed: str, ballots: QuerySet[Any]) -> tuple[Step, list[Move]]:
    answer = "value" if ballots.model is Vote else "chosen_tool"
    for step in STEPS[deed]:
        found = (
            ballots.filter(status__in=step.leaves)
            .annotate(becomes=step.becomes)
            .values_list("status", "becomes", answer)
            .annotate(count=Count("pk"))
            .order_by("status", "becomes", answer)
        )
        if moves := [Move(*row) for row in found]:
            return step, moves
    statuses = [status for step in STEPS[deed] for status in step.leaves]
    raise CurationError(f"There is nothing to move: of this time, no vote is {' or '.join(statuses)}.")
