"""Quarantine and release of the votes or picks of a selection; actions.py does the same to a span of time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, Func, OuterRef, Q, Subquery, TextField, Value
from django.db.models.expressions import Combinable

from backend.admin.bulk import Condition, Rows, Step
from backend.admin.models import BulkRow
from votes.models import CountStatus, ModerationAction, Pick, PickTally, Tally, Vote
from votes.moderation import actions
from votes.rules import RULESET

QUARANTINE, RELEASE = (actions.STEPS[name][0] for name in ("quarantine", "release"))


class ModerateInBulk(Step):
    """Of what is set aside the reasons say what it was before, so each of both takes the other back (decision 7)."""

    model: type[Vote] | type[Pick]

    def __init__(self, model: type[Vote] | type[Pick]) -> None:
        self.model, self.permission = model, f"votes.moderate_{model._meta.model_name}"
        self.about = ("tool",) if model is Vote else ("first_tool", "second_tool")
        self.named_with = (*self.about, *(() if model is Vote else ("chosen_tool",)))

    def hold(self, ids: Sequence[UUID]) -> None:
        """The tallies that will move, before the votes, as every change of votes does."""
        same = {name: OuterRef(name) for name in self.about}
        tallies = Tally.objects if self.model is Vote else PickTally.objects
        moved = tallies.filter(Exists(self.model._base_manager.filter(pk__in=ids, **same)))
        list(moved.order_by(*self.about).select_for_update(no_key=True).values_list("pk"))

    def mark(self) -> Combinable:
        """They have no history: the latest of both kinds of moderation that moved a row, and what it is."""
        in_bulk = BulkRow.objects.filter(row_id=OuterRef("pk"), outcome=BulkRow.Outcome.DONE).order_by("-id")
        target = dict(zip(("tool", "other_tool"), map(OuterRef, self.about), strict=False))
        spans = ModerationAction.objects.filter(
            **({"other_tool": None} | target),
            begins_at__lte=OuterRef("created_at"), ends_at__gt=OuterRef("created_at"),
        ).order_by("-created_at")  # fmt: skip
        latest = [Subquery(found.values("id")[:1]) for found in (in_bulk, spans)]
        return Func(Value(" "), "status", *latest, function="concat_ws", output_field=TextField())

    def tell(self, rows: Rows) -> list[str]:
        """What they say, so that nobody sets aside one opinion without seeing it."""
        answer = self.model.ANSWER if self.model is Vote else f"{self.model.ANSWER}__name"
        found = rows.order_by().values_list(answer).annotate(count=Count("pk")).order_by("-count", answer)
        said = [f"{count:,} {name or 'withdrawn'}" for name, count in found[:10]]
        number = rows.order_by().values(*self.about).distinct().count()
        kind = "tool" if self.model is Vote else "pair"
        return [f"The votes say: {', '.join(said)}.", f"Of {number:,} {kind}{'' if number == 1 else 's'}."]


class Quarantine(ModerateInBulk):
    name, label, done, undone = "quarantine", "Quarantine", "quarantined", "released"
    consequence = "Votes in quarantine no longer count. They are kept, and their voters are told nothing."
    undo_consequence = "Votes that counted count again, and votes that waited wait again."

    def refusals(self) -> list[tuple[Condition, str]]:
        return [
            (Q(status=CountStatus.QUARANTINED), "in quarantine already"),
            (Q(status=CountStatus.REJECTED), "rejected for good"),
        ]

    def do(self, rows: Rows, *, now: datetime) -> None:
        _move(rows, QUARANTINE)

    def undo(self, rows: Rows, *, now: datetime) -> None:
        _move(rows, RELEASE)


class Release(ModerateInBulk):
    name, label, done, undone = "release", "Release", "released", "quarantined again"
    consequence = "Votes that counted before count again, and votes that waited wait again."
    undo_consequence = "Votes in quarantine do not count."

    def refusals(self) -> list[tuple[Condition, str]]:
        return [(~Q(status=CountStatus.QUARANTINED), "not in quarantine")]

    def do(self, rows: Rows, *, now: datetime) -> None:
        _move(rows, RELEASE)

    def undo(self, rows: Rows, *, now: datetime) -> None:
        _move(rows, QUARANTINE)


def _move(rows: Rows, step: actions.Step) -> None:
    rows.update(status=step.becomes, reasons=step.reasons, ruleset=RULESET)
