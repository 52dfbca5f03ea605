"""Two editors on one row: the later form is given back with both texts, and nothing is lost."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from backend.admin.stale import NOT_OPENED, STALE
from catalog.models import Tool
from reviews.models import Review, Reviewer
from tests.desk import errors_of, fill, open_desk, send, submit
from tests.factories import (
    NOW,
    CategoryFactory,
    ConditionFactory,
    EditionFactory,
    HeadToHeadFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    ToolFitFactory,
)

pytestmark = pytest.mark.django_db


def page_of(row: Any) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def open_form(desk: Client, row: Any) -> dict[str, Any]:
    return fill(desk.get(page_of(row)).context)


def told_by(response: Any) -> list[tuple[str, str, str | None]]:
    return [(each.label, each.now, each.sent) for each in response.context["differences"] or []]


def test_a_saved_quote_is_not_lost_to_an_older_form_that_turns_the_verdict() -> None:
    desk, review = open_desk(), ReviewFactory(verdict="ship", quote="Old.")
    older = open_form(desk, review)
    submit(desk, page_of(review), quote="New.", note="A better word.")

    refused = send(desk, page_of(review), older | {"verdict": "skip", "note": "It broke."})

    assert errors_of(refused) == {"__all__": [STALE]}
    assert told_by(refused) == [("Quote", "New.", None)]
    assert "last by curator, " in refused.content.decode()
    review.refresh_from_db()
    assert (review.verdict, review.quote) == ("ship", "New.")

    send(desk, page_of(review), fill(refused.context))

    review.refresh_from_db()
    assert (review.verdict, review.quote, review.revision) == ("skip", "New.", 3)


def test_where_both_wrote_both_texts_stand_side_by_side_and_the_form_keeps_what_was_typed() -> None:
    desk, review = open_desk(), ReviewFactory(quote="Old.")
    older = open_form(desk, review)
    submit(desk, page_of(review), quote="Theirs <b>.", note="A better word.")

    refused = send(desk, page_of(review), older | {"quote": "Mine.", "note": "Another word."})

    page = re.sub(r"\s+", " ", refused.content.decode())
    assert "<td>Theirs &lt;b&gt;.</td> <td>Mine.</td>" in page
    assert fill(refused.context)["quote"] == "Mine."
    assert fill(refused.context)["note"] == "Another word."
    send(desk, page_of(review), fill(refused.context))
    review.refresh_from_db()
    assert (review.quote, review.revision) == ("Mine.", 3)


def test_a_stale_save_does_not_republish_what_was_retracted_meanwhile() -> None:
    desk, review = open_desk(), ReviewFactory()
    older = open_form(desk, review)
    Review.objects.filter(pk=review.pk).update(status="retracted")

    refused = send(desk, page_of(review), older | {"quote": "New.", "note": "A better word."})

    assert told_by(refused) == [("Status", "Retracted", None)]
    send(desk, page_of(review), fill(refused.context))
    review.refresh_from_db()
    assert (review.status, review.quote) == ("retracted", "New.")


def test_the_form_that_was_given_back_is_stale_again_once_a_third_editor_saves() -> None:
    desk, category = open_desk(), CategoryFactory(name="One", description="")
    older = open_form(desk, category)
    submit(desk, page_of(category), name="Two")
    refused = send(desk, page_of(category), older | {"description": "Mine."})
    submit(desk, page_of(category), name="Three")

    again = send(desk, page_of(category), fill(refused.context))

    assert told_by(again) == [("Name", "Three", None)]


def test_a_form_that_is_invalid_first_is_still_as_old_as_it_was() -> None:
    desk, category = open_desk(), CategoryFactory(name="One")
    invalid = send(desk, page_of(category), open_form(desk, category) | {"slug": "No slug"})
    submit(desk, page_of(category), name="Two")

    refused = send(desk, page_of(category), fill(invalid.context) | {"slug": "a-slug"})

    assert told_by(refused) == [("Name", "Two", None)]


@pytest.mark.parametrize("times", [1, 2])
def test_a_form_that_is_sent_twice_is_saved_once_and_is_no_conflict(times: int) -> None:
    desk, review = open_desk(), ReviewFactory()
    form = open_form(desk, review) | {"quote": "New.", "note": "A better word."}

    answers = [send(desk, page_of(review), form) for _ in range(times)]

    assert [errors_of(answer) for answer in answers] == [{}] * times
    review.refresh_from_db()
    assert (review.quote, review.revision) == ("New.", 2)


def a_head_to_head() -> tuple[Any, dict[str, Any], dict[str, Any]]:
    row = HeadToHeadFactory()
    return row, {"choice": row.first_tool}, {"quote": "Mine.", "note": "Mine."}


# What the other saves, by which column, and what the older form sends.
EVERY_FORM = {
    "category": lambda: (CategoryFactory(), {"name": "Theirs"}, {"description": "Mine."}),
    "condition": lambda: (ConditionFactory(), {"name": "you need theirs"}, {"slug": "mine"}),
    "tool": lambda: (ToolFactory(), {"pricing_free_tier": True}, {"tagline": "Mine."}),
    "a tool's date": lambda: (ToolFactory(), {"published_at": NOW.replace(year=2025)}, {"tagline": "Mine."}),
    "a tool's shelf": lambda: (ToolFactory(), {"category": CategoryFactory()}, {"tagline": "Mine."}),
    "reviewer": lambda: (ReviewerFactory(), {"is_active": False}, {"motto": "Mine."}),
    "a review's links": lambda: (
        ReviewFactory(status="draft"),
        {"evidence": ["https://theirs.example/a", "https://theirs.example/b"]},
        {"quote": "Mine."},
    ),
    "head-to-head": a_head_to_head,
    "edition": lambda: (EditionFactory(), {"subject": "Theirs"}, {"intro": "Mine."}),
}


@pytest.mark.parametrize("arrange", EVERY_FORM.values(), ids=EVERY_FORM)
def test_every_form_takes_in_what_another_saved_and_keeps_what_was_typed(arrange: Any) -> None:
    row, theirs, mine = arrange()
    desk = open_desk()
    older = open_form(desk, row)
    type(row)._default_manager.filter(pk=row.pk).update(**theirs)

    refused = send(desk, page_of(row), older | mine)
    assert len(told_by(refused)) == 1
    assert (
        not type(row)
        ._default_manager.filter(pk=row.pk, **{k: v for k, v in mine.items() if k != "note"})
        .exists()
    )
    saved = send(desk, page_of(row), fill(refused.context))

    assert errors_of(saved) == {}
    both = theirs | {name: value for name, value in mine.items() if name != "note"}
    stored = type(row)._default_manager.get(pk=row.pk)
    assert {name: getattr(stored, name) for name in both} == both


def test_rows_below_a_form_are_part_of_it() -> None:
    desk, tool = open_desk(), ToolFactory()
    first, second = ToolFitFactory(tool=tool, note="Old."), ToolFitFactory(tool=tool)
    older = open_form(desk, tool)
    type(first).objects.filter(pk=first.pk).update(note="Theirs.")
    second.delete()
    third = ToolFitFactory(tool=tool)

    refused = send(desk, page_of(tool), older | {"tagline": "Mine."})

    label = f"condition of a tool {first}: Note"
    assert told_by(refused) == [
        (label, "Theirs.", None),
        ("Condition of a tool", str(third), None),
        ("Condition of a tool", "(removed)", None),
    ]
    assert fill(refused.context)["fits-0-note"] == "Theirs."
    assert not Tool.objects.filter(tagline="Mine.").exists()

    saved = send(desk, page_of(tool), fill(refused.context))

    assert errors_of(saved) == {}
    assert Tool.objects.get(pk=tool.pk).tagline == "Mine."
    assert set(tool.fits.values_list("pk", "note")) == {(first.pk, "Theirs."), (third.pk, third.note)}


def test_what_was_typed_into_a_row_that_is_gone_is_shown_and_what_was_typed_below_it_is_kept() -> None:
    desk, tool = open_desk(), ToolFactory()
    first, second = ToolFitFactory(tool=tool, position=1), ToolFitFactory(tool=tool, position=2)
    older = open_form(desk, tool)
    first.delete()
    added = {f"fits-2-{name}": value for name, value in {
        "condition": ConditionFactory().pk, "evidence": "https://example.com/", "checked_on": "2026-11-01",
        "tool": tool.pk, "note": "New.",
    }.items()}  # fmt: skip
    mine = older | added | {"fits-TOTAL_FORMS": 3, "fits-0-note": "Mine, to 0.", "fits-1-note": "Mine, to 1."}

    refused = send(desk, page_of(tool), mine)
    saved = send(desk, page_of(tool), fill(refused.context))

    assert told_by(refused) == [("Condition of a tool", "(removed)", "Note: Mine, to 0.")]
    assert errors_of(saved) == {}
    assert list(tool.fits.order_by("position", "id").values_list("note", flat=True)) == [
        "Mine, to 1.",
        "New.",
    ]
    assert tool.fits.filter(pk=second.pk).exists()


def test_a_picture_that_both_chose_is_named_by_both(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    desk, tool = open_desk(), ToolFactory()
    older = open_form(desk, tool)
    Tool.objects.filter(pk=tool.pk).update(logo="logos/theirs.png")

    refused = send(desk, page_of(tool), older | {"logo": SimpleUploadedFile("mine.png", b"x", "image/png")})

    assert told_by(refused) == [("Logo", "logos/theirs.png", "mine.png")]


def test_what_a_form_was_opened_with_cannot_be_made_up() -> None:
    desk, review = open_desk(), ReviewFactory()

    answer = send(desk, page_of(review), open_form(desk, review) | {"opened": "x", "quote": "Mine."})

    assert answer.status_code == 400
    assert Review.objects.get().quote == review.quote


def test_a_form_that_does_not_say_what_it_was_opened_with_is_given_back_and_saved_the_second_time() -> None:
    desk, review = open_desk(), ReviewFactory(quote="Old.")

    mine = {"opened": None, "quote": "Mine.", "note": "A better word."}
    refused = send(desk, page_of(review), open_form(desk, review) | mine)

    assert errors_of(refused) == {"__all__": [NOT_OPENED]}
    assert Review.objects.get().quote == "Old."
    send(desk, page_of(review), fill(refused.context))
    assert Review.objects.get().quote == "Mine."


def test_a_new_row_was_opened_with_nothing() -> None:
    desk, address = open_desk(), "/admin/reviews/reviewer/add/"
    assert fill(desk.get(address).context)["opened"] is None

    submit(desk, address, name="Anna", slug="anna", position=1)

    assert Reviewer.objects.get().slug == "anna"


def test_a_form_that_no_longer_fits_its_session_leads_back() -> None:
    review = ReviewFactory()
    browser = Client(enforce_csrf_checks=True)

    answer = browser.post(page_of(review), {"quote": "Mine."})

    assert answer.status_code == 403
    assert f'<a href="{page_of(review)}">Back to the form</a>' in answer.content.decode()


def test_two_who_give_a_role_permissions_lose_none() -> None:
    desk, role = open_desk(), Group.objects.create(name="Guests")
    one, other = Permission.objects.filter(codename__in=["view_tool", "view_review"]).order_by("codename")
    older = open_form(desk, role)
    submit(desk, page_of(role), permissions=[str(one.pk)])

    renamed = send(desk, page_of(role), older | {"name": "Visitors"})
    both = send(desk, page_of(role), older | {"permissions": [str(other.pk)]})

    assert told_by(renamed) == [("Permissions", str(one), None)]
    assert told_by(both) == [("Permissions", str(one), str(other))]
    assert list(role.permissions.all()) == [one]

    send(desk, page_of(role), fill(renamed.context))

    role.refresh_from_db()
    assert (role.name, list(role.permissions.all())) == ("Visitors", [one])
