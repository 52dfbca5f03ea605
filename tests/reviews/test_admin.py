"""What curators see and may do on the pages of reviewers, reviews and panels."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from backend.admin.models import BulkRow
from reviews.models import Panel, Review, Reviewer
from tests.desk import act, count_queries, errors_of, open_desk, submit
from tests.factories import ReviewerFactory, ReviewFactory, ToolFactory

pytestmark = pytest.mark.django_db

REVIEWS = "/admin/reviews/review/"
REVIEWERS = "/admin/reviews/reviewer/"
PANELS = "/admin/reviews/panel/"


def page_of(review: Review) -> str:
    return f"{REVIEWS}{review.pk}/change/"


LISTS = {
    # Session, curator; the reviewers and categories to filter by; all, those found, ids, rows; two for the dates.
    REVIEWS: 10,
    # Session, curator; all, those found, the page's ids, its rows with its counts of reviews.
    REVIEWERS: 6,
    # Session, curator; the calls and categories to filter by; those found, the page's ids, its rows.
    PANELS: 7,
}


# Of all lists at once, for making the rows takes longer than to read them.
@pytest.mark.parametrize("rows", [5, 50])
def test_a_list_costs_the_same_however_long_it_is(rows: int) -> None:
    ReviewFactory.create_batch(rows)

    desk = open_desk()
    assert {address: count_queries(desk, address) for address in LISTS} == LISTS


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("q=cursor", id="tool"),
        pytest.param("q=skeptic", id="reviewer"),
        pytest.param("q=breaks", id="words of the quote"),
        pytest.param("status__exact=retracted", id="status"),
        pytest.param("verdict__exact=skip", id="verdict"),
        pytest.param("reviewed_on__year=2025", id="year"),
    ],
)
def test_a_review_is_found_by(words: str) -> None:
    review = ReviewFactory(
        tool__name="Cursor", reviewer__name="The Skeptic", quote="It breaks.", status="retracted", verdict="skip",
        reviewed_on="2025-05-01",
    )  # fmt: skip
    ReviewFactory()

    response: Any = open_desk().get(f"{REVIEWS}?{words}")

    assert [found.pk for found in response.context["cl"].result_list] == [review.pk]


def test_a_review_is_added_with_one_address_a_line() -> None:
    reviewer, tool = ReviewerFactory(), ToolFactory()

    submit(
        open_desk(), f"{REVIEWS}add/?tool={tool.pk}", reviewer=reviewer.pk, verdict="ship", quote="Works.",
        evidence="https://example.com/a\r\n\r\n  example.com/b?x=1,2 \r\n",
    )  # fmt: skip

    review = Review.objects.get()
    assert (review.tool, review.status, review.revision) == (tool, "draft", 1)
    assert review.evidence == ["https://example.com/a", "https://example.com/b?x=1,2"]


def test_evidence_is_shown_as_it_was_entered() -> None:
    review = ReviewFactory(evidence=["https://example.com/a", "https://example.com/b"])

    response: Any = open_desk().get(page_of(review))

    shown = response.context["adminform"].form["evidence"].value()
    assert shown == "https://example.com/a\nhttps://example.com/b"


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        pytest.param({"evidence": "https://a.example\nno"}, "evidence", "Line 2: Enter a valid URL.", id="no address"),
        pytest.param({"evidence": "\n".join(["https://a.example"] * 21)}, "evidence", "no more than 20", id="too many"),
        pytest.param({"evidence": "https://a.example/" + "a" * 500}, "evidence", "at most 500 characters", id="too long"),
        pytest.param({"evidence": "a.example/\x00"}, "evidence", "Null characters are not allowed.", id="NUL in a link"),
        pytest.param({"quote": "a\x00b"}, "quote", "Null characters are not allowed.", id="NUL in the quote"),
        pytest.param({"quote": "Ship\u200b it"}, "quote", "invisible characters", id="a zero-width space"),
        pytest.param({"evidence": "https://good.example\\@evil.example"}, "evidence", "Enter a valid URL.", id="two hosts"),
        pytest.param({"evidence": "ftp://a.example/x"}, "evidence", "Enter a valid URL.", id="ftp"),
        pytest.param({"evidence": "https://me:secret@a.example"}, "evidence", "Enter a valid URL.", id="password"),
        pytest.param({"quote": "a" * 5_001}, "quote", "at most 5000 characters", id="long quote"),
        pytest.param({"verdict": "maybe"}, "verdict", "maybe is not one of the available choices.", id="no verdict"),
        pytest.param({"reviewed_on": "9999-12-31"}, "reviewed_on", "that does not lie ahead", id="a day ahead"),
        pytest.param({"reviewed_on": "0001-01-01"}, "reviewed_on", "from 2000 on that does not lie ahead", id="long ago"),
        pytest.param({"basis": "read", "evidence": ""}, "evidence", "Name the documents that were read", id="nothing read"),
        pytest.param({"reviewed_on": "0000-01-01"}, "reviewed_on", "Enter a valid date.", id="year nought"),
    ],
)  # fmt: skip
def test_the_form_says_what_is_wrong(values: dict[str, str], field: str, message: str) -> None:
    review = ReviewFactory()

    response = submit(open_desk(), page_of(review), note="Mended.", **values)

    assert list(errors_of(response)) == [field]
    assert message in " ".join(errors_of(response)[field])
    assert Review.objects.filter(pk=review.pk, updated_at=review.updated_at).exists()


def test_a_second_live_review_of_one_reviewer_and_tool_is_refused_on_the_form() -> None:
    live = ReviewFactory()
    draft = ReviewFactory(reviewer=live.reviewer, tool=live.tool, status="draft")

    response = submit(open_desk(), page_of(draft), status="published")

    assert errors_of(response) == {
        "reviewer": ["This reviewer has a live review of the tool already: correct or retract it."]
    }
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_a_review_is_public_only_with_a_basis() -> None:
    draft = ReviewFactory(status="draft", basis=None)

    response = submit(open_desk(), page_of(draft), status="published")

    draft.refresh_from_db()
    assert errors_of(response) == {"basis": ["Only a draft can do without."]}
    assert draft.status == "draft"


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"status": "draft", "basis": "read"}, id="a draft of what was read"),
        pytest.param({"status": "in_review", "basis": "read"}, id="one in review"),
        pytest.param({"status": "published", "basis": "tested", "why": "It ran here."}, id="tested"),
        pytest.param({"status": "published", "basis": "synthetic"}, id="neither"),
    ],
)
def test_evidence_is_asked_for_only_where_readers_are_told_of_reading(values: dict[str, str]) -> None:
    review = ReviewFactory(status="draft", basis=None, evidence=[])

    response = submit(open_desk(), page_of(review), **values)

    assert errors_of(response) == {}
    review.refresh_from_db()
    assert (review.status, review.basis) == (values["status"], values["basis"])


def test_a_draft_beside_a_live_review_is_fine() -> None:
    live = ReviewFactory()

    submit(
        open_desk(),
        f"{REVIEWS}add/",
        reviewer=live.reviewer.pk,
        tool=live.tool.pk,
        verdict="skip",
        quote="Hm.",
    )

    assert Review.objects.filter(tool=live.tool).count() == 2


@pytest.mark.parametrize(
    ("status", "changes", "revision"),
    [
        pytest.param(
            "published", {"quote": "Corrected.", "note": "A typing error."}, 2, id="published and reworded"
        ),
        pytest.param("published", {"verdict": "skip", "note": "It broke."}, 2, id="published and turned"),
        pytest.param("published", {"basis": "tested"}, 2, id="published and tested since"),
        pytest.param("published", {"disclosure": "Works there."}, 2, id="published and a tie declared"),
        pytest.param("published", {}, 1, id="published and saved as it was"),
        pytest.param("published", {"status": "retracted"}, 1, id="retracted"),
        pytest.param("draft", {"quote": "Reworded."}, 1, id="draft and reworded"),
    ],
)
def test_a_correction_of_what_readers_saw_raises_the_revision(
    status: str, changes: dict[str, str], revision: int
) -> None:
    review = ReviewFactory(status=status)

    submit(open_desk(), page_of(review), **changes)

    review.refresh_from_db()
    assert review.revision == revision


def test_publishing_says_how_many_and_why_others_were_left() -> None:
    draft = ReviewFactory(status="draft")
    live = ReviewFactory()
    rival = ReviewFactory(status="draft", reviewer=live.reviewer, tool=live.tool)
    retracted = ReviewFactory(status="retracted")
    unread = ReviewFactory(status="draft", basis="read", evidence=[])

    told = act(open_desk(), REVIEWS, "publish", [draft, live, rival, retracted, unread])

    assert told[0] == "1 review published."
    assert sorted(sentence.partition(":")[0] for sentence in told[1:]) == [
        "Not published (it names nothing that was read)",
        "Not published (not a draft)",
        "Not published (the reviewer already has a live review of the tool)",
    ]
    assert set(Review.objects.filter(status="published")) == {draft, live}
    assert LogEntry.objects.get().object_id == str(draft.pk)


def test_retracting_says_how_many_and_why_others_were_left() -> None:
    live = ReviewFactory.create_batch(2)
    draft = ReviewFactory(status="draft")

    told = act(open_desk(), REVIEWS, "retract", [*live, draft])

    assert told == ["2 reviews retracted."]
    assert BulkRow.objects.values_list("row_id", "reason").get(outcome="left") == (draft.pk, "not published")
    assert Panel.objects.get(tool=live[0].tool).total == 0


def test_a_published_review_leads_to_its_public_page() -> None:
    desk, review = open_desk(), ReviewFactory()
    link = f'href="/admin/comparisons/previewlink/of/review/{review.pk}/">As readers get it'

    assert link in desk.get(page_of(review)).content.decode()
    submit(desk, page_of(review), status="retracted")
    assert link not in desk.get(page_of(review)).content.decode()


def test_a_reviewer_in_use_is_protected() -> None:
    reviewer = ReviewFactory().reviewer

    response = open_desk().post(f"{REVIEWERS}{reviewer.pk}/delete/", {"post": "yes", "why": "A mistake."})

    assert "It has 1 review." in response.content.decode()
    assert Reviewer.objects.filter(pk=reviewer.pk).exists()


@pytest.mark.parametrize("field", ["name", "slug", "lens", "motto"])
def test_a_nul_in_a_reviewers_text_is_refused(field: str) -> None:
    reviewer = ReviewerFactory()

    response = submit(open_desk(), f"{REVIEWERS}{reviewer.pk}/change/", **{field: "a\x00b"})

    assert "Null characters are not allowed." in errors_of(response)[field]


@pytest.mark.parametrize("position", ["-1", "32768", "9" * 30, "x"])
def test_a_reviewer_takes_no_impossible_place(position: str) -> None:
    reviewer = ReviewerFactory()

    response = submit(open_desk(), f"{REVIEWERS}{reviewer.pk}/change/", position=position)

    assert list(errors_of(response)) == ["position"]


def test_a_panel_can_only_be_read() -> None:
    desk, tool = open_desk(), ReviewFactory().tool

    assert desk.get(f"{PANELS}{tool.pk}/change/").status_code == 200
    for answer in (
        desk.post(f"{PANELS}{tool.pk}/change/", {"ship": "7"}),
        desk.post(f"{PANELS}{tool.pk}/delete/", {"post": "yes", "why": "A mistake."}),
        desk.get(f"{PANELS}add/"),
    ):
        assert answer.status_code == 403
    assert Panel.objects.get(tool=tool).ship == 1


def test_a_review_without_a_quote_can_be_published() -> None:
    review = ReviewFactory()

    submit(open_desk(), page_of(review), quote="", note="The words were not ours.")

    review.refresh_from_db()
    assert (review.quote, review.status) == ("", "published")
