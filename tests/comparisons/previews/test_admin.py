"""The curators' page of what readers get or will get, and of links to it."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Tool
from comparisons.models import Comparison, PreviewLink
from tests.backend.admin.test_roles import staff_of
from tests.desk import act, count_queries, messages_of, open_desk
from tests.factories import ComparisonFactory, ReviewerFactory, ReviewFactory, ToolFactory

pytestmark = pytest.mark.django_db

LINKS = "/admin/comparisons/previewlink/"


def preview_of(row: Any) -> str:
    return reverse("admin:comparisons_preview", args=[row._meta.model_name, row.pk])


def new_draft(**values: Any) -> Tool:
    tool: Tool = ToolFactory(status="draft", published_at=None, **values)
    return tool


def words_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def make(desk: Client, row: Any) -> Any:
    return desk.post(preview_of(row), {"make": "Make a link", "days": "7"}, follow=True)


def test_a_draft_is_shown_as_readers_will_get_it_and_nothing_is_published() -> None:
    tool = new_draft(name="Aider")
    ReviewFactory(tool=tool, status="draft", quote="Not out <yet>.")

    page = open_desk().get(preview_of(tool))

    assert page.context["answer"]["name"] == "Aider"
    assert "Not out &lt;yet&gt;." in page.content.decode()
    assert "once 2 drafts on it are published" in words_of(page)
    assert Tool.objects.get().status == "draft"


def test_a_pair_that_nobody_made_is_shown_by_the_other_tool_s_slug() -> None:
    tool, other = new_draft(slug="zed"), new_draft(slug="aider")

    page = open_desk().get(f"{preview_of(tool)}?with=aider", follow=True)

    assert page.context["answer"]["slug"] == "aider-vs-zed"
    assert page.context["answer"]["kind"] == "computed"
    assert other.status == "draft"


def test_a_slug_that_no_tool_has_is_said() -> None:
    page = open_desk().get(f"{preview_of(new_draft())}?with=nobody")

    assert messages_of(page) == ["No other tool has the slug nobody."]


def test_a_pair_and_a_review_have_their_pages_too() -> None:
    pair: Comparison = ComparisonFactory(status="draft", published_at=None)
    review = ReviewFactory(tool=pair.first_tool, status="draft", quote="Said.")
    desk = open_desk()

    assert desk.get(preview_of(pair)).context["answer"]["kind"] == "curated"
    assert desk.get(preview_of(review)).context["answer"]["quote"] == "Said."


def test_what_is_public_is_shown_as_it_is() -> None:
    page = open_desk().get(preview_of(ToolFactory(slug="cursor")))

    assert "This is what readers get at /api/v1/tools/cursor" in words_of(page)
    assert 'value="Make a link"' not in page.content.decode()


def test_what_cannot_be_published_is_named_with_the_reason() -> None:
    tool = new_draft()
    ReviewFactory(tool=tool, status="draft", basis=None, reviewer=ReviewerFactory(name="The Skeptic"))

    words = words_of(open_desk().get(preview_of(tool)))

    assert "Not shown, because it can’t be published as it is The Skeptic on" in words


def test_a_link_is_made_shown_and_ended() -> None:
    desk, tool = open_desk(), new_draft(slug="aider")

    page = make(desk, tool)
    [(link, addresses)] = page.context["links"]
    [address] = [each for words, each in addresses if words == "In the API"]
    stranger = Client()
    path = address.partition("/api/")[2]
    shown = stranger.get(f"/api/{path}").status_code
    desk.post(preview_of(tool), {"end": str(link.pk)})

    assert messages_of(page) == [
        "The link is ready. Everybody who has it sees these drafts, without an account."
    ]
    assert shown == 200
    assert stranger.get(f"/api/{path}").status_code == 404
    link.refresh_from_db()
    assert link.ended_at is not None


def test_links_are_listed_with_who_made_them_and_ended_there() -> None:
    desk, tool = open_desk(), new_draft()
    make(desk, tool)

    told = act(desk, LINKS, "end", list(PreviewLink.objects.all()))

    assert told == ["1 link to a preview ended."]
    assert "curator" in desk.get(LINKS).content.decode()


@pytest.mark.parametrize(
    ("role", "may"), [("Writer", True), ("Editor", True), ("Moderator", False), ("Sender", False)]
)
def test_who_writes_drafts_shares_them(role: str, may: bool) -> None:
    desk, tool = Client(), new_draft()
    desk.force_login(staff_of(role))

    assert desk.get(preview_of(tool)).status_code == 200
    assert (make(desk, tool).status_code == 200) is may
    assert PreviewLink.objects.exists() is may


@pytest.mark.parametrize(("role", "sees"), [("Writer", True), ("Moderator", False), ("Sender", False)])
def test_only_those_who_may_make_links_are_shown_them(role: str, sees: bool) -> None:
    tool, desk = new_draft(), Client()
    make(open_desk(), tool)
    desk.force_login(staff_of(role))

    page = desk.get(preview_of(tool))

    assert bool(page.context["links"]) is sees
    assert ("?preview=" in page.content.decode()) is sees


def test_a_link_is_found_and_ended_after_its_tool_got_another_slug() -> None:
    desk, tool = open_desk(), new_draft(slug="before")
    [(link, _)] = make(desk, tool).context["links"]
    tool.slug = "after"
    tool.save()
    other = new_draft(slug="before")

    [(found, addresses)] = desk.get(preview_of(tool)).context["links"]
    [address] = [each for words, each in addresses if words == "In the API"]
    shown = Client().get(f"/api/{address.partition('/api/')[2]}").status_code
    assert desk.get(preview_of(other)).context["links"] == []
    desk.post(preview_of(tool), {"end": str(link.pk)})

    assert (found, shown) == (link, 200)
    link.refresh_from_db()
    assert link.ended_at is not None


@pytest.mark.parametrize("number", [1, 12])
def test_a_page_costs_the_same_however_many_drafts_are_published(number: int) -> None:
    tool = ToolFactory()
    ReviewFactory.create_batch(number, tool=tool)

    # Session, curator; the tool; drafts of it and its reviews; a savepoint, taken back and left; the tool and its reviews
    # as the API reads them; links.
    assert count_queries(open_desk(), preview_of(tool)) == 11


@pytest.mark.parametrize(
    "path",
    ["of/nothing/01a2243d-4dc0-7209-adc6-7c9bbabf8b63/", "of/tool/01a2243d-4dc0-7209-adc6-7c9bbabf8b63/"],
)
def test_there_is_no_page_of_what_is_not_there(path: str) -> None:
    assert open_desk().get(f"{LINKS}{path}").status_code == 404
