"""Reads of pairs: which two tools a slug names, in which order, with what of them."""

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.models import Tool
from comparisons.pairs.selectors import (
    ComparisonNotFound,
    comparisons_with_guidance,
    find_pair,
    pair_up,
    pairs_of,
    resolve_pair,
    stored_pairs,
)
from tests.factories import (
    ComparisonFactory,
    HeadToHeadFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    answer_pair,
)

pytestmark = pytest.mark.django_db


def resolved(slug: str) -> tuple[str, str, bool] | None:
    """The slugs of the two tools, and whether an editor published the pair."""
    try:
        found = resolve_pair(slug)
    except ComparisonNotFound:
        return None
    return found.first.slug, found.second.slug, found.comparison is not None


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param("aider-vs-zed", ("aider", "zed", False), id="in order"),
        pytest.param("zed-vs-aider", ("aider", "zed", False), id="turned round"),
        pytest.param("old-vs-aider", ("aider", "zed", False), id="an earlier slug"),
        pytest.param("aider-vs-cursor", ("aider", "cursor", True), id="curated"),
        pytest.param("aider-vs-retired", ("aider", "retired", True), id="curated, with an archived tool"),
        pytest.param("retired-vs-zed", None, id="an archived tool in no curated pair"),
        pytest.param("aider-vs-draft", None, id="a draft"),
        pytest.param("aider-vs-nothing", None, id="no tool"),
        pytest.param("zed-vs-old", None, id="a tool and itself"),
        pytest.param("aider", None, id="no separator"),
        pytest.param("-vs-", None, id="a separator alone"),
        pytest.param("aider-vs-", None, id="half a pair"),
    ],
)
def test_a_slug_names_two_tools_that_may_be_compared(asked: str, found: tuple[str, str, bool] | None) -> None:
    aider, cursor = ToolFactory(slug="aider"), ToolFactory(slug="cursor")
    zed = ToolFactory(slug="old")
    Tool.objects.filter(pk=zed.pk).update(slug="zed")
    ToolFactory(slug="draft", status="draft", published_at=None)
    ComparisonFactory(first_tool=aider, second_tool=cursor)
    ComparisonFactory(first_tool=aider, second_tool=ToolFactory(slug="retired", status="archived"))

    assert resolved(asked) == found


@pytest.mark.parametrize("curated", [("a", "b-vs-c"), ("a-vs-b", "c"), None])
def test_a_slug_that_reads_twice_names_the_curated_pair_else_the_shortest_first_slug(
    curated: tuple[str, str] | None,
) -> None:
    tools = {slug: ToolFactory(slug=slug) for slug in ("a", "b-vs-c", "a-vs-b", "c")}
    if curated:
        ComparisonFactory(first_tool=tools[curated[0]], second_tool=tools[curated[1]])

    assert resolved("a-vs-b-vs-c") == (*(curated or ("a", "b-vs-c")), curated is not None)


@pytest.mark.parametrize(("is_curated", "queries"), [(True, 3), (False, 4)])
def test_a_pair_is_found_with_all_that_a_page_shows(
    is_curated: bool, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first, second = ToolFactory(slug="a", name="A"), ToolFactory(slug="b", name="B")
    if is_curated:
        ComparisonFactory(first_tool=first, second_tool=second, title="The two", editor_note="Both are free.")
    early, late = ReviewerFactory(slug="early", position=1), ReviewerFactory(slug="late", position=2)
    ReviewFactory(tool=first, reviewer=late, verdict="ship")
    ReviewFactory(tool=second, reviewer=late, verdict="skip")
    ReviewFactory(tool=second, reviewer=early, verdict="ship")
    HeadToHeadFactory(first_tool=second, second_tool=first, reviewer=early, choice=second)
    answer_pair(first, second, neither=1)

    with django_assert_num_queries(queries):
        pair = find_pair("a-vs-b")
        rows = [(row.reviewer.slug, row.agreement, row.prefers, row.basis) for row in pair.scorecard]
        flips, replay = pair.verdict.flip, pair.verdict.replay

    assert rows[:2] == [("early", "one_sided", "b", "head_to_head"), ("late", "split", "a", "reviews")]
    assert rows[2][1:] == ("one_sided", None, "head_to_head")
    assert flips
    assert replay["tools"] == ["a", "b"]
    assert (pair.slug, pair.kind) == ("a-vs-b", "curated" if is_curated else "computed")
    assert (pair.title, pair.editor_note) == (
        ("The two", "Both are free.") if is_curated else ("A vs B", None)
    )
    assert (pair.published_at is not None) == is_curated


@pytest.mark.parametrize(
    ("slug", "queries"),
    [
        pytest.param("a" + "-vs" * 1_330 + "-a", 0, id="longer than two slugs"),
        pytest.param("a" + "-vs" * 160 + "-a", 1, id="no longer than two slugs"),
    ],
)
def test_a_slug_of_many_readings_asks_at_most_once(
    django_assert_num_queries: DjangoAssertNumQueries, slug: str, queries: int
) -> None:
    with django_assert_num_queries(queries), pytest.raises(ComparisonNotFound):
        resolve_pair(slug)


def test_of_no_pairs_nothing_is_read(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert (stored_pairs([]), pair_up([])) == ({}, [])


@pytest.mark.parametrize("number", [1, 4])
def test_a_list_of_pairs_takes_a_query_for_the_rows_and_one_for_the_reviews(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for comparison in ComparisonFactory.create_batch(number):
        first, second = comparison.first_tool, comparison.second_tool
        ReviewFactory(tool=first)
        answer_pair(first, second, a=2, neither=1)

    with django_assert_num_queries(2):
        pairs = pairs_of(list(comparisons_with_guidance().with_head_to_heads()))
        assert [len(pair.scorecard) for pair in pairs] == [4] * number
        assert {pair.verdict.outcome for pair in pairs} == {"insufficient"}
