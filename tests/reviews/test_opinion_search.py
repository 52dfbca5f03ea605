"""The desk's search of reviews and head-to-heads: what each word may be of, and that indexes find it."""

import pytest
from django.db import connection

from reviews.models import HeadToHead, Review
from reviews.opinion_search import search_opinions
from tests.factories import HeadToHeadFactory, ReviewerFactory, ReviewFactory, ToolFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("", True),
        ("cursor", True),
        ("urso", True),
        ("the-editor", True),
        ("skept", True),
        ("slow", True),
        ("CRASH", True),
        ("d'or", True),
        ("cursor skeptic slow", True),
        ("rashes", False),
        ("cursor slower", False),
        ("gpt-4", True),
        ("fast — it", True),
        ("write", True),
        ("gitlab-ci", True),
        ("file_id", True),
        ("çava", True),
        ("aider", False),
        ("zzz — it", False),
        ("' \\ — %", False),
        ("_", False),
        ("'; DROP TABLE reviews_review; --", False),
        ("a:*|q & !c", False),
    ],
)
def test_each_word_is_of_a_tool_the_reviewer_or_the_quote(text: str, is_found: bool) -> None:
    tool = ToolFactory(name="Cursor", slug="the-editor")
    quote = "Slow, and it crashes; a coup d'or. GPT-4o is fast — it beats read/write tools, <file_id>, .gitlab-ci. Çava."
    by_skeptic = {"reviewer": ReviewerFactory(name="The skeptic"), "quote": quote}
    review = ReviewFactory(tool=tool, **by_skeptic)
    pair = HeadToHeadFactory(first_tool=ToolFactory(name="Zed"), second_tool=tool, **by_skeptic)
    ReviewFactory(quote="Fine.")
    HeadToHeadFactory(quote="Fine.")

    reviews = search_opinions(Review.objects.all(), text, model=Review, of_tools=["tool"])
    pairs = search_opinions(
        HeadToHead.objects.all(), text, model=HeadToHead, of_tools=["first_tool", "second_tool"]
    )

    assert (review in reviews, pair in pairs) == (is_found, is_found)
    assert reviews.count() == pairs.count() == (2 if not text else is_found)


@pytest.mark.parametrize(
    ("model", "of_tools", "index"),
    [
        (Review, ["tool"], "reviews_by_words"),
        (HeadToHead, ["first_tool", "second_tool"], "head_to_heads_by_words"),
    ],
    ids=["reviews", "head-to-heads"],
)
def test_an_index_finds_the_words_of_quotes(
    model: type[Review | HeadToHead], of_tools: list[str], index: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = search_opinions(model.objects.all(), "slow", model=model, of_tools=of_tools).explain()

    assert f"Bitmap Index Scan on {index}" in plan
