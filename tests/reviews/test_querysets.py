"""Reads of the panel's work: the roster's order, public reviews, and a reviewer's record."""

import pytest
from pytest_django import DjangoAssertNumQueries

from reviews.models import Review, Reviewer
from tests.factories import ReviewerFactory, ReviewFactory, ToolFactory

pytestmark = pytest.mark.django_db


def test_the_roster_stands_by_position_then_by_id() -> None:
    late = ReviewerFactory(slug="late", position=2)
    first = ReviewerFactory(slug="first", position=1)
    same = ReviewerFactory(slug="same", position=2)

    assert list(Reviewer.objects.in_roster_order()) == [first, late, same]


def test_reviews_follow_the_roster() -> None:
    late, first = ReviewerFactory(position=2), ReviewerFactory(position=1)
    tool = ToolFactory()
    rows = [
        ReviewFactory(reviewer=late, tool=tool),
        ReviewFactory(reviewer=first, tool=tool, status="draft"),
        ReviewFactory(reviewer=first, tool=tool),
    ]

    assert list(Review.objects.in_roster_order()) == [rows[1], rows[2], rows[0]]


@pytest.mark.parametrize("tool_status", ["draft", "published", "archived"])
@pytest.mark.parametrize("status", ["draft", "published", "retracted"])
def test_a_review_is_public_when_it_is_live_and_its_tool_may_be_read(status: str, tool_status: str) -> None:
    ReviewFactory(status=status, tool=ToolFactory(status=tool_status))

    is_public = Review.objects.published().exists()

    assert is_public == (status == "published" and tool_status != "draft")


def test_reviews_are_found_by_tool() -> None:
    one, other, _ = ReviewFactory.create_batch(3)

    assert set(Review.objects.of_tools([one.tool_id, other.tool_id])) == {one, other}
    assert not Review.objects.of_tools([]).exists()


def test_a_record_counts_published_reviews_of_published_tools(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    busy, idle = ReviewerFactory(slug="busy"), ReviewerFactory(slug="idle")
    for verdict in ("ship", "ship", "skip"):
        ReviewFactory(reviewer=busy, verdict=verdict)
    ReviewFactory(reviewer=busy, status="draft")
    ReviewFactory(reviewer=busy, status="retracted", verdict="skip")
    ReviewFactory(reviewer=busy, tool=ToolFactory(status="archived"))
    ReviewFactory(reviewer=busy, tool=ToolFactory(status="draft"))

    with django_assert_num_queries(1):
        records = {row.slug: (row.ship_count, row.skip_count) for row in Reviewer.objects.with_record()}

    assert records == {busy.slug: (2, 1), idle.slug: (0, 0)}
