"""A preview over the API: the same operation, with a link's drafts; private, unlisted, and gone with the link."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from backend.api.throttling import spend
from comparisons.models import Comparison, PreviewLink
from comparisons.previews.drafts import drafts_of, drafts_of_review
from comparisons.previews.links import LIMITS, make_link, token_of
from tests.factories import ComparisonFactory, ReviewFactory, ToolFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> Comparison:
    draft: dict[str, Any] = {"status": "draft", "published_at": None}
    pair: Comparison = ComparisonFactory(
        first_tool=ToolFactory(slug="aider", **draft), second_tool=ToolFactory(slug="zed", **draft), **draft
    )
    ReviewFactory(tool=pair.first_tool, status="draft", quote="Not out yet.")
    return pair


def token_to(drafts: list[Any]) -> str:
    user, _ = User.objects.get_or_create(username="editor", is_staff=True)
    now = timezone.now()
    return token_of(
        make_link(path="/x", title="X", drafts=drafts, made_by=user, lasts=timedelta(days=1), now=now)
    )


@pytest.fixture
def token(pair: Comparison) -> str:
    return token_to(drafts_of([pair.first_tool, pair.second_tool]))


def test_a_draft_is_nowhere_without_the_link_and_whole_with_it(
    api: APIClient, pair: Comparison, token: str
) -> None:
    addresses = ["/api/v1/tools/aider", "/api/v1/comparisons/aider-vs-zed"]

    public = [api.get(address).status_code for address in addresses]
    tool, comparison = (api.get(f"{address}?preview={token}").json() for address in addresses)

    assert public == [404, 404]
    assert [review["quote"] for review in tool["reviews"]] == ["Not out yet."]
    assert (tool["panel"]["total"], tool["status"]) == (1, "published")
    assert comparison["kind"] == "curated"
    assert [api.get(address).status_code for address in addresses] == [404, 404]


def test_a_review_is_previewed_by_its_own_address(api: APIClient, pair: Comparison) -> None:
    review = pair.first_tool.reviews.get()
    token = token_to(drafts_of_review(review))

    answer = api.get(f"/api/v1/reviews/{review.pk}?preview={token}")

    assert answer.json()["quote"] == "Not out yet."


@pytest.mark.parametrize("parameters", ["", "&fields=slug", "&include=tally"])
def test_an_answer_is_for_nobody_to_keep_and_for_no_search_engine(
    api: APIClient, token: str, parameters: str
) -> None:
    answer = api.get(f"/api/v1/tools/aider?preview={token}{parameters}")

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "ETag" not in answer


def test_other_origins_may_read_it_as_they_read_all_else(
    api: APIClient, token: str, settings: Settings
) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://site.example"]

    answer = api.get(f"/api/v1/tools/aider?preview={token}", HTTP_ORIGIN="https://site.example")

    assert answer["Access-Control-Allow-Origin"] == "https://site.example"


def test_a_link_that_is_altered_expired_or_ended_answers_one_problem(api: APIClient, token: str) -> None:
    def said(text: str) -> tuple[int, str, str]:
        answer = api.get(f"/api/v1/tools/aider?preview={text}")
        return answer.status_code, answer.json()["code"], answer["Cache-Control"]

    altered = said(f"{token[:-1]}{'a' if token[-1] != 'a' else 'b'}")
    PreviewLink.objects.update(ended_at=timezone.now())
    ended = said(token)
    PreviewLink.objects.update(
        ended_at=None,
        made_at=timezone.now() - timedelta(days=2),
        expires_at=timezone.now() - timedelta(days=1),
    )
    expired = said(token)

    assert {altered, ended, expired} == {(404, "preview_not_found", "private, no-store")}


def test_a_link_is_looked_at_so_often_in_a_minute_and_no_other_link_counts(
    api: APIClient, pair: Comparison
) -> None:
    token, other = token_to([pair.first_tool_id]), token_to([pair.first_tool_id])
    link = PreviewLink.objects.get(pk=UUID(token.split(".")[0]))
    with time_machine.travel(timezone.now(), tick=False):
        spend([(f"preview {link.pk}", LIMITS)] * (LIMITS[0].count - 1), now=timezone.now())

        statuses = [api.get(f"/api/v1/tools/aider?preview={token}").status_code for _ in range(2)]
        refused = api.get(f"/api/v1/comparisons/aider-vs-zed?preview={token}")
        others = api.get(f"/api/v1/tools/aider?preview={other}").status_code

    assert (statuses, refused.status_code, refused.json()["code"], others) == (
        [200, 429],
        429,
        "throttled",
        200,
    )
    assert (refused["Retry-After"], refused["Cache-Control"]) == ("60", "private, no-store")


def test_a_link_to_one_draft_shows_no_other(api: APIClient, pair: Comparison) -> None:
    token = token_to(drafts_of([pair.first_tool]))

    assert api.get(f"/api/v1/tools/aider?preview={token}").status_code == 200
    assert api.get(f"/api/v1/tools/zed?preview={token}").json()["code"] == "tool_not_found"
    assert (
        api.get(f"/api/v1/comparisons/aider-vs-zed?preview={token}").json()["code"] == "comparison_not_found"
    )


@pytest.mark.parametrize(
    "path", ["/api/v1/tools", "/api/v1/comparisons", "/api/v1/rankings", "/api/v1/reviews"]
)
def test_lists_know_no_previews(api: APIClient, token: str, path: str) -> None:
    assert api.get(f"{path}?preview={token}").status_code == 400
