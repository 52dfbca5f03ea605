"""Bulk actions: each kind does its step to many rows and is taken back, batch by batch, whatever happens on the way."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from backend.admin import bulk
from backend.admin.bulk import Selection, begin, do_batch, lost_actions, purge_expired_rows, stop, undo_of
from backend.admin.errors import CurationError
from backend.admin.models import BulkAction, BulkRow
from backend.admin.tasks import go_on
from backend.api.models import Change
from backend.celery import app
from catalog.models import Tool
from comparisons.models import Comparison
from reviews.models import HeadToHead, Review
from tests.bulk import AFTER, KINDS, editor, finish, made, outcomes, select, start, states
from tests.database import at_once, broken_constraint, start_elsewhere
from tests.factories import AHEAD, CategoryFactory, ToolFactory, new_voters
from votes.models import Vote

NOW = timezone.now()


def many_tools(count: int, **values: Any) -> list[Tool]:
    category = CategoryFactory()
    given = {
        "status": "published",
        "published_at": NOW - timedelta(days=1),
        "pricing_entry": "free",
        **values,
    }
    return Tool.objects.bulk_create(
        Tool(slug=f"many-{n:05}", name=f"Many {n:05}", tagline="One", description="One.", category=category, **given)
        for n in range(count)
    )  # fmt: skip


@pytest.mark.django_db
def test_each_kind_that_is_declared_is_tested() -> None:
    assert set(bulk._STEPS) == set(KINDS)


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in KINDS if not name.startswith("votes.")])
def test_history_says_who_and_why_of_each_row(name: str) -> None:
    factory, fit, _ = KINDS[name]
    row = made(factory, fit[0])

    action = start(select(name, [row]), why="Out of date.")
    start(undo_of(action), why="It was not.")

    said = Change.objects.filter(row_id=row.pk, actor="curator").order_by("id")
    whys = list(dict.fromkeys(said.values_list("source", "why")))
    assert whys == [("admin", "Out of date."), ("admin", "It was not.")]


def correct(row: Any) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(
        **{_text_of(row): "Mended by somebody since, in full."}
    )


def _text_of(row: Any) -> str:
    return {Tool: "tagline", Comparison: "editor_note", Review: "quote", HeadToHead: "quote"}[type(row)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "catalog.tool.archive",
        "comparisons.comparison.archive",
        "reviews.review.retract",
        "reviews.headtohead.retract",
    ],
)
def test_an_undo_leaves_what_somebody_changed_since_and_names_it(name: str) -> None:
    factory, _, _ = KINDS[name]
    changed, other = factory(), factory()
    action = start(select(name, [changed, other]))
    correct(changed)

    undo = undo_of(action)
    assert (undo.count, undo.left) == (1, [(1, "changed since")])
    undone = start(undo)

    assert dict(undone.rows.values_list("row_id", "reason")) == {changed.pk: "changed since", other.pk: ""}
    assert states([changed, other]) == [(AFTER[name.rpartition(".")[2]],), ("published",)]


@pytest.mark.django_db
def test_an_action_is_undone_once() -> None:
    action = start(select("catalog.tool.archive", [ToolFactory()]))
    both = [undo_of(action), undo_of(action)]
    start(both[0])

    with pytest.raises(CurationError):
        start(both[1])

    assert BulkAction.objects.filter(undoes=action).count() == 1


@pytest.mark.django_db
def test_what_is_confirmed_is_what_was_shown() -> None:
    shown, other = ToolFactory.create_batch(2)
    selection = select("catalog.tool.archive", [shown])
    scheduled = ToolFactory(published_at=AHEAD)

    for others in ([other], [shown, other], [shown, scheduled]):
        with pytest.raises(CurationError, match=r"^the rows have changed since this page was shown$"):
            begin(
                select("catalog.tool.archive", others),
                shown=selection.digest,
                why="x",
                user=editor(),
                now=NOW,
            )

    assert not BulkAction.objects.exists()
    assert Tool.objects.filter(status="archived").count() == 0


@pytest.mark.django_db
def test_a_row_that_changes_between_the_answer_and_its_batch_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 1)
    first, second = ToolFactory.create_batch(2)
    action = start(select("catalog.tool.archive", [first, second]))
    assert outcomes(action) == {"waiting": 2}
    Tool.objects.filter(pk=second.pk).update(status="archived")

    finish(action)

    assert dict(action.rows.values_list("row_id", "reason")) == {first.pk: "", second.pk: "not published"}
    assert Change.objects.filter(row_id=second.pk, actor="curator").count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"is_active": False}, {"is_superuser": False}])
def test_who_may_no_more_goes_on_with_nothing(
    change: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 1)
    action = start(select("catalog.tool.archive", ToolFactory.create_batch(3)))
    do_batch(action_id=action.pk, now=NOW)
    User.objects.filter(username="curator").update(**change)

    finish(action)

    assert sorted(action.rows.values_list("outcome", "reason")) == [
        ("done", ""),
        *[("left", bulk.NOT_ALLOWED)] * 2,
    ]
    assert Tool.objects.filter(status="archived").count() == 1


@pytest.mark.django_db
def test_a_row_that_the_database_refuses_is_left_with_its_words_and_the_others_are_done() -> None:
    tools = ToolFactory.create_batch(5)
    with connection.cursor() as cursor:
        # A rule that no step foresees.
        cursor.execute(
            "CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE 'This one stays.' USING ERRCODE = 'check_violation'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER refuse BEFORE UPDATE OF status ON catalog_tool FOR EACH ROW"
            f" WHEN (OLD.slug = '{tools[3].slug}') EXECUTE FUNCTION pg_temp.refuse()"
        )

    action = start(select("catalog.tool.archive", tools))

    assert action.done_at
    assert outcomes(action) == {"done": 4, "left": 1}
    assert action.rows.get(outcome="left").reason == "This one stays."
    assert Tool.objects.get(pk=tools[3].pk).status == "published"


def statements_of(selection: Selection) -> list[int]:
    """Of writing it down, with the first batch where it is the only one; then of each batch."""
    found = []
    with CaptureQueriesContext(connection) as queries:
        action = begin(selection, shown=selection.digest, why="Old.", user=editor(), now=timezone.now())
    found.append(len(queries))
    goes_on = action.done_at is None
    while goes_on:
        with CaptureQueriesContext(connection) as queries:
            goes_on = do_batch(action_id=action.pk, now=timezone.now())
        found.append(len(queries))
    return found


def latest() -> BulkAction:
    return BulkAction.objects.order_by("begun_at", "id")[BulkAction.objects.count() - 1]


@pytest.mark.django_db
def test_three_thousand_rows_cost_the_same_statements_a_batch_there_and_back() -> None:
    tool = ToolFactory()
    # What Django asks once and then remembers.
    ContentType.objects.get_for_model(Vote)
    editor()
    votes = Vote.objects.bulk_create(
        Vote(tool=tool, voter=voter, value="ship") for voter in new_voters(3_000)
    )

    there = statements_of(select("votes.vote.quarantine", votes))
    back = statements_of(undo_of(latest()))

    # Who asks; the row of the action, those of its rows, and whether they are those that were shown, in a savepoint.
    assert (there[0], back[0]) == (6, 6)
    assert there[1:] == back[1:] == [20] * 6
    assert set(Vote.objects.values_list("status", flat=True)) == {"counted"}
    assert LogEntry.objects.count() == 6_000


@pytest.mark.django_db
@pytest.mark.parametrize("name", KINDS)
def test_a_batch_costs_the_same_however_many_rows_it_has(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    factory, fit, unfit = KINDS[name]

    def rows(count: int) -> list[Any]:
        return [made(factory, values) for values in (fit[0], unfit[0][0]) for _ in range(count)]

    # So that the log's kind of rows is known.
    statements_of(select(name, rows(1)))
    few = [statements_of(select(name, rows(2))), statements_of(undo_of(latest()))]
    many = [statements_of(select(name, rows(8))), statements_of(undo_of(latest()))]

    assert few == many


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_an_action_and_nothing_is_done_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 10)
    tools = many_tools(95)
    action = start(select("catalog.tool.archive", tools))

    def work() -> None:
        while not BulkAction.objects.filter(pk=action.pk, done_at__isnull=False).exists():
            do_batch(action_id=action.pk, now=timezone.now())

    assert at_once(work, work) == [None, None]

    action.refresh_from_db()
    assert outcomes(action) == {"done": 95}
    assert Change.objects.filter(actor="curator").count() == 95
    assert LogEntry.objects.count() == 95
    assert do_batch(action_id=action.pk, now=timezone.now()) is False
    assert LogEntry.objects.count() == 95


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_within_a_batch_leaves_whole_batches_and_another_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 10)
    tools = many_tools(30)
    action = start(select("catalog.tool.archive", tools))
    last = max(tools, key=lambda tool: tool.pk)
    with transaction.atomic():
        # Somebody edits it: the third batch waits.
        Tool.objects.select_for_update(no_key=True).get(pk=last.pk)
        dying = start_elsewhere(lambda: finish(action))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock'"
            )
        with pytest.raises(OperationalError):
            dying.result(timeout=30)

    assert outcomes(action) == {"done": 20, "waiting": 10}
    assert Tool.objects.filter(status="archived").count() == 20
    later = timezone.now() + timedelta(minutes=2)
    assert lost_actions(now=timezone.now()) == []
    assert lost_actions(now=later) == [action.pk]

    finish(action)

    assert outcomes(action) == {"done": 30}
    assert lost_actions(now=later) == []
    assert Change.objects.filter(actor="curator").count() == LogEntry.objects.count() == 30


@pytest.mark.django_db(transaction=True)
def test_while_one_worker_holds_a_batch_the_other_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 1)
    tools = many_tools(2)
    action = start(select("catalog.tool.archive", tools))

    with transaction.atomic():
        BulkAction.objects.select_for_update(no_key=True).get(pk=action.pk)
        assert at_once(lambda: _does_nothing(action)) == [None]

    assert outcomes(action) == {"waiting": 2}


@pytest.mark.django_db(transaction=True)
def test_what_is_stopped_ends_after_its_batch_and_is_undone_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 10)
    tools = sorted(many_tools(40), key=lambda tool: tool.pk)
    action, bob = start(select("catalog.tool.archive", tools)), editor("bob")
    with transaction.atomic():
        # Somebody edits it: the second batch waits.
        Tool.objects.select_for_update(no_key=True).get(pk=tools[15].pk)
        worker = start_elsewhere(lambda: app.tasks[go_on.name](str(action.pk)))
        stopping = start_elsewhere(lambda: stop(action_id=action.pk, user=bob, now=timezone.now()), waiting=2)
    for each in (worker, stopping):
        each.result(timeout=30)

    action.refresh_from_db()
    assert outcomes(action) == {"done": 20, "left": 20}
    assert set(action.rows.filter(outcome="left").values_list("reason", flat=True)) == {
        "it was stopped before"
    }
    assert (action.stopped_by, lost_actions(now=timezone.now() + timedelta(hours=1))) == (bob, [])
    assert do_batch(action_id=action.pk, now=timezone.now()) is False
    assert stop(action_id=action.pk, user=bob, now=timezone.now()) is False
    assert states(tools) == [("archived",)] * 20 + [("published",)] * 20

    finish(start(undo_of(action), why="A mistake."))

    assert states(tools) == [("published",)] * 40


@pytest.mark.django_db
def test_after_an_undo_that_was_stopped_another_takes_back_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    tools = ToolFactory.create_batch(5)
    action = start(select("catalog.tool.archive", tools))
    monkeypatch.setattr(bulk, "BATCH", 2)
    undo = start(undo_of(action))
    do_batch(action_id=undo.pk, now=timezone.now())
    with pytest.raises(CurationError, match="another change came first"):
        start(undo_of(action))
    stop(action_id=undo.pk, user=editor(), now=timezone.now())

    rest = undo_of(action)
    finish(start(rest))

    assert (rest.count, rest.left) == (3, [(2, "changed since")])
    assert states(tools) == [("published",)] * 5


@pytest.mark.django_db
def test_which_rows_it_was_of_is_forgotten_once_it_is_too_old_to_be_undone(settings: Settings) -> None:
    settings.BULK_UNDO_DAYS = 7
    action = start(select("catalog.tool.archive", [ToolFactory()]))
    other = start(select("catalog.tool.archive", [ToolFactory()]), now=timezone.now() + timedelta(seconds=1))
    assert action.done_at

    purge_expired_rows(now=action.done_at + timedelta(days=7))

    assert (outcomes(action), outcomes(other)) == ({}, {"done": 1})
    assert undo_of(action).count == 0


@pytest.mark.django_db
def test_an_undo_that_goes_on_still_leaves_what_has_changed_since(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BULK_UNDO_DAYS = 7
    tools = ToolFactory.create_batch(3)
    action = start(select("catalog.tool.archive", tools))
    monkeypatch.setattr(bulk, "BATCH", 2)
    undo = start(undo_of(action))
    assert action.done_at

    correct(tools[0])
    purge_expired_rows(now=action.done_at + timedelta(days=7))
    finish(undo)
    purge_expired_rows(now=action.done_at + timedelta(days=7))

    assert list(Tool.objects.filter(status="archived")) == [tools[0]]
    assert outcomes(action) == {}


def _does_nothing(action: BulkAction) -> None:
    assert do_batch(action_id=action.pk, now=timezone.now()) is False


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [3, 30])
def test_what_is_asked_before_costs_one_query_for_any_number(rows: int) -> None:
    tools = [ToolFactory() for _ in range(rows)]

    with CaptureQueriesContext(connection) as queries:
        selection = select("catalog.tool.archive", tools)

    assert (len(queries), selection.count, selection.total) == (1, rows, rows)


@pytest.mark.django_db
def test_a_bulk_row_has_a_known_outcome_and_an_action_names_a_row_once() -> None:
    tool = ToolFactory()
    action = start(select("catalog.tool.archive", [tool]))
    row = {"action": action, "row_id": tool.pk}

    broken = {
        broken_constraint(lambda: BulkRow.objects.create(**row, outcome="done")),
        broken_constraint(lambda: action.rows.update(outcome="lost")),
    }

    assert broken == {"a_bulk_action_names_a_row_once", "bulk_row_outcome_is_known"}


@pytest.mark.django_db
def test_what_was_stopped_is_done_and_what_was_not_is_undone_once() -> None:
    action = start(select("catalog.tool.archive", [ToolFactory()]))
    undo = start(undo_of(action))
    values = {
        name: getattr(undo, name) for name in ("step", "undoes", "count", "begun_by", "begun_at", "moved_at")
    }

    broken = {
        broken_constraint(lambda: BulkAction.objects.create(**values)),
        broken_constraint(
            lambda: BulkAction.objects.filter(pk=action.pk).update(done_at=None, stopped_by=editor())
        ),
    }

    assert broken == {"a_bulk_action_is_undone_once", "a_stopped_bulk_action_is_done"}
