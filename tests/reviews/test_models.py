"""What the database promises of reviews: one live review each, and a panel that counts itself."""

from collections.abc import Callable
from datetime import date, datetime
from itertools import product
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from catalog.models import Tool
from reviews.models import Calibration, Panel, Review, Reviewer
from reviews.panel import PanelCount
from tests.database import at_once, broken_constraint, constraints_of, database_now, execute
from tests.factories import AHEAD, NOW, CategoryFactory, ReviewerFactory, ReviewFactory, ToolFactory, review

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
            (("draft", "ship"), ("in_review", "ship"), (2, 2)),
            (("in_review", "skip"), ("published", "skip"), (2, 3)),
            (("published", "ship"), ("retracted", "ship"), (2, 2)),
            (("published", "ship"), ("published", "skip"), (2, 3)),
            (("published", "skip"), ("published", "ship"), (3, 2)),
            (("published", "skip"), ("published", "skip"), (2, 3)),
            (("retracted", "skip"), ("in_review", "skip"), (2, 2)),
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

        Review.objects.filter(reviewer__in=reviewers[2:]).delete()
        assert [panel_of(tool) for tool in tools] == [(2, 0), (2, 0)]

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


def calibrated(**counts: int) -> None:
    Calibration.objects.create(reviewer=ReviewerFactory(), **counts)


def panel_below_zero(**counts: int) -> None:
    ToolFactory()
    Panel.objects.update(**counts)


BROKEN: dict[str, Callable[[], object]] = {
    "a_calibration_counts_parts_of_wholes": lambda: calibrated(ship=2, total=1),
    "reviews_calibration_ship_check": lambda: calibrated(ship=-1),
    "reviews_calibration_panel_agrees_check": lambda: calibrated(panel_agrees=-1),
    "reviews_calibration_crowd_agrees_check": lambda: calibrated(crowd_agrees=-1),
    "reviews_calibration_tools_check": lambda: calibrated(tools=-1),
    "reviewer_slug_is_plain": lambda: ReviewerFactory(slug="The Builder"),
    "reviews_reviewer_slug_key": lambda: ReviewerFactory.create_batch(2, slug="twice"),
    "reviews_reviewer_position_check": lambda: ReviewerFactory(position=-1),
    "one_live_review_per_reviewer_and_tool": two_live_reviews,
    "review_status_is_known": lambda: ReviewFactory(status="hidden"),
    "a_review_says_ship_or_skip": lambda: ReviewFactory(verdict="maybe"),
    "a_reviewer_has_a_name": lambda: ReviewerFactory(name="\u2800"),
    "reviewer_text_is_visible": lambda: ReviewerFactory(motto="Show\u202e me"),
    "reviewer_kind_is_known": lambda: ReviewerFactory(kind="robot"),
    "review_basis_is_known": lambda: ReviewFactory(basis="heard"),
    "a_public_review_has_a_basis": lambda: ReviewFactory(basis=None),
    "a_review_names_what_was_read": lambda: ReviewFactory(basis="read", evidence=[]),
    "a_review_has_a_day_from_2000_on": lambda: ReviewFactory(reviewed_on="0001-01-01"),
    "review_disclosure_is_visible": lambda: ReviewFactory(disclosure="Paid\u200b by the maker."),
    "review_text_is_visible": lambda: ReviewFactory(quote="It\u2060 held."),
    "a_review_has_a_revision": lambda: ReviewFactory(revision=0),
    "reviews_panel_ship_check": lambda: panel_below_zero(ship=-1),
    "reviews_panel_skip_check": lambda: panel_below_zero(skip=-1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_must_never_happen_is_refused(name: str) -> None:
    assert broken_constraint(BROKEN[name]) == name


def test_every_constraint_is_broken_on_purpose() -> None:
    # Those of head-to-heads are broken in test_head_to_heads.py.
    answers = {name for name in constraints_of("reviews") if "head_to_head" in name or "headtohead" in name}
    # A revision of at least 1 is at least 0 too, and the database alone writes the rows of earlier ones.
    kept_by_triggers = {
        "a_revision_says_ship_or_skip",
        "reviews_reviewrevision_number_check",
        "revisions_are_numbered_without_repeats",
    }
    # A whole is at least its part, which is at least 0.
    kept_by_others = {
        f"reviews_calibration_{whole}_check" for whole in ("total", "panel_total", "crowd_total")
    }
    assert constraints_of("reviews") - answers == {
        *BROKEN,
        "reviews_review_revision_check",
        *kept_by_triggers,
        *kept_by_others,
    }


@pytest.mark.parametrize("status", ["draft", "in_review"])
def test_a_review_does_without_a_basis_only_while_it_is_unpublished(status: str) -> None:
    row = ReviewFactory(status=status, basis=None)

    refusal = broken_constraint(lambda: change_by_update(row, "published", "ship"))

    row.refresh_from_db()
    assert (refusal, row.status) == ("a_public_review_has_a_basis", status)


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

    change_by_update(retracted, "in_review", "ship")
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


# --- When it became public, and what it said before ---------------------------------------------


def times_of(row: Review) -> tuple[datetime | None, datetime | None]:
    """When it became public and when it was corrected."""
    return Review.objects.values_list("published_at", "corrected_at").get(pk=row.pk)


def revisions_of(row: Review) -> list[tuple[int, str, str]]:
    return list(row.revisions.order_by("number").values_list("number", "verdict", "quote"))


def change_all(row: Review, **values: Any) -> None:
    Review.objects.filter(pk=row.pk).update(**values)


class TestTimes:
    def test_a_draft_has_none(self) -> None:
        assert times_of(ReviewFactory(status="draft")) == (None, None)

    @pytest.mark.parametrize("way", CHANGE)
    def test_publication_leaves_the_databases_moment_whatever_the_way(self, way: str) -> None:
        row = ReviewFactory(status="draft")
        before = database_now()

        CHANGE[way](row, "published", "ship")

        published_at, corrected_at = times_of(row)
        assert published_at
        assert before <= published_at <= database_now()
        assert corrected_at is None

    def test_a_review_of_a_draft_tool_becomes_public_with_the_tool(self) -> None:
        tool = ToolFactory(status="draft", published_at=None)
        row = ReviewFactory(tool=tool)
        assert times_of(row) == (None, None)

        Tool.objects.filter(pk=tool.pk).update(status="published", published_at=NOW)

        tool.refresh_from_db()
        assert times_of(row) == (tool.public_at, None)

    def test_a_review_of_a_scheduled_tool_waits_with_it(self) -> None:
        row = ReviewFactory(tool=ToolFactory(published_at=AHEAD))

        assert times_of(row) == (AHEAD, None)
        assert not Review.objects.published().exists()

    def test_a_review_that_moves_to_a_draft_tool_is_not_public(self) -> None:
        row = ReviewFactory()

        change_all(row, tool=ToolFactory(status="draft", published_at=None))

        assert not Review.objects.published().exists()

    def test_a_review_that_comes_back_keeps_the_moment_of_its_first_publication(self) -> None:
        row = ReviewFactory()
        first = times_of(row)

        change_all(row, status="retracted")
        change_all(row, status="in_review")
        change_all(row, status="published")

        assert times_of(row) == first

    def test_a_row_that_was_read_earlier_does_not_take_them_back(self) -> None:
        row = ReviewFactory(status="draft")
        change_all(row, status="published")
        times = times_of(row)

        row.status = "published"
        row.save()

        assert times_of(row) == times


def import_row(row: Review, verdict: str, quote: str) -> None:
    """As an import writes it."""
    row.verdict, row.quote, row.revision = verdict, quote, 1
    Review.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["id"], update_fields=["verdict", "quote", "revision"]
    )


def correct_by_save(row: Review, verdict: str, quote: str) -> None:
    row.verdict, row.quote = verdict, quote
    row.save()


def correct_by_sql(row: Review, verdict: str, quote: str) -> None:
    execute("UPDATE reviews_review SET verdict = %s, quote = %s WHERE id = %s", verdict, quote, row.pk)


CORRECT: dict[str, Callable[[Review, str, str], None]] = {
    "import": import_row,
    "save": correct_by_save,
    "update": lambda row, verdict, quote: change_all(row, verdict=verdict, quote=quote),
    "sql": correct_by_sql,
}


@pytest.mark.parametrize("way", CORRECT)
class TestCorrections:
    def test_the_revision_rises_and_the_former_text_is_kept(self, way: str) -> None:
        row = ReviewFactory(verdict="ship", quote="It holds.")
        before = database_now()

        CORRECT[way](row, "skip", "It broke.")

        row.refresh_from_db()
        assert (row.revision, row.verdict, row.quote) == (2, "skip", "It broke.")
        assert row.corrected_at
        assert before <= row.corrected_at <= database_now()
        assert revisions_of(row) == [(1, "ship", "It holds.")]
        kept = row.revisions.get()
        assert (kept.began_at, kept.ended_at) == (row.published_at, row.corrected_at)

    def test_each_correction_is_counted(self, way: str) -> None:
        row = ReviewFactory(quote="One.")

        for words in ("Two.", "Three.", "Three."):
            CORRECT[way](row, "ship", words)

        row.refresh_from_db()
        assert row.revision == 3
        assert revisions_of(row) == [(1, "ship", "One."), (2, "ship", "Two.")]

    def test_a_browsers_line_ends_are_no_correction(self, way: str) -> None:
        row = ReviewFactory(quote="One.\nTwo.")

        CORRECT[way](row, "ship", "One.\r\nTwo.")

        row.refresh_from_db()
        assert (row.revision, row.quote, row.corrected_at) == (1, "One.\nTwo.", None)
        assert revisions_of(row) == []

    @pytest.mark.parametrize("tool", [{"status": "draft", "published_at": None}, {"published_at": AHEAD}])
    def test_what_nobody_could_read_is_no_correction(self, way: str, tool: dict[str, Any]) -> None:
        row = ReviewFactory(tool=ToolFactory(**tool))

        CORRECT[way](row, "skip", "It broke.")

        row.refresh_from_db()
        assert (row.revision, row.corrected_at, revisions_of(row)) == (1, None, [])

    def test_what_is_changed_while_it_is_retracted_counts_once_it_is_back(self, way: str) -> None:
        row = ReviewFactory(verdict="ship", quote="It holds.")
        change_all(row, status="retracted")
        row.refresh_from_db()

        CORRECT[way](row, "skip", "It may break.")
        CORRECT[way](row, "skip", "It broke.")
        change_all(row, status="in_review")
        change_all(row, status="published")

        row.refresh_from_db()
        assert row.revision == 2
        assert row.corrected_at
        assert revisions_of(row) == [(1, "ship", "It holds.")]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"quote": "It broke."}, id="quote"),
        pytest.param({"verdict": "skip"}, id="verdict"),
        pytest.param({"evidence": ["https://example.com/seen"]}, id="evidence"),
        pytest.param({"reviewed_on": date(2026, 10, 6)}, id="day"),
    ],
)
def test_all_that_readers_see_of_a_review_is_corrected(values: dict[str, Any]) -> None:
    row = ReviewFactory()

    change_all(row, **values)

    row.refresh_from_db()
    assert (row.revision, row.revisions.count()) == (2, 1)


def test_a_review_that_comes_back_as_it_was_has_no_new_revision() -> None:
    row = ReviewFactory(quote="It holds.")

    for status in ("retracted", "in_review", "published"):
        change_all(row, status=status)

    row.refresh_from_db()
    assert (row.revision, row.corrected_at) == (1, None)
    assert revisions_of(row) == [(1, "ship", "It holds.")]


@pytest.mark.parametrize(("given", "kept"), [(1, 4), (4, 4), (7, 7)])
def test_a_revision_never_falls_and_a_higher_one_is_no_correction(given: int, kept: int) -> None:
    row = ReviewFactory(revision=4)

    change_all(row, revision=given)

    row.refresh_from_db()
    assert (row.revision, row.corrected_at) == (kept, None)


@pytest.mark.parametrize("before", ["published", "retracted"])
@pytest.mark.parametrize("way", CHANGE)
def test_what_was_public_never_goes_back_to_draft(way: str, before: str) -> None:
    row = ReviewFactory()
    change_all(row, status=before)

    assert broken_constraint(lambda: CHANGE[way](row, "draft", "ship")) == "what_was_public_is_no_draft_again"


def test_the_form_says_what_to_do_instead_of_going_back_to_draft() -> None:
    row = Review.objects.get(pk=ReviewFactory().pk)
    row.status = "draft"

    with pytest.raises(ValidationError, match="no draft again: retract it"):
        row.full_clean()


def test_a_review_that_waits_for_its_tool_may_be_a_draft_again() -> None:
    row = ReviewFactory(tool=ToolFactory(published_at=AHEAD))

    change_all(row, status="draft")

    assert times_of(row) == (None, None)


@pytest.mark.parametrize(
    "sql", ["UPDATE reviews_reviewrevision SET quote = 'Never said.'", "DELETE FROM reviews_reviewrevision"]
)
def test_a_former_text_is_never_rewritten(sql: str) -> None:
    change_all(row := ReviewFactory(quote="It holds."), quote="It broke.")

    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        execute(sql)

    assert revisions_of(row) == [(1, "ship", "It holds.")]


def test_a_review_whose_former_text_is_kept_cannot_be_deleted() -> None:
    change_all(row := ReviewFactory(), verdict="skip")

    with pytest.raises(ProtectedError):
        row.delete()


def test_a_calibration_says_its_count() -> None:
    assert str(Calibration(ship=3, total=4)) == "3 of 4 ship"
