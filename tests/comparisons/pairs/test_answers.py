"""What reviewers and readers say of a pair itself, whichever tool is named first."""

import pytest
from pytest_django import DjangoAssertNumQueries

from comparisons.models import Comparison
from comparisons.pairs.answers import PairAnswers, answers_read_with, answers_to
from tests.factories import (
    NOW,
    ComparisonFactory,
    HeadToHeadFactory,
    PickFactory,
    ReviewerFactory,
    ToolFactory,
    answer_pair,
)
from votes.tallies.publication import publish_tallies
from votes.tally import PickCount

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("pairs", [1, 5])
def test_all_is_read_at_once_in_the_order_of_ids_and_of_the_roster(
    pairs: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    one, other = sorted(ToolFactory.create_batch(2), key=lambda tool: tool.pk)
    silent = [(ToolFactory(), ToolFactory()) for _ in range(pairs)]
    late, early = ReviewerFactory(position=2), ReviewerFactory(position=1, lens="Cost")
    HeadToHeadFactory(first_tool=one, second_tool=other, reviewer=late, status="retracted", choice=one)
    HeadToHeadFactory(first_tool=other, second_tool=one, reviewer=late)
    HeadToHeadFactory(
        first_tool=other, second_tool=one, reviewer=early, choice=other, evidence=["https://a.example/"]
    )
    PickFactory(first_tool=one, second_tool=other, chosen_tool=one)
    publish_tallies(now=NOW)

    with django_assert_num_queries(1):
        answers = answers_to([(other, one), *silent])

    found = answers[one.pk, other.pk]
    assert [(each.reviewer, each.choice_id) for each in found.head_to_heads] == [
        (early, other.pk),
        (late, None),
    ]
    read = found.head_to_heads[0]
    assert (read.reviewer.lens, read.evidence, str(read.compared_on)) == (
        "Cost",
        ["https://a.example/"],
        "2026-10-06",
    )
    assert (found.picks, found.picks_as_of) == (PickCount(1, 0), NOW)
    assert found.picks_in_order((other, one)) == PickCount(0, 1)
    assert [
        answers[min(pair, key=lambda tool: tool.pk).pk, max(pair, key=lambda tool: tool.pk).pk]
        for pair in silent
    ] == [PairAnswers()] * pairs


def test_a_comparison_is_read_with_the_same(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    row = ComparisonFactory()
    answer_pair(row.first_tool, row.second_tool, a=1, neither=1)
    for _ in range(20):
        PickFactory(first_tool=row.first_tool, second_tool=row.second_tool)
    publish_tallies(now=NOW)

    with django_assert_num_queries(1):
        read = answers_read_with(Comparison.objects.with_picks().with_head_to_heads().get())

    [again] = answers_to([(row.first_tool, row.second_tool)]).values()
    assert (read.picks, read.picks_as_of) == (again.picks, again.picks_as_of)
    assert [(each.pk, each.choice_id, each.quote) for each in read.head_to_heads] == [
        (each.pk, each.choice_id, each.quote) for each in again.head_to_heads
    ]


def test_of_no_pairs_nothing_is_read(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert answers_to([]) == {}
