"""Migrations: complete, well named, reversible, safe to deploy, and true to rows that were there before them."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.db.migrations import AlterField, Migration, RunPython, RunSQL
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django_migration_linter import MigrationLinter
from psycopg import sql

from backend.api.migration_states import few_models_rendered
from comparisons.models import Comparison
from reviews.models import Panel
from tests.database import execute
from votes.models import PickTally, Tally

APPS = ["api", "backend_admin", "catalog", "reviews", "votes", "comparisons", "newsletter"]
NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)

Target = tuple[str, str | None]

SCHEMA = """
SELECT 'column', format('%s.%s %s %s', table_name, column_name, data_type, is_nullable)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'constraint', format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger', pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


def schema() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)
        return set(cursor.fetchall())


def migrate(
    *targets: Target, after_each: Callable[[str, Migration], None] | None = None, rendering_all: bool = False
) -> None:
    """Goes to the targets, forwards or back, as our `migrate` does or, `rendering_all`, as Django's.

    `after_each` is called with "apply" or "unapply" and the migration of each step on the way.
    """

    def on_progress(action: str, migration: Migration | None = None, fake: bool | None = None) -> None:
        direction, _, moment = action.partition("_")
        if after_each and migration and moment == "success":
            after_each(direction, migration)

    executor = MigrationExecutor(connection, on_progress)
    with nullcontext() if rendering_all else few_models_rendered():
        executor.migrate(list(targets))


@cache
def loader() -> MigrationLoader:
    """Of the files; what is applied, it does not know."""
    return MigrationLoader(None)


@cache
def models_at(*targets: tuple[str, str]) -> Any:
    """The models as they were there; of many migrations, making them takes longer than applying one."""
    return loader().project_state(list(targets)).apps


def latest() -> list[tuple[str, str]]:
    return [target for target in loader().graph.leaf_nodes() if target[0] in APPS]


@pytest.fixture
def copied_database(transactional_db: None) -> Iterator[None]:
    """Whatever becomes of it, the next test finds today's tables, and nothing has to be migrated back."""
    with in_a_copy_of(connection.settings_dict["TEST"].get("TEMPLATE") or connection.settings_dict["NAME"]):
        yield


@contextmanager
def in_a_copy_of(template: str) -> Iterator[None]:
    own = connection.settings_dict["NAME"]
    copy = f"{own}_copy"
    leave_database()
    with connection._nodb_cursor() as cursor:
        names = sql.Identifier(copy), sql.Identifier(template)
        cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    connection.settings_dict["NAME"] = copy
    try:
        yield
    finally:
        leave_database()
        connection.settings_dict["NAME"] = own
        with connection._nodb_cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(names[0]))


def leave_database() -> None:
    """PostgreSQL neither copies nor drops one that somebody is connected to."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


@cache
def own_migrations() -> list[tuple[str, str]]:
    return sorted(key for key in loader().disk_migrations if key[0] in APPS)


@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize(("app", "name"), own_migrations())
def test_a_migration_is_named_for_what_it_does(app: str, name: str) -> None:
    assert re.fullmatch(r"\d{4}_[a-z0-9]+(_[a-z0-9]+)*", name)
    assert "auto" not in name.split("_")
    assert not name.endswith("_initial")


@pytest.mark.parametrize(("app", "name"), own_migrations())
def test_a_migration_can_be_taken_back(app: str, name: str) -> None:
    migration = loader().get_migration(app, name)

    assert [operation for operation in migration.operations if not operation.reversible] == []


# Of a migration without a transaction, whatever was done stays when it is broken off, and it is run again from its start:
# `migrate` drops its indexes first. These landed before the rule.
NOT_REPEATABLE = {
    ("newsletter", "0006_copies_stand_in_fewer_indexes"),
    ("newsletter", "0016_events_wait_for_the_clock"),
    ("votes", "0013_votes_say_from_which_networks_they_come"),
}


@pytest.mark.parametrize(("app", "name"), own_migrations())
def test_a_migration_that_is_broken_off_can_be_run_again(app: str, name: str) -> None:
    migration = loader().get_migration(app, name)
    repeatable = (AddIndexConcurrently, RemoveIndexConcurrently, AlterField, RunSQL, RunPython)
    others = [operation for operation in migration.operations if not isinstance(operation, repeatable)]

    assert migration.atomic or not others or (app, name) in NOT_REPEATABLE


# The linter renders each migration, and some are rendered outside a transaction.
@pytest.mark.django_db(transaction=True)
def test_migrations_are_safe_to_deploy() -> None:
    # It warns of an index on the table that the same migration makes, and of a unique constraint over the columns
    # that another one has held unique before; of a column that is made wider, which former code may still use; and of
    # indexes of tables with a row for each bulk action or each of the staff, which are few, so that they take milliseconds.
    # The last three say what they cost and what they do with old rows.
    known = [
        "0026_lists_have_rows_of_their_own",
        "0036_searches_have_documents",
        "0004_bulk_actions_are_stopped",
        "0010_accounts_differ_by_more_than_case",
        "0001_curated_pairs",
        "0006_copies_stand_in_fewer_indexes",
        "0020_new_comparisons_have_a_mail_of_their_day",
        "0004_two_pairs_never_share_a_slug",
        "0005_search_reads_what_people_type",
        "0009_names_sort_as_people_sort",
    ]
    linter = MigrationLinter(include_apps=APPS, ignore_name=known, no_cache=True, quiet=["ok", "ignore"])

    with few_models_rendered():
        linter.lint_all_migrations()

    assert (linter.nb_erroneous, linter.nb_warnings) == (0, 0)
    # Those of other packages are ignored, and counted in its total.
    assert linter.nb_valid + len(known) == len(own_migrations())


# One journey for all that it shows, because each way takes seconds.
@pytest.mark.django_db(transaction=True)
def test_all_the_way_back_and_forth_gives_the_same_schema_and_counts_rows_that_were_there_first() -> None:
    before = schema()
    with in_a_copy_of("template1"):
        firsts = [key for key in own_migrations() if key[1].startswith("0001")]
        migrate(*firsts)
        tools, voters = _rows_of_a_time_before_triggers(models_at(*firsts))
        migrate(*loader().graph.leaf_nodes(), rendering_all=True)

        assert schema() == before
        _assert_counted_and_in_order(tools)

        migrate(*firsts)
        with in_a_copy_of(connection.settings_dict["NAME"]):
            migrate(*((app, None) for app in APPS))
            nothing = schema()
        # Taking the triggers back and forth again keeps the rows and their counts.
        migrate(*latest())

        assert not [text for _, text in nothing if re.match(rf"({'|'.join(APPS)})_", text)]
        assert not [kind for kind, _ in nothing if kind in {"trigger", "function"}]
        assert schema() == before
        _assert_counted_and_in_order(tools)

        execute("UPDATE votes_vote SET status = 'counted', value = 'ship' WHERE status <> 'rejected'")
        execute("DELETE FROM votes_pick WHERE voter_id = %s", voters[0])
        execute("UPDATE reviews_review SET status = 'retracted' WHERE status = 'published'")

        assert _counts(Panel, "ship", "skip") == {(0, 0)}
        assert _counts(Tally, "tool", "ship") == {(tools[0], 3), (tools[1], 2), (tools[2], 0)}
        assert _counts(PickTally, "first", "second", "pending") == {(1, 1, 1), (0, 0, 0)}


def _assert_counted_and_in_order(tools: list[Any]) -> None:
    assert _counts(Panel, "tool", "ship", "skip") == {(tools[0], 2, 1), (tools[1], 0, 1), (tools[2], 0, 0)}
    assert _counts(Tally, "tool", "ship", "skip", "pending", "quarantined", "rejected") == {
        (tools[0], 2, 1, 0, 0, 0),
        (tools[1], 0, 0, 1, 1, 1),
        (tools[2], 0, 0, 0, 0, 0),
    }
    assert _counts(
        PickTally, "first_tool", "second_tool", "first", "second", "pending", "quarantined", "rejected"
    ) == {(tools[0], tools[1], 2, 1, 1, 0, 0), (tools[1], tools[2], 0, 0, 0, 1, 1)}
    assert PickTally.objects.count() == 2
    assert set(Comparison.objects.values_list("first_tool__slug", "second_tool__slug")) == {
        ("a", "b"),
        ("b", "c"),
    }


@pytest.mark.usefixtures("copied_database")
def test_at_each_step_there_and_back_a_new_tool_is_voted_on_and_counted() -> None:
    """Old migrations load today's functions, which must do with the tables of then."""
    _, *steps = [name for app, name in own_migrations() if app == "votes"]
    catalog = ("catalog", "0003_data_alone_are_restored_without_triggers")
    seen: list[str] = []

    def vote(step: str) -> None:
        old = models_at(("votes", step), catalog)
        assert _counted_votes_of_a_new_tool(old, len(seen)) == [(1, 0), (0, 1), (0, 0)], step
        seen.append(step)

    def vote_where_it_leads(direction: str, migration: Migration) -> None:
        if migration.app_label == "votes":
            vote(migration.name if direction == "apply" else steps[steps.index(migration.name) - 1])

    migrate(("votes", steps[-1]), catalog)
    vote(steps[-1])
    migrate(("votes", steps[0]), after_each=vote_where_it_leads)
    migrate(("votes", steps[-1]), catalog, after_each=vote_where_it_leads)

    assert seen == [*reversed(steps), *steps[1:]]


@pytest.mark.usefixtures("copied_database")
def test_accounts_that_differ_by_case_alone_are_named_for_people_to_rename() -> None:
    before, after = (
        ("api", "0009_used_accounts_say_what_to_do"),
        ("api", "0010_accounts_differ_by_more_than_case"),
    )
    migrate(before)
    User.objects.bulk_create(User(username=name) for name in ("anna", "Anna", "bert", "émile", "Émile"))

    with pytest.raises(
        IntegrityError, match=r"only by capital letters: [Aa]nna, [Aa]nna; [éÉ]mile, [éÉ]mile\. Rename"
    ):
        migrate(after)
    User.objects.filter(username="Anna").update(username="anna2")
    User.objects.filter(username="Émile").update(username="emile")
    migrate(after)

    with pytest.raises(IntegrityError, match="one_account_has_a_name_in_any_case"):
        User.objects.create(username="BERT")


def _counted_votes_of_a_new_tool(old: Any, number: int) -> list[tuple[int, int]]:
    """Ship and skip after a vote, after it changed, and after it was withdrawn."""
    shelf = old.get_model("catalog.Category").objects.create(slug=f"shelf-{number}", name="Shelf")
    tool = old.get_model("catalog.Tool").objects.create(
        slug=f"new-{number}", name="New", category=shelf, pricing_entry="free"
    )
    voter = old.get_model("votes.Voter").objects.create(key=bytes([number]))
    tallies = old.get_model("votes.Tally").objects.filter(tool=tool).values_list("ship", "skip")
    vote = old.get_model("votes.Vote").objects.create(voter=voter, tool=tool, value="ship", status="counted")
    cast = tallies.get()
    vote.value = "skip"
    vote.save()
    changed = tallies.get()
    vote.delete()
    return [cast, changed, tallies.get()]


def _counts(model: Any, *columns: str) -> set[tuple[Any, ...]]:
    return set(model.objects.values_list(*columns))


def _rows_of_a_time_before_triggers(old: Any) -> tuple[list[Any], list[Any]]:
    """Three tools with reviews, votes, picks and pairs that nothing has counted or put in order."""

    def model(label: str) -> Any:
        return old.get_model(label).objects

    shelf = model("catalog.Category").create(slug="shelf", name="Shelf")
    tools = [
        model("catalog.Tool").create(
            slug=slug, name=slug, category=shelf, status="published", published_at=NOW, pricing_entry="free"
        )
        for slug in ("c", "b", "a")
    ]
    reviewers = [model("reviews.Reviewer").create(slug=f"r-{n}", name=f"R {n}") for n in range(4)]
    for reviewer, tool, verdict, status in (
        (0, 0, "ship", "published"),
        (1, 0, "ship", "published"),
        (2, 0, "skip", "published"),
        (3, 0, "skip", "draft"),
        (0, 1, "skip", "published"),
        (1, 1, "ship", "retracted"),
    ):
        model("reviews.Review").create(
            reviewer=reviewers[reviewer],
            tool=tools[tool],
            verdict=verdict,
            status=status,
            quote="Said before.",
        )
    voters = [model("votes.Voter").create(key=bytes([n])) for n in range(6)]
    for voter, tool, value, status in (
        (0, 0, "ship", "counted"),
        (1, 0, "ship", "counted"),
        (2, 0, "skip", "counted"),
        (3, 1, "ship", "pending"),
        (4, 1, "skip", "quarantined"),
        (5, 1, "ship", "rejected"),
    ):
        model("votes.Vote").create(voter=voters[voter], tool=tools[tool], value=value, status=status)
    for voter, first, second, chosen, status in (
        (0, 0, 1, 0, "counted"),
        (1, 0, 1, 0, "counted"),
        (2, 0, 1, 1, "counted"),
        (3, 0, 1, 1, "pending"),
        (0, 1, 2, 1, "quarantined"),
        (1, 1, 2, 2, "rejected"),
    ):
        model("votes.Pick").create(
            voter=voters[voter],
            first_tool=tools[first],
            second_tool=tools[second],
            chosen_tool=tools[chosen],
            status=status,
        )
    for first, second in ((0, 1), (2, 1)):
        model("comparisons.Comparison").create(first_tool=tools[first], second_tool=tools[second])
    return [tool.pk for tool in tools], [voter.pk for voter in voters]
