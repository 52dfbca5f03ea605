"""The rows that lists look into: what they are made from, by every way in, and when."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random
from threading import Event

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from catalog.models import Tool, ToolFit
from comparisons.catalog_file.export import export_catalog
from comparisons.catalog_file.importing import import_catalog
from comparisons.listings import ListedPair, ListedTool, Relisting, mend_listings
from comparisons.merging.merging import merge_tools, undo_merge
from comparisons.models import Comparison, ToolMerge
from comparisons.pairs.answers import answers_read_with
from comparisons.pairs.pair import pair_from_counts
from comparisons.pairs.selectors import with_counts
from comparisons.verdict import decide
from reviews.models import HeadToHead, Review
from tests.comparisons.test_querysets import gap_between
from tests.database import at_once, execute, start_elsewhere
from tests.factories import (
    AHEAD,
    NOW,
    CategoryFactory,
    ComparisonFactory,
    PickFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    ToolFitFactory,
    answer_pair,
    review,
    vote,
)
from votes.models import PublishedTally
from votes.tallies.publication import publish_tallies


def pairs_as_they_should_be() -> set[tuple[object, ...]]:
    """By the rule, from the tables that a comparison's page reads."""
    return {
        (
            *(
                row.pk,
                row.public_at,
                row.published_at,
                row.first_tool.category_id,
                row.second_tool.category_id,
            ),
            decide(pair_from_counts(row)).outcome,
            answers_read_with(row).picks.total,
            gap_between(row.first_tool, row.second_tool),
            row.status,
        )
        for row in with_counts(Comparison.objects.all())
    }


def pairs_as_they_are() -> set[tuple[object, ...]]:
    rows = ListedPair.objects.filter(is_listed=F("is_listed")).values_list(
        *("pk", "public_at", "published_at", "first_category", "second_category"),
        *("outcome", "pick_count", "panel_crowd_gap", "comparison__status", "is_listed"),
    )
    assert all((status == "published") == is_listed for *_, status, is_listed in rows)
    return {row[:-1] for row in rows}


def tools_as_they_should_be() -> set[tuple[object, ...]]:
    return set(
        Tool.objects.values_list(
            *("pk", "status", "public_at", "published_at", "sort_key", "category", "pricing_entry"),
            *("panel__call", "panel__percent", "panel__total", "published_tally__total"),
            *("published_tally__bound_low", "published_tally__bound_high"),
        )
    )


def tools_as_they_are() -> set[tuple[object, ...]]:
    rows = ListedTool.objects.values_list(
        *("pk", "tool__status", "public_at", "published_at", "sort_key", "category", "entry"),
        *("call", "panel_percent", "panel_total", "votes", "crowd_low", "crowd_high", "is_listed"),
    )
    assert all((row[1] == "published") == row[-1] for row in rows)
    return {row[:-1] for row in rows}


DOCUMENTS_AS_THEY_SHOULD_BE = """
SELECT id, status = 'published', public_at, published_at, category_id, pricing_entry, call,
    ARRAY(SELECT condition_id FROM catalog_toolfit WHERE tool_id = catalog_tool.id ORDER BY 1),
    ARRAY(SELECT reviewer_id FROM reviews_review
        WHERE tool_id = catalog_tool.id AND status = 'published' AND verdict = 'ship' ORDER BY 1),
    ARRAY(SELECT reviewer_id FROM reviews_review
        WHERE tool_id = catalog_tool.id AND status = 'published' AND verdict = 'skip' ORDER BY 1),
    strip(catalog_search_name(name))::text, strip(search)::text
FROM catalog_tool JOIN reviews_panel ON tool_id = id ORDER BY id
"""
DOCUMENTS_AS_THEY_ARE = """
SELECT tool_id, is_listed, public_at, published_at, category_id, entry, call, conditions, shipped_by, skipped_by,
    name_words::text, words::text
FROM comparisons_searchdocument ORDER BY tool_id
"""


def rows_of(query: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        found: list[tuple[object, ...]] = cursor.fetchall()
    return found


def assert_listed_right() -> None:
    assert rows_of(DOCUMENTS_AS_THEY_ARE) == rows_of(DOCUMENTS_AS_THEY_SHOULD_BE)
    assert tools_as_they_are() == tools_as_they_should_be()
    assert pairs_as_they_are() == pairs_as_they_should_be()


def ways_in(random: Random) -> list[Callable[[], object]]:
    """Each is a change that someone may make."""

    def tool() -> Tool:
        found: Tool = random.choice(Tool.objects.filter(status="published").order_by("slug"))
        return found

    def update(model: type[Tool] | type[Comparison] | type[Review], **values: object) -> object:
        row = random.choice(model.objects.order_by("pk"))
        return model.objects.filter(pk=row.pk).update(**values)

    def merge() -> object:
        tools = Tool.objects.filter(status="published").order_by("slug")
        # Readers are led to what is public.
        other = random.choice(tools.filter(public_at__lte=Now()))
        one = random.choice(tools.exclude(pk=other.pk))
        return merge_tools(merged=one, kept=other, why="One product", merged_by="ada", now=timezone.now())

    def undo() -> object:
        standing = ToolMerge.objects.standing().order_by("-merged_at").first()
        return standing and undo_merge(merge=standing, undone_by="ada", now=timezone.now())

    def come_back_by_a_file() -> object:
        catalog = json.loads("".join(export_catalog()))
        for row in catalog["tools"]:
            row["name"] += "!"
        return import_catalog(source=io.BytesIO(json.dumps(catalog).encode()), now=timezone.now())

    def turn_reviews() -> None:
        execute("UPDATE reviews_review SET verdict = 'skip' WHERE status = 'published' AND verdict = 'ship'")

    return [
        lambda: ToolFactory(status=random.choice(["draft", "published"])),
        lambda: ToolFactory(published_at=AHEAD),
        lambda: Tool.objects.bulk_create(ToolFactory.build_batch(2, category=CategoryFactory())),
        lambda: update(Tool, category=CategoryFactory(), pricing_entry="paid", name="Another"),
        lambda: update(Tool, description="Reads tables, and draws what they say."),
        lambda: ToolFitFactory(tool=tool()),
        lambda: ToolFit.objects.filter(tool=tool()).update(tool=ToolFactory()),
        lambda: ToolFit.objects.filter(tool=ToolFitFactory().tool).delete(),
        lambda: update(Tool, status="archived", published_at=NOW),
        lambda: ComparisonFactory(first_tool=ToolFactory(), second_tool=tool()),
        lambda: update(Comparison, status="archived", published_at=NOW),
        lambda: update(Comparison, published_at=NOW - timedelta(days=3)),
        lambda: ReviewFactory(tool=tool(), verdict=random.choice(["ship", "skip"])),
        lambda: update(Review, status="retracted"),
        lambda: ReviewFactory(tool=tool()).delete(),
        turn_reviews,
        lambda: answer_pair(tool(), ToolFactory(), a=3),
        lambda: HeadToHead.objects.update(status="retracted"),
        lambda: vote(tool(), ship=21, skip=2),
        lambda: PickFactory(first_tool=tool(), second_tool=ToolFactory()),
        lambda: publish_tallies(now=timezone.now()),
        lambda: execute("UPDATE votes_publishedtally SET ship = ship + 1"),
        merge,
        undo,
        come_back_by_a_file,
    ]


@pytest.mark.django_db
def test_rows_are_what_their_tables_say_after_random_changes_by_every_way_in() -> None:
    random = Random(2026)
    reviewers = ReviewerFactory.create_batch(4)
    ToolFactory.create_batch(6)
    for pair in ComparisonFactory.create_batch(3):
        for place, reviewer in enumerate(reviewers):
            ReviewFactory(tool=pair.first_tool, reviewer=reviewer, verdict="ship" if place else "skip")
            ReviewFactory(tool=pair.second_tool, reviewer=reviewer)
    ways = ways_in(random)
    steps = [*ways, *random.choices(ways, k=10)]
    random.shuffle(steps)

    outcomes = set[str]()
    for step in steps:
        with transaction.atomic():
            step()
        assert_listed_right()
        outcomes |= set(ListedPair.objects.values_list("outcome", flat=True))

    assert mend_listings() == 0
    assert outcomes == {"winner", "tie", "insufficient"}


@pytest.mark.django_db
def test_what_is_scheduled_is_listed_from_its_moment_on() -> None:
    pair = ComparisonFactory(first_tool=ToolFactory(published_at=AHEAD))

    assert set(ListedPair.objects.published()) == set()
    assert set(ListedTool.objects.published().values_list("tool", flat=True)) == {pair.second_tool_id}

    # No change comes at that moment: the clock alone decides.
    later = ListedPair.objects.filter(is_listed=True, public_at__lte=AHEAD)
    assert set(later.values_list("comparison", flat=True)) == {pair.pk}


@pytest.mark.django_db
def test_what_differs_is_mended_and_counted() -> None:
    pair = ComparisonFactory()
    execute("UPDATE comparisons_listedtool SET votes = 5 WHERE tool_id = %s", pair.first_tool_id)
    execute("UPDATE comparisons_searchdocument SET words = '' WHERE tool_id = %s", pair.first_tool_id)
    execute("DELETE FROM comparisons_searchdocument WHERE tool_id = %s", pair.second_tool_id)
    execute("DELETE FROM comparisons_listedpair")

    assert mend_listings() == 4

    assert_listed_right()
    assert mend_listings() == 0


@pytest.mark.django_db(transaction=True)
def test_a_transaction_lists_as_it_commits_and_leaves_nothing_behind() -> None:
    with transaction.atomic():
        tool = ToolFactory()
        assert not ListedTool.objects.exists()
        assert Relisting.objects.exists()

    assert ListedTool.objects.get().tool_id == tool.pk
    assert not Relisting.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_that_change_a_pair_at_once_the_second_to_commit_sees_the_first() -> None:
    pair = ComparisonFactory()
    reviewers = ReviewerFactory.create_batch(3)
    for reviewer in reviewers:
        ReviewFactory(tool=pair.first_tool, reviewer=reviewer, verdict="ship")
    is_open, is_done = Event(), Event()

    def import_reviews() -> None:
        """Long, as an import is: it has begun before the tallies move, and commits after they have."""
        with transaction.atomic():
            for reviewer in reviewers:
                ReviewFactory(tool=pair.second_tool, reviewer=reviewer, verdict="skip")
            is_open.set()
            assert is_done.wait(30)

    def publish() -> None:
        """Waits for nothing that the import holds."""
        assert is_open.wait(30)
        PublishedTally.objects.filter(tool=pair.first_tool).update(ship=1)
        PublishedTally.objects.filter(tool=pair.second_tool).update(skip=1)
        is_done.set()

    assert at_once(import_reviews, publish) == [None, None]

    assert_listed_right()
    assert ListedPair.objects.get().outcome == "winner"


@pytest.mark.django_db(transaction=True)
def test_a_new_pair_and_a_step_of_its_second_tool_wait_for_each_other() -> None:
    first, second = (ToolFactory(slug=slug) for slug in ("aider", "cursor"))
    for tool in (first, second):
        review(tool, ship=1)

    with transaction.atomic():
        ComparisonFactory(first_tool=first, second_tool=second)
        # As at its commit.
        execute("SET CONSTRAINTS documents_are_made_at_commit, listings_are_made_at_commit IMMEDIATE")
        step = start_elsewhere(lambda: PublishedTally.objects.filter(tool=second).update(skip=1))

    assert step.exception(30) is None
    assert_listed_right()
    assert ListedPair.objects.get().panel_crowd_gap == 0


@pytest.mark.django_db(transaction=True)
def test_a_step_of_a_pair_that_is_being_deleted_waits_and_lists_it_no_more() -> None:
    pair = ComparisonFactory(status="draft")

    with transaction.atomic():
        pair.delete()
        step = start_elsewhere(lambda: PublishedTally.objects.filter(tool=pair.first_tool).update(skip=1))

    assert step.exception(30) is None
    assert not ListedPair.objects.exists()


@pytest.mark.django_db
def test_a_row_goes_with_its_tool_or_pair_whoever_deletes_that() -> None:
    pair = ComparisonFactory(status="draft")

    execute("DELETE FROM comparisons_pairpanel")
    execute("DELETE FROM comparisons_comparison")

    assert not ListedPair.objects.exists()
    assert ListedTool.objects.filter(tool=pair.first_tool).exists()


@pytest.mark.django_db(transaction=True)
def test_many_saves_of_one_transaction_are_listed_once() -> None:
    tools = ToolFactory.create_batch(30)

    with transaction.atomic(), connection.cursor() as cursor:
        for tool in tools:
            Tool.objects.filter(pk=tool.pk).update(name=f"{tool.name} 2")
        cursor.execute("SELECT count(*) FROM comparisons_relisting")
        # What lists and what searches look into.
        assert cursor.fetchone() == (60,)

    assert_listed_right()
    assert not Relisting.objects.exists()


@pytest.mark.django_db
def test_words_stand_apart_from_what_facets_read() -> None:
    ToolFactory.create_batch(40, description="It reads and writes. " * 40)

    assert rows_of("SELECT count(DISTINCT (ctid::text::point)[0]) FROM comparisons_searchdocument") == [(2,)]


def rows_read_to_list(tool: Tool) -> int:
    """How many rows of tables PostgreSQL reads to make one tool's rows, those of its pair among them."""
    read = "SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables"
    [[before]] = rows_of(read)
    for function in ("comparisons_list_tools", "comparisons_document_tools"):
        assert rows_of(f"SELECT {function}(ARRAY['{tool.pk}'::uuid])") == [(0,)]
    [[after]] = rows_of(read)
    assert isinstance(before, Decimal)
    assert isinstance(after, Decimal)
    return int(after - before)


@pytest.mark.django_db
def test_a_plan_made_while_tables_are_empty_stays_right_when_they_are_full() -> None:
    execute("DISCARD PLANS")
    pair = ComparisonFactory()
    ReviewFactory(tool=pair.first_tool)
    few = rows_read_to_list(pair.first_tool)

    category, reviewer = pair.first_tool.category, ReviewerFactory()
    tools = Tool.objects.bulk_create(ToolFactory.build_batch(200, category=category))
    Review.objects.bulk_create(ReviewFactory.build(tool=tool, reviewer=reviewer) for tool in tools)
    pairs = zip(tools[::2], tools[1::2], strict=True)
    Comparison.objects.bulk_create(
        ComparisonFactory.build(first_tool=one, second_tool=other) for one, other in pairs
    )

    assert rows_read_to_list(pair.first_tool) == few
