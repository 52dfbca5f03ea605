"""Keeps the history of verdicts: looks at every published pair and writes down those whose verdict has changed."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from comparisons.changes import VerdictSnapshot, cause_of, has_changed
from comparisons.models import Comparison, VerdictChange
from comparisons.pairs.pair import pair_from_counts
from comparisons.pairs.selectors import comparisons_with_counts
from comparisons.rules import RULE, answer_of

BATCH_SIZE = 500


VERDICT = [field.name for field in fields(VerdictSnapshot)]


def record_verdicts(*, now: datetime, batch_size: int = BATCH_SIZE) -> int:
    """Write each verdict that has changed since it was last recorded; returns how many were found.

    One query for each batch of pairs, and one more to write what changed in it. A run at the same time finds the same
    changes, and the database keeps one of each.
    """
    found = 0
    for pairs in _batches(batch_size):
        changes = [change for pair in pairs if (change := _change_of(pair, now=now))]
        VerdictChange.objects.bulk_create(changes, ignore_conflicts=True)
        found += len(changes)
    return found


def _batches(size: int) -> Iterator[list[Comparison]]:
    """Published pairs with their last recorded verdict, read in the same statement: neither is older than the other."""
    last = VerdictChange.objects.filter(comparison=OuterRef("pk")).order_by("-number")
    as_json = JSONObject(**{name: name for name in ("number", *VERDICT)})
    pairs = (
        comparisons_with_counts()
        .defer("first_tool__search", "second_tool__search")
        .annotate(last_change=Subquery(last.values(last=as_json)[:1]))
        .order_by("id")
    )
    batch = list(pairs[:size])
    while batch:
        yield batch
        batch = list(pairs.filter(pk__gt=batch[-1].pk)[:size])


def _change_of(pair: Comparison, *, now: datetime) -> VerdictChange | None:
    # As PostgreSQL's JSON has it: the winner by its id in text.
    number, before = 0, None
    if last := pair.last_change:  # type: ignore[attr-defined]
        number = last["number"]
        winner = UUID(last["winner"]) if last["winner"] else None
        before = VerdictSnapshot(**{name: last[name] for name in VERDICT} | {"winner": winner})
    after = present_verdict(pair)
    if not has_changed(before, after):
        return None
    return VerdictChange(
        comparison=pair,
        number=number + 1,
        changed_at=now,
        cause=cause_of(before, after),
        **_columns("", after),
        **(_columns("before_", before) if before else {}),
    )


def _columns(prefix: str, verdict: VerdictSnapshot[UUID]) -> dict[str, object]:
    """The values of a change's columns, of which the winner's holds an id."""
    columns = {name: name for name in VERDICT} | {"winner": "winner_id"}
    return {f"{prefix}{column}": getattr(verdict, name) for name, column in columns.items()}


def present_verdict(pair: Comparison) -> VerdictSnapshot[UUID]:
    """The present verdict on a pair that was read with its counts; it needs no reviews."""
    answer = answer_of(pair_from_counts(pair).inputs)
    return VerdictSnapshot(
        outcome=answer.outcome,
        winner=None if answer.winner is None else (pair.first_tool_id, pair.second_tool_id)[answer.winner],
        decided_by=answer.decided_by,
        strength=answer.strength,
        margin=answer.margin,
        rule=RULE,
    )
