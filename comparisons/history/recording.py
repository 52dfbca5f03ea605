"""Keeps the history of verdicts: looks at every published pair and writes down those whose verdict has changed."""

from collections.abc import Iterator
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from comparisons.changes import VerdictSnapshot, cause_of, has_changed
from comparisons.models import Comparison, VerdictChange
from comparisons.pairs.selectors import comparisons_with_counts, evidence_from_counts
from comparisons.verdict import decide

BATCH_SIZE = 500


class _LastChange(TypedDict):
    """A pair's last recorded verdict, as PostgreSQL's JSON has it: the winner by its id in text."""

    number: int
    outcome: str
    winner: str | None
    decided_by: str | None
    strength: str | None
    margin: int
    rule: str


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
    as_json = JSONObject(**{name: name for name in _LastChange.__annotations__})
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
    last: _LastChange | None = pair.last_change  # type: ignore[attr-defined]
    before = _snapshot_of(last) if last else None
    after = present_verdict(pair)
    if not has_changed(before, after):
        return None
    return VerdictChange(
        comparison=pair,
        number=last["number"] + 1 if last else 1,
        changed_at=now,
        cause=cause_of(before, after),
        outcome=after.outcome,
        winner_id=after.winner,
        decided_by=after.decided_by,
        strength=after.strength,
        margin=after.margin,
        rule=after.rule,
        before_outcome=before.outcome if before else None,
        before_winner_id=before.winner if before else None,
        before_decided_by=before.decided_by if before else None,
        before_strength=before.strength if before else None,
        before_margin=before.margin if before else None,
        before_rule=before.rule if before else None,
    )


def _snapshot_of(last: _LastChange) -> VerdictSnapshot[UUID]:
    return VerdictSnapshot(
        outcome=last["outcome"],
        winner=UUID(last["winner"]) if last["winner"] else None,
        decided_by=last["decided_by"],
        strength=last["strength"],
        margin=last["margin"],
        rule=last["rule"],
    )


def present_verdict(pair: Comparison) -> VerdictSnapshot[UUID]:
    """The present verdict on a pair that was read with its counts; it needs no reviews."""
    first, second = evidence_from_counts(pair.first_tool), evidence_from_counts(pair.second_tool)
    verdict = decide(first=first, second=second, roster=())
    ids = {pair.first_tool.slug: pair.first_tool_id, pair.second_tool.slug: pair.second_tool_id}
    return VerdictSnapshot(
        outcome=verdict.outcome,
        winner=ids[verdict.winner] if verdict.winner else None,
        decided_by=verdict.decided_by,
        strength=verdict.strength,
        margin=verdict.margin,
        rule=verdict.rule,
    )
