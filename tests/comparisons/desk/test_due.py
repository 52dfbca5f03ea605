"""What is due, in the order of use × age × disagreement."""

from datetime import date, timedelta

import pytest

from comparisons.desk import due
from tests.factories import (
    ComparisonFactory,
    PairFitFactory,
    ReviewFactory,
    ToolFactory,
    ToolFitFactory,
    review,
    vote,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 28)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_prices_come_by_votes_then_age_then_disagreement() -> None:
    for slug, days, votes in (("fresh", 89, 9), ("edge", 90, 0), ("old", 400, 0), ("used", 100, 9)):
        vote(ToolFactory(slug=slug, pricing_checked_on=ago(days)), ship=votes)
    ToolFactory(slug="never", pricing_checked_on=None)
    ToolFactory(slug="hidden", pricing_checked_on=None, status="draft", published_at=None)
    disputed = ToolFactory(slug="disputed", pricing_checked_on=ago(100))
    review(disputed, skip=1)
    vote(disputed, ship=9)

    found = due.stale_prices(today=TODAY).order_by("-score", "pk")

    assert [(tool.slug, tool.age, tool.use, tool.gap, tool.score) for tool in found] == [
        ("disputed", 100, 9, 100.0, 2000.0),
        ("used", 100, 9, 0.0, 1000.0),
        ("never", 730, 0, 0.0, 730.0),
        ("old", 400, 0, 0.0, 400.0),
        ("edge", 90, 0, 0.0, 90.0),
    ]


def test_reviews_come_first_where_readers_say_otherwise() -> None:
    tool = ToolFactory()
    vote(tool, ship=1, skip=3)
    for slug, verdict, days in (("with", "skip", 180), ("against", "ship", 180), ("young", "ship", 179)):
        ReviewFactory(tool=tool, reviewer__slug=slug, verdict=verdict, reviewed_on=ago(days))
    ReviewFactory(tool=tool, reviewer__is_active=False, reviewed_on=ago(900))
    ReviewFactory(tool=tool, status="draft", reviewed_on=ago(900))

    found = due.reviews_due(today=TODAY).order_by("-score", "pk")

    assert [(each.reviewer.slug, each.gap, each.score) for each in found] == [
        ("against", 75.0, 5 * 180 * 1.75),
        ("with", 25.0, 5 * 180 * 1.25),
    ]


def test_tools_without_reviews_come_by_their_votes() -> None:
    review(ToolFactory(), ship=1)
    ToolFactory(slug="quiet")
    vote(ToolFactory(slug="loud"), ship=2)

    assert [tool.slug for tool in due.unreviewed_tools().order_by("-score", "pk")] == ["loud", "quiet"]


def tie(**more: object) -> object:
    pair = ComparisonFactory(**more)
    for tool in (pair.first_tool, pair.second_tool):
        review(tool, ship=3)
    return pair


def test_pairs_that_tie_without_a_condition_are_undecided() -> None:
    bare = tie()
    ToolFitFactory(tool=tie().second_tool)  # type: ignore[attr-defined]
    PairFitFactory(comparison=tie())
    ComparisonFactory()
    tie(status="archived")

    assert list(due.undecided_pairs()) == [bare]
