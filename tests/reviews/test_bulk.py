"""Many reviews or head-to-heads are retracted and unpublished at once."""

import pytest
from django.utils import timezone

from backend.admin.bulk import undo_of
from comparisons.merging.merging import merge_tools
from tests.bulk import KINDS, check_there_and_back, select, start, states
from tests.factories import HeadToHeadFactory, ReviewFactory, ToolFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", [name for name in KINDS if name.startswith("reviews.")])
def test_a_step_is_done_to_what_it_is_for_and_taken_back(name: str) -> None:
    check_there_and_back(name)


def test_a_review_that_comes_back_is_no_correction() -> None:
    review = ReviewFactory()
    action = start(select("reviews.review.retract", [review]))
    start(undo_of(action))

    before = (review.revision, review.published_at)
    review.refresh_from_db()

    assert (review.revision, review.corrected_at) == (before[0], None)
    assert review.status == "published"


def test_an_undo_publishes_no_second_review_and_no_answer_of_who_has_left() -> None:
    review, answer = ReviewFactory(), HeadToHeadFactory()
    retracted = start(select("reviews.review.retract", [review]))
    unanswered = start(select("reviews.headtohead.retract", [answer]))
    ReviewFactory(reviewer=review.reviewer, tool=review.tool)
    answer.reviewer.is_active = False
    answer.reviewer.save()

    assert [undo_of(action).left for action in (retracted, unanswered)] == [
        [(1, "the reviewer has another one that is published")],
        [(1, "the reviewer is not active")],
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("reviews.review.retract", "This tool was merged into another: review that one."),
        ("reviews.headtohead.retract", "One of the two tools was merged into another: take that one."),
    ],
)
def test_an_undo_leaves_what_is_about_a_tool_that_was_merged_since_and_does_the_others(
    name: str, words: str
) -> None:
    tool, kept = ToolFactory.create_batch(2)
    factory = ReviewFactory if name.startswith("reviews.review") else HeadToHeadFactory
    about = {"tool": tool} if factory is ReviewFactory else {"first_tool": tool}
    stays, comes_back = factory(**about), factory()
    action = start(select(name, [stays, comes_back]))
    merge_tools(merged=tool, kept=kept, why="One tool.", merged_by="curator", now=timezone.now())

    undo = start(undo_of(action))

    assert states([stays, comes_back]) == [("retracted",), ("published",)]
    assert list(undo.rows.exclude(reason="").values_list("row_id", "reason")) == [(stays.pk, words)]


def test_the_page_before_counts_the_tools() -> None:
    tool = ToolFactory()
    reviews, answer = ReviewFactory.create_batch(2, tool=tool), HeadToHeadFactory(first_tool=tool)

    told = [
        each.step.tell(each.rows)
        for each in (
            select("reviews.review.retract", reviews),
            select("reviews.headtohead.retract", [answer]),
        )
    ]

    assert told == [["About 1 tool."], ["About 2 tools."]]
