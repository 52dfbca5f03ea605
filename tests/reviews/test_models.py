"""What the database promises of reviews: one live review each, and a panel that counts itself."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import product

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from catalog.models import Tool
from reviews.models import Panel, Review, Reviewer
from reviews.panel import PanelCount
from reviews.services import publish, retract
from tests.database import at_once, broken_constraint, constraints_of, execute
from tests.factories import NOW, CategoryFactory, ReviewerFactory, ReviewFactory, ToolFactory, review

pytestmark = pytest.mark.django_db


def panel_of(tool: Tool) -> tuple[int, int]:
    return Panel.objects.values_list("ship", "skip").get(tool=tool)


def recount(tool: Tool) -> tuple[int, int]:
    live = Review.objects.filter(tool=tool, status="published")
    return live.filter(verdict="ship").count(), live.filter(verdict="skip").count()


class TestPanelCountsItself:
    def test_every_new_tool_has_an_empty_panel(self) -> None:
        made, bulk = ToolFactory(), ToolFactory.build(category=CategoryFactory())
        Tool.objects.bulk_create([bulk])

        assert panel_of(made) == panel_of(bulk) == (0, 0)

    @pytest.mark.parametrize(
        ("status", "verdict", "panel"),
        [
            ("published", "ship", (1, 0)),
            ("published", "skip", (0, 1)),
            ("draft", "ship", (0, 0)),
            ("retracted", "skip", (0, 0)),
        ],
    )
    def test_published_reviews_count_and_go_when_deleted(
        self, status: str, verdict: str, panel: tuple[int, int]
    ) -> None:
        row = ReviewFactory(status=status, verdict=verdict)

        assert panel_of(row.tool) == panel

        row.delete()

        assert panel_of(row.tool) == (0, 0)

    @pytest.mark.parametrize(
        ("before", "after", "panel"),
        [
            (("draft", "ship"), ("published", "ship"), (3, 2)),
            (("draft", "skip"), ("published", "ship"), (3, 2)),
            (("draft", "ship"), ("draft", "skip"), (2, 2)),
            (("draft", "ship"), ("retracted", "ship"), (2, 2)),
            (("published", "ship"), ("retracted", "ship"), (2, 2)),
            (("published", "ship"), ("draft", "skip"), (2, 2)),
            (("published", "ship"), ("published", "skip"), (2, 3)),
            (("published", "skip"), ("published", "ship"), (3, 2)),
            (("published", "skip"), ("published", "skip"), (2, 3)),
            (("retracted", "skip"), ("published", "skip"), (2, 3)),
        ],
    )
    @pytest.mark.parametrize("way", ["save", "update", "bulk_update", "sql"])
    def test_each_change_of_a_review_moves_the_panel(
        self, way: str, before: tuple[str, str], after: tuple[str, str], panel: tuple[int, int]
    ) -> None:
        tool = ToolFactory()
        review(tool, ship=2, skip=2)
        row = ReviewFactory(tool=tool, status=before[0], verdict=before[1])

        CHANGE[way](row, *after)

        assert panel_of(tool) == panel == recount(tool)

    def test_a_review_that_moves_to_another_tool_moves_its_count(self) -> None:
        source, target = ToolFactory(), ToolFactory()
        review(source, ship=1, skip=1)
        row = ReviewFactory(tool=source, verdict="ship")

        Review.objects.filter(pk=row.pk).update(tool=target, verdict="skip")

        assert panel_of(source) == recount(source) == (1, 1)
        assert panel_of(target) == recount(target) == (0, 1)

    def test_bulk_writes_count_row_by_row(self) -> None:
        tools = ToolFactory.create_batch(2)
        reviewers = ReviewerFactory.create_batch(6)

        Review.objects.bulk_create(
            ReviewFactory.build(reviewer=reviewer, tool=tool, verdict=verdict)
            for tool, verdict in zip(tools, ("ship", "skip"), strict=True)
            for reviewer in reviewers
        )
        assert [panel_of(tool) for tool in tools] == [(6, 0), (0, 6)]

        Review.objects.filter(reviewer__in=reviewers[:2]).update(verdict="ship")
        assert [panel_of(tool) for tool in tools] == [(6, 0), (2, 4)]

        Review.objects.filter(reviewer__in=reviewers[:4]).delete()
        assert [panel_of(tool) for tool in tools] == [(2, 0), (0, 2)]

    def test_other_changes_leave_the_panel_alone(self) -> None:
        row = ReviewFactory()

        row.quote, row.reviewed_on = "Said anew.", date(2026, 11, 1)
        row.save()
        Review.objects.filter(pk=row.pk).update(revision=2)

        assert panel_of(row.tool) == (1, 0)

    def test_a_deleted_tool_takes_its_panel_along(self) -> None:
        tool = ToolFactory()

        tool.delete()

        assert not Panel.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_reviewers_who_publish_at_once_are_all_counted(self) -> None:
        tool = ToolFactory()
        drafts = [
            ReviewFactory(tool=tool, status="draft", verdict=verdict) for verdict in ["ship", "skip"] * 3
        ]

        errors = at_once(*(lambda row=row: change_by_update(row, "published", row.verdict) for row in drafts))

        assert errors == [None] * 6
        assert panel_of(tool) == recount(tool) == (3, 3)


def change_by_save(row: Review, status: str, verdict: str) -> None:
    row.status, row.verdict = status, verdict
    row.save()


def change_by_update(row: Review, status: str, verdict: str) -> None:
    Review.objects.filter(pk=row.pk).update(status=status, verdict=verdict)


def change_by_bulk_update(row: Review, status: str, verdict: str) -> None:
    row.status, row.verdict = status, verdict
    Review.objects.bulk_update([row], ["status", "verdict"])


def change_by_sql(row: Review, status: str, verdict: str) -> None:
    execute("UPDATE reviews_review SET status = %s, verdict = %s WHERE id = %s", status, verdict, row.pk)


CHANGE: dict[str, Callable[[Review, str, str], None]] = {
    "save": change_by_save,
    "update": change_by_update,
    "bulk_update": change_by_bulk_update,
    "sql": change_by_sql,
}


COUNTS = [
    *product(range(13), range(13)),
    (199, 1),
    (1, 199),
    (149, 51),
    (99, 101),
    (1, 7),
    (333, 667),
    (10**6, 10**7),
]


def test_the_database_counts_percentages_and_calls_as_the_rule_does() -> None:
    category = CategoryFactory()
    Tool.objects.bulk_create(ToolFactory.build_batch(len(COUNTS), category=category))
    panels = list(Panel.objects.all())
    for panel, (ship, skip) in zip(panels, COUNTS, strict=True):
        panel.ship, panel.skip = ship, skip

    Panel.objects.bulk_update(panels, ["ship", "skip"])

    stored = Panel.objects.values_list("ship", "skip", "total", "percent", "call")
    counts = [PanelCount(ship=ship, skip=skip) for ship, skip in COUNTS]
    assert set(stored) == {
        (count.ship, count.skip, count.total, count.percent, count.call) for count in counts
    }


def test_a_panel_gives_its_count_and_says_it() -> None:
    tool = ToolFactory()
    review(tool, ship=3, skip=1)

    assert tool.panel.count == PanelCount(ship=3, skip=1)
    assert str(tool.panel) == "3 of 4 ship"


# --- What the database refuses ------------------------------------------------------------------


def two_live_reviews() -> None:
    first = ReviewFactory()
    ReviewFactory(reviewer=first.reviewer, tool=first.tool, verdict="skip")


def panel_below_zero(**counts: int) -> None:
    ToolFactory()
    Panel.objects.update(**counts)


BROKEN: dict[str, Callable[[], object]] = {
    "reviewer_slug_is_plain": lambda: ReviewerFactory(slug="The Builder"),
    "reviews_reviewer_slug_key": lambda: ReviewerFactory.create_batch(2, slug="twice"),
    "reviews_reviewer_position_check": lambda: ReviewerFactory(position=-1),
    "one_live_review_per_reviewer_and_tool": two_live_reviews,
    "review_status_is_known": lambda: ReviewFactory(status="hidden"),
    "a_review_says_ship_or_skip": lambda: ReviewFactory(verdict="maybe"),
    "reviewer_text_is_visible": lambda: ReviewerFactory(motto="Show\u202e me"),
    "review_text_is_visible": lambda: ReviewFactory(quote="It\u2060 held."),
    "a_review_has_a_revision": lambda: ReviewFactory(revision=0),
    "reviews_panel_ship_check": lambda: panel_below_zero(ship=-1),
    "reviews_panel_skip_check": lambda: panel_below_zero(skip=-1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_must_never_happen_is_refused(name: str) -> None:
    assert broken_constraint(BROKEN[name]) == name


def test_every_constraint_is_broken_on_purpose() -> None:
    # A revision of at least 1 is at least 0 too.
    assert constraints_of("reviews") == {*BROKEN, "reviews_review_revision_check"}


def test_a_refused_review_leaves_the_panel_as_it_was() -> None:
    first = ReviewFactory()

    broken_constraint(lambda: ReviewFactory(reviewer=first.reviewer, tool=first.tool, verdict="skip"))

    assert panel_of(first.tool) == (1, 0)


def test_a_reviewer_may_have_drafts_and_retracted_reviews_beside_the_live_one() -> None:
    live = ReviewFactory()

    for status in ("draft", "draft", "retracted", "retracted"):
        ReviewFactory(reviewer=live.reviewer, tool=live.tool, status=status)

    assert panel_of(live.tool) == (1, 0)


def test_a_retracted_review_comes_back_only_while_no_other_is_live() -> None:
    retracted = ReviewFactory(status="retracted")
    live = ReviewFactory(reviewer=retracted.reviewer, tool=retracted.tool)

    refusal = broken_constraint(lambda: change_by_update(retracted, "published", "ship"))
    live.delete()
    change_by_update(retracted, "published", "ship")

    assert refusal == "one_live_review_per_reviewer_and_tool"
    assert panel_of(retracted.tool) == (1, 0)


def test_the_form_refuses_a_second_live_review() -> None:
    live = ReviewFactory()

    with pytest.raises(ValidationError):
        ReviewFactory.build(reviewer=live.reviewer, tool=live.tool).full_clean()


@pytest.mark.parametrize(
    "evidence", [["not an address"], ["https://example.com/"] * 21], ids=["no address", "21"]
)
def test_the_form_refuses_odd_evidence(evidence: list[str]) -> None:
    row = ReviewFactory.build(reviewer=ReviewerFactory(), tool=ToolFactory(), evidence=evidence)

    with pytest.raises(ValidationError) as refusal:
        row.full_clean()

    assert set(refusal.value.message_dict) == {"evidence"}


def test_what_was_reviewed_and_who_reviewed_cannot_be_deleted() -> None:
    row = ReviewFactory()

    with pytest.raises(ProtectedError):
        row.tool.delete()
    with pytest.raises(ProtectedError):
        row.reviewer.delete()

    assert Review.objects.filter(pk=row.pk).exists()
    assert Reviewer.objects.filter(pk=row.reviewer_id).exists()


LATER = NOW + timedelta(days=1)


def times_of(row: Review) -> tuple[datetime | None, datetime | None]:
    """When it was published and when it was corrected."""
    return Review.objects.values_list("published_at", "corrected_at").get(pk=row.pk)


class TestTimes:
    def test_a_draft_has_none(self) -> None:
        assert times_of(ReviewFactory(status="draft")) == (None, None)

    def test_a_review_that_is_entered_as_published_was_published_then(self) -> None:
        row = ReviewFactory()

        assert times_of(row) == (row.updated_at, None)

    def test_publishing_leaves_its_moment(self) -> None:
        row = ReviewFactory(status="draft")

        publish(review=row, now=NOW)

        assert times_of(row) == (NOW, None)

    def test_a_correction_leaves_its_moment_and_no_other_change_does(self) -> None:
        row = ReviewFactory(status="draft")
        publish(review=row, now=NOW)

        Review.objects.filter(pk=row.pk).update(quote="Another.", updated_at=LATER)
        assert times_of(row) == (NOW, None)

        Review.objects.filter(pk=row.pk).update(revision=2, updated_at=LATER)
        assert times_of(row) == (NOW, LATER)

    def test_a_review_that_comes_back_keeps_the_moment_of_its_first_publication(self) -> None:
        row = ReviewFactory(status="draft")
        publish(review=row, now=NOW)
        retract(review=row, now=LATER)

        Review.objects.filter(pk=row.pk).update(status="published", updated_at=LATER)

        assert times_of(row) == (NOW, None)

    def test_a_row_that_was_read_earlier_does_not_take_them_back(self) -> None:
        row = ReviewFactory(status="draft")
        publish(review=row, now=NOW)

        row.quote = "Saved as it was read."
        row.save()

        assert times_of(row) == (NOW, None)
