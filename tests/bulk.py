"""Bulk actions of each kind, for the tests of the apps that declare them."""

from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.utils import timezone

from backend.admin import bulk
from backend.admin.bulk import Selection, begin, do_batch, step_of, undo_of
from backend.admin.models import BulkAction
from tests.factories import (
    AHEAD,
    ComparisonFactory,
    HeadToHeadFactory,
    PickFactory,
    ReviewFactory,
    ToolFactory,
    VoteFactory,
)
from votes.models import Pick, Vote


def editor(name: str = "curator") -> User:
    return User.objects.get_or_create(username=name, is_staff=True, is_superuser=True)[0]


def select(name: str, rows: list[Any]) -> Selection:
    step = bulk._STEPS[name]
    return Selection(step, step.model._base_manager.filter(pk__in=[row.pk for row in rows]))


def start(selection: Selection, *, why: str = "A reason.", now: datetime | None = None) -> BulkAction:
    """Confirms what was shown; up to BATCH rows are done."""
    action = begin(selection, shown=selection.digest, why=why, user=editor(), now=now or timezone.now())
    action.refresh_from_db()
    return action


def finish(action: BulkAction) -> None:
    while do_batch(action_id=action.pk, now=timezone.now()):
        pass
    action.refresh_from_db()


def states(rows: list[Any]) -> list[Any]:
    names = ("status", "reasons") if isinstance(rows[0], Vote | Pick) else ("status",)
    kept = dict.fromkeys(row.pk for row in rows)
    found = type(rows[0])._default_manager.filter(pk__in=kept)
    by_id = {row.pk: tuple(getattr(row, name) for name in names) for row in found}
    return [by_id[pk] for pk in kept]


def outcomes(action: BulkAction) -> dict[str, int]:
    counts: dict[str, int] = {}
    for outcome in action.rows.values_list("outcome", flat=True):
        counts[outcome] = counts.get(outcome, 0) + 1
    return counts


QUARANTINED = {"status": "quarantined", "reasons": ["staff_quarantine"]}
WAITED = {"status": "quarantined", "reasons": ["burst", "staff_quarantine"]}
# By the step: rows that it is for, and rows that are left with the reasons.
KINDS: dict[str, tuple[Any, list[dict[str, Any]], list[tuple[dict[str, Any], str]]]] = {
    "catalog.tool.archive": (
        ToolFactory,
        [{}],
        [
            ({"status": "draft"}, "not published"),
            ({"status": "archived"}, "not published"),
            ({"published_at": AHEAD}, "not public yet: unschedule"),
        ],
    ),
    "catalog.tool.unschedule": (
        ToolFactory,
        [{"published_at": AHEAD}],
        [({}, "public already: archive"), ({"status": "in_review"}, "not published")],
    ),
    "comparisons.comparison.archive": (
        ComparisonFactory,
        [{}],
        [({"status": "draft"}, "not published"), ({"published_at": AHEAD}, "not public yet: unschedule")],
    ),
    "comparisons.comparison.unschedule": (
        ComparisonFactory,
        [{"published_at": AHEAD}, {"first_tool__status": "draft"}],
        [({}, "public already: archive")],
    ),
    "reviews.review.retract": (
        ReviewFactory,
        [{}],
        [
            ({"status": "retracted"}, "not published"),
            ({"tool__status": "draft"}, "nobody could read it yet: take it back to draft"),
        ],
    ),
    "reviews.review.unschedule": (
        ReviewFactory,
        [{"tool__status": "draft"}, {"tool__published_at": AHEAD}],
        [({}, "readers could read it: retract it")],
    ),
    "reviews.headtohead.retract": (
        HeadToHeadFactory,
        [{}],
        [
            ({"status": "draft"}, "not published"),
            ({"first_tool__status": "draft"}, "nobody could read it yet: take it back to draft"),
        ],
    ),
    "reviews.headtohead.unschedule": (
        HeadToHeadFactory,
        [{"first_tool__status": "draft"}],
        [({}, "readers could read it: retract it")],
    ),
    "votes.vote.quarantine": (
        VoteFactory,
        [{}, {"status": "pending", "reasons": ["burst"]}, {"value": None}],
        [
            (QUARANTINED, "in quarantine already"),
            ({"status": "rejected", "reasons": ["staff_reject"]}, "rejected for good"),
        ],
    ),
    "votes.vote.release": (
        VoteFactory,
        [QUARANTINED, WAITED],
        [({}, "not in quarantine"), ({"status": "pending", "reasons": ["burst"]}, "not in quarantine")],
    ),
    "votes.pick.quarantine": (
        PickFactory,
        [{}],
        [(QUARANTINED, "in quarantine already")],
    ),
    "votes.pick.release": (PickFactory, [QUARANTINED, WAITED], [({}, "not in quarantine")]),
}  # fmt: skip
AFTER = {"archive": "archived", "unschedule": "draft", "retract": "retracted", "quarantine": "quarantined"}


def made(factory: Any, values: dict[str, Any]) -> Any:
    if factory is PickFactory:
        values = {"first_tool": ToolFactory(), "second_tool": ToolFactory(), **values}
    return factory(**values)


def check_there_and_back(name: str) -> None:
    """The step is done to the rows that it is for, no other changes, and it is taken back whole, and done again."""
    factory, fit, unfit = KINDS[name]
    chosen = [made(factory, values) for values in fit]
    left = [(made(factory, values), reason) for values, reason in unfit]
    before = states([*chosen, *(row for row, _ in left)])

    selection = select(name, [*chosen, *(row for row, _ in left)])
    action = start(selection)

    assert action.done_at is not None
    assert dict(action.rows.filter(outcome="left").values_list("row_id", "reason")) == {
        row.pk: reason for row, reason in left
    }
    verb = name.rpartition(".")[2]
    if verb in AFTER:
        assert {state[0] for state in states(chosen)} == {AFTER[verb]}
    else:
        assert [state[1] for state in states(chosen)] == [[], ["burst"]][: len(chosen)]
    messages = LogEntry.objects.values_list("object_id", "user__username", "change_message")
    done = f"{step_of(action).done.capitalize()}. A reason."
    assert set(messages) == {(str(row.pk), "curator", done) for row in chosen}

    undone = start(undo_of(action), why="A mistake.")

    assert outcomes(undone) == {"done": len(chosen)}
    assert states([*chosen, *(row for row, _ in left)]) == before

    again = start(undo_of(undone), why="It was none.")

    assert (again.is_undo, outcomes(again)) == (False, {"done": len(chosen)})
    assert states(chosen) != before[: len(chosen)]
