"""Steps that lists do to many reviews or head-to-heads at once."""

from collections.abc import Sequence

from django.contrib.admin.utils import model_ngettext
from django.db.models import Exists, Model, OuterRef, Q

from backend.admin.bulk import Condition, Rows
from catalog.bulk import MoveInBulk, move_called
from catalog.models import Tool
from catalog.workflow import OPINION_MOVES
from reviews.models import HeadToHead, Review


class OpinionInBulk(MoveInBulk):
    moment = "published_at"

    def __init__(self, model: type[Model], *, about: Sequence[str]) -> None:
        """`about` names what it is about: a tool, or the two of a pair."""
        super().__init__(model, named_with=["reviewer", *about])
        self.about = about

    def undo_refusals(self) -> list[tuple[Condition, str]]:
        """What the database refuses to publish by an index, whose words say less."""
        same = {name: OuterRef(name) for name in ("reviewer", *self.about)}
        live = self.model._base_manager.filter(status=Review.Status.PUBLISHED, **same)
        refusals: list[tuple[Condition, str]] = [
            (Exists(live), "the reviewer has another one that is published")
        ]
        if self.model is HeadToHead:
            refusals.append((Q(reviewer__is_active=False), "the reviewer is not active"))
        return refusals

    def tell(self, rows: Rows) -> list[str]:
        said = Q()
        for name in self.about:
            said |= Q(pk__in=rows.values(name))
        tools = Tool.objects.filter(said).count()
        return [f"About {tools:,} {model_ngettext(Tool._meta, tools)}."]


class Retract(OpinionInBulk):
    move = move_called("retract", OPINION_MOVES)
    label, done, undone = "Retract", "retracted", "published again"
    unfit = "nobody could read it yet: take it back to draft"
    # What was retracted is published again by way of a review of it, also where that is of all at once.
    way_back = ("in_review", "published")
    consequence = "What you retract no longer counts, and the verdicts that used it change at once."
    undo_consequence = "What you publish again counts as before, and the verdicts change at once."


class Unpublish(OpinionInBulk):
    move = move_called("unschedule", OPINION_MOVES)
    label, done, undone = "Unpublish", "back to draft", "published again"
    unfit = "readers could read it: retract it"
    consequence = "A draft stays hidden, even when every tool in it becomes public."
    undo_consequence = "Readers see what you publish again once every tool in it is public."
