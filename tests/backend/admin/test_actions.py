"""Actions of lists: what is asked first, what is done, and what is told of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils.html import escape

from backend.admin.actions import UNREAD
from tests.backend.admin.test_roles import staff_of
from tests.desk import act, as_shown, messages_of, open_desk
from tests.factories import (
    ComparisonFactory,
    HeadToHeadFactory,
    PairFitFactory,
    ReviewFactory,
    ToolFactory,
    ToolFitFactory,
    VoterFactory,
)
from votes.models import Voter

TOOLS = "/admin/catalog/tool/"


@pytest.mark.django_db
def test_a_selection_is_told_how_many_were_done_and_names_ten_that_were_left() -> None:
    done = ToolFactory.create_batch(2, status="draft")
    left = [ToolFactory(name=f"T{n:02}", slug=f"t{n:02}", status="archived") for n in range(12)]

    told = act(open_desk(), TOOLS, "hand_in", [*done, *left])

    names = ", ".join(f"T{n:02} (t{n:02})" for n in range(10))
    assert told == [
        "2 tools handed in for review.",
        f"Not handed in for review (not a draft): {names} and 2 more.",
    ]
    assert set(LogEntry.objects.values_list("object_id", "change_message")) == {
        (str(tool.pk), "Handed in for review. A reason.") for tool in done
    }


@pytest.mark.django_db
def test_one_row_is_told_as_one() -> None:
    told = act(open_desk(), TOOLS, "hand_in", [ToolFactory(status="draft")])

    assert told == ["1 tool handed in for review."]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param({"sure": "2", "why": " "}, "Nothing was done: say why.", id="without a reason"),
        pytest.param(
            {"sure": "1", "why": "old"},
            "The rows have changed since this page was shown. Look again.",
            id="for another number",
        ),
        pytest.param({"why": "old"}, None, id="that was not asked yet"),
    ],
)
def test_nothing_is_done_by_an_answer(answer: dict[str, str], words: str | None) -> None:
    voters = VoterFactory.create_batch(2)
    chosen = {"action": "erase", "_selected_action": [str(voter.pk) for voter in voters]}

    page = open_desk().post("/admin/votes/voter/", chosen | answer)

    assert "Erase 2 voters?" in page.content.decode()
    assert messages_of(page) == ([words] if words else [])
    assert Voter.objects.filter(erased_at=None).count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "factory", "incomplete", "lacks"),
    [
        pytest.param(
            TOOLS, ToolFactory, {"pricing_checked_on": None},
            "The price has no day on which it was checked", id="tools",
        ),
        pytest.param(
            "/admin/reviews/review/", ReviewFactory, {"quote": "Too short."},
            "The quote has 10 characters: 20 to 1,500 are right", id="reviews",
        ),
        pytest.param(
            "/admin/reviews/headtohead/", HeadToHeadFactory, {"quote": "Too short."},
            "The quote has 10 characters: 20 to 1,500 are right", id="head-to-heads",
        ),
        pytest.param(
            "/admin/comparisons/comparison/", ComparisonFactory,
            {"first_tool__name": "Alpha", "first_tool__slug": "alpha", "second_tool__name": "Beta"},
            "Alpha has 0 of the 3 published reviews that a verdict needs."
            " Beta has 0 of the 3 published reviews that a verdict needs",
            id="pairs",
        ),
    ],
)  # fmt: skip
def test_publishing_a_selection_names_what_is_incomplete_and_what_it_lacks(
    address: str, factory: Any, incomplete: dict[str, Any], lacks: str
) -> None:
    row = factory(status="in_review", **incomplete)

    told = act(open_desk(), address, "publish", [row])

    assert told == [f"Not published ({lacks}): {row}."]
    row.refresh_from_db()
    assert row.status == "in_review"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "factory"),
    [
        pytest.param(TOOLS, ToolFactory, id="tools"),
        pytest.param("/admin/reviews/review/", ReviewFactory, id="reviews"),
        pytest.param("/admin/reviews/headtohead/", HeadToHeadFactory, id="head-to-heads"),
        pytest.param("/admin/comparisons/comparison/", ComparisonFactory, id="pairs"),
    ],
)
def test_a_writer_hands_in_the_drafts_of_a_selection(address: str, factory: Any) -> None:
    draft, public = factory(status="draft"), factory()
    desk = Client()
    desk.force_login(staff_of("Writer"))

    told = act(desk, address, "hand_in", [draft, public])

    assert told[0].endswith(" handed in for review.")
    assert told[1:] == [f"Not handed in for review (not a draft): {public}."]
    for row, status in ((draft, "in_review"), (public, "published")):
        row.refresh_from_db()
        assert row.status == status


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "factory", "field"),
    [
        pytest.param(TOOLS, ToolFactory, "tagline", id="tools"),
        pytest.param("/admin/reviews/review/", ReviewFactory, "quote", id="reviews"),
        pytest.param("/admin/reviews/headtohead/", HeadToHeadFactory, "quote", id="head-to-heads"),
        pytest.param("/admin/comparisons/comparison/", ComparisonFactory, "editor_note", id="pairs"),
    ],
)
def test_a_list_publishes_no_text_that_nobody_read(address: str, factory: Any, field: str) -> None:
    row, desk = factory(status="in_review", **{field: "The text that was read on this page."}), open_desk()
    chosen = {"action": "publish", "_selected_action": [str(row.pk)]}
    asked = desk.post(address, chosen)
    setattr(row, field, "Another text that a writer typed since.")
    row.save()

    told = messages_of(desk.post(address, chosen | {"sure": "1"} | as_shown(asked), follow=True))

    assert "The text that was read on this page." in asked.content.decode()
    assert told == [f"Not published ({UNREAD}): {row}."]
    row.refresh_from_db()
    assert row.status == "in_review"


@pytest.mark.django_db
def test_of_a_selection_those_that_were_read_are_published_without_a_reason() -> None:
    read, changed = ReviewFactory.create_batch(2, status="in_review")
    desk, address = open_desk(), "/admin/reviews/review/"
    chosen = {"action": "publish", "_selected_action": [str(read.pk), str(changed.pk)]}
    asked = desk.post(address, chosen)
    changed.save()

    told = messages_of(desk.post(address, chosen | {"sure": "2"} | as_shown(asked), follow=True))

    assert told == ["1 review published.", f"Not published ({UNREAD}): {changed}."]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "make"),
    [
        pytest.param(
            TOOLS,
            lambda: (
                ToolFitFactory(tool__status="in_review", tool__pricing_note="https://hidden.example/1").tool
            ),
            id="tools",
        ),
        pytest.param(
            "/admin/comparisons/comparison/",
            lambda: PairFitFactory(comparison__status="in_review").comparison,
            id="pairs",
        ),
        pytest.param("/admin/reviews/review/", lambda: ReviewFactory(status="in_review"), id="reviews"),
        pytest.param(
            "/admin/reviews/headtohead/", lambda: HeadToHeadFactory(status="in_review"), id="head-to-heads"
        ),
    ],
)
def test_all_that_readers_will_get_is_read_first(address: str, make: Callable[[], Any]) -> None:
    row, desk = make(), open_desk()
    below = list(row.fits.all()) if hasattr(row, "fits") else []
    for number, each in enumerate([row, *below]):
        if hasattr(each, "evidence"):
            each.evidence = [f"https://evidence.example/{number}"]
        if hasattr(each, "note"):
            each.note = f"A note of row {number}."
        each.save()

    page = desk.post(address, {"action": "publish", "_selected_action": [str(row.pk)]}).content.decode()

    for each in [row, *below]:
        for field in each._meta.concrete_fields:
            value = getattr(each, field.name)
            if field.editable and isinstance(value, str | list) and value and not field.choices:
                for text in value if isinstance(value, list) else [value]:
                    assert escape(text) in page, field.name
