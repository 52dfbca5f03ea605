"""What holds of rows of every kind: dates, and steps from state to state."""

from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.models import Tool
from comparisons.models import Comparison
from reviews.models import Review
from tests.comparisons.catalog_file.files import lines_of, load, review, tool
from tests.factories import AHEAD, NOW, ComparisonFactory, ReviewFactory, ToolFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("before", "keys", "after"),
    [
        pytest.param(None, {"status": "draft"}, None, id="a new draft has none"),
        pytest.param(None, {"status": "archived"}, NOW, id="what is new and archived was public now"),
        pytest.param(
            {"status": "draft", "published_at": None}, {"status": "published"}, NOW, id="a published draft"
        ),
        pytest.param({"status": "draft", "published_at": None}, {}, None, id="a draft stays one"),
        pytest.param(
            {"published_at": datetime(2025, 1, 1, tzinfo=UTC)},
            {},
            datetime(2025, 1, 1, tzinfo=UTC),
            id="kept",
        ),
    ],
)
def test_what_becomes_public_without_a_time_gets_now(
    before: dict[str, Any] | None, keys: dict[str, Any], after: datetime | None
) -> None:
    for made in () if before is None else [ToolFactory(slug="alpha", **before)]:
        ComparisonFactory(first_tool=made, second_tool=ToolFactory(slug="beta"), **(before or {}))

    load(tools=[tool("alpha", **keys), tool("beta")], comparisons=[{"tools": ["alpha", "beta"], **keys}])

    assert Tool.objects.get(slug="alpha").published_at == after
    assert Comparison.objects.get().published_at == after


def test_what_the_file_dates_ahead_is_public_from_then_on() -> None:
    load(
        tools=[tool("alpha", published_at="2100-01-01T00:00:00Z"), tool("beta")],
        comparisons=[{"tools": ["alpha", "beta"]}],
    )

    assert Tool.objects.get(slug="alpha").public_at == Comparison.objects.get().public_at == AHEAD
    assert [tool.slug for tool in Tool.objects.published()] == ["beta"]


def test_what_was_public_is_no_draft_again_by_a_file() -> None:
    load()

    lines = lines_of(
        tools=[tool("alpha", status="draft", reviews=[review("builder", status="draft")]), tool("beta")],
        comparisons=[{"tools": ["alpha", "beta"], "published_at": "2100-01-01T00:00:00Z"}],
    )

    assert lines == (
        "tools[0].status: What was public is no draft again: archive it.",
        "tools[0].reviews[0].status: What was public is no draft again: retract it.",
        "comparisons[0].published_at: It is public already: the date shown can't lie ahead.",
    )


@pytest.mark.parametrize(
    ("present", "row"),
    [
        pytest.param([("retracted", "o")], {"quote": "o", "status": "published"}, id="in so many words"),
        pytest.param([("retracted", "o")], {"quote": "o"}, id="as a new one is published"),
        pytest.param(
            [("draft", "d"), ("retracted", "o")], {"quote": "o", "status": "published"}, id="through a draft"
        ),
    ],
)
def test_a_file_publishes_no_review_that_was_retracted(
    present: list[tuple[str, str]], row: dict[str, Any]
) -> None:
    load()
    stored = Review.objects.get()
    Review.objects.all().delete()
    for status, quote in present:
        ReviewFactory(tool=stored.tool, reviewer=stored.reviewer, status=status, quote=quote)

    lines = lines_of(tools=[tool("alpha", name="Renamed", reviews=[review(**row)]), tool("beta")])

    place = "tools[0].reviews[0].status"
    assert lines[0] == (
        f"{place}: What is retracted does not become published. Bring it back to review on its page."
    )
    assert sorted(Review.objects.values_list("status", "quote")) == sorted(present)
    assert Tool.objects.get(slug="alpha").name == "Alpha"


def test_a_file_takes_no_step_that_the_workflow_lacks() -> None:
    load(tools=[tool("alpha", status="draft", reviews=[review(status="draft")]), tool("beta")])

    lines = lines_of(
        tools=[tool("alpha", status="archived", reviews=[review(status="retracted")]), tool("beta")]
    )

    assert lines == (
        "tools[0].status: What is draft does not become archived.",
        "tools[0].reviews[0].status: What is draft does not become retracted.",
    )
    assert Tool.objects.get(slug="alpha").status == Review.objects.get().status == "draft"
