"""What every page of the admin does: made-up ids, rows that only the product writes."""

import pytest
from django.contrib.admin.models import LogEntry

from backend.api.models import Change
from catalog.models import Category, Tool
from tests.database import execute
from tests.desk import act, desk_of, errors_of, messages_of, open_desk, submit
from tests.factories import CategoryFactory, ReviewFactory, ToolFactory

TOOLS = "/admin/catalog/tool/"
PANELS = "/admin/reviews/panel/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "question",
    [
        pytest.param({"q": "\x00"}, id="NUL in the search"),
        pytest.param({"published_at__year": "9" * 30}, id="year of thirty digits"),
        pytest.param({"published_at__year": "9999"}, id="the last year"),
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
def test_a_new_row_has_no_record_and_a_stored_one_shows_id_and_times() -> None:
    desk, category = open_desk(), CategoryFactory()

    new = desk.get("/admin/catalog/category/add/").context["adminform"].fieldsets
    stored = desk.get(f"/admin/catalog/category/{category.pk}/change/").context["adminform"].fieldsets

    assert [name for name, _ in new] == [None]
    assert [name for name, _ in stored] == [None, None, "Record"]
    assert stored[1][1]["fields"] == ["why"]
    assert stored[2][1]["fields"] == ["id", "created_at", "updated_at"]


@pytest.mark.django_db
def test_rows_that_the_product_writes_are_read_and_nothing_else_whatever_one_may() -> None:
    desk = desk_of("view_panel", "add_panel", "change_panel", "delete_panel")
    tool = ToolFactory()

    assert desk.get(f"{PANELS}{tool.pk}/change/").status_code == 200
    assert desk.get(f"{PANELS}add/").status_code == 403
    assert desk.post(f"{PANELS}{tool.pk}/change/", {"ship": 7}).status_code == 403
    assert desk.post(f"{PANELS}{tool.pk}/delete/", {"post": "yes", "why": "A mistake."}).status_code == 403
    tool.panel.refresh_from_db()
    assert tool.panel.ship == 0


@pytest.mark.django_db
def test_a_deleted_row_takes_along_the_rows_that_the_product_kept_for_it() -> None:
    tool = ToolFactory(status="draft")

    open_desk().post(f"{TOOLS}{tool.pk}/delete/", {"post": "yes", "why": "A mistake."})

    assert not Tool.objects.exists()
    assert Category.objects.exists()


# --- Who changed what, and why ------------------------------------------------------------------


def history_of(tool: Tool) -> list[tuple[str, str, str, str]]:
    changes = Change.objects.filter(row_id=tool.pk).order_by("id")
    return list(changes.values_list("action", "source", "actor", "why"))


@pytest.mark.django_db
def test_a_form_leaves_the_user_and_the_reason() -> None:
    tool = ToolFactory(tagline="Before")

    submit(open_desk(), f"{TOOLS}{tool.pk}/change/", tagline="After", why="The maker renamed it.")

    assert history_of(tool)[1:] == [("update", "admin", "curator", "The maker renamed it.")]
    assert Change.objects.get(action="update").columns == {"tagline": ["Before", "After"]}


@pytest.mark.django_db
@pytest.mark.parametrize(("action", "status"), [("archive", "published"), ("publish", "archived")])
def test_an_action_of_a_list_leaves_the_user(action: str, status: str) -> None:
    tool = ToolFactory(status=status)

    act(open_desk(), TOOLS, action, [tool])

    assert history_of(tool)[1:] == [("update", "admin", "curator", "A reason.")]


@pytest.mark.django_db
def test_a_deleted_row_leaves_the_user_and_what_it_was() -> None:
    category = CategoryFactory(name="Shelf")

    open_desk().post(
        f"/admin/catalog/category/{category.pk}/delete/", {"post": "yes", "why": "A mistake.", "instead": ""}
    )

    change = Change.objects.get(row_id=category.pk, action="delete")
    assert (change.actor, change.why, change.columns["name"]) == ("curator", "A mistake.", ["Shelf", None])
    assert LogEntry.objects.get().change_message == "A mistake."


@pytest.mark.django_db
def test_history_shows_each_change_with_who_and_why_the_latest_first() -> None:
    desk, tool = open_desk(), ToolFactory(tagline="Before")
    submit(desk, f"{TOOLS}{tool.pk}/change/", tagline="After", why="The maker renamed it.")
    execute("UPDATE catalog_tool SET pricing_note = 'Since May <b>' WHERE id = %s", tool.pk)

    page = desk.get(f"{TOOLS}{tool.pk}/history/").content.decode()

    shown = [
        "(SQL)", "<dt>Pricing note</dt>", "<del>–</del> <ins>Since May &lt;b&gt;</ins>",
        "curator (admin)", "<dt>Tagline</dt>", "<del>Before</del> <ins>After</ins>", "The maker renamed it.",
        "Added", "Actions in this admin",
    ]  # fmt: skip
    places = [page.find(each) for each in shown]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.django_db
def test_history_of_an_unknown_row_leads_back() -> None:
    response = open_desk().get(f"{TOOLS}x/history/", follow=True)

    assert messages_of(response) == ["tool with ID “x” doesn’t exist. Perhaps it was deleted?"]


@pytest.mark.django_db
def test_one_who_may_only_look_is_asked_for_no_reason() -> None:
    page = desk_of("view_tool").get(f"{TOOLS}{ToolFactory().pk}/change/")

    assert page.status_code == 200
    assert 'name="why"' not in page.content.decode()


class TestPublishing:
    """Entering a row is one right, publishing it another."""

    WRITERS = ("add_tool", "change_tool", "view_tool", "add_review", "change_review", "view_review",
               "view_reviewer", "view_category")  # fmt: skip

    @pytest.mark.django_db
    def test_a_row_of_who_may_not_publish_is_a_draft_whatever_the_form_is_sent(self) -> None:
        desk, category = desk_of(*self.WRITERS), CategoryFactory()

        values = {
            "name": "Aider", "slug": "aider", "category": category.pk, "pricing_entry": "free",
            "published_at_0": "2026-11-01", "published_at_1": "00:00",
        }  # fmt: skip

        refused = submit(desk, f"{TOOLS}add/", **values, status="published")
        assert list(errors_of(refused)) == ["status"]
        submit(desk, f"{TOOLS}add/", **values)

        tool = Tool.objects.get()
        assert (tool.status, tool.published_at, tool.public_at) == ("draft", None, None)

    @pytest.mark.django_db
    @pytest.mark.parametrize("status", ["published", "archived"])
    def test_what_was_published_is_read_by_who_may_not_publish(self, status: str) -> None:
        tool = ToolFactory(status=status, tagline="Before")
        desk = desk_of(*self.WRITERS)

        assert desk.get(f"{TOOLS}{tool.pk}/change/").status_code == 200
        assert desk.post(f"{TOOLS}{tool.pk}/change/", {"tagline": "After"}).status_code == 403
        tool.refresh_from_db()
        assert tool.tagline == "Before"

    @pytest.mark.django_db
    @pytest.mark.parametrize("action", ["publish", "archive"])
    def test_an_action_that_is_not_shown_does_nothing_when_it_is_posted(self, action: str) -> None:
        tool = ToolFactory(status="draft" if action == "publish" else "published")

        act(desk_of(*self.WRITERS), TOOLS, action, [tool])

        assert Tool.objects.get().status == tool.status

    @pytest.mark.django_db
    def test_a_draft_of_a_review_is_written_without_the_right_to_publish(self) -> None:
        draft = ReviewFactory(status="draft", basis=None, quote="Before")

        response = submit(
            desk_of(*self.WRITERS),
            f"/admin/reviews/review/{draft.pk}/change/",
            quote="After",
        )

        assert errors_of(response) == {}
        draft.refresh_from_db()
        assert (draft.quote, draft.status) == ("After", "draft")
