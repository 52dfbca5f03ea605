"""The admin's page of all that a review has said in public, and the forms that ask for a note."""

import re
from typing import Any

import pytest
import time_machine

from backend.api.models import Change
from reviews.models import Review
from tests.desk import act, desk_of, errors_of, messages_of, open_desk, submit
from tests.factories import NOW, HeadToHeadFactory, ReviewFactory

pytestmark = pytest.mark.django_db


def page_of(row: Any, name: str = "change") -> str:
    return f"/admin/reviews/{row._meta.model_name}/{row.pk}/{name}/"


def words_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


# --- Corrections as curators saw them go wrong -----------------------------------------------------


def test_an_imported_review_that_is_opened_and_saved_in_a_browser_is_no_correction() -> None:
    review = ReviewFactory(quote="One.\nTwo.\n\nThree.")

    response = submit(open_desk(), page_of(review), quote="One.\r\nTwo.\r\n\r\nThree.")

    review.refresh_from_db()
    assert (review.revision, review.corrected_at, review.quote) == (1, None, "One.\nTwo.\n\nThree.")
    assert not Change.objects.filter(row_id=review.pk, action="update").exists()
    assert "quote" not in str(messages_of(response)).lower()


def test_retracted_reworded_turned_and_published_again_is_a_correction_with_its_name() -> None:
    desk, review = open_desk(), ReviewFactory(verdict="ship", quote="It holds.")
    submit(desk, page_of(review), status="retracted")
    submit(desk, page_of(review), _move="reopen")

    silent = submit(
        desk, page_of(review), status="published", verdict="skip", quote="It broke in May, twice."
    )
    submit(
        desk,
        page_of(review),
        status="published",
        verdict="skip",
        quote="It broke in May, twice.",
        note="It broke in May.",
    )

    assert list(errors_of(silent)) == ["note"]
    review.refresh_from_db()
    assert (review.revision, review.correction_note, review.verdict) == (2, "It broke in May.", "skip")
    assert [(text.verdict, text.quote) for text in review.revisions.all()] == [("ship", "It holds.")]


def test_what_was_published_is_no_draft_again() -> None:
    review = ReviewFactory()

    response = submit(open_desk(), page_of(review), status="draft")

    assert list(errors_of(response)) == ["status"]
    assert Review.objects.get().status == "published"


# --- A note is asked for ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "changes", "is_asked"),
    [
        pytest.param({}, {"verdict": "skip"}, True, id="another verdict"),
        pytest.param({}, {"quote": "New."}, True, id="another quote"),
        pytest.param({}, {"disclosure": "Works there."}, False, id="a tie"),
        pytest.param({}, {"status": "retracted", "quote": "New."}, False, id="a retraction"),
        pytest.param({"status": "draft"}, {"verdict": "skip", "status": "published"}, False, id="a draft"),
        pytest.param({"tool__status": "draft"}, {"verdict": "skip"}, False, id="what waits for its tool"),
    ],
)
def test_what_readers_saw_and_see_otherwise_asks_for_a_note(
    before: dict[str, str], changes: dict[str, str], is_asked: bool
) -> None:
    review = ReviewFactory(**before)

    response = submit(open_desk(), page_of(review), **changes)

    assert list(errors_of(response)) == (["note"] if is_asked else [])
    assert Review.objects.filter(**changes).exists() is not is_asked


def test_another_choice_asks_for_a_note() -> None:
    answer = HeadToHeadFactory()

    refused = submit(open_desk(), page_of(answer), choice=answer.first_tool_id)

    assert list(errors_of(refused)) == ["note"]
    answer.refresh_from_db()
    assert answer.choice is None


@pytest.mark.parametrize("note", ["Ship\u200b it", "a\x00b", "a" * 501])
def test_a_note_is_a_text_like_others(note: str) -> None:
    review = ReviewFactory()

    response = submit(open_desk(), page_of(review), quote="New.", note=note)

    assert list(errors_of(response)) == ["note"]
    assert Review.objects.get().revision == 1


# --- The page --------------------------------------------------------------------------------------


def corrected() -> Review:
    review: Review = ReviewFactory(quote="It holds <b>.")
    submit(open_desk(), page_of(review), quote="It broke <b>.", note="It broke in May.")
    return review


def test_the_page_shows_each_text_what_changed_in_it_and_why() -> None:
    review = corrected()

    page = words_of(desk_of("view_review").get(page_of(review, "revisions")))

    shown = [
        "Revision 2, what readers see", "now. Note: It broke in May.",
        "It <del>holds</del><ins>broke</ins> &lt;b&gt;.", "Revision 1</h2>", "It holds &lt;b&gt;.",
    ]  # fmt: skip
    places = [page.find(each) for each in shown]
    assert -1 not in places
    assert places == sorted(places)
    assert "Restore" not in page


def test_a_former_text_is_restored_from_the_page_with_a_note() -> None:
    review, desk = corrected(), desk_of("view_review", "change_review", "publish_review")
    address = page_of(review, "revisions")
    assert "Restore revision 1" in words_of(desk.get(address))

    response = desk.post(address, {"number": 1, "seen": 2, "note": "It was right."}, follow=True)

    assert messages_of(response) == ["Restored revision 1."]
    review.refresh_from_db()
    assert (review.quote, review.revision, review.correction_note) == ("It holds <b>.", 3, "It was right.")
    change = Change.objects.filter(row_id=review.pk).order_by("-id")[0]
    assert (change.actor, change.source, change.why) == ("staff", "admin", "Restored revision 1.")


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"number": 1, "seen": 2, "note": " "}, "Nothing was restored: This field is required."),
        (
            {"number": 1, "seen": 1, "note": "x"},
            "Nothing was restored: somebody has corrected it since: compare again.",
        ),
        ({"number": "x", "seen": 2, "note": "x"}, "Nothing was restored: Enter a whole number."),
    ],
)
def test_what_is_not_restored_says_why(sent: dict[str, Any], told: str) -> None:
    review = corrected()

    response = desk_of("view_review", "change_review", "publish_review").post(
        page_of(review, "revisions"), sent, follow=True
    )

    assert messages_of(response) == [told]
    assert Review.objects.get().revision == 2


@pytest.mark.parametrize(
    "permissions",
    [
        pytest.param(["view_review"], id="a reader"),
        pytest.param(["view_review", "change_review"], id="a writer"),
    ],
)
def test_one_who_may_not_publish_restores_nothing(permissions: list[str]) -> None:
    review = corrected()

    answer = desk_of(*permissions).post(page_of(review, "revisions"), {"number": 1, "seen": 2, "note": "x"})

    assert answer.status_code == 403
    assert Review.objects.get().revision == 2


def test_one_who_may_not_look_sees_no_revisions() -> None:
    assert desk_of().get(page_of(ReviewFactory(), "revisions")).status_code == 403


def test_a_head_to_head_has_the_page_too() -> None:
    answer = HeadToHeadFactory()
    submit(open_desk(), page_of(answer), choice=answer.first_tool_id, note="I tried both again.")

    page = words_of(desk_of("view_headtohead").get(page_of(answer, "revisions")))

    assert f"<del>–</del><ins>{answer.first_tool}</ins>" in page


def test_a_page_of_none_leads_back() -> None:
    address = f"/admin/reviews/review/{ReviewFactory.build().pk}/revisions/"

    assert messages_of(open_desk().get(address, follow=True))[0].startswith("No review has the ID ")


# --- Two drafts of one reviewer on one tool --------------------------------------------------------


def test_of_two_drafts_neither_is_published_from_the_list_and_each_shows_the_other() -> None:
    desk = open_desk()
    first = ReviewFactory(status="draft", quote="The first <b> draft.")
    second = ReviewFactory(status="draft", reviewer=first.reviewer, tool=first.tool, quote="The second.")

    told = act(desk, "/admin/reviews/review/", "publish", [second])
    page = words_of(desk.get(page_of(second)))

    assert told[0].startswith("Not published (the reviewer has another draft of it")
    assert f'<a href="{page_of(first)}">' in page
    assert "The first &lt;b&gt; draft." in page
    assert not Review.objects.filter(status="published").exists()


def test_the_one_of_two_drafts_that_is_meant_is_published_on_its_page() -> None:
    first = ReviewFactory(status="draft")
    ReviewFactory(status="draft", reviewer=first.reviewer, tool=first.tool)

    submit(open_desk(), page_of(first), status="published")

    assert Review.objects.get(status="published") == first


def test_two_drafts_of_answers_to_one_pair_are_shown_too() -> None:
    first = HeadToHeadFactory(status="draft", quote="The first.")
    second = HeadToHeadFactory(
        status="draft", reviewer=first.reviewer, first_tool=first.second_tool, second_tool=first.first_tool
    )

    assert "The first." in words_of(open_desk().get(page_of(second)))


@time_machine.travel(NOW, tick=False)
def test_a_new_review_is_of_today() -> None:
    page = open_desk().get("/admin/reviews/review/add/")

    assert page.context["adminform"].form["reviewed_on"].value() == NOW.date()
