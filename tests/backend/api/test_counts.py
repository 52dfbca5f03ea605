"""Counts that follow rows: exact after every way in, beside others, by the clock, folded and mended."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from random import Random

import pytest
from django.db import connection, transaction
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils import timezone

from backend.api.counts import MOST_UNFOLDED, Key, add_up, as_key, fold_counts, kept_counts, mend_counts
from backend.api.models import CountChange
from catalog.models import Category, Tool
from comparisons.counts import count_ranked_by_crowd, pairs_by_values, ranked_by_panel, tools_by_values
from comparisons.listings import ListedPair, ListedTool
from reviews.counts import count_reviews
from reviews.models import HeadToHead, Review, Reviewer
from tests.comparisons.test_listings import ways_in
from tests.database import at_once, execute, move_moment, start_elsewhere
from tests.factories import (
    AHEAD,
    CategoryFactory,
    ComparisonFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    answer_pair,
)
from tests.plans import plan_of

COUNTED = {
    *("tools", "reviews", "head_to_heads"),
    *("listed_tools", "listed_pairs", "ranked_by_panel", "ranked_by_crowd"),
}


def assert_exact() -> None:
    """What is kept is what is counted row by row, at this moment."""
    shelves = {row.pk: row.tool_count for row in Category.objects.with_tool_count()}
    published = Count("tools", filter=Q(tools__status="published", tools__public_at__lte=Now()))
    assert shelves == dict(Category.objects.annotate(number=published).values_list("pk", "number"))

    records = {
        row.pk: (row.ship_count, row.skip_count, row.head_to_head_count)
        for row in Reviewer.objects.with_record()
    }
    answers = Counter(HeadToHead.objects.published().values_list("reviewer", flat=True))
    said = Counter(
        Review.objects.published().filter(tool__status="published").values_list("reviewer", "verdict")
    )
    assert records == {
        pk: (said[pk, "ship"], said[pk, "skip"], answers[pk])
        for pk in Reviewer.objects.values_list("pk", flat=True)
    }

    assert count_reviews([], []) == Review.objects.published().count()
    columns = ("category", "entry", "call")
    assert without_nothing(tools_by_values()) == as_texts(
        ListedTool.objects.published().values_list(*columns)
    )
    slugs = Category.objects.values_list("slug", flat=True)
    for categories in ((), *([slug] for slug in slugs)):
        assert_rankings_exact(categories)
    columns = ("first_category", "second_category", "outcome")
    assert without_nothing(pairs_by_values()) == as_texts(
        ListedPair.objects.published().values_list(*columns)
    )


def assert_rankings_exact(categories: Collection[str]) -> None:
    listed = ListedTool.objects.published()
    if categories:
        listed = listed.filter(category__slug__in=categories)
    percents = listed.filter(panel_total__gte=3).values_list("panel_percent", flat=True)
    assert +ranked_by_panel(categories) == Counter(percents)
    assert count_ranked_by_crowd(categories) == listed.filter(crowd_low__isnull=False).count()


def without_nothing(counts: Counter[Key]) -> Counter[Key]:
    return Counter({key: number for key, number in counts.items() if number})


def as_texts(rows: Iterable[tuple[object, ...]]) -> Counter[Key]:
    return Counter(tuple(map(str, row)) for row in rows)


@pytest.fixture
def shelf() -> None:
    """A few tools, pairs and reviews to change."""
    reviewers = ReviewerFactory.create_batch(4)
    ToolFactory.create_batch(6)
    for pair in ComparisonFactory.create_batch(3):
        for reviewer in reviewers:
            ReviewFactory(tool=pair.first_tool, reviewer=reviewer)
            ReviewFactory(tool=pair.second_tool, reviewer=reviewer, verdict="skip")


@pytest.mark.django_db
@pytest.mark.usefixtures("shelf")
def test_counts_are_exact_after_random_changes_by_every_way_in() -> None:
    random = Random(124)

    def review_moves() -> object:
        review = random.choice(Review.objects.filter(status="published").order_by("pk"))
        return Review.objects.filter(pk=review.pk).update(tool=ToolFactory(), reviewer=ReviewerFactory())

    ways: list[Callable[[], object]] = [
        *ways_in(random),
        review_moves,
        lambda: Tool.objects.filter(public_at__gt=Now()).update(status="draft"),
        lambda: execute("UPDATE catalog_tool SET status = 'published' WHERE status = 'archived'"),
        lambda: ReviewFactory(tool=ToolFactory(published_at=AHEAD)),
        lambda: ReviewFactory(tool=ToolFactory(status="draft")),
        lambda: Tool.objects.filter(status="draft").update(status="published"),
    ]
    steps = [*ways, *random.choices(ways, k=15)]
    random.shuffle(steps)

    for step in steps:
        with transaction.atomic():
            step()
        assert_exact()
        if random.random() < 0.2:
            fold_counts()

    assert mend_counts() == 0


def kept() -> Counter[str]:
    """The counts of each name, whatever they are of."""
    counts = Counter[str]()
    for name, number in CountChange.objects.values_list("name", "number"):
        counts[name] += number
    return counts


@pytest.mark.django_db
def test_what_is_scheduled_counts_from_its_moment_on() -> None:
    pair = ComparisonFactory(first_tool=ToolFactory(published_at=AHEAD))
    ReviewFactory(tool=pair.first_tool)
    answer_pair(pair.first_tool, pair.second_tool, a=1)
    assert_exact()
    assert tools_by_values().total() == 1
    assert (count_reviews([], []), pairs_by_values().total()) == (0, 0)

    # The clock comes to it, and nothing is counted anew.
    before = CountChange.objects.count()
    past = timezone.now() - timedelta(minutes=1)
    move_moment(pair.first_tool, "clock_timestamp()")
    Review.objects.update(published_at=past)
    HeadToHead.objects.update(published_at=past)
    ListedPair.objects.update(public_at=past)

    assert CountChange.objects.count() == before
    assert_exact()
    assert tools_by_values().total() == 2
    assert (count_reviews([], []), pairs_by_values().total()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_writers_of_one_count_do_not_wait_for_each_other() -> None:
    shelf = CategoryFactory()

    with transaction.atomic():
        ToolFactory(category=shelf)
        # Nobody holds what it would have to wait for; and nothing of it is seen before it commits.
        assert at_once(lambda: ToolFactory(category=shelf), fold_counts) == [None, None]
        fold_counts()

    assert_exact()
    assert Category.objects.with_tool_count().get().tool_count == 2


REVERDICT = "UPDATE reviews_review SET verdict = 'skip'"
RETURN = "UPDATE reviews_review SET reviewer_id = (SELECT id FROM reviews_reviewer WHERE slug = 'other')"
ARCHIVE = "UPDATE catalog_tool SET status = 'archived'"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("first", "second"),
    [(REVERDICT, ARCHIVE), (ARCHIVE, REVERDICT), (RETURN, ARCHIVE), (ARCHIVE, RETURN)],
    ids=[
        "a review, then its tool",
        "a tool, then its review",
        "a reviewer, then a tool",
        "a tool, then a reviewer",
    ],
)
def test_who_changes_a_review_and_who_archives_its_tool_see_each_other(first: str, second: str) -> None:
    ReviewFactory()
    ReviewerFactory(slug="other")

    with transaction.atomic():
        execute(first)
        other = start_elsewhere(lambda: execute(second))

    assert other.exception(30) is None
    assert mend_counts() == 0
    assert_exact()
    assert count_reviews([], []) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("shelf")
def test_a_count_of_many_changes_is_folded_into_one_of_the_same_sum() -> None:
    before = kept()
    CountChange.objects.bulk_create(
        CountChange(name="tools", key=["gone"], number=sign) for sign in [1, -1] * MOST_UNFOLDED
    )

    fold_counts()

    # Only where there are many; what came to nothing leaves no row.
    assert kept() == before
    assert CountChange.objects.filter(name="tools").count() == Category.objects.count()
    assert CountChange.objects.filter(name="listed_tools").count() > 1
    assert_exact()


@pytest.mark.django_db(transaction=True)
def test_two_who_fold_at_once_count_nothing_twice() -> None:
    changes = [CountChange(name="tools", key=["shelf"], number=1) for _ in range(3 * MOST_UNFOLDED)]
    CountChange.objects.bulk_create(changes)

    assert at_once(fold_counts, fold_counts, fold_counts) == [None, None, None]

    assert kept()["tools"] == len(changes)


@pytest.mark.django_db(transaction=True)
def test_what_differs_is_mended_and_counted_while_others_write() -> None:
    tool, other = ToolFactory.create_batch(2)
    ReviewFactory(tool=tool)
    execute("DELETE FROM api_countchange WHERE name = 'listed_tools'")
    execute("UPDATE api_countchange SET number = number + 5 WHERE name = 'reviews'")

    with transaction.atomic():
        Tool.objects.filter(pk=other.pk).update(status="archived")
        # Two tools of two categories, and a review.
        assert at_once(mend_counts, mend_counts)
    assert_exact()

    assert mend_counts() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shelf")
def test_emptied_tables_have_no_counts() -> None:
    execute("TRUNCATE catalog_tool CASCADE")

    assert CountChange.objects.count() == 0
    assert_exact()


@pytest.mark.django_db
def test_the_triggers_of_one_count_agree_on_what_it_counts() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgargs, count(*) FROM pg_trigger "
            "WHERE tgfoid = 'api_count_changes'::regproc GROUP BY 1, 2"
        )
        declared = {
            bytes(arguments).split(b"\0")[0].decode(): number for _, arguments, number in cursor.fetchall()
        }

    # Whatever inserts, updates or deletes.
    assert declared == dict.fromkeys(COUNTED, 3)


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [Category.objects.with_tool_count(), Reviewer.objects.with_record()])
def test_a_count_is_looked_up_in_an_index(rows: object) -> None:
    plan = plan_of(*rows.query.sql_with_params(), index="count_changes_by_key")  # type: ignore[attr-defined]

    assert "count_changes_by_key" in plan


@pytest.mark.django_db
def test_counts_by_key_leave_out_what_lies_ahead() -> None:
    CountChange.objects.create(name="tools", key=["a", "b"], number=3)
    CountChange.objects.create(name="tools", key=["a", "c"], number=1)
    shelf = CategoryFactory(slug="a", name="c")

    ahead = Category.objects.filter(pk=shelf.pk).annotate(count_key=as_key("slug", "name"))

    assert add_up(kept_counts("tools", ahead=ahead)) == {("a", "b"): 3, ("a", "c"): 0}
