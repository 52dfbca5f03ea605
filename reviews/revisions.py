"""What a review or a head-to-head said in public: the present text, the former ones, and the way back to one."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from backend.admin.errors import CurationError
from backend.admin.refusals import sentence_of
from catalog.workflow import UNPUBLISHED
from reviews.models import HeadToHead, HeadToHeadRevision, Review, ReviewRevision

# What is said, in the order in which people read it. The first two ask for a note where they are corrected.
OPINION_FIELDS = {
    Review: ("verdict", "quote", "basis", "disclosure", "evidence", "reviewed_on"),
    HeadToHead: ("choice", "quote", "basis", "disclosure", "evidence", "compared_on"),
}
NEEDS_NOTE = 2

Revision = ReviewRevision | HeadToHeadRevision


def present(opinion: Review | HeadToHead) -> Revision:
    """What readers see now, as the database will keep it once it is corrected: not stored, and without an end."""
    # Any: of a text that is not stored the end may be missing.
    model: Any = ReviewRevision if isinstance(opinion, Review) else HeadToHeadRevision
    said = {name: getattr(opinion, name) for name in OPINION_FIELDS[type(opinion)]}
    text: Revision = model(
        number=opinion.revision,
        note=opinion.correction_note,
        began_at=opinion.corrected_at or opinion.published_at,
        ended_at=None,
        **said,
    )
    return text


def former(opinion: Review | HeadToHead) -> QuerySet[Revision]:
    """What it said before. A text that came back after a retraction is the present one, though it was kept."""
    kept: QuerySet[Revision] = opinion.revisions.all()
    return kept.filter(number__lt=opinion.revision) if opinion.status == opinion.Status.PUBLISHED else kept


def last_seen(opinion: Review | HeadToHead) -> Review | HeadToHead | Revision | None:
    """What readers saw last; None of what was never public."""
    if not opinion.was_public:
        return None
    if opinion.status == opinion.Status.PUBLISHED:
        return opinion
    latest: Revision | None = opinion.revisions.order_by("-number").first()
    return latest


def other_drafts(opinion: Review | HeadToHead) -> QuerySet[Review | HeadToHead]:
    """What the same reviewer has unpublished on the same tool or pair beside this, unpublished too; the oldest first."""
    rows: QuerySet[Review | HeadToHead] = type(opinion)._default_manager.filter(
        reviewer=opinion.reviewer_id, status__in=UNPUBLISHED
    )
    if opinion.status not in UNPUBLISHED:
        return rows.none()
    if isinstance(opinion, Review):
        rows = rows.filter(tool=opinion.tool_id)
    else:
        rows = rows.filter(first_tool=opinion.first_tool_id, second_tool=opinion.second_tool_id)
    return rows.exclude(pk=opinion.pk).order_by("created_at", "id")


def restore(opinion: Review | HeadToHead, *, number: int, seen: int) -> None:
    """Correct what is published to what its revision `number` said; `seen` is the revision that the editor looked at.

    Raises CurationError where it isn't published, was corrected meanwhile, or says just that.
    """
    names = OPINION_FIELDS[type(opinion)]
    with transaction.atomic():
        rows = type(opinion)._default_manager.select_for_update(no_key=True, of=("self",))
        row = rows.get(pk=opinion.pk)
        if row.status != row.Status.PUBLISHED:
            raise CurationError("it is not published")
        if row.revision != seen:
            raise CurationError("somebody has corrected it since: compare again")
        kept = former(row).filter(number=number).first()
        if kept is None:
            raise CurationError("it has no such revision")
        if all(getattr(row, name) == getattr(kept, name) for name in names):
            raise CurationError("it says that already")
        for name in names:
            setattr(row, name, getattr(kept, name))
        try:
            with transaction.atomic():
                row.save(update_fields=[*names, "updated_at"])
        except IntegrityError as error:
            raise CurationError(sentence_of(error) or "the database refuses it") from error
