"""One tool takes over what another has, in one transaction, and gives it back in another."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from backend.admin.errors import CurationError
from backend.api.attribution import attributed
from backend.api.transactions import retry_after_deadlock
from catalog.models import Tool, ToolAlias
from catalog.workflow import UNPUBLISHED
from comparisons.merging.ballots import hold_ballots, move_ballots, name_ballots, reject_ballots
from comparisons.merging.pairs import give_pairs_back, of_tool, take_answers, take_pairs
from comparisons.models import MergedRow, ToolMerge
from reviews.models import HeadToHead, Review
from votes.models import Pick, Vote

Kind = MergedRow.Kind
# Of an advisory lock: one merge at a time, for two could share a tool.
MERGE_LOCK = 3_126_017


@dataclass(frozen=True)
class MergeReport:
    """How much went from one tool to the other, or would. What `stay` had their like on the kept tool."""

    votes: int = 0
    votes_that_stay: int = 0
    picks: int = 0
    picks_that_stay: int = 0
    reviews: int = 0
    reviews_that_stay: int = 0
    pairs: int = 0
    archived_pairs: int = 0
    answers: int = 0
    slugs: tuple[str, ...] = ()


def merge_tools(
    *, merged: Tool, kept: Tool, why: str, merged_by: str, now: datetime, is_dry_run: bool = False
) -> MergeReport:
    """`kept` takes over votes, picks, reviews, pairs, answers and slugs of `merged`; raises CurationError.

    A dry run does all of it and takes it back, so that what is shown is what would happen.
    """

    def run() -> MergeReport:
        with attributed(source="merge", actor=merged_by, why=why):
            report = _merge(merged=merged, kept=kept, why=why, merged_by=merged_by, now=now)
            if is_dry_run:
                transaction.set_rollback(True)
        return report

    # A voter who is being erased holds votes before their tallies.
    return retry_after_deadlock(run)


def undo_merge(*, merge: ToolMerge, undone_by: str, now: datetime, is_dry_run: bool = False) -> MergeReport:
    """Gives back what went along and was not changed since; votes cast since stay. Raises CurationError."""

    def run() -> MergeReport:
        with attributed(source="merge", actor=undone_by, why=f"Undone: {merge.why}"):
            report = _undo(merge.pk, undone_by=undone_by, now=now)
            if is_dry_run:
                transaction.set_rollback(True)
        return report

    return retry_after_deadlock(run)


def _merge(*, merged: Tool, kept: Tool, why: str, merged_by: str, now: datetime) -> MergeReport:
    _hold(merged.pk, kept.pk)
    tools = Tool.objects.in_bulk([merged.pk, kept.pk])
    merged, kept = tools[merged.pk], tools[kept.pk]
    _refuse_unfit(merged, kept)
    merge = ToolMerge(
        kept_tool=kept, merged_tool=merged, slug=merged.slug, status_before=merged.status,
        why=why, merged_by=merged_by, merged_at=now,
        aliases=list(merged.aliases.order_by("slug").values_list("slug", flat=True)),
    )  # fmt: skip
    # The merged tool gets another slug, so that its own can lead to the kept one. From then on the database keeps it so.
    Tool.objects.filter(pk=merged.pk).update(
        slug=f"{merged.slug[:230]}-merged-{merge.pk.hex[-12:]}",
        status=Tool.Status.ARCHIVED if merged.status == Tool.Status.PUBLISHED else merged.status,
        updated_at=now,
    )
    merge.save(force_insert=True)
    ToolAlias.objects.filter(tool=merged).update(tool=kept)
    name_ballots(merge=merge.pk, leaves=merged.pk, joins=kept.pk)
    reject_ballots(leaves=merged.pk, joins=kept.pk)
    votes, picks = move_ballots(merge=merge.pk, leaves=merged.pk, joins=kept.pk)
    reviews = _take_reviews(merge, now=now)
    pairs, archived_pairs = take_pairs(merge, now=now)
    answers = take_answers(merge)
    votes_that_stay, picks_that_stay = _ballots_of(merged)
    return MergeReport(
        votes=votes,
        votes_that_stay=votes_that_stay,
        picks=picks,
        picks_that_stay=picks_that_stay,
        reviews=reviews,
        reviews_that_stay=Review.objects.filter(tool=merged, status=Review.Status.PUBLISHED).count(),
        pairs=pairs,
        archived_pairs=archived_pairs,
        answers=answers,
        slugs=(merge.slug, *merge.aliases),
    )


def _undo(pk: UUID, *, undone_by: str, now: datetime) -> MergeReport:
    merge = ToolMerge.objects.select_related("kept_tool", "merged_tool").get(pk=pk)
    kept, merged = merge.kept_tool, merge.merged_tool
    _hold(kept.pk, merged.pk)
    # What it was before it was held may have changed.
    merge.refresh_from_db(fields=["undone_at"])
    if merge.undone_at is not None:
        raise CurationError("it is undone already")
    if later := ToolMerge.objects.standing().filter(merged_tool=kept).first():
        raise CurationError(f"{kept.name} was itself merged since: undo that first, {later}")
    if taken := Tool.objects.filter(slug=merge.slug).first():
        raise CurationError(f"{taken.name} is called {merge.slug} now: rename it first")
    merge.undone_by, merge.undone_at = undone_by, now
    merge.save(update_fields=["undone_by", "undone_at"])
    slugs = [merge.slug, *merge.aliases]
    given_back = ToolAlias.objects.filter(slug__in=slugs, tool=kept)
    given_back.update(tool=merged)
    made_up = Tool.objects.values_list("slug", flat=True).get(pk=merged.pk)
    Tool.objects.filter(pk=merged.pk).update(slug=merge.slug, status=merge.status_before, updated_at=now)
    ToolAlias.objects.filter(slug=made_up, tool=merged).delete()
    votes, picks = move_ballots(merge=merge.pk, leaves=kept.pk, joins=merged.pk)
    reviews = merge.noted(Kind.REVIEW)
    moved = Review.objects.filter(pk__in=reviews, tool=kept).update(tool=merged, updated_at=now)
    pairs, archived_pairs = give_pairs_back(merge, now=now)
    answers = HeadToHead.objects.filter(
        pk__in=merge.noted(Kind.MADE_ANSWER), status=HeadToHead.Status.PUBLISHED
    )
    return MergeReport(
        votes=votes, picks=picks, reviews=moved, pairs=pairs, archived_pairs=archived_pairs,
        answers=answers.update(status=HeadToHead.Status.RETRACTED, updated_at=now), slugs=tuple(slugs),
    )  # fmt: skip


def _hold(leaves: UUID, joins: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MERGE_LOCK])
    hold_ballots(leaves=leaves, joins=joins)


def _refuse_unfit(merged: Tool, kept: Tool) -> None:
    if merged.pk == kept.pk:
        raise CurationError("a tool is not merged into itself")
    standing = ToolMerge.objects.standing().filter(merged_tool__in=[merged, kept])
    if found := standing.select_related("merged_tool", "kept_tool").first():
        raise CurationError(f"{found.merged_tool.name} was merged already, {found}")
    # Of what is scheduled, readers find nothing yet.
    if merged.public_at is not None and not (kept.is_published and kept.was_public):
        raise CurationError(f"readers would be led to {kept.name}, which is not published")


def _take_reviews(merge: ToolMerge, *, now: datetime) -> int:
    """Drafts, and live ones of reviewers who have none of the kept tool. What was retracted stays."""
    reviews = Review.objects.filter(tool=merge.merged_tool)
    reviewers = Review.objects.filter(tool=merge.kept_tool, status=Review.Status.PUBLISHED).values("reviewer")
    live = reviews.filter(status=Review.Status.PUBLISHED).exclude(reviewer__in=reviewers)
    ids = list(live.union(reviews.filter(status__in=UNPUBLISHED)).values_list("pk", flat=True))
    merge.note(Kind.REVIEW, ids)
    return Review.objects.filter(pk__in=ids).update(tool=merge.kept_tool, updated_at=now)


def _ballots_of(tool: Tool) -> tuple[int, int]:
    """Standing votes and picks that a tool has."""
    picks = Pick.objects.standing().filter(of_tool(tool))
    return Vote.objects.standing().filter(tool=tool).count(), picks.count()
