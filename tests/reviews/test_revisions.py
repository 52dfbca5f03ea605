"""What was said in public, text by text, with the note that each correction left; and the way back to one."""

from typing import Any

import pytest
from django.db import IntegrityError

from backend.admin.errors import CurationError
from backend.api.attribution import attributed
from reviews.models import HeadToHead, Review
from reviews.revisions import former, last_seen, present, restore
from tests.database import execute
from tests.factories import HeadToHeadFactory, ReviewFactory

pytestmark = pytest.mark.django_db

FACTORIES = pytest.mark.parametrize(
    "factory", [ReviewFactory, HeadToHeadFactory], ids=["review", "head-to-head"]
)


def correct(row: Any, note: str = "", **values: Any) -> Any:
    with attributed(source="shell", note=note):
        type(row).objects.filter(pk=row.pk).update(**values)
    row.refresh_from_db()
    return row


def notes_of(row: Any) -> list[tuple[int, str]]:
    """All of them, the latest last."""
    kept = former(row).order_by("number").values_list("number", "note")
    return [*kept, (row.revision, row.correction_note)]


@FACTORIES
def test_each_text_keeps_the_note_that_came_with_it(factory: Any) -> None:
    row = factory(quote="One.")

    correct(row, "A typing error.", quote="Two.")
    correct(row, quote="Three.")
    correct(row, "A typing error.", quote="Four.")

    assert notes_of(row) == [(1, ""), (2, "A typing error."), (3, ""), (4, "A typing error.")]


@pytest.mark.parametrize(
    ("status", "values"),
    [
        pytest.param("draft", {"quote": "Reworded."}, id="a draft that is reworded"),
        pytest.param("published", {"status": "retracted"}, id="a retraction"),
        pytest.param("published", {"quote": "It does what it says."}, id="nothing"),
    ],
)
def test_what_is_no_correction_has_no_note(status: str, values: dict[str, str]) -> None:
    row = correct(ReviewFactory(status=status), "Said anyway.", **values)

    assert row.correction_note == ""


@FACTORIES
def test_nothing_but_a_correction_writes_a_note(factory: Any) -> None:
    row = correct(factory(), "Said.", quote="New.")

    execute(f"UPDATE {row._meta.db_table} SET correction_note = 'Never said.'")

    row.refresh_from_db()
    assert row.correction_note == "Said."


def test_a_correction_made_while_it_was_retracted_has_the_note_of_its_return() -> None:
    row = ReviewFactory(quote="It holds.")
    correct(row, "Withdrawn.", status="retracted")
    correct(row, "While nobody read it.", quote="It broke.")

    correct(row, status="in_review")
    correct(row, "It broke in May.", status="published")

    assert notes_of(row) == [(1, ""), (2, "It broke in May.")]


def test_a_note_longer_than_its_column_is_cut_and_nothing_fails() -> None:
    row = correct(ReviewFactory(), "x" * 600, quote="New.")

    assert row.correction_note == "x" * 500


def test_the_present_text_is_what_the_database_will_keep() -> None:
    row = correct(ReviewFactory(quote="One."), "Two is more.", quote="Two.")
    shown = present(row)

    correct(row, quote="Three.")

    kept = row.revisions.get(number=2)
    names = [
        "number",
        "verdict",
        "quote",
        "basis",
        "disclosure",
        "evidence",
        "reviewed_on",
        "note",
        "began_at",
    ]
    assert [getattr(kept, name) for name in names] == [getattr(shown, name) for name in names]


def test_a_text_that_came_back_as_it_was_is_no_former_one() -> None:
    row = ReviewFactory()
    correct(row, status="retracted")
    assert [text.number for text in former(row)] == [1]

    correct(row, status="in_review")
    assert [text.number for text in former(row)] == [1]
    correct(row, status="published")

    assert [text.number for text in former(row)] == []


@FACTORIES
def test_readers_saw_last_what_is_published_or_was_retracted(factory: Any) -> None:
    draft, row = factory(status="draft"), factory(quote="One.")
    row.refresh_from_db()

    assert last_seen(draft) is None
    assert last_seen(row) == row
    correct(row, status="retracted", quote="Two.")
    seen = last_seen(row)
    assert seen
    assert seen.quote == "One."


@FACTORIES
def test_a_former_text_is_restored_as_a_correction(factory: Any) -> None:
    row = factory(quote="One.", disclosure="Works there.")
    correct(row, quote="Two.", disclosure="", evidence=["https://example.com/other"])

    with attributed(source="admin", note="The first was right."):
        restore(row, number=1, seen=2)

    row.refresh_from_db()
    said = (row.quote, row.disclosure, row.evidence, row.revision, row.correction_note)
    assert said == ("One.", "Works there.", ["https://example.com/docs"], 3, "The first was right.")
    assert [text.quote for text in former(row).order_by("number")] == ["One.", "Two."]


def published_twice() -> Any:
    return correct(ReviewFactory(quote="One."), quote="Two.")


def retracted() -> Any:
    return correct(published_twice(), status="retracted")


def one_of_early_days() -> Any:
    """Kept before the database asked what was read."""
    row = correct(ReviewFactory(quote="One."), quote="Two.")
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("ALTER TABLE reviews_reviewrevision DISABLE TRIGGER USER")
    execute("UPDATE reviews_reviewrevision SET evidence = '{}'")
    execute("ALTER TABLE reviews_reviewrevision ENABLE TRIGGER USER")
    return row


@pytest.mark.parametrize(
    ("arrange", "number", "seen", "reason"),
    [
        pytest.param(retracted, 1, 2, "it is not published", id="retracted"),
        pytest.param(
            published_twice, 1, 1, "somebody has corrected it since: compare again", id="an older page"
        ),
        pytest.param(published_twice, 2, 2, "it has no such revision", id="the present one"),
        pytest.param(published_twice, 9, 2, "it has no such revision", id="none of its own"),
        pytest.param(one_of_early_days, 1, 2, "Another change came first", id="what the database refuses"),
    ],
)
def test_what_cannot_be_restored_stays_as_it_is(arrange: Any, number: int, seen: int, reason: str) -> None:
    row = arrange()

    with pytest.raises(CurationError, match=reason):
        restore(row, number=number, seen=seen)

    assert Review.objects.get().quote == "Two."


def test_what_says_that_already_is_no_correction() -> None:
    row = published_twice()
    correct(row, quote="One.")

    with pytest.raises(CurationError, match="it says that already"):
        restore(row, number=1, seen=3)

    assert Review.objects.get().revision == 3


@pytest.mark.parametrize("table", ["reviews_reviewrevision", "reviews_headtoheadrevision"])
def test_a_note_that_is_kept_is_never_rewritten(table: str) -> None:
    correct(ReviewFactory(), quote="New.")
    correct(HeadToHeadFactory(), quote="New.")

    with pytest.raises(IntegrityError, match="written once"):
        execute(f"UPDATE {table} SET note = 'Never said.'")


def test_a_choice_is_restored_too() -> None:
    row: HeadToHead = HeadToHeadFactory()
    correct(row, choice=row.first_tool)

    restore(row, number=1, seen=2)

    row.refresh_from_db()
    assert row.choice is None
