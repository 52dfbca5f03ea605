"""Pairs and answers to them, which stay with their two tools once they were public: the kept tool gets its own instead."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from backend.admin.errors import CurationError
from catalog.models import Tool
from catalog.pairs import in_order
from comparisons.models import Comparison, MergedRow, PairFit, ToolMerge
from reviews.models import HeadToHead

Kind = MergedRow.Kind
COPIED_OF_PAIRS = ("title", "editor_note", "source_url", "status", "published_at")
COPIED_OF_FITS = ("condition_id", "position", "note", "evidence", "checked_on")
COPIED_OF_ANSWERS = ("reviewer_id", "quote", "basis", "disclosure", "evidence", "status", "compared_on")


def of_tool(tool: Tool) -> Q:
    return Q(first_tool=tool) | Q(second_tool=tool)


def take_pairs(merge: ToolMerge, *, now: datetime) -> tuple[int, int]:
    """Says how many pairs the kept tool got, and how many of the merged one left the lists.

    A pair that readers never saw goes along. A public one is archived, and the kept tool gets one like it; where the kept
    tool has that pair already, it gets none.
    """
    kept, merged = merge.kept_tool, merge.merged_tool
    moved: list[UUID] = []
    made: list[UUID] = []
    archived: list[UUID] = []
    own = {_other(pair, kept) for pair in Comparison.objects.filter(of_tool(kept))}
    pairs = Comparison.objects.filter(of_tool(merged)).prefetch_related("fits").order_by("pk")
    for pair in pairs:
        other_id = _other(pair, merged)
        is_needed = other_id != kept.pk and other_id not in own
        if is_needed and pair.public_at is None:
            Comparison.objects.filter(pk=pair.pk).update(
                first_tool=kept, second_tool=other_id, updated_at=now
            )
            moved.append(pair.pk)
        elif is_needed:
            made.append(_make_like(pair, kept=kept, merged=merged, other_id=other_id))
        if pair.status == Comparison.Status.PUBLISHED and pair.pk not in moved:
            archived.append(pair.pk)
    Comparison.objects.filter(pk__in=archived).update(status=Comparison.Status.ARCHIVED, updated_at=now)
    merge.note(Kind.MOVED_PAIR, moved)
    merge.note(Kind.MADE_PAIR, made)
    merge.note(Kind.ARCHIVED_PAIR, archived)
    return len(moved) + len(made), len(archived)


def _make_like(pair: Comparison, *, kept: Tool, merged: Tool, other_id: UUID) -> UUID:
    copied = {name: getattr(pair, name) for name in COPIED_OF_PAIRS}
    made = Comparison.objects.create(first_tool=kept, second_tool_id=other_id, **copied)
    PairFit.objects.bulk_create(
        PairFit(
            comparison=made,
            tool_id=kept.pk if fit.tool_id == merged.pk else fit.tool_id,
            **{name: getattr(fit, name) for name in COPIED_OF_FITS},
        )
        for fit in pair.fits.all()
    )
    return made.pk


def _other(pair: Comparison | HeadToHead, tool: Tool) -> UUID:
    return pair.second_tool_id if pair.first_tool_id == tool.pk else pair.first_tool_id


def give_pairs_back(merge: ToolMerge, *, now: datetime) -> tuple[int, int]:
    """What went along comes back, what was archived is on the lists again, and what was made leaves them.

    Raises CurationError where the other tool of a pair was merged too.
    """
    kept, merged = merge.kept_tool, merge.merged_tool
    came_back = 0
    for pair in Comparison.objects.filter(of_tool(kept), pk__in=merge.noted(Kind.MOVED_PAIR), public_at=None):
        Comparison.objects.filter(pk=pair.pk).update(
            first_tool=merged, second_tool=_other(pair, kept), updated_at=now
        )
        came_back += 1
    archived = Comparison.objects.filter(
        pk__in=merge.noted(Kind.ARCHIVED_PAIR), status=Comparison.Status.ARCHIVED
    )
    merged_since = Q(merged_tool__in=archived.values("first_tool")) | Q(
        merged_tool__in=archived.values("second_tool")
    )
    if (
        later := ToolMerge.objects.standing()
        .filter(merged_since)
        .select_related("merged_tool", "kept_tool")
        .first()
    ):
        raise CurationError(f"a pair would come back with {later.merged_tool.name}: undo that first, {later}")
    came_back += archived.update(status=Comparison.Status.PUBLISHED, updated_at=now)
    made = Comparison.objects.filter(pk__in=merge.noted(Kind.MADE_PAIR), status=Comparison.Status.PUBLISHED)
    return came_back, made.update(status=Comparison.Status.ARCHIVED, updated_at=now)


def take_answers(merge: ToolMerge) -> int:
    """Live answers to pairs of the merged tool are given to the kept tool's pairs too, where the reviewer gave none.

    Where the other tool was merged before, they were given to the pair with what that one was merged into.
    """
    kept, merged = merge.kept_tool, merge.merged_tool
    earlier = ToolMerge.objects.standing().exclude(pk=merge.pk).values("merged_tool")
    live = HeadToHead.objects.filter(status=HeadToHead.Status.PUBLISHED)
    own = {answer.subject for answer in live.filter(of_tool(kept))}
    made = []
    answers = live.filter(of_tool(merged), reviewer__is_active=True)
    for answer in answers.exclude(Q(first_tool__in=earlier) | Q(second_tool__in=earlier)).order_by("pk"):
        other_id = _other(answer, merged)
        subject = frozenset((kept.pk, other_id)), answer.reviewer_id
        if other_id == kept.pk or subject in own:
            continue
        first_id, second_id = in_order((kept.pk, other_id))
        choice_id = kept.pk if answer.choice_id == merged.pk else answer.choice_id
        copied = {name: getattr(answer, name) for name in COPIED_OF_ANSWERS}
        made.append(
            HeadToHead.objects.create(
                first_tool_id=first_id, second_tool_id=second_id, choice_id=choice_id, **copied
            ).pk
        )
    merge.note(Kind.MADE_ANSWER, made)
    return len(made)
