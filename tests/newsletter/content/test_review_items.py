"""What an edition says of a review."""

import pytest

from newsletter.content.items import CORRECTION, REVIEW, Because, Item, Side
from newsletter.content.review_items import review_item, review_provenance


@pytest.mark.parametrize(
    ("kind", "basis", "disclosure", "said"),
    [
        pytest.param("human", "tested", "", "By a person, after a test of the tool.", id="a person's test"),
        pytest.param(
            "persona", "read", "", "By a persona, from public documents, without a test.", id="a reading"
        ),
        pytest.param(
            "persona", "synthetic", "", "By a persona, without a test and without sources.", id="neither"
        ),
        pytest.param(
            "human",
            "tested",
            "works\nthere",
            "By a person, after a test of the tool. Ties to the maker: works there.",
            id="a tie",
        ),
        pytest.param(
            "human",
            "read",
            "Owns shares.",
            "By a person, from public documents, without a test. Ties to the maker: Owns shares.",
            id="a tie that ends a sentence",
        ),
    ],
)
def test_a_review_in_the_mail_says_who_wrote_it_and_on_what(
    kind: str, basis: str, disclosure: str, said: str
) -> None:
    assert review_provenance(reviewer_kind=kind, basis=basis, disclosure=disclosure) == said


def told(kind: str, *, now: str, former: str | None) -> Item:
    return review_item(
        kind=kind,
        reviewer="The Skeptic",
        side=Side("aider", "Aider", "dev", "Developer Tools"),
        verdict=now,
        former_verdict=former,
        quote="Run `it`.",
        provenance="By a persona.",
        because=Because(),
    )


@pytest.mark.parametrize(
    ("kind", "now", "former", "words"),
    [
        pytest.param(REVIEW, "ship", None, ("Ship", "By a persona.", "ship"), id="new"),
        pytest.param(
            CORRECTION, "ship", "skip", ("Skip → Ship", "By a persona.", "now ship"), id="turned round"
        ),
        pytest.param(
            CORRECTION,
            "skip",
            "skip",
            ("Skip", "Corrected; the verdict stays. By a persona.", "corrected"),
            id="of the words",
        ),
        pytest.param(
            CORRECTION, "skip", None, ("Skip", "By a persona.", "corrected"), id="of what nobody kept"
        ),
    ],
)
def test_a_corrected_review_says_what_it_was(
    kind: str, now: str, former: str | None, words: tuple[str, str, str]
) -> None:
    item = told(kind, now=now, former=former)

    mark, detail, said = words
    assert (item.mark, item.detail) == (mark, detail)
    assert item.headline == f"The Skeptic on Aider: {said}"


def test_a_reviews_quote_has_no_raw_markdown() -> None:
    assert told(REVIEW, now="ship", former=None).quote == "Run it."
