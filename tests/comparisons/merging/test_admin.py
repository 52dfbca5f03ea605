"""The curators' pages of duplicates and merges."""

import pytest
from django.urls import reverse

from backend.api.models import Change
from catalog.models import Tool
from comparisons.models import ToolMerge
from tests.desk import count_queries, desk_of, messages_of, open_desk, submit
from tests.factories import ReviewFactory, ToolFactory, VoteFactory

pytestmark = pytest.mark.django_db

DUPLICATES = "/admin/comparisons/toolmerge/duplicates/"
MERGES = "/admin/comparisons/toolmerge/"


def merge_page(tool: Tool) -> str:
    return reverse("admin:comparisons_merge", args=[tool.pk])


def test_the_list_of_tools_that_may_be_one_says_why_and_leads_to_a_merge() -> None:
    old, _ = ToolFactory(slug="old", name="Claw Code"), ToolFactory(slug="new", name="Claw code")

    page = open_desk().get(DUPLICATES).content.decode()

    assert "Same name" in page
    assert f'href="{merge_page(old)}?into=new"' in page


def test_a_group_is_said_to_be_releases_and_is_listed_no_more() -> None:
    tools = [ToolFactory(slug=slug, name="Claw Code") for slug in ("old", "new")]
    apart = ToolFactory(name="Apart")

    told = open_desk().post(
        DUPLICATES, {"product": "Claw", "tools": [tool.pk for tool in tools]}, follow=True
    )

    assert messages_of(told) == ["2 tools are releases of Claw."]
    assert told.context["likenesses"] == []
    assert list(Tool.objects.order_by("name", "slug").values_list("slug", "product")) == [
        (apart.slug, ""), ("new", "Claw"), ("old", "Claw"),
    ]  # fmt: skip
    changes = Change.objects.filter(row_id__in=[tool.pk for tool in tools], columns__has_key="product")
    assert {(change.actor, change.why) for change in changes} == {("curator", "Releases of Claw")}


@pytest.mark.parametrize(
    ("product", "number"),
    [("", 2), ("C" * 101, 2), ("Cl\u200baw", 2), ("Claw", 1), ("Claw", 0)],
    ids=["no words", "too many", "invisible", "one tool", "no tool"],
)
def test_what_are_no_releases_of_anything_stay_as_they_are(product: str, number: int) -> None:
    tools = [ToolFactory(name="Claw Code") for _ in range(2)]

    told = open_desk().post(DUPLICATES, {"product": product, "tools": [tool.pk for tool in tools[:number]]})

    assert messages_of(told)[0].startswith("Nothing was changed: ")
    assert set(Tool.objects.values_list("product", flat=True)) == {""}


def test_what_names_another_product_keeps_it() -> None:
    tools = [ToolFactory(name="Claw Code", product=product) for product in ("claw", "Paw")]

    told = open_desk().post(DUPLICATES, {"product": "Claw", "tools": [tool.pk for tool in tools]})

    assert messages_of(told)[0] == (
        "Nothing was changed: Claw Code is a release of Paw: change that on its page first."
    )
    assert set(Tool.objects.values_list("product", flat=True)) == {"claw", "Paw"}


def test_who_may_merge_and_not_publish_groups_nothing() -> None:
    tools = [ToolFactory(name="Claw Code") for _ in range(2)]
    desk = desk_of("add_toolmerge", "view_toolmerge", "view_tool")

    told = desk.post(DUPLICATES, {"product": "Claw", "tools": [tool.pk for tool in tools]})

    assert told.status_code == 403
    assert set(Tool.objects.values_list("product", flat=True)) == {""}


@pytest.mark.parametrize("groups", [1, 5])
def test_the_list_costs_six_queries(groups: int) -> None:
    for number in range(groups):
        ToolFactory.create_batch(2, name=f"Name {number}")

    # Session, curator; what is alike by name, website and slug; the tools.
    assert count_queries(open_desk(), DUPLICATES) == 6


def test_a_merge_is_shown_first_and_done_once_it_is_confirmed() -> None:
    desk, old = open_desk(), ToolFactory(slug="old", name="Old")
    ToolFactory(slug="new", name="New")
    VoteFactory.create_batch(2, tool=old)
    ReviewFactory(tool=old)

    asked = desk.get(f"{merge_page(old)}?into=new").content.decode()
    shown = desk.post(merge_page(old), {"kept": "new", "why": "One product"}).content.decode()
    confirmed = {"kept": "new", "why": "One product", "confirm": "Merge"}
    desk.post(merge_page(old), {**confirmed, "shown": "another"})
    unchanged = Tool.objects.get(pk=old.pk).slug
    done = desk.post(merge_page(old), {**confirmed, "shown": "new"}, follow=True)

    assert 'value="new"' in asked
    assert '<tr><th scope="row">Votes</th><td>2</td><td>0</td></tr>' in shown
    assert unchanged == "old"
    assert messages_of(done) == ["Old is merged into New."]
    merge = ToolMerge.objects.get()
    assert (merge.why, merge.merged_by, str(merge)) == ("One product", "curator", "old into new")

    undo = reverse("admin:comparisons_undo_merge", args=[merge.pk])
    assert undo in done.content.decode()
    asked = desk.get(undo).content.decode()
    assert '<tr><th scope="row">Votes</th><td>2</td></tr>' in asked
    assert ToolMerge.objects.standing().exists()
    assert messages_of(desk.post(undo, follow=True)) == ["Undone: old into new."]
    assert Tool.objects.get(pk=old.pk).slug == "old"
    assert "Not undone: it is undone already." in desk.get(undo).content.decode()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kept": "old", "why": "x"}, "Not merged: a tool is not merged into itself."),
        ({"kept": "nobody", "why": "x"}, "No tool has this slug."),
        ({"kept": "new", "why": ""}, "This field is required."),
    ],
)
def test_what_can_not_be_merged_is_said_beside_the_field(given: dict[str, str], words: str) -> None:
    old = ToolFactory(slug="old")
    ToolFactory(slug="new")

    page = (
        open_desk()
        .post(merge_page(old), {**given, "confirm": "Merge", "shown": given["kept"]})
        .content.decode()
    )

    assert words in page
    assert not ToolMerge.objects.exists()


def test_merging_takes_a_permission_of_its_own() -> None:
    old, new = ToolFactory(), ToolFactory()
    merge = ToolMerge.objects.create(kept_tool=new, merged_tool=old, merged_at=old.updated_at)
    desk = desk_of("change_tool", "view_toolmerge")

    pages = [DUPLICATES, merge_page(old), reverse("admin:comparisons_undo_merge", args=[merge.pk])]

    assert [desk.post(page).status_code for page in pages] == [403] * 3
    shown = [MERGES, f"{MERGES}{merge.pk}/change/", f"/admin/catalog/tool/{old.pk}/change/"]
    for page in shown:
        answer = desk.get(page)
        assert answer.status_code == 200
        assert [each for each in pages if each in answer.content.decode()] == []


def test_saving_a_tool_tells_which_others_look_like_it() -> None:
    ToolFactory(slug="first", name="Claw Code")
    tool = ToolFactory(slug="second", name="Other")

    told = messages_of(submit(open_desk(), f"/admin/catalog/tool/{tool.pk}/change/", name="Claw code"))

    assert any("Claw Code (first): same name" in message and merge_page(tool) in message for message in told)


def test_who_may_not_merge_is_told_too_and_led_nowhere() -> None:
    ToolFactory(slug="first", name="Claw Code")
    tool = ToolFactory(slug="second", name="Other", status="draft")
    desk = desk_of("view_tool", "change_tool", "view_category")

    told = messages_of(submit(desk, f"/admin/catalog/tool/{tool.pk}/change/", name="Claw code"))

    assert "This may be the same as Claw Code (first): same name." in told
