"""What a comparison says of two tools: their title, who said what, the verdict, and when any of it changed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog.models import Category, Tool
from comparisons.models import Comparison
from comparisons.pairs.lineups import line_up
from comparisons.pairs.pair import conditions_of, pair_from_counts
from comparisons.pairs.selectors import (
    comparisons_with_counts,
    comparisons_with_guidance,
    find_pair,
    pairs_of,
)
from comparisons.verdict import decide
from reviews.models import HeadToHead, Review, Reviewer
from tests.database import execute
from tests.factories import (
    AHEAD,
    ComparisonFactory,
    ConditionFactory,
    HeadToHeadFactory,
    PairFitFactory,
    ReviewFactory,
    ToolFactory,
    ToolFitFactory,
    answer_pair,
    review,
)

pytestmark = pytest.mark.django_db


def test_tools_of_one_name_are_told_apart_in_the_title_of_their_pair() -> None:
    first = ToolFactory(slug="karpathy-skills", name="Karpathy Skills")
    second = ToolFactory(slug="karpathy-skills-2", name="Karpathy  skills")

    assert find_pair("karpathy-skills-vs-karpathy-skills-2").title == (
        "Karpathy Skills (karpathy-skills) vs Karpathy  skills (karpathy-skills-2)"
    )

    ComparisonFactory(first_tool=first, second_tool=second, title="The original and the copy")
    assert find_pair("karpathy-skills-vs-karpathy-skills-2").title == "The original and the copy"


def test_a_page_was_updated_when_an_editor_last_changed_anything_on_it() -> None:
    comparison = ComparisonFactory(first_tool__slug="a", second_tool__slug="b")
    review = ReviewFactory(tool=comparison.second_tool)
    for days, rows in enumerate(
        (
            Tool.objects.filter(slug="a"),
            Comparison.objects.all(),
            Tool.objects.filter(slug="b"),
            Review.objects.filter(pk=review.pk),
            Reviewer.objects.filter(pk=review.reviewer_id),
            Category.objects.filter(pk=comparison.first_tool.category_id),
        )
    ):
        rows.update(updated_at=AHEAD + timedelta(days=days))
        pair = find_pair("a-vs-b")
        if days:
            assert pair.updated_at == AHEAD + timedelta(days=days)


def retract_by_update(review: Review) -> None:
    Review.objects.filter(pk=review.pk).update(status="retracted")


def retract_by_sql(review: Review) -> None:
    execute("UPDATE reviews_review SET status = 'retracted' WHERE id = %s", review.pk)


@pytest.mark.parametrize(
    "leave",
    [retract_by_update, retract_by_sql, Review.delete],
    ids=lambda way: way.__name__,
)
def test_a_page_that_a_review_leaves_never_gets_an_earlier_time(leave: Callable[[Review], object]) -> None:
    first, second = ToolFactory(slug="a"), ToolFactory(slug="b")
    review = ReviewFactory(tool=first)
    ReviewFactory(tool=second)
    before = find_pair("a-vs-b").updated_at

    leave(review)

    assert find_pair("a-vs-b").updated_at > before


def test_a_page_whose_pair_is_archived_is_computed_and_never_gets_an_earlier_time() -> None:
    comparison = ComparisonFactory(first_tool__slug="a", second_tool__slug="b", title="The two")
    before = find_pair("a-vs-b")

    Comparison.objects.filter(pk=comparison.pk).update(status="archived", updated_at=timezone.now())

    after = find_pair("a-vs-b")
    assert (before.kind, after.kind) == ("curated", "computed")
    assert after.updated_at > before.updated_at
    assert "two" not in after.title


def test_head_to_heads_on_a_page_count_as_an_editors_change() -> None:
    comparison = ComparisonFactory(first_tool__slug="a", second_tool__slug="b")
    HeadToHeadFactory(first_tool=comparison.first_tool, second_tool=comparison.second_tool)
    HeadToHead.objects.update(updated_at=AHEAD)

    assert find_pair("a-vs-b").updated_at == AHEAD


def test_of_a_panel_by_name_the_scorecard_is_whole_and_the_whole_verdict_stands_beside(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    first, second = ToolFactory(slug="a"), ToolFactory(slug="b")
    review(first, ship=4)
    review(second, ship=3, skip=1)

    with django_assert_num_queries(4):
        pair = find_pair("a-vs-b", panel_of={"panel-0": "One", "panel-1": "Two"})
        whole = pair.whole_panel_verdict

    assert len(pair.scorecard) == 4
    assert (pair.verdict.outcome, pair.verdict.panel_of) == ("tie", ("panel-0", "panel-1"))
    assert whole
    assert (whole.winner, whole.panel_of) == ("a", None)
    assert find_pair("a-vs-b").whole_panel_verdict is None


def test_counts_kept_by_the_database_give_the_verdict_of_the_page() -> None:
    row = ComparisonFactory()
    review(row.first_tool, ship=4)
    review(row.second_tool, ship=4)
    answer_pair(row.first_tool, row.second_tool, a=1, b=3)

    pair = pair_from_counts(comparisons_with_counts().get())

    page = find_pair(row.slug).evidence
    assert (pair.shared.total, pair.shared.first, pair.shared.second) == (4, 4, 4)
    assert pair.head_to_heads == page.head_to_heads
    assert decide(pair).winner == decide(page).winner == row.second_tool.slug


@pytest.mark.parametrize("leave", ["retract", "delete"])
def test_a_page_that_a_head_to_head_leaves_never_gets_an_earlier_time(leave: str) -> None:
    first, second = ToolFactory(slug="a"), ToolFactory(slug="b")
    answer = HeadToHeadFactory(first_tool=first, second_tool=second)
    before = find_pair("a-vs-b").updated_at

    if leave == "retract":
        HeadToHead.objects.filter(pk=answer.pk).update(status="retracted")
    else:
        answer.delete()

    assert find_pair("a-vs-b").updated_at > before


@pytest.mark.parametrize("is_curated", [True, False])
def test_a_pair_is_guided_by_its_tools_conditions_and_its_own_come_first(
    is_curated: bool, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first, second = ToolFactory(slug="a", name="A"), ToolFactory(slug="b", name="B")
    for tool in (first, second):
        review(tool, ship=3)
    both = ConditionFactory(name="they both do it")
    for tool, name in ((first, "it must run offline"), (second, "it must cost nothing")):
        ToolFitFactory(tool=tool, condition=both)
        ToolFitFactory(tool=tool, condition__name=name)
    if is_curated:
        pair = ComparisonFactory(first_tool=first, second_tool=second)
        PairFitFactory(comparison=pair, tool=second, condition__name="it must be small")
    own = ["it must be small"] if is_curated else ["it must cost nothing"]
    # What both fit decides nothing between them.
    left = ["it must run offline"]

    with django_assert_num_queries(3 if is_curated else 4):
        found = find_pair("a-vs-b")
        assert conditions_of(found.guidance) == (left, own)
    with django_assert_num_queries(4):
        [lined_up] = line_up(["a", "b"]).pairs
        assert conditions_of(lined_up.guidance) == (left, own)
    if is_curated:
        with django_assert_num_queries(2):
            [listed] = pairs_of(list(comparisons_with_guidance()))
            assert conditions_of(listed.guidance) == (left, own)
            assert listed.verdict.summary == found.verdict.summary
    assert found.verdict.summary == f"Level on every count: ship A if {left[0]}; B if {own[0]}."


def test_the_conditions_of_an_archived_pair_count_no_longer() -> None:
    pair = ComparisonFactory(first_tool__slug="a", second_tool__slug="b")
    PairFitFactory(comparison=pair, condition__name="it must be small")
    assert conditions_of(find_pair("a-vs-b").guidance) == (["it must be small"], [])

    Comparison.objects.update(status="archived")

    assert conditions_of(find_pair("a-vs-b").guidance) == ([], [])


def test_a_page_was_updated_when_its_conditions_were() -> None:
    pair = ComparisonFactory(first_tool__slug="a", second_tool__slug="b")
    moments = [find_pair("a-vs-b").updated_at]
    fit = ToolFitFactory(tool=pair.first_tool)
    moments.append(find_pair("a-vs-b").updated_at)
    of_pair = PairFitFactory(comparison=pair)
    moments.append(find_pair("a-vs-b").updated_at)
    of_pair.condition.save()
    moments.append(find_pair("a-vs-b").updated_at)
    execute("DELETE FROM comparisons_pairfit WHERE id = %s", of_pair.pk)
    moments.append(find_pair("a-vs-b").updated_at)
    execute("DELETE FROM catalog_toolfit WHERE id = %s", fit.pk)
    moments.append(find_pair("a-vs-b").updated_at)

    assert moments == sorted(set(moments))
    assert len(moments) == 6
