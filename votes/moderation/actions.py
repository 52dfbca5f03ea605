"""Moderation actions on votes and picks: over a span of time, with an audit row, and so that they can be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, CharField, Count, Expression, F, Func, QuerySet, Value, When

from backend.admin.errors import CurationError
from catalog.models import Tool
from catalog.pairs import by_id
from votes.models import Alert, CountStatus, ModerationAction, Pick, Vote
from votes.rules import RULESET
from votes.tallies.locks import hold_tally

LONGEST = timedelta(days=31)
QUARANTINE_REASON = "staff_quarantine"
REJECTION_REASON = "staff_reject"

Ballots = QuerySet[Vote] | QuerySet[Pick]


@dataclass(frozen=True, slots=True)
class Step:
    """Which statuses an action takes votes from, and what becomes of them: SQL expressions for status and reasons."""

    leaves: tuple[str, ...]
    becomes: Expression
    reasons: Func | list[str]


def _status(value: CountStatus) -> Value:
    return Value(value.value, output_field=CharField())


def _with_reason(reason: str) -> Func:
    return Func(F("reasons"), Value(reason), function="array_append")


# An action does the first of its steps that finds anything.
STEPS: dict[str, Sequence[Step]] = {
    ModerationAction.Action.QUARANTINE: [
        Step(
            (CountStatus.COUNTED, CountStatus.PENDING),
            _status(CountStatus.QUARANTINED),
            _with_reason(QUARANTINE_REASON),
        ),
    ],
    ModerationAction.Action.RELEASE: [
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
    ModerationAction.Action.REJECT: [
        Step(
            (CountStatus.QUARANTINED, CountStatus.PENDING),
            _status(CountStatus.REJECTED),
            _with_reason(REJECTION_REASON),
        ),
    ],
}


@dataclass(frozen=True, slots=True)
class AskedAction:
    """An action on what was cast from `begins_at` until before `ends_at`, and why."""

    action: str
    begins_at: datetime
    ends_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Move:
    """How many votes for one answer go from one status to another. Of a pick, the answer is the chosen tool's id;
    None of those that were withdrawn, which are moved all the same."""

    status: str
    becomes: str
    answer: str | UUID | None
    count: int


def ballots_of(*, tool: Tool, other_tool: Tool | None = None) -> Ballots:
    """The votes on a tool, or the picks of a pair in either order."""
    if other_tool is None:
        return Vote.objects.filter(tool=tool)
    first, second = by_id(tool, other_tool)
    return Pick.objects.filter(first_tool=first, second_tool=second)


def preview(*, asked: AskedAction, tool: Tool, other_tool: Tool | None = None, now: datetime) -> list[Move]:
    """What `moderate` would move; raises the same refusals."""
    return _plan(asked.action, _within(ballots_of(tool=tool, other_tool=other_tool), asked, now))[1]


def moderate(
    *, asked: AskedAction, tool: Tool, other_tool: Tool | None = None, decided_by: User | None, now: datetime
) -> ModerationAction:
    """Move the votes on a tool, or the picks of a pair, that were cast in the span; all or none.

    * Quarantine takes what counts or waits out of the numbers.
    * Release takes back one step. What is quarantined becomes what it was before: what counted counts, what waited
      waits. Only where nothing is quarantined does what waits count. So an accidental quarantine leaves no trace but
      its two audit rows.
    * Reject takes what is quarantined or waits, for good. What counts can't be rejected: it has to be quarantined
      first, so that nothing is lost by one wrong click.

    What was withdrawn is moved too: it says nothing now, and is what it was made when it is cast again.

    A time that reaches beyond `now` ends there. Voters are not told: `updated_at` stays. Closes the open alerts of
    votes that began to wait in that time. Raises CurationError where nothing can be moved; then nothing is written.
    """
    if not asked.why.strip():
        raise CurationError("Say why.")
    with transaction.atomic():
        hold_tally(tool=tool, other_tool=other_tool)
        ballots = _within(ballots_of(tool=tool, other_tool=other_tool), asked, now)
        step, _ = _plan(asked.action, ballots)
        ends_at = min(asked.ends_at, now)
        count = ballots.filter(status__in=step.leaves).update(
            status=step.becomes, reasons=step.reasons, ruleset=RULESET
        )
        first, second = by_id(tool, other_tool) if other_tool else (tool, None)
        _close_alerts(first, second, asked.begins_at, ends_at, now=now)
        return ModerationAction.objects.create(
            action=asked.action,
            tool=first,
            other_tool=second,
            begins_at=asked.begins_at,
            ends_at=ends_at,
            why=asked.why.strip(),
            count=count,
            ruleset=RULESET,
            decided_by=decided_by,
        )


def close(alert: Alert, *, now: datetime) -> None:
    """Staff have looked at it, and there is nothing to do. Raises CurationError where it is closed already."""
    if not Alert.objects.filter(pk=alert.pk, closed_at=None).update(closed_at=now):
        raise CurationError("closed already")


def _close_alerts(
    tool: Tool, other_tool: Tool | None, begins_at: datetime, ends_at: datetime, *, now: datetime
) -> None:
    """Those of votes that began to wait in that time; a drift is closed by a person who looked at it."""
    open_alerts = Alert.objects.filter(tool=tool, other_tool=other_tool, closed_at=None)
    in_time = open_alerts.filter(begins_at__gte=begins_at, begins_at__lt=ends_at)
    in_time.exclude(kind=Alert.Kind.DRIFT).update(closed_at=now)


def _within(ballots: Ballots, asked: AskedAction, now: datetime) -> Ballots:
    if asked.begins_at >= asked.ends_at:
        raise CurationError("The time has to begin before it ends.")
    if asked.ends_at - asked.begins_at > LONGEST:
        raise CurationError(f"The time can't be longer than {LONGEST.days} days.")
    if asked.begins_at >= now:
        raise CurationError("This time is still to come.")
    return ballots.filter(created_at__gte=asked.begins_at, created_at__lt=min(asked.ends_at, now))


def _plan(action: str, ballots: Ballots) -> tuple[Step, list[Move]]:
    answer = ballots.model.ANSWER
    for step in STEPS[action]:
        found = (
            ballots.filter(status__in=step.leaves)
            .annotate(becomes=step.becomes)
            .values_list("status", "becomes", answer)
            .annotate(count=Count("pk"))
            .order_by("status", "becomes", answer)
        )
        if moves := [Move(*row) for row in found]:
            return step, moves
    statuses = [status for step in STEPS[action] for status in step.leaves]
    raise CurationError(f"There is nothing to move: of this time, no vote is {' or '.join(statuses)}.")
