"""What every page of the admin does: made-up ids, selections, rows that only the product writes."""

import pytest
from django.contrib.admin.models import LogEntry

from backend.admin.base import link_to_api
from catalog.models import Category, Tool
from tests.desk import act, desk_of, messages_of, open_desk, submit
from tests.factories import CategoryFactory, ToolFactory

TOOLS = "/admin/catalog/tool/"
PANELS = "/admin/reviews/panel/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "question",
    [
        pytest.param({"q": "\x00"}, id="NUL in the search"),
        pytest.param({"published_at__year": "9" * 30}, id="year of thirty digits"),
    ],
)
def test_a_list_refuses_nonsense_in_its_address(question: dict[str, str]) -> None:
    assert open_desk().get(TOOLS, question).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("identity", ["x", "\x00", "9" * 30])
def test_an_action_refuses_ids_that_are_none(identity: str) -> None:
    answer = open_desk().post(TOOLS, {"action": "publish", "_selected_action": identity})

    assert answer.status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("identity", ["x", "9" * 30])
def test_a_form_refuses_ids_that_are_none(identity: str) -> None:
    desk = open_desk()
    tool = ToolFactory()

    assert submit(desk, f"{TOOLS}{tool.pk}/change/", category=identity).status_code == 400
    assert desk.get(f"{TOOLS}add/", {"category": identity}).status_code == 400


@pytest.mark.django_db
def test_an_unknown_row_leads_back_with_a_word_about_it() -> None:
    response = open_desk().get(f"{TOOLS}x/change/", follow=True)

    assert messages_of(response) == ["tool with ID “x” doesn’t exist. Perhaps it was deleted?"]


@pytest.mark.django_db
def test_a_selection_is_told_how_many_were_done_and_names_ten_that_were_left() -> None:
    done = ToolFactory.create_batch(2)
    left = [ToolFactory(name=f"T{n:02}", slug=f"t{n:02}", status="archived") for n in range(12)]

    told = act(open_desk(), TOOLS, "archive", [*done, *left])

    names = ", ".join(f"T{n:02} (t{n:02})" for n in range(10))
    assert told == ["2 tools archived.", f"Not archived (not published): {names} and 2 more."]
    assert set(LogEntry.objects.values_list("object_id", "change_message")) == {
        (str(tool.pk), "Archived.") for tool in done
    }


@pytest.mark.django_db
def test_a_new_row_has_no_record_and_a_stored_one_shows_id_and_times() -> None:
    desk, category = open_desk(), CategoryFactory()

    new = desk.get("/admin/catalog/category/add/").context["adminform"].fieldsets
    stored = desk.get(f"/admin/catalog/category/{category.pk}/change/").context["adminform"].fieldsets

    assert [name for name, _ in new] == [None]
    assert [name for name, _ in stored] == [None, "Record"]
    assert stored[1][1]["fields"] == ["id", "created_at", "updated_at"]


@pytest.mark.django_db
def test_rows_that_the_product_writes_are_read_and_nothing_else_whatever_one_may() -> None:
    desk = desk_of("view_panel", "add_panel", "change_panel", "delete_panel")
    tool = ToolFactory()

    assert desk.get(f"{PANELS}{tool.pk}/change/").status_code == 200
    assert desk.get(f"{PANELS}add/").status_code == 403
    assert desk.post(f"{PANELS}{tool.pk}/change/", {"ship": 7}).status_code == 403
    assert desk.post(f"{PANELS}{tool.pk}/delete/", {"post": "yes"}).status_code == 403
    tool.panel.refresh_from_db()
    assert tool.panel.ship == 0


@pytest.mark.django_db
def test_a_deleted_row_takes_along_the_rows_that_the_product_kept_for_it() -> None:
    tool = ToolFactory()

    open_desk().post(f"{TOOLS}{tool.pk}/delete/", {"post": "yes"})

    assert not Tool.objects.exists()
    assert Category.objects.exists()


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("tools/cursor", '<a href="/api/v1/tools/cursor">View in API</a>'),
        ('"><script>', '<a href="/api/v1/&quot;&gt;&lt;script&gt;">View in API</a>'),
    ],
)
def test_a_link_to_the_api_is_quoted(path: str, link: str) -> None:
    assert link_to_api(path) == link
