"""Does one thing to many rows at once, in batches that may stop anywhere, and takes it back whole.

An action is written down with its rows before anything is done. Each batch is one transaction with as many statements as
any other, and says what became of its rows: so what is tried again, by whichever worker, is done once.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import model_ngettext
from django.contrib.auth.models import AbstractUser, AnonymousUser, User
from django.contrib.postgres.aggregates import StringAgg
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import MD5, Cast, Coalesce

from backend.admin.errors import CurationError
from backend.admin.models import BulkAction, BulkRow
from backend.admin.refusals import sentence_of
from backend.api.attribution import attributed
from backend.api.models import Change
from backend.api.transactions import retry_after_deadlock

# So many rows are done in the request that asks for it, and more by a worker, so many at a time.
BATCH = 500
# More than that is not written down within a request.
MOST = 100_000
# What has had no batch for so long has lost its worker.
LOST_AFTER = timedelta(minutes=1)

CHANGED = "changed since"
GONE = "deleted since"
STOPPED = "it was stopped before"
NOT_ALLOWED = "the person who began it was no longer allowed to do it"

# Who waits for the first keeps out the second, so that the next batch does not come before the end.
STOP = "SELECT pg_advisory_xact_lock(hashtextextended('bulk ' || %s, 0))"
GO_ON = "SELECT pg_try_advisory_xact_lock_shared(hashtextextended('bulk ' || %s, 0))"

Rows = QuerySet[models.Model]
Condition = Q | Combinable
Outcome = BulkRow.Outcome


class Step:
    """What is done to many rows of a model, and how it is taken back. Apps declare theirs."""

    # In the database, and in the list of actions.
    name: str
    model: type[models.Model]
    # "Archive", "archived", and of an undo "published again".
    label: str
    done: str
    undone: str
    # What follows of both, in sentences.
    consequence: str
    undo_consequence: str
    # By its full name.
    permission: str
    # The relations that the name of a row reads.
    named_with: Sequence[str] = ()

    def refusals(self) -> list[tuple[Condition, str]]:
        """Which rows are left as they are, and why; the first condition that holds says it."""
        raise NotImplementedError

    def undo_refusals(self) -> list[tuple[Condition, str]]:
        """The same of an undo, besides rows that were changed since."""
        return []

    def do(self, rows: Rows, *, now: datetime) -> None:
        """Changes rows that are locked and not refused; what it raises leaves the whole batch undone."""
        raise NotImplementedError

    def undo(self, rows: Rows, *, now: datetime) -> None:
        """Likewise puts back what `do` has changed."""
        raise NotImplementedError

    def hold(self, ids: Sequence[UUID]) -> None:
        """Takes what has to be locked before the rows."""

    def tell(self, rows: Rows) -> list[str]:
        """What else is to be known of the rows before it is done, in sentences: as many queries for any number."""
        return []

    def mark(self) -> Combinable:
        """An expression of a row that is another once somebody has changed the row: the last entry of its history."""
        latest = Change.objects.filter(row_id=OuterRef("pk")).order_by("-id")
        return Subquery(latest.annotate(text=Cast("id", TextField())).values("text")[:1])

    def may(self, user: AbstractUser | AnonymousUser) -> bool:
        return user.has_perm(self.permission)

    def in_words(self, count: int, *, is_undo: bool) -> str:
        """`3 tools archived`."""
        return f"{count:,} {model_ngettext(self.model._meta, count)} {self.undone if is_undo else self.done}"


_STEPS: dict[str, Step] = {}


def declare(step: Step) -> Step:
    _STEPS[f"{step.model._meta.label_lower}.{step.name}"] = step
    return step


def name_of(step: Step) -> str:
    return f"{step.model._meta.label_lower}.{step.name}"


def step_of(action: BulkAction) -> Step:
    return _STEPS[action.step]


def steps_for(user: AbstractUser | AnonymousUser) -> list[str]:
    """The names of those that the user may take."""
    return [name for name, step in _STEPS.items() if step.may(user)]


class Selection:
    """Rows that were chosen for a step, or for what undoes an action: how many it will be done to, which are left and why.

    One query, whatever their number.
    """

    def __init__(self, step: Step, rows: Rows, *, undoes: BulkAction | None = None) -> None:
        self.step, self.undoes = step, undoes
        self.is_undo = undoes is not None and not undoes.is_undo
        # Without what a list joins and counts, and each once.
        self.rows = step.model._base_manager.filter(pk__in=rows.order_by().values("pk"))
        if undoes is None:
            self.decided, self.key = _decided(step, self.rows), "pk"
        else:
            # Those that are gone too.
            own = _decided(step, step.model._base_manager.filter(pk=OuterRef("row_id")), undoes=undoes)
            reason = Case(
                When(~Exists(own), then=Value(GONE, output_field=TextField())),
                default=Subquery(own.values("bulk_reason")[:1]),
            )
            self.decided, self.key = _done(undoes).annotate(bulk_reason=reason), "row_id"
        groups = _grouped(self.decided, self.key, "bulk_reason")
        self.count = groups.get("", (0, ""))[0]
        self.left = sorted((count, reason) for reason, (count, _) in groups.items() if reason)[::-1]
        self.digest = _digest(groups)

    @property
    def total(self) -> int:
        return self.count + sum(count for count, _ in self.left)


def undo_of(action: BulkAction) -> Selection:
    step = step_of(action)
    rows = step.model._base_manager.filter(pk__in=_done(action).values("row_id"))
    return Selection(step, rows, undoes=action)


def begin(selection: Selection, *, shown: str, why: str, user: User, now: datetime) -> BulkAction:
    """Writes down what is to be done; up to BATCH rows are done at once. `shown` is the digest of what its sender saw.

    Raises CurationError where the rows are others by now, and then nothing is done.
    """
    step, undoes = selection.step, selection.undoes
    if not selection.count:
        raise CurationError("there is nothing to do")
    if undoes is not None and undoes.done_at is None:
        raise CurationError("it still goes on")

    def run() -> BulkAction:
        with transaction.atomic():
            action = BulkAction.objects.create(
                step=name_of(step), is_undo=selection.is_undo, undoes=undoes, count=selection.count, why=why,
                begun_by=user, begun_at=now, moved_at=now,
            )  # fmt: skip
            _write_down(action, selection)
            if _digest(_grouped(action.rows.all(), "row_id", "reason")) != shown:
                raise CurationError("the rows have changed since this page was shown")
            if action.count <= BATCH:
                _do_batch(action.pk, now=now)
                action.refresh_from_db(fields=["done_at"])
        return action

    try:
        return retry_after_deadlock(run)
    except IntegrityError as error:
        # Another was quicker.
        raise CurationError("another change came first: look again") from error


def do_batch(*, action_id: UUID, now: datetime) -> bool:
    """Does the next rows, up to BATCH, in one transaction; whether more may wait. Nothing where another worker is at it."""
    return retry_after_deadlock(lambda: _do_batch(action_id, now=now))


def stop(*, action_id: UUID, user: User, now: datetime) -> bool:
    """Leaves what is not done once the batch that is under way has ended; whether there was anything to stop."""
    open_actions = BulkAction.objects.filter(pk=action_id, done_at=None)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(STOP, [str(action_id)])
        action = open_actions.select_for_update().first()
        if action is None:
            return False
        action.rows.filter(outcome=Outcome.WAITING).update(outcome=Outcome.LEFT, reason=STOPPED)
        open_actions.update(moved_at=now, done_at=now, stopped_by=user)
    return True


def purge_expired_rows(*, now: datetime) -> None:
    """Which rows an action was of, once that is too long ago to be undone, and no undo is under way."""
    done_before = now - timedelta(days=settings.BULK_UNDO_DAYS)
    undos = BulkAction.objects.filter(undoes=OuterRef("action"), done_at=None)
    BulkRow.objects.filter(~Exists(undos), action__done_at__lte=done_before).delete()


def lost_actions(*, now: datetime) -> list[UUID]:
    """Those that go on and of which nothing was done for a while."""
    lost = BulkAction.objects.filter(done_at=None, moved_at__lt=now - LOST_AFTER)
    return list(lost.order_by("moved_at", "id").values_list("pk", flat=True))


def _do_batch(action_id: UUID, *, now: datetime) -> bool:
    open_actions = BulkAction.objects.filter(pk=action_id, done_at=None)
    action = open_actions.select_related("begun_by", "undoes").first()
    if action is None:
        return False
    with attributed(source="admin", actor=action.begun_by.get_username(), why=action.why):
        if _is_being_stopped(action_id):
            return False
        # The process that holds it goes on by itself.
        if not open_actions.select_for_update(skip_locked=True).values_list("pk"):
            return False
        waiting = action.rows.filter(outcome=Outcome.WAITING).order_by("row_id")
        ids = list(waiting.values_list("row_id", flat=True)[:BATCH])
        if not (action.begun_by.is_active and step_of(action).may(action.begun_by)):
            waiting.update(outcome=Outcome.LEFT, reason=NOT_ALLOWED)
        elif ids:
            _do_or_leave(action, ids, now=now)
        is_over = len(ids) < BATCH or not waiting.exists()
        open_actions.update(moved_at=now, done_at=now if is_over else None)
    return not is_over


def _is_being_stopped(action_id: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(GO_ON, [str(action_id)])
        return bool(cursor.fetchone() == (False,))


def _do_or_leave(action: BulkAction, ids: list[UUID], *, now: datetime) -> None:
    """Does the rows, but for those that the database refuses, which are looked for by halves."""
    try:
        with transaction.atomic():
            _do_rows(action, ids, now=now)
    except IntegrityError as error:
        refusal = sentence_of(error)
        if refusal is None:
            raise
        if len(ids) == 1:
            action.rows.filter(row_id__in=ids).update(outcome=Outcome.LEFT, reason=refusal)
            return
        middle = len(ids) // 2
        for part in (ids[:middle], ids[middle:]):
            _do_or_leave(action, part, now=now)


def _do_rows(action: BulkAction, ids: list[UUID], *, now: datetime) -> None:
    step = step_of(action)
    step.hold(ids)
    rows = step.model._base_manager.filter(pk__in=ids).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))
    reasons = dict(_decided(step, rows, undoes=action.undoes).values_list("pk", "bulk_reason"))
    left = defaultdict[str, list[UUID]](list)
    for pk in ids:
        left[reasons.get(pk, GONE) or ""].append(pk)
    done = left.pop("", [])
    rows = step.model._base_manager.filter(pk__in=done)
    (step.undo if action.is_undo else step.do)(rows, now=now)
    LogEntry.objects.log_actions(
        user_id=action.begun_by_id,
        queryset=rows.select_related(*step.named_with),
        action_flag=CHANGE,
        change_message=f"{(step.undone if action.is_undo else step.done).capitalize()}. {action.why}",
    )
    action.rows.filter(row_id__in=done).update(outcome=Outcome.DONE)
    its = step.model._base_manager.filter(pk=OuterRef("row_id")).annotate(bulk_mark=step.mark())
    mark = Coalesce(Subquery(its.values("bulk_mark")[:1]), Value(""), output_field=TextField())
    action.rows.filter(row_id__in=done).update(mark=mark)
    # There are few reasons, whatever the number of rows.
    for reason, those in left.items():
        action.rows.filter(row_id__in=those).update(outcome=Outcome.LEFT, reason=reason)


def _decided(step: Step, rows: Rows, *, undoes: BulkAction | None = None) -> Rows:
    """Adds `bulk_reason`: why a row is left as it is, and None of those that the step is for."""
    is_undo = undoes is not None and not undoes.is_undo
    refusals = step.undo_refusals() if is_undo else step.refusals()
    if undoes is not None:
        its = BulkRow.objects.filter(action=undoes, row_id=OuterRef("pk")).values("mark")[:1]
        rows = rows.annotate(
            bulk_mark=Coalesce(step.mark(), Value(""), output_field=TextField()), bulk_marked=Subquery(its)
        )
        refusals = [(Q(bulk_marked=None) | ~Q(bulk_mark=F("bulk_marked")), CHANGED), *refusals]
    whens = [When(condition, then=Value(reason, output_field=TextField())) for condition, reason in refusals]
    reason = Case(*whens, default=Value(None), output_field=TextField())
    decided: Rows = rows.annotate(bulk_reason=reason)
    return decided


def _done(action: BulkAction) -> "QuerySet[BulkRow]":
    return BulkRow.objects.filter(action=action, outcome=Outcome.DONE)


def _write_down(action: BulkAction, selection: Selection) -> None:
    """One statement, however many rows these are."""
    chosen, params = (
        selection.decided.order_by().values_list(selection.key, "bulk_reason").query.sql_with_params()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO backend_admin_bulkrow (action_id, row_id, outcome, reason)"  # noqa: S608 - Django wrote it.
            " SELECT %s, row_id, CASE WHEN reason IS NULL THEN 'waiting' ELSE 'left' END, coalesce(reason, '')"
            f" FROM ({chosen}) AS chosen (row_id, reason)",
            [action.pk, *params],
        )


# How many rows have a reason to be left, or "" for none, and what stands for their ids.
Groups = dict[str, tuple[int, str]]


def _grouped(rows: Rows, pk: str, reason: str) -> Groups:
    ids = StringAgg(Cast(pk, TextField()), delimiter=",", order_by=pk)
    found = rows.order_by().values(group=F(reason)).annotate(number=Count(pk), ids=MD5(ids))
    return {each["group"] or "": (each["number"], each["ids"]) for each in found}


def _digest(groups: Groups) -> str:
    return hashlib.sha256(json.dumps(groups, sort_keys=True).encode()).hexdigest()
