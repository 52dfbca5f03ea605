"""Drafts that are published for as long as an answer is made, in a transaction that is rolled back."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Now

from backend.admin.refusals import sentence_of
from catalog.models import Publishable, Tool
from comparisons.models import Comparison
from reviews.models import HeadToHead, Opinion, Review

# Milliseconds to wait for a row that somebody else is saving: a preview never stands in a queue.
LOCK_TIMEOUT = 300


@dataclass
class Shown:
    """What was published for the moment, and what the database would not publish as it stands, with the reason."""

    left_out: list[tuple[str, str]] = field(default_factory=list)


def drafts_of(tools: Sequence[Tool]) -> list[UUID]:
    """The ids of all that readers don't see yet of a tool, or of two tools as a pair: six queries at most."""
    ids = [tool.pk for tool in tools]
    drafts: list[UUID] = list(_unseen(Tool.objects.filter(pk__in=ids)))
    drafts += _unseen(Review.objects.filter(tool__in=ids))
    if len(ids) > 1:
        pair = Q(first_tool__in=ids, second_tool__in=ids)
        drafts += _unseen(HeadToHead.objects.filter(pair))
        drafts += _unseen(Comparison.objects.filter(pair))
    return drafts


def drafts_of_review(review: Review) -> list[UUID]:
    """The review and its tool, as far as readers don't see them yet."""
    return [
        *_unseen(Tool.objects.filter(pk=review.tool_id)),
        *_unseen(Review.objects.filter(pk=review.pk)),
    ]


@contextmanager
def shown_as_published(draft_ids: Iterable[UUID], *, now: datetime) -> Iterator[Shown]:
    """Within, every read is what it will be once these rows are published; afterwards nothing was.

    Names of rows that are no drafts by now, or were deleted, change nothing. What waits for one of these tools and isn't
    named stays unseen. Of two that exclude each other, the newer one is shown. Raises OperationalError where somebody else
    holds one of the rows for longer than LOCK_TIMEOUT.
    """
    ids = list(draft_ids)
    shown = Shown()
    with transaction.atomic():
        if ids:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('lock_timeout', %s, true), set_config('catalog.is_preview', 'true', true)",
                    [str(LOCK_TIMEOUT)],
                )
            _publish(ids, shown, now=now)
        yield shown
        transaction.set_rollback(True)


def _publish(ids: list[UUID], shown: Shown, *, now: datetime) -> None:
    _hold_back(ids)
    for model in (Tool, Comparison):
        for row in _named(model, ids).order_by("pk"):
            _try(row, shown, status="published", published_at=Coalesce("published_at", now), updated_at=now)
        # What is scheduled is seen already, with its own date: catalog/sql/moment.sql takes that of previews alone. The
        # clock is the database's, as in every read.
        model._default_manager.filter(pk__in=ids, status="published", public_at__gt=Now()).update(
            public_at=Now()
        )
    for opinions in (Review, HeadToHead):
        for row in _named(opinions, ids).order_by("-created_at", "-pk"):
            _try(row, shown, status="published", updated_at=now)
        scheduled = opinions._default_manager.filter(pk__in=ids, status="published", published_at__gt=Now())
        scheduled.update(published_at=Now())


def _hold_back(ids: list[UUID]) -> None:
    """What is published and waits for these tools becomes public, and is counted, with them: here only what is named."""
    tools = list(_unseen(Tool.objects.filter(pk__in=ids)))
    if not tools:
        return
    of_pair = Q(first_tool__in=tools) | Q(second_tool__in=tools)
    for model, of_tools in ((Review, Q(tool__in=tools)), (HeadToHead, of_pair), (Comparison, of_pair)):
        waiting = model._default_manager.filter(of_tools, _ahead(model)).exclude(pk__in=ids)
        waiting.update(status="draft")


def _try(row: models.Model, shown: Shown, **values: object) -> None:
    try:
        with transaction.atomic():
            type(row)._default_manager.filter(pk=row.pk).update(**values)
    except IntegrityError as error:
        refusal = sentence_of(error)
        if refusal is None:
            raise
        shown.left_out.append((str(row), refusal))


def _named(model: type[Publishable] | type[Opinion], ids: list[UUID]) -> models.QuerySet[models.Model]:
    return model._default_manager.filter(pk__in=ids).exclude(status__in=SETTLED)


# What was decided of these is no draft any more.
SETTLED = ("published", "archived", "retracted")


def _unseen(rows: models.QuerySet[models.Model]) -> Iterator[UUID]:
    """Ids of drafts and of what is scheduled."""
    unseen = rows.filter(~Q(status__in=SETTLED) | _ahead(rows.model))
    yield from unseen.order_by("pk").values_list("pk", flat=True)


def _ahead(model: type[models.Model]) -> Q:
    """What is published with a date ahead, or waits for a tool."""
    moment = "public_at" if issubclass(model, Publishable) else "published_at"
    return Q(status="published") & (Q(**{f"{moment}__gt": Now()}) | Q(**{moment: None}))
