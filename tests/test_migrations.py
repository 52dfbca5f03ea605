"""Migrations: complete, well named, reversible, safe to deploy, and true to rows that were there before them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations import AlterField, RunPython, RunSQL
from django.db.migrations.executor import MigrationExecutor
from django_migration_linter import MigrationLinter

from backend.api.migration_states import few_models_rendered
from comparisons.models import Comparison
from reviews.models import Panel
from tests.database import execute
from tests.migrating import Key, in_a_copy_of, loader, migrate, schema
from votes.models import PickTally, Tally

APPS = ["api", "backend_admin", "catalog", "reviews", "votes", "comparisons", "newsletter"]
NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


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


class Linter(MigrationLinter):
    """Collects the statements of all migrations in one go.

    `sqlmigrate`, which the linter calls for each, reads all files and renders all models first.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        executor = MigrationExecutor(connection)
        state = executor._create_project_state()  # type: ignore[attr-defined]
        self.statements: dict[Key, list[str]] = {}
        for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True):
            with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
                state = migration.apply(state, editor, collect_sql=True)
            self.statements[migration.app_label, migration.name] = editor.collected_sql

    def get_sql(self, app_label: str, migration_name: str) -> list[str]:
        lines = "\n".join(self.statements[app_label, migration_name]).splitlines()
        return (
            ["BEGIN;", *lines, "COMMIT;"]
            if loader().get_migration(app_label, migration_name).atomic
            else lines
        )


# Statements are collected of each migration, of some outside a transaction.
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

    with few_models_rendered():
        linter = Linter(include_apps=APPS, ignore_name=known, no_cache=True, quiet=["ok", "ignore"])
    linter.lint_all_migrations()

    assert (linter.nb_erroneous, linter.nb_warnings) == (0, 0)
    # Those of other packages are ignored, and counted in its total.
    assert linter.nb_valid + len(known) == len(own_migrations())


# One journey for all that it shows, because each way takes seconds.
@pytest.mark.django_db(transaction=True)
def test_all_the_way_back_and_forth_gives_the_same_schema_and_counts_rows_that_were_there_first() -> None:
    """At each step there and back a new tool is voted on and counted, too: old migrations load today's functions, which
    must do with the tables of then.
    """
    before = schema()
    # Tallies count themselves from the second on.
    _, *votes = [name for app, name in own_migrations() if app == "votes"]
    seen: list[str] = []

    def vote(direction: str, migration: Key, models: Any) -> None:
        app, name = migration
        if app == "votes":
            step = votes.index(name) - (direction == "unapply")
            if step >= 0:
                assert _counted_votes_of_a_new_tool(models) == [(1, 0), (0, 1), (0, 0)], votes[step]
                seen.append(votes[step])

    with in_a_copy_of("template1"):
        firsts = [key for key in own_migrations() if key[1].startswith("0001")]
        migrate(*firsts)
        tools, voters = _rows_of_a_time_before_triggers(models_at(*firsts))
        migrate(*loader().graph.leaf_nodes(), rendering_all=True)

        assert schema() == before
        _assert_counted_and_in_order(tools)

        vote("apply", ("votes", votes[-1]), apps)
        migrate(*firsts, after_each=vote)
        with in_a_copy_of(connection.settings_dict["NAME"]):
            migrate(*((app, None) for app in APPS))
            nothing = schema()
        # Taking the triggers back and forth again keeps the rows and their counts.
        migrate(*latest(), after_each=vote)

        assert seen == [*reversed(votes), *votes]
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


def _counted_votes_of_a_new_tool(models: Any) -> list[tuple[int, int]]:
    """Ship and skip after a vote, after it changed, and after it was withdrawn, of which nothing stays."""

    def model(label: str) -> Any:
        return models.get_model(label).objects

    with transaction.atomic():
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        shelf = model("catalog.Category").create(slug="new", name="Shelf")
        tool = model("catalog.Tool").create(
            slug="new", name="New", category_id=shelf.pk, pricing_entry="free"
        )
        voter = model("votes.Voter").create(key=b"new")
        tallies = model("votes.Tally").filter(tool_id=tool.pk).values_list("ship", "skip")
        vote = model("votes.Vote").create(voter_id=voter.pk, tool_id=tool.pk, value="ship", status="counted")
        cast = tallies.get()
        vote.value = "skip"
        vote.save()
        changed = tallies.get()
        execute("DELETE FROM votes_vote WHERE id = %s", vote.pk)
        withdrawn = tallies.get()
        transaction.set_rollback(True)
    return [cast, changed, withdrawn]


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
