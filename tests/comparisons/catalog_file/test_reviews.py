"""The reviews of a file: which stored review each row means, and what is a correction."""

from typing import Any

import pytest

from catalog.models import Tool
from reviews.models import Review, Reviewer
from tests.comparisons.catalog_file.files import alpha, load, review, tool
from tests.factories import ReviewFactory

pytestmark = pytest.mark.django_db


def reviews_after(*rows: dict[str, Any]) -> list[tuple[str, str]]:
    """Status and quote of each review of one tool, once the rows were imported over what is there."""
    load(tools=[tool("alpha", reviews=list(rows))], comparisons=[])
    again = load(tools=[tool("alpha", reviews=list(rows))], comparisons=[])
    assert again.is_empty
    return sorted(Review.objects.values_list("status", "quote"))


@pytest.mark.parametrize(
    ("present", "rows", "after"),
    [
        pytest.param([], [{"quote": "x"}], [("published", "x")], id="new"),
        pytest.param([("published", "o")], [{"quote": "x"}], [("published", "x")], id="live is rewritten"),
        pytest.param([("draft", "o")], [{"quote": "x"}], [("draft", "x")], id="a draft stays a draft"),
        pytest.param(
            [("draft", "o")],
            [{"quote": "x", "status": "published"}],
            [("published", "x")],
            id="a draft is published",
        ),
        pytest.param(
            [("published", "o")],
            [{"quote": "o", "status": "retracted"}],
            [("retracted", "o")],
            id="live is retracted",
        ),
        pytest.param(
            [("draft", "d"), ("published", "o")],
            [{"quote": "x"}],
            [("draft", "d"), ("published", "x")],
            id="live before draft",
        ),
        pytest.param(
            [("draft", "d"), ("published", "o")],
            [{"quote": "x", "status": "draft"}],
            [("draft", "x"), ("published", "o")],
            id="draft by its status",
        ),
        pytest.param(
            [("retracted", "r")],
            [{"quote": "x"}],
            [("published", "x"), ("retracted", "r")],
            id="history stays",
        ),
        pytest.param(
            [("retracted", "r")],
            [{"quote": "r2", "status": "retracted"}],
            [("retracted", "r"), ("retracted", "r2")],
            id="history is never rewritten",
        ),
        pytest.param(
            [("published", "o"), ("retracted", "r")],
            [{"quote": "r", "status": "retracted"}, {"quote": "x"}],
            [("published", "x"), ("retracted", "r")],
            id="history beside a live one",
        ),
    ],
)
def test_a_row_finds_the_review_it_speaks_of(
    present: list[tuple[str, str]], rows: list[dict[str, Any]], after: list[tuple[str, str]]
) -> None:
    load(tools=[tool("alpha")], comparisons=[])
    for status, quote in present:
        ReviewFactory(
            tool=Tool.objects.get(),
            reviewer=Reviewer.objects.get(),
            status=status,
            quote=quote,
            verdict="ship",
        )

    assert reviews_after(*(review(**row) for row in rows)) == after


@pytest.mark.parametrize("quote", [{}, {"quote": None}, {"quote": ""}])
def test_a_review_may_have_no_quote(quote: dict[str, str | None]) -> None:
    load(**alpha(reviews=[{"reviewer": "builder", "verdict": "ship", **quote}]))

    assert Review.objects.get().quote == ""


def corrected(**keys: Any) -> dict[str, Any]:
    return {"tools": [tool("alpha", reviews=[review("builder", **keys)]), tool("beta")]}


@pytest.mark.parametrize("revision", [{}, {"revision": 1}, {"revision": 2}])
def test_an_import_that_rewrites_a_published_review_raises_its_revision(revision: dict[str, int]) -> None:
    load(**corrected(verdict="ship", quote="It holds.", **revision and {"revision": 1}))

    load(**corrected(verdict="skip", quote="It broke.", **revision))
    again = load(**corrected(verdict="skip", quote="It broke.", **revision))

    row = Review.objects.get()
    assert (row.verdict, row.revision) == ("skip", 2)
    assert row.corrected_at
    assert list(row.revisions.values_list("number", "verdict", "quote")) == [(1, "ship", "It holds.")]
    assert again.is_empty


def test_a_files_line_ends_are_no_correction() -> None:
    load(**corrected(quote="One.\nTwo."))

    report = load(**corrected(quote="One.\r\nTwo."))

    assert report.is_empty
    assert Review.objects.get().revision == 1
