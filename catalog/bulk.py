"""Steps of the workflow that lists do to many rows at once, of tools, pairs, reviews and head-to-heads."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Model, Q
from django.db.models.functions import Now

from backend.admin.bulk import Condition, Rows, Step
from backend.admin.workflow import Move, in_words
from catalog.workflow import ITEM_MOVES


def move_called(name: str, moves: Iterable[Move]) -> Move:
    return next(move for move in moves if move.name == name)


class MoveInBulk(Step):
    """A step of the workflow away from what is published, and the steps by which it is taken back."""

    move: Move
    # The column of when readers can first read a row, and what to do with one whose moment is none for this step.
    moment = "public_at"
    unfit: str
    # The states that lead back to published.
    way_back: Sequence[str] = ("published",)

    def __init__(self, model: type[Model], *, named_with: Sequence[str] = ()) -> None:
        self.model, self.named_with, self.name = model, named_with, self.move.name
        self.permission = f"{model._meta.app_label}.publish_{model._meta.model_name}"

    def refusals(self) -> list[tuple[Condition, str]]:
        is_read = Q(**{f"{self.moment}__lte": Now(), f"{self.moment}__isnull": False})
        return [
            (~Q(status__in=self.move.sources), f"not {' or '.join(map(in_words, self.move.sources))}"),
            (~is_read if self.move.was_public else is_read, self.unfit),
        ]

    def do(self, rows: Rows, *, now: datetime) -> None:
        rows.update(status=self.move.target, updated_at=now)

    def undo(self, rows: Rows, *, now: datetime) -> None:
        for status in self.way_back:
            rows.update(status=status, updated_at=now)


class Archive(MoveInBulk):
    move = move_called("archive", ITEM_MOVES)
    label, done, undone = "Archive", "archived", "published again"
    unfit = "not public yet: unschedule"
    undo_consequence = "What is published again is back in lists and rankings, with its first date."


class Unschedule(MoveInBulk):
    move = move_called("unschedule", ITEM_MOVES)
    label, done, undone = "Unschedule", "back to draft", "scheduled again"
    unfit = "public already: archive"
    consequence = "A draft becomes public on no date, and what waits for it goes on waiting."
    undo_consequence = (
        "What is scheduled again becomes public on its date, and at once where that has passed meanwhile."
    )
