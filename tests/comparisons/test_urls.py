"""What is scheduled stands behind no public address until its time, and behind all of them from then on."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from catalog.models import Tool
from comparisons.models import Comparison
from tests.database import execute
from tests.factories import (
    AHEAD,
    ComparisonFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    review,
    vote,
)

pytestmark = pytest.mark.django_db

# By what they answer where a tool is missing.
LISTS = [
    "tools", "tools?q=embargo", "tools?include=facets", "tools?shipped_by=skeptic", "tools?sort=name",
    "comparisons", "comparisons?category=agents", "rankings?by=panel", "rankings?by=crowd",
    "categories", "categories/agents", "reviewers", "reviewers/skeptic", "reviews", "reviews?reviewer=skeptic",
    "tools/known/reviews", "comparisons/known-vs-other",
]  # fmt: skip
PAGES = [
    "tools/embargo", "tools/embargo/reviews", "tools/embargo/tally", "tools/embargo/tally/timeline",
    "comparisons/embargo-vs-known", "comparisons/embargo-vs-known/history", "comparisons/known-vs-new-embargo",
]  # fmt: skip


@pytest.fixture
def known() -> Tool:
    """What is public: two tools of one category, a reviewer who said something of one, and a pair."""
    tool: Tool = ToolFactory(slug="known", category__slug="agents")
    ReviewFactory(tool=tool, reviewer=ReviewerFactory(slug="skeptic"))
    review(tool, ship=2, skip=1)
    ComparisonFactory(first_tool=tool, second_tool=ToolFactory(slug="other", category=tool.category))
    vote(tool, ship=30)
    return tool


def schedule(known: Tool) -> Tool:
    """A tool of that category, reviewed by that reviewer, voted on and compared, all dated ahead."""
    tool: Tool = ToolFactory(slug="embargo", name="Embargo", category=known.category, published_at=AHEAD)
    execute("INSERT INTO catalog_toolalias (slug, tool_id) VALUES ('new-embargo', %s)", tool.pk)
    for each in known.reviews.select_related("reviewer"):
        ReviewFactory(tool=tool, reviewer=each.reviewer)
    ComparisonFactory(first_tool=tool, second_tool=known)
    vote(tool, ship=40)
    return tool


def asked(api: APIClient, path: str) -> tuple[int, Any]:
    answer = api.get(f"/api/v1/{path}")
    return answer.status_code, answer.json() if answer.content else None


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_as_if_nothing_were_scheduled_and_then_shows_it(
    api: APIClient, known: Tool, path: str
) -> None:
    before = asked(api, path)
    assert before[0] == 200
    tool = schedule(known)
    assert asked(api, path) == before

    Tool.objects.filter(pk=tool.pk).update(published_at=tool.created_at)

    if path not in {"tools/known/reviews", "comparisons/known-vs-other"}:
        assert asked(api, path) != before


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_not_there_until_its_time(api: APIClient, known: Tool, path: str) -> None:
    tool = schedule(known)
    assert asked(api, path)[0] == 404

    Tool.objects.filter(pk=tool.pk).update(published_at=tool.created_at)

    assert asked(api, path)[0] in {200, 308}


def test_a_scheduled_tool_is_no_name_to_filter_or_compare_by(api: APIClient, known: Tool) -> None:
    schedule(known)

    for path in ("comparisons?tool=embargo", "comparisons?tool=new-embargo", "compare?tools=known,embargo"):
        assert asked(api, path)[0] == 400, path


def test_a_scheduled_pair_of_known_tools_shows_nothing_of_the_editor(api: APIClient, known: Tool) -> None:
    third = ToolFactory(slug="third")
    ComparisonFactory(first_tool=known, second_tool=third, title="Embargoed", published_at=AHEAD)

    status, answer = asked(api, "comparisons/known-vs-third")

    assert (status, answer["kind"], answer["published_at"]) == (200, "computed", None)
    assert "Embargoed" not in str(answer)
    assert Comparison.objects.published().count() == 1


def test_nobody_votes_on_what_is_scheduled(api: APIClient, known: Tool) -> None:
    schedule(known)
    token = api.post("/api/v1/voters", {}, format="json").json()["token"]
    api.credentials(HTTP_AUTHORIZATION=f"Voter {token}")

    vote_on_it = api.put("/api/v1/tools/embargo/vote", {"value": "ship"}, format="json")
    pick_it = api.put("/api/v1/comparisons/embargo-vs-known/pick", {"tool": "embargo"}, format="json")

    assert (vote_on_it.status_code, pick_it.status_code) == (404, 404)
