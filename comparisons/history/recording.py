"""Keeps the history of verdicts: looks at every published pair and writes down those whose verdict has changed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from comparisons.changes import Judged, cause_of, has_changed
from comparisons.models import Comparison, VerdictChange
from comparisons.pairs.selectors import comparisons_with_counts, evidence_from_counts
from comparisons.verdict import decide

BATCH_SIZE = 500


def record_verdicts(*, now: datetime) -> int:
    """Write each change of a verdict since the last look; how many were found.

    One query for each batch of pairs, and one more to write what changed in it. Whoever runs at the same time finds
    the same changes, and the database keeps one of each.
    """
    found = 0
    for pairs in _batches():
        changes = [change for pair in pairs if (change := _change_of(pair, now=now))]
        VerdictChange.objects.bulk_create(changes, ignore_conflicts=True)
        found += len(changes)
    return found


def _batches() -> Iterator[list[Any]]:
    """Published pairs with their last recorded verdict, read in the same statement: neither is older than the other."""
    last = VerdictChange.objects.filter(comparison=OuterRef("pk")).order_by("-number")
    as_json = JSONObject(
        number="number",
        outcome="outcome",
        winner="winner",
        decided_by="decided_by",
        strength="strength",
        margin="margin",
        rule="rule",
    )
    pairs = (
        comparisons_with_counts()
        .defer("first_tool__search", "second_tool__search")
        .annotate(last_change=Subquery(last.values(last=as_json)[:1]))
        .order_by("id")
    )
    batch = list(pairs[:BATCH_SIZE])
    while batch:
        yield batch
        batch = list(pairs.filter(pk__gt=batch[-1].pk)[:BATCH_SIZE])


def _change_of(pair: Any, *, now: datetime) -> VerdictChange | None:
    before, number = _last_verdict(pair.last_change)
    after = judge(pair)
    if not has_changed(before, after):
        return None
    return VerdictChange(
        comparison=pair,
        number=number + 1,
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


def _last_verdict(last: dict[str, Any] | None) -> tuple[Judged | None, int]:
    if last is None:
        return None, 0
    number = last.pop("number")
    winner = last.pop("winner")
    return Judged(**last, winner=UUID(winner) if winner else None), number


def judge(pair: Comparison) -> Judged:
    """The present verdict of a pair that was read with its counts, by the winner's id; it needs no reviews."""
    first, second = evidence_from_counts(pair.first_tool), evidence_from_counts(pair.second_tool)
    verdict = decide(first=first, second=second, roster=())
    ids = {pair.first_tool.slug: pair.first_tool_id, pair.second_tool.slug: pair.second_tool_id}
    return Judged(
        outcome=verdict.outcome,
        winner=ids[verdict.winner] if verdict.winner else None,
        decided_by=verdict.decided_by,
        strength=verdict.strength,
        margin=verdict.margin,
        rule=verdict.rule,
    )
