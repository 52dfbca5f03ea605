"""The steps between states: the same in Python and in the database, whichever way they are tried."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from backend.admin.workflow import Move, steps_of
from catalog.workflow import ITEM_MOVES, OPINION_MOVES
from tests.database import broken_constraint, constraint_in, execute, move_moment
from tests.factories import ComparisonFactory, HeadToHeadFactory, ReviewFactory, ToolFactory

pytestmark = pytest.mark.django_db

KINDS: dict[str, tuple[Any, tuple[Move, ...]]] = {
    "tool": (ToolFactory, ITEM_MOVES),
    "pair": (ComparisonFactory, ITEM_MOVES),
    "review": (ReviewFactory, OPINION_MOVES),
    "head-to-head": (HeadToHeadFactory, OPINION_MOVES),
}
# What was public goes back to no draft, which says so in words of its own.
ANOTHER_WAY = {"what_was_public_is_no_draft_again"}


def by_save(row: Any, status: str) -> None:
    row.status = status
    row.save()


def by_update(row: Any, status: str) -> None:
    type(row).objects.filter(pk=row.pk).update(status=status)


def by_bulk_update(row: Any, status: str) -> None:
    row.status = status
    type(row).objects.bulk_update([row], ["status"])


def by_upsert(row: Any, status: str) -> None:
    """As an import writes."""
    row.status = status
    type(row).objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["id"], update_fields=["status"]
    )


def by_sql(row: Any, status: str) -> None:
    execute(f"UPDATE {row._meta.db_table} SET status = %s WHERE id = %s", status, row.pk)


WAYS: list[Callable[[Any, str], None]] = [by_save, by_update, by_bulk_update, by_upsert, by_sql]


def public(row: Any) -> bool:
    row.refresh_from_db()
    return bool(row.was_public)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_every_step_of_the_table_is_taken_and_every_other_is_refused(
    kind: str, way: Callable[[Any, str], None]
) -> None:
    factory, moves = KINDS[kind]
    states = {state for step in steps_of(moves) for state in step}
    taken = set()
    for before, after in permutations(sorted(states), 2):
        row = factory(status=before)
        # What is moved back was never public.
        if (before, after) == ("published", "draft"):
            row = unread(factory)
        refusal = refusal_of(way, row, after)
        stored = type(row).objects.values_list("status", flat=True).get(pk=row.pk)
        assert stored == (before if refusal else after)
        assert refusal in {None, "a_state_follows_the_workflow", *ANOTHER_WAY}
        if refusal is None:
            taken.add((before, after))

    assert taken == steps_of(moves)


def refusal_of(way: Callable[[Any, str], None], row: Any, status: str) -> str | None:
    """The name of the constraint that refuses the step, of which nothing remains; None where it is taken."""
    try:
        with transaction.atomic():
            way(row, status)
    except IntegrityError as error:
        return constraint_in(error)
    return None


def unread(factory: Any) -> Any:
    """A published row that waits for a tool."""
    waiting = ToolFactory(status="draft", published_at=None)
    if factory is ToolFactory:
        return ToolFactory(published_at="2999-01-01T00:00:00Z")
    return factory(**{"tool" if factory is ReviewFactory else "first_tool": waiting})


def test_a_retracted_review_is_published_again_only_by_way_of_a_review() -> None:
    row = ReviewFactory(status="published")
    by_update(row, "retracted")

    refusals = [refusal_of(way, row, "published") for way in WAYS]
    by_update(row, "in_review")
    by_update(row, "published")

    assert refusals == ["a_state_follows_the_workflow"] * len(WAYS)
    row.refresh_from_db()
    assert (row.status, row.revision) == ("published", 1)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_in_review_is_read_by_nobody(kind: str) -> None:
    row = KINDS[kind][0](status="in_review")

    assert not public(row)
    assert row.readable_at is None
    assert not type(row).objects.published().exists()


def test_a_tool_that_is_read_never_goes_back_to_a_review() -> None:
    tool = ToolFactory()

    assert broken_constraint(lambda: by_sql(tool, "in_review"))
    move_moment(tool, "NULL")
    assert broken_constraint(lambda: by_sql(tool, "in_review")) == "a_state_follows_the_workflow"


def test_every_table_with_states_of_publication_has_the_trigger() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE '%_moves_by_workflow' ORDER BY 1")
        found = [name for (name,) in cursor.fetchall()]

    assert found == [f"{name}_moves_by_workflow" for name in ("comparison", "head_to_head", "review", "tool")]
