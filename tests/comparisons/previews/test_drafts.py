"""Drafts are shown as published, exactly, and nothing is left of it: in no row, and in nobody's way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from catalog.models import Tool
from comparisons.models import Comparison
from comparisons.pairs.selectors import find_pair
from comparisons.previews.drafts import drafts_of, drafts_of_review, shown_as_published
from reviews.models import HeadToHead, Panel, Review
from tests.database import execute, move_moment
from tests.factories import (
    AHEAD,
    ComparisonFactory,
    HeadToHeadFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    VoteFactory,
)

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def new_draft(**values: Any) -> Tool:
    tool: Tool = ToolFactory(status="draft", published_at=None, **values)
    return tool


def whole_database() -> dict[str, list[Any]]:
    """Every row of every table, and where every sequence stands, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
        )
        tables = [name for (name,) in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(f"SELECT t::text FROM {table} AS t ORDER BY 1")
            found[table] = cursor.fetchall()
    return found


@pytest.fixture
def pair() -> Comparison:
    """A pair of two drafts, each with reviews by the same three, one of them a draft, and an answer to the pair."""
    pair: Comparison = ComparisonFactory(
        first_tool=new_draft(slug="aider", name="Aider"), second_tool=new_draft(slug="zed", name="Zed"),
        status="draft", published_at=None, editor_note="Both are new.",
    )  # fmt: skip
    for status in ("draft", "published", "draft"):
        reviewer = ReviewerFactory()
        ReviewFactory(tool=pair.first_tool, reviewer=reviewer, status=status)
        ReviewFactory(tool=pair.second_tool, reviewer=reviewer, status="draft", verdict="skip")
        HeadToHeadFactory(
            first_tool=pair.first_tool, second_tool=pair.second_tool, reviewer=reviewer, status="draft"
        )
    return pair


@pytest.mark.django_db
def test_a_pair_of_drafts_is_shown_with_its_verdict(pair: Comparison) -> None:
    tools = [pair.first_tool, pair.second_tool]

    with shown_as_published(drafts_of(tools), now=timezone.now()) as shown:
        found = find_pair("aider-vs-zed")
        said = (
            found.kind,
            found.editor_note,
            found.verdict.winner,
            found.verdict.decided_by,
            len(found.scorecard),
        )

    assert said == ("curated", "Both are new.", "aider", "panel", 3)
    assert shown.left_out == []


@pytest.mark.django_db
def test_what_is_shown_is_what_is_answered_once_it_is_published(pair: Comparison) -> None:
    tools = [pair.first_tool, pair.second_tool]
    with shown_as_published(drafts_of(tools), now=timezone.now()):
        ahead = find_pair("aider-vs-zed")
        shown = (ahead.verdict, [row.head_to_head for row in ahead.scorecard], ahead.evidence)

    Tool.objects.update(status="published", published_at=timezone.now())
    for model in (Review, HeadToHead):
        model.objects.update(status="published")
    Comparison.objects.update(status="published", published_at=timezone.now())

    real = find_pair("aider-vs-zed")
    assert shown == (real.verdict, [row.head_to_head for row in real.scorecard], real.evidence)


@pytest.mark.django_db(transaction=True)
def test_nothing_at_all_is_written(pair: Comparison) -> None:
    before = whole_database()

    with shown_as_published(drafts_of([pair.first_tool, pair.second_tool]), now=timezone.now()):
        assert find_pair("aider-vs-zed").kind == "curated"
        assert whole_database() != before

    assert whole_database() == before


@pytest.mark.django_db(transaction=True)
def test_nobody_hears_of_a_preview(pair: Comparison) -> None:
    """Else every answer in every process would be made anew."""
    other = connection.copy()
    with other.cursor() as listening:
        listening.execute("LISTEN public_change")
        with shown_as_published(drafts_of([pair.first_tool, pair.second_tool]), now=timezone.now()):
            find_pair("aider-vs-zed")
        listening.execute("SELECT 1")
        heard = list(listening.connection.notifies(timeout=0))
    other.close()

    assert heard == []


@pytest.mark.django_db
def test_what_is_scheduled_is_shown_with_its_own_date(pair: Comparison) -> None:
    for row in (pair.first_tool, pair.second_tool, pair):
        type(row)._default_manager.filter(pk=row.pk).update(status="published", published_at=AHEAD)

    with shown_as_published(drafts_of([pair.first_tool, pair.second_tool]), now=timezone.now()):
        found = find_pair("aider-vs-zed")
        said = (found.published_at, found.verdict.winner)

    assert said == (AHEAD, "aider")


@pytest.mark.django_db
def test_a_draft_that_cannot_be_published_as_it_stands_is_left_out_with_the_reason() -> None:
    tool = new_draft()
    ReviewFactory(tool=tool, status="draft", basis=None)
    ReviewFactory(tool=tool, status="draft", basis="synthetic")

    with shown_as_published(drafts_of([tool]), now=timezone.now()) as shown:
        total = Panel.objects.get(tool=tool).total

    assert total == 1
    [(name, reason)] = shown.left_out
    assert name.endswith(": ship")
    assert reason


@pytest.mark.django_db
def test_of_two_drafts_by_one_reviewer_the_newer_one_is_shown() -> None:
    tool, reviewer = new_draft(), ReviewerFactory()
    ReviewFactory(tool=tool, reviewer=reviewer, status="draft", quote="Older.")
    ReviewFactory(tool=tool, reviewer=reviewer, status="draft", quote="Newer.")

    with shown_as_published(drafts_of([tool]), now=timezone.now()) as shown:
        quotes = list(Review.objects.published().filter(tool=tool).values_list("quote", flat=True))

    assert quotes == ["Newer."]
    assert len(shown.left_out) == 1


@pytest.mark.django_db
def test_a_draft_that_the_link_does_not_name_stays_unseen() -> None:
    tool = new_draft()
    ReviewFactory(tool=tool, status="draft")
    named = drafts_of([tool])
    ReviewFactory(tool=tool, status="draft", quote="Written since.")

    with shown_as_published(named, now=timezone.now()):
        assert Review.objects.published().filter(tool=tool).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "tool",
    [
        pytest.param({"status": "draft", "published_at": None}, id="a draft"),
        pytest.param({"published_at": AHEAD}, id="scheduled"),
    ],
)
def test_what_is_published_and_waits_for_a_tool_is_shown_and_counted_only_where_it_is_named(
    tool: dict[str, Any],
) -> None:
    """Publishing the tool would publish the rest along with it."""
    pair = ComparisonFactory(first_tool=ToolFactory(**tool))
    named = ReviewFactory(tool=pair.first_tool, quote="Named.")
    link = drafts_of_review(named)
    ReviewFactory(tool=pair.first_tool, quote="Written since.")
    HeadToHeadFactory(first_tool=pair.first_tool, second_tool=pair.second_tool)

    with shown_as_published(link, now=timezone.now()) as shown:
        seen = (
            list(Review.objects.published().values_list("quote", flat=True)),
            Panel.objects.get(tool=pair.first_tool).total,
            HeadToHead.objects.published().exists(),
            Comparison.objects.published().exists(),
        )

    assert seen == (["Named."], 1, False, False)
    assert shown.left_out == []
    assert Tool.objects.get(pk=pair.first_tool_id).status == tool.get("status", "published")
    with shown_as_published(drafts_of([pair.first_tool, pair.second_tool]), now=timezone.now()):
        assert Panel.objects.get(tool=pair.first_tool).total == 2
        assert (HeadToHead.objects.published().count(), Comparison.objects.published().count()) == (1, 1)


@pytest.mark.django_db
def test_of_a_review_its_tool_is_shown_too_and_no_other_review() -> None:
    tool = new_draft()
    review = ReviewFactory(tool=tool, status="draft")
    ReviewFactory(tool=tool, status="draft")

    with shown_as_published(drafts_of_review(review), now=timezone.now()):
        assert [each.pk for each in Review.objects.published()] == [review.pk]


@pytest.mark.django_db
def test_what_readers_see_and_what_was_taken_back_is_no_draft() -> None:
    tool = ToolFactory()
    ReviewFactory(tool=tool)
    ReviewFactory(tool=tool, status="retracted")
    ReviewFactory(tool=tool, status="draft")
    archived = ToolFactory(status="archived")

    assert len(drafts_of([tool, archived])) == 1


@pytest.mark.django_db
def test_what_was_scheduled_and_is_archived_by_now_is_not_shown() -> None:
    tool = ToolFactory(published_at=AHEAD)
    named = drafts_of([tool])
    Tool.objects.update(status="archived")
    # As rows have it from before the database took such a moment away.
    move_moment(tool, f"'{AHEAD}'")

    with shown_as_published(named, now=timezone.now()):
        assert not Tool.objects.visible().exists()


@pytest.mark.django_db
@pytest.mark.parametrize("reviews", [1, 6])
def test_no_draft_costs_no_write(django_assert_num_queries: Any, reviews: int) -> None:
    tool = ToolFactory()
    ReviewFactory.create_batch(reviews, tool=tool)

    # The ids of drafts of the tool and of its reviews; a savepoint, taken back and left.
    with django_assert_num_queries(5), shown_as_published(drafts_of([tool]), now=NOW):
        pass


# --- Beside votes and editors --------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_votes_are_cast_and_counted_while_a_preview_is_open(pair: Comparison) -> None:
    """On a published tool that stands beside a draft: a voter waits for no lock of the preview's."""
    public = ToolFactory(slug="public")
    ReviewFactory(tool=public, status="draft")

    def cast() -> Any:
        try:
            with transaction.atomic():
                # What had to wait would be refused at once. LOCAL: the pool hands the connection on as it is.
                execute("SET LOCAL lock_timeout = '1ms'")
                return VoteFactory(tool=public).status
        finally:
            connection.close()

    drafts = drafts_of([public, pair.first_tool])
    with ThreadPoolExecutor(1) as reader, shown_as_published(drafts, now=timezone.now()):
        assert Panel.objects.get(tool=public).total == 1
        assert reader.submit(cast).result(timeout=60) == "counted"

    public.refresh_from_db()
    assert public.tally.total == 1
    assert Panel.objects.get(tool=public).total == 0


@pytest.mark.django_db(transaction=True)
def test_a_row_that_an_editor_is_saving_ends_the_preview_soon_instead_of_queueing(pair: Comparison) -> None:
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT FROM catalog_tool WHERE id = %s FOR UPDATE", [pair.first_tool.pk])

        preview = shown_as_published(drafts_of([pair.first_tool]), now=timezone.now())
        with pytest.raises(OperationalError) as refused, preview:
            pytest.fail("It should have been refused.")
    finally:
        other.rollback()
        other.close()

    assert isinstance(refused.value.__cause__, LockNotAvailable)
    assert Tool.objects.get(pk=pair.first_tool.pk).status == "draft"
