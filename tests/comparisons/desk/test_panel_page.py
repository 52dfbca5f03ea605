"""One screen for a tool's panel: the rows that are shown, what saving does, and who may."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from backend.api.models import Change
from catalog.models import Tool
from reviews.models import Review
from tests.backend.admin.test_roles import staff_of
from tests.desk import count_queries, messages_of, open_desk, send, values_of
from tests.factories import (
    ComparisonFactory,
    HeadToHeadFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
)

pytestmark = pytest.mark.django_db


def page_of(tool: Tool, name: str = "rows") -> str:
    return f"/admin/reviews/panel/{tool.pk}/{name}/"


def desk_of_role(role: str) -> Client:
    desk = Client()
    desk.force_login(staff_of(role))
    return desk


def formset_of(page: Any) -> Any:
    [rows] = page.context["inline_admin_formsets"]
    return rows.formset


def fill(page: Any, rows: dict[str, dict[str, Any]], **values: Any) -> dict[str, Any]:
    """What a browser sends of the page, with values in the rows of these reviewers."""
    formset = formset_of(page)
    sent = values_of(page.context["adminform"].form) | {"opened": page.context["opened"]}
    sent |= values_of(formset.management_form)
    for form in formset.forms:
        row = values_of(form) | {
            form.add_prefix(name): value for name, value in rows.get(form.by.name, {}).items()
        }
        # A box that is not ticked is not sent.
        sent |= {name: value for name, value in row.items() if value is not False}
    return sent | values


def save(desk: Client, tool: Tool, rows: dict[str, dict[str, Any]], **values: Any) -> Any:
    address = page_of(tool)
    return send(desk, address, fill(desk.get(address), rows, **values))


def errors_of(page: Any) -> dict[str, dict[str, list[str]]]:
    """By reviewer."""
    return {form.by.name: form.errors for form in formset_of(page).forms if form.errors}


def test_a_quote_is_counted_against_what_publication_takes() -> None:
    ReviewerFactory()

    page = open_desk().get(page_of(ToolFactory())).content.decode()

    assert "</span> of 1,500 characters allowed when it is published</p>" in page


def test_each_active_reviewer_has_a_row_in_the_roster_s_order() -> None:
    tool = ToolFactory()
    for position, name in enumerate(["Builder", "Skeptic", "Founder"]):
        ReviewerFactory(name=name, position=position)
    ReviewerFactory(name="Gone", is_active=False, position=0)
    ReviewFactory(tool=tool, reviewer__name="Left", reviewer__is_active=False, reviewer__position=9)

    page = open_desk().get(page_of(tool))

    shown = [(form.by.name, form.is_new) for form in formset_of(page).in_roster_order]
    assert shown == [("Builder", True), ("Skeptic", True), ("Founder", True), ("Left", False)]


@pytest.mark.parametrize("number", [2, 30])
def test_the_page_costs_eight_queries_however_many_reviewers_and_pairs_there_are(number: int) -> None:
    tool = ToolFactory()
    ReviewerFactory.create_batch(number)
    for _ in range(number):
        review = ReviewFactory(tool=tool)
        pair = ComparisonFactory(first_tool=tool)
        HeadToHeadFactory(first_tool=tool, second_tool=pair.second_tool, reviewer=review.reviewer)

    # Session, curator; the tool with its panel; who has a review, active reviewers, the reviews; pairs, answers to them.
    assert count_queries(open_desk(), page_of(tool)) == 8


def test_four_reviews_are_entered_in_one_go_and_are_drafts_of_today() -> None:
    tool = ToolFactory()
    for name in ("A", "B", "C", "D", "E"):
        ReviewerFactory(name=name)

    page = save(open_desk(), tool, {name: {"verdict": "ship", "quote": f"Says {name}."} for name in "ABCD"})

    assert messages_of(page) == ["Saved 4, published 0."]
    said = {(each.reviewer.name, each.quote, each.status) for each in Review.objects.filter(tool=tool)}
    assert said == {(name, f"Says {name}.", "draft") for name in "ABCD"}
    assert {each.reviewed_on for each in Review.objects.all()} == {tool.created_at.date()}


def test_what_is_ticked_is_published_with_who_and_why() -> None:
    tool = ToolFactory()
    ReviewerFactory(name="A")
    draft = ReviewFactory(tool=tool, reviewer__name="B", status="draft", verdict="skip")

    new = {"verdict": "ship", "basis": "synthetic", "publish": "on"}
    page = save(open_desk(), tool, {"A": new, "B": {"publish": "on"}}, why="Panel of May")

    assert messages_of(page) == ["Saved 2, published 2."]
    assert set(Review.objects.values_list("status", flat=True)) == {"published"}
    assert page.context["panel_now"] == "1 of 2 ship, 50 %: Mixed"
    changes = Change.objects.filter(row_id=draft.pk, action="update")
    assert {(each.actor, each.source, each.why) for each in changes} == {("curator", "admin", "Panel of May")}
    assert LogEntry.objects.filter(object_id=draft.pk).get().change_message.startswith("Published.")


def test_nothing_is_saved_where_one_row_cannot_be_published_and_the_row_says_why() -> None:
    tool = ToolFactory()
    ReviewerFactory(name="A")
    ReviewerFactory(name="B")

    page = save(
        open_desk(), tool,
        {"A": {"verdict": "ship", "quote": "Kept."}, "B": {"verdict": "ship", "quote": "Mine.", "publish": "on"}},
    )  # fmt: skip

    assert errors_of(page) == {"B": {"publish": ["Not published: it has no basis."]}}
    assert not Review.objects.exists()
    assert not LogEntry.objects.exists()
    assert "Kept." in page.content.decode()
    assert "Mine." in page.content.decode()


def test_an_incomplete_row_is_published_with_a_reason_of_its_own_and_no_other_row_by_it() -> None:
    tool = ToolFactory()
    draft, other = (
        ReviewFactory(tool=tool, reviewer__name=name, status="draft", quote="Too short.") for name in "AB"
    )
    desk, ticked = open_desk(), {"publish": "on"}
    refusal = "Not published: The quote has 10 characters: 20 to 1,500 are right."

    refused = save(desk, tool, {"A": ticked}, why="Panel of May")
    assert errors_of(refused) == {"A": {"publish": [refusal]}}
    assert [form.by.name for form in formset_of(refused).forms if form.asks_why] == ["A"]
    shown = re.findall(r'<div data-column="why">.*?name="reviews-(\d)-why"', refused.content.decode())
    assert shown == [form.prefix[-1] for form in formset_of(refused).forms if form.by.name == "A"]

    why = {**ticked, "why": "It says all."}
    assert errors_of(save(desk, tool, {"A": why, "B": ticked})) == {"B": {"publish": [refusal]}}
    assert not Change.objects.filter(row_id=draft.pk, action="update").exists()

    assert messages_of(save(desk, tool, {"A": why}, why="Panel of May")) == ["Saved 1, published 1."]
    assert set(Review.objects.values_list("pk", "status")) == {(draft.pk, "published"), (other.pk, "draft")}
    assert {each.why for each in Change.objects.filter(row_id=draft.pk, action="update")} == {"It says all."}
    assert LogEntry.objects.get().change_message.endswith("It says all.")


def test_a_reason_lets_nothing_pass_that_the_database_refuses() -> None:
    tool = ToolFactory()
    ReviewFactory(tool=tool, reviewer__name="A", status="draft", basis=None)

    page = save(open_desk(), tool, {"A": {"publish": "on", "why": "I want it."}})

    assert errors_of(page) == {"A": {"publish": ["Not published: it has no basis."]}}
    assert Review.objects.get().status == "draft"


def test_a_row_with_a_mistake_says_so_in_place_and_no_other_row_is_saved() -> None:
    tool = ToolFactory()
    ReviewerFactory(name="A")
    ReviewerFactory(name="B")

    page = save(open_desk(), tool, {"A": {"verdict": "ship"}, "B": {"quote": "Without a verdict."}})

    assert errors_of(page) == {"B": {"verdict": ["This field is required."]}}
    assert not Review.objects.exists()


def test_a_correction_asks_for_a_note_and_each_row_keeps_its_own() -> None:
    desk, tool = open_desk(), ToolFactory()
    first = ReviewFactory(tool=tool, reviewer__name="A")
    second = ReviewFactory(tool=tool, reviewer__name="B")

    silent = save(desk, tool, {"A": {"verdict": "skip"}})
    save(
        desk, tool,
        {"A": {"verdict": "skip", "note": "It broke."}, "B": {"quote": "Mended.", "note": "A typo."}},
    )  # fmt: skip

    assert list(errors_of(silent)["A"]) == ["note"]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.verdict, first.revision, first.correction_note) == ("skip", 2, "It broke.")
    assert (second.quote, second.revision, second.correction_note) == ("Mended.", 2, "A typo.")


def test_a_form_that_is_sent_untouched_changes_nothing() -> None:
    tool = ToolFactory()
    review = ReviewFactory(tool=tool)
    ReviewerFactory()

    page = save(open_desk(), tool, {})

    assert messages_of(page) == ["Nothing was changed."]
    assert Review.objects.get().updated_at == review.updated_at
    assert not LogEntry.objects.exists()


def test_a_row_that_was_changed_meanwhile_comes_back_with_both_texts_and_nothing_is_saved() -> None:
    desk, tool = open_desk(), ToolFactory()
    review = ReviewFactory(tool=tool, reviewer__name="A", quote="Old.")
    other = ReviewFactory(tool=tool, reviewer__name="B", quote="Untouched.")
    opened = desk.get(page_of(tool))
    Review.objects.filter(pk=review.pk).update(quote="Theirs.")

    changes = {"A": {"quote": "Mine.", "note": "N."}, "B": {"quote": "Also mine.", "note": "N."}}
    page = send(desk, page_of(tool), fill(opened, changes))

    [difference] = page.context["differences"]
    assert (difference.now, difference.sent) == ("Theirs.", "Mine.")
    assert set(Review.objects.values_list("quote", flat=True)) == {"Theirs.", "Untouched."}
    again = send(desk, page_of(tool), fill(page, changes))
    assert messages_of(again) == ["Saved 2, published 0."]
    other.refresh_from_db()
    assert other.quote == "Also mine."


def test_a_review_that_was_retracted_meanwhile_stays_retracted() -> None:
    desk, tool = open_desk(), ToolFactory()
    review = ReviewFactory(tool=tool, reviewer__name="A", quote="Old.")
    opened = desk.get(page_of(tool))
    Review.objects.filter(pk=review.pk).update(status="retracted")

    page = send(desk, page_of(tool), fill(opened, {"A": {"quote": "Mine.", "note": "N."}}))
    send(desk, page_of(tool), fill(page, {}))

    [status] = page.context["differences"]
    assert (status.label.endswith("Status"), status.now, status.sent) == (True, "retracted", None)
    assert "Mine." in page.content.decode()
    review.refresh_from_db()
    assert (review.status, review.quote) == ("retracted", "Old.")


def test_a_review_that_a_colleague_added_meanwhile_is_shown_before_a_second_is_made() -> None:
    desk, tool = open_desk(), ToolFactory()
    reviewer = ReviewerFactory(name="A")
    opened = desk.get(page_of(tool))
    ReviewFactory(tool=tool, reviewer=reviewer, status="draft", quote="Theirs.")

    page = send(desk, page_of(tool), fill(opened, {"A": {"verdict": "ship", "quote": "Mine."}}))

    assert "Mine." in page.content.decode()
    assert Review.objects.get().quote == "Theirs."


def test_a_row_that_is_only_read_and_was_changed_meanwhile_is_told() -> None:
    desk, tool = desk_of_role("Writer"), ToolFactory()
    ReviewerFactory(name="A")
    review = ReviewFactory(tool=tool, quote="Old.")
    opened = desk.get(page_of(tool))
    Review.objects.filter(pk=review.pk).update(quote="Theirs.")

    page = send(desk, page_of(tool), fill(opened, {"A": {"verdict": "ship", "quote": "Mine."}}))
    again = send(desk, page_of(tool), fill(page, {"A": {"verdict": "ship", "quote": "Mine."}}))

    assert [(each.now, each.sent) for each in page.context["differences"]] == [("Theirs.", None)]
    assert messages_of(again) == ["Saved 1, published 0."]
    review.refresh_from_db()
    assert review.quote == "Theirs."


def test_a_draft_that_was_deleted_meanwhile_is_said_and_keeps_nothing_else_from_being_saved() -> None:
    desk, tool = open_desk(), ToolFactory()
    gone = ReviewFactory(tool=tool, reviewer__name="A", status="draft")
    ReviewFactory(tool=tool, reviewer__name="B", status="draft")
    sent = fill(
        desk.get(page_of(tool)), {"A": {"quote": "Typed in vain."}, "B": {"quote": "Says B, and is saved."}}
    )
    gone.delete()

    page = send(desk, page_of(tool), sent)
    again = send(desk, page_of(tool), fill(page, {}))

    assert [(each.now, each.sent) for each in page.context["differences"]] == [
        ("(removed)", "Quote: Typed in vain.")
    ]
    assert messages_of(again) == ["Saved 1, published 0."]
    assert Review.objects.get().quote == "Says B, and is saved."


def test_a_writer_writes_drafts_and_publishes_nothing() -> None:
    desk, tool = desk_of_role("Writer"), ToolFactory()
    ReviewerFactory(name="A")
    public = ReviewFactory(tool=tool, reviewer__name="B", quote="Public.")
    opened = desk.get(page_of(tool))
    new = next(form for form in formset_of(opened).forms if form.is_new)
    read = next(form for form in formset_of(opened).forms if not form.is_new)

    sent = fill(opened, {"A": {"verdict": "ship", "publish": "on"}})
    sent |= {read.add_prefix("quote"): "Hacked.", read.add_prefix("verdict"): "skip"}
    page = send(desk, page_of(tool), sent)

    assert "publish" not in new.fields
    assert messages_of(page) == ["Saved 1, published 0."]
    public.refresh_from_db()
    assert (public.quote, public.verdict, public.revision) == ("Public.", "ship", 1)
    assert Review.objects.get(reviewer__name="A").status == "draft"


def test_who_may_only_read_sees_the_rows_and_saves_nothing() -> None:
    desk, tool = desk_of_role("Moderator"), ToolFactory()
    ReviewerFactory(name="A")
    ReviewFactory(tool=tool, quote="To be read.")

    page = desk.get(page_of(tool))

    assert "To be read." in page.content.decode()
    assert [form.is_read for form in formset_of(page).forms] == [True]
    assert desk.post(page_of(tool), {}).status_code == 403
    assert desk.post(page_of(tool, "if-saved"), {}).status_code == 403


def test_what_the_panel_becomes_is_told_and_nothing_is_saved() -> None:
    desk, tool = open_desk(), ToolFactory()
    for name in ("A", "B"):
        ReviewerFactory(name=name)
    ReviewFactory(tool=tool, reviewer__name="C")
    sent = fill(
        desk.get(page_of(tool)),
        {"A": {"verdict": "skip", "publish": "on"}, "B": {"verdict": "ship"}, "C": {"verdict": "skip"}},
    )

    said = desk.post(
        page_of(tool, "if-saved"), {name: value for name, value in sent.items() if value is not None}
    )

    assert said.json() == {"words": "0 of 2 ship, 0 %: Skip"}
    assert [review.verdict for review in Review.objects.all()] == ["ship"]


def test_a_made_up_reviewer_is_refused_in_words() -> None:
    desk, tool = open_desk(), ToolFactory()
    ReviewerFactory(name="A")
    opened = desk.get(page_of(tool))

    sent = fill(opened, {"A": {"verdict": "ship", "reviewer": tool.pk}})
    page = send(desk, page_of(tool), sent)

    assert "This reviewer has left the panel" in page.content.decode()
    assert not Review.objects.exists()


def test_pairs_of_the_tool_say_who_wins_and_what_reviewers_answered() -> None:
    tool = ToolFactory(name="Aider")
    pair = ComparisonFactory(first_tool=tool, second_tool__name="Cursor")
    HeadToHeadFactory(
        first_tool=tool,
        second_tool=pair.second_tool,
        choice=tool,
        reviewer__name="Skeptic",
        quote="It holds.",
    )
    HeadToHeadFactory(first_tool=tool, second_tool__name="Zed", status="draft")

    page = open_desk().get(page_of(tool))

    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.content.decode()))
    assert "with Cursor Insufficient Skeptic: Aider It holds." in words
    assert "with Zed Nobody paired them" in words


def test_the_links_of_the_page_lead_somewhere() -> None:
    desk, tool = open_desk(), ToolFactory()

    links = desk.get(page_of(tool)).context["links"]

    assert {desk.get(address).status_code for _, address in links} == {200}
    assert len(links) == 8


def test_the_page_of_a_tool_and_the_list_of_panels_lead_here() -> None:
    desk, tool = open_desk(), ToolFactory()

    for address in (reverse("admin:catalog_tool_change", args=[tool.pk]), "/admin/reviews/panel/"):
        assert f'href="{page_of(tool)}"' in desk.get(address).content.decode()
