"""Functions and triggers: the database has what the files say, no more, and each stands in one file."""

import hashlib
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from backend.api.sql import load_sql

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted(
    (path.parts[-3], path.stem)
    for pattern in ("*/sql/*.sql", "backend/api/sql/*.sql")
    for path in ROOT.glob(pattern)
)

# Which migration gave each file to databases in use, and the file's digest then. A file that is edited reaches only new
# databases until another migration loads it: write that migration, and its name and the new digest here.
LOADED_BY = {
    ("api", "accounts"): ("0009_used_accounts_say_what_to_do", "d8a41a68de90"),
    ("comparisons", "verdict_history"): ("0021_verdicts_outlive_pairs", "af6415203b07"),
    ("api", "row_counts"): ("0011_statements_without_rows_count_nothing", "f8d4f488f5f8"),
    ("catalog", "counts"): ("0029_tools_of_a_category_are_counted", "46b3b891d1e4"),
    ("reviews", "counts"): ("0027_reviews_of_a_reviewer_are_counted", "40c19984280b"),
    ("comparisons", "counts"): ("0034_what_lists_show_is_counted", "93e7158fdc2b"),
    ("catalog", "conditions"): ("0010_conditions_under_which_a_tool_is_right", "5ce1ae884768"),
    ("comparisons", "listings"): ("0042_rows_that_follow_are_read_by_bitmaps", "6ba3d0d1f071"),
    ("comparisons", "ranking_counts"): ("0038_what_is_ranked_is_counted", "95c84133f92a"),
    ("comparisons", "search_documents"): ("0042_rows_that_follow_are_read_by_bitmaps", "a988f8d3f8a3"),
    ("comparisons", "merges"): ("0039_merged_tools_get_no_pairs", "5d1759fe1a29"),
    ("comparisons", "fits"): ("0015_a_condition_of_a_pair_is_of_one_tool", "3bc1f646190e"),
    ("comparisons", "restores"): ("0025_catalogs_are_sent_with_a_browser", "ce26287fabeb"),
    ("comparisons", "history"): ("0006_pairs_know_when_they_became_public", "68820c669960"),
    ("comparisons", "pair_panels"): ("0040_rows_that_follow_are_planned_quickly", "6482fcd516d1"),
    ("comparisons", "publication"): ("0031_what_nobody_could_read_is_archived_unread", "cd67bc44c186"),
    ("reviews", "tool_pages"): ("0011_reviews_that_leave_a_tool_move_its_time", "5ff373f40c93"),
    ("reviews", "head_to_head_pages"): (
        "0014_head_to_heads_that_leave_a_pair_move_its_tools",
        "e8c30ef73e3b",
    ),
    ("reviews", "calibration"): ("0023_reviewers_are_calibrated", "147027484f98"),
    ("reviews", "corrections"): ("0016_only_active_reviewers_answer_pairs", "493c4f6a0281"),
    ("reviews", "head_to_heads"): ("0016_only_active_reviewers_answer_pairs", "3425f83e4d64"),
    ("reviews", "history"): ("0007_corrections_are_kept", "b3e4fafdc86b"),
    ("reviews", "notes"): ("0022_corrections_have_notes", "0c3086246583"),
    ("reviews", "publication"): ("0007_corrections_are_kept", "07f43b2af447"),
    ("reviews", "review_times"): ("0016_only_active_reviewers_answer_pairs", "642dd3aab3a2"),
    ("catalog", "history"): ("0006_tools_know_when_they_became_public", "dcc14beb0c48"),
    ("catalog", "workflow"): ("0023_steps_from_draft_to_public", "0c08e6580c06"),
    ("comparisons", "workflow"): ("0028_steps_from_draft_to_public", "dcae8a6440b0"),
    ("reviews", "workflow"): ("0025_steps_from_draft_to_public", "0ccf3fd7381d"),
    ("catalog", "moment"): ("0030_previews_show_what_is_scheduled", "fd4e915a12b3"),
    ("comparisons", "moment"): ("0033_readers_see_what_the_state_says", "1446a81d0ff1"),
    ("catalog", "publication"): ("0025_what_nobody_could_read_is_archived_unread", "a205f2f6d68b"),
    ("api", "line_ends"): ("0004_changes_leave_who_and_why", "d90e9f062e2c"),
    ("api", "row_history"): ("0006_sort_keys_are_no_history", "588a91559d93"),
    ("newsletter", "restores"): ("0010_data_alone_are_restored_without_triggers", "500dc17d34a7"),
    ("newsletter", "topics"): ("0013_every_topic_is_a_choice_of_its_own", "b26fce1578bf"),
    ("votes", "restores"): ("0010_data_alone_are_restored_without_triggers", "9243d29c71cb"),
    ("reviews", "restores"): ("0004_data_alone_are_restored_without_triggers", "dadde0812f95"),
    ("catalog", "restores"): ("0003_data_alone_are_restored_without_triggers", "7f0db75dce22"),
    ("api", "restores"): ("0003_data_alone_are_restored_without_triggers", "f09fbf0f389d"),
    ("catalog", "search"): ("0031_searches_keep_their_plans", "fab361ff55f9"),
    ("catalog", "sort"): ("0009_names_sort_as_people_sort", "495870af14bb"),
    ("catalog", "slugs"): ("0032_slugs_that_nobody_could_read_are_free", "4ac832774609"),
    ("comparisons", "pair_order"): ("0002_pairs_keep_slug_order", "2e06d6c36e9e"),
    ("comparisons", "pair_slugs"): ("0004_two_pairs_never_share_a_slug", "e961b6ab4838"),
    ("newsletter", "consent"): ("0002_confirmations_suppression_and_consent", "f622154753e9"),
    ("newsletter", "editions"): ("0004_a_ledger_of_deliveries", "2bfc924451a4"),
    ("reviews", "panels"): ("0002_panels_count_themselves", "17f63bde42e0"),
    ("votes", "ballots"): ("0022_ballots_move_with_a_merge", "013f528d3316"),
    ("votes", "bounds"): ("0012_crowds_decide_by_bounds_that_hold_at_every_look", "b0e5433fa7f8"),
    ("votes", "closed_days"): ("0014_days_have_roots_and_picks_have_lines", "903c757fa5ac"),
    ("votes", "held_ballots"): ("0011_rejected_ballots_stay_rejected", "faeb1c8f526b"),
    ("votes", "spread"): ("0019_networks_of_one_provider_decide_nothing", "0754a5060aa8"),
    ("votes", "limits"): ("0024_tallies_say_that_they_moved", "9e7353bddfd6"),
    ("votes", "tallies"): ("0023_tallies_stop_at_what_their_columns_hold", "9f7bc602d15e"),
    ("api", "public_changes"): ("0005_changes_of_public_data_are_told", "21229c903423"),
    ("catalog", "public_changes"): ("0008_changes_of_public_data_are_told", "6267bb902411"),
    ("comparisons", "public_changes"): ("0009_changes_of_public_data_are_told", "b522f5bd46fe"),
    ("newsletter", "public_changes"): ("0014_changes_of_public_data_are_told", "7d7f11f90861"),
    ("reviews", "public_changes"): ("0013_changes_of_public_data_are_told", "67b2a2db64bb"),
    ("votes", "public_changes"): ("0016_changes_of_public_data_are_told", "3c4a640bb16b"),
}

DEFINITIONS = """
SELECT oid::regprocedure::text, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT format('%s on %s', tgname, tgrelid::regclass), pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
"""


def definitions() -> dict[str, str]:
    """Every function and trigger of ours in the database, by its name."""
    with connection.cursor() as cursor:
        cursor.execute(DEFINITIONS)
        return dict(cursor.fetchall())


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db
def test_the_database_has_the_functions_and_triggers_of_the_files_and_no_other() -> None:
    migrated = definitions()
    run("".join(f"DROP FUNCTION {name} CASCADE;" for name in migrated if name.endswith(")")))
    assert definitions() == {}

    made: dict[str, str] = {}
    for app, name in FILES:
        before = set(made)
        run(load_sql(app, name))
        made = definitions()
        # A definition that replaces an earlier one, of this file or of another, adds no name.
        assert len(made) - len(before) == len(re.findall(r"^CREATE ", load_sql(app, name), re.MULTILINE)), (
            name
        )

    assert made == migrated


def test_every_file_is_loaded_by_a_migration() -> None:
    assert sorted(LOADED_BY) == FILES


@pytest.mark.parametrize(("app", "name"), LOADED_BY)
def test_a_file_that_was_edited_is_loaded_by_a_migration(app: str, name: str) -> None:
    migration, digest = LOADED_BY[app, name]
    text = Path(apps.get_app_config(app).path, "migrations", f"{migration}.py").read_text(encoding="utf-8")

    assert f'load_sql("{app}", "{name}")' in text
    # Comments beside the definitions are not kept by the database, so they may change freely.
    code = re.sub(r"^--.*\n", "", load_sql(app, name), flags=re.MULTILINE)
    assert hashlib.sha256(code.encode()).hexdigest()[:12] == digest


def test_a_file_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match=r"votes/sql/nothing\.sql"):
        load_sql("votes", "nothing")


# Tables that a restore of the data alone could fill though all others refuse: none of their rows must refer to another.
FILLED_ALONE = """
SELECT relname FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgfoid = 'api_refuse_restore'::regproc)
AND NOT EXISTS (
    SELECT FROM pg_constraint f JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
    WHERE f.conrelid = c.oid AND f.contype = 'f' AND a.attnotnull
)
"""


@pytest.mark.django_db
def test_each_table_refuses_data_alone_or_refers_to_one_that_does() -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILLED_ALONE)
        found = {table for (table,) in cursor.fetchall()}

    # These have rows of their own once a database is migrated, so a restore fails at them by itself.
    assert found == {"django_migrations", "django_content_type"}


@pytest.mark.django_db
def test_a_dump_is_told_by_its_empty_search_path() -> None:
    run("SELECT set_config('search_path', '', true)")
    with pytest.raises(DatabaseError, match="--disable-triggers"), transaction.atomic():
        run("INSERT INTO public.auth_group (name) VALUES ('curators')")

    run("RESET search_path")
    run("INSERT INTO auth_group (name) VALUES ('curators')")
