"""Reads of curated pairs; the verdict in SQL against the rule itself."""

from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from random import Random

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.models import Tool
from comparisons.models import Comparison
from comparisons.verdict import Evidence, crowd_favorite, decide
from reviews.models import Panel
from reviews.panel import PanelCount
from tests.factories import (
    NOW,
    CategoryFactory,
    ComparisonFactory,
    PickFactory,
    ToolFactory,
    VoterFactory,
    published_counts,
)
from votes.models import PublishedTally
from votes.tallies.publication import publish_tallies
from votes.tally import TallyCount

pytestmark = pytest.mark.django_db

# Small panels, level panels and panels that differ; crowds of no, too few and enough votes, unsure and sure ones.
PANELS = [(0, 0), (2, 0), (3, 0), (4, 0), (3, 1), (6, 2), (2, 1), (67, 33), (2, 2), (1, 3), (0, 3)]
TALLIES = [
    (0, 0), (1, 0), (19, 0), (0, 19), (20, 0), (0, 20), (9, 11), (16, 4), (7, 13), (17, 3), (4, 16), (13, 7), (1, 19),
    (60, 40), (600, 400), (504_000, 496_000), (500_000, 500_000), (20_000_000, 1), (30_000_000, 30_000_000),
]  # fmt: skip


def evidence(tool: Tool, panel: PanelCount, community: TallyCount) -> Evidence:
    return Evidence(
        slug=tool.slug, name=tool.name, panel=panel, community=community, entry=tool.pricing_entry, reviews={}
    )


def publish(tallies: Iterable[tuple[Tool, tuple[int, int]]]) -> None:
    """Counts with the bounds that a step of publication gives them."""
    rows = [PublishedTally(tool=tool, **published_counts(*tally)) for tool, tally in tallies]
    PublishedTally.objects.bulk_update(rows, ["ship", "skip", "bound_low", "bound_high"])


@pytest.fixture
def evidence_by_tool() -> dict[Tool, Evidence]:
    """A hundred published tools with counts of every kind, each pair of them curated."""
    random = Random(2026)
    category = CategoryFactory()
    tools = Tool.objects.bulk_create(ToolFactory.build_batch(100, category=category))
    counts = [(PANELS[n % 11], TALLIES[n % 19]) for n in range(80)]
    counts += [
        (
            (random.randrange(6), random.randrange(6)),
            (random.randrange(80), random.randrange(80)),
        )
        for _ in range(20)
    ]
    Panel.objects.bulk_update(
        [
            Panel(tool=tool, ship=ship, skip=skip)
            for tool, ((ship, skip), _) in zip(tools, counts, strict=True)
        ],
        ["ship", "skip"],
    )
    publish(zip(tools, (tally for _, tally in counts), strict=True))
    Comparison.objects.bulk_create(
        Comparison(first_tool=first, second_tool=second) for first, second in combinations(tools, 2)
    )
    return {
        tool: evidence(tool, PanelCount(*panel), TallyCount.with_bounds(*tally))
        for tool, (panel, tally) in zip(tools, counts, strict=True)
    }


def test_the_outcome_in_sql_is_the_rules_for_every_pair_and_lists_filter_by_it(
    evidence_by_tool: dict[Tool, Evidence],
) -> None:
    rows = list(Comparison.objects.with_outcome().values_list("first_tool", "second_tool", "outcome"))

    by_id = {tool.pk: evidence for tool, evidence in evidence_by_tool.items()}
    wrong = [
        (by_id[first], by_id[second], outcome)
        for first, second, outcome in rows
        if outcome != decide(first=by_id[first], second=by_id[second], roster=()).outcome
    ]
    assert wrong == []
    assert len(rows) == 4_950
    outcomes = Counter(outcome for *_, outcome in rows)
    assert set(outcomes) == {"winner", "tie", "insufficient"}
    assert Comparison.objects.with_outcome().filter(outcome="tie").count() == outcomes["tie"]


def test_sql_and_the_rule_agree_on_a_hundred_thousand_pairs_of_random_tallies() -> None:
    """The crowd of every pair is asked, for all panels are level."""
    random = Random(2026)
    tools = Tool.objects.bulk_create(ToolFactory.build_batch(100, category=CategoryFactory()))
    Panel.objects.update(ship=4)
    Comparison.objects.bulk_create(
        Comparison(first_tool=first, second_tool=second) for first, second in combinations(tools, 2)
    )
    compared = Comparison.objects.with_outcome().values_list("first_tool", "second_tool", "outcome")
    seen = dict.fromkeys(("winner", "tie"), 0)

    for _ in range(21):
        totals = [int(10 ** random.uniform(0, 6)) for _ in tools]
        tallies = [(ship := round(total * random.random()), total - ship) for total in totals]
        publish(zip(tools, tallies, strict=True))
        sides = {
            tally.tool_id: evidence(tools[0], PanelCount(ship=4), tally.count)
            for tally in PublishedTally.objects.all()
        }
        for first, second, outcome in compared.all():
            assert (outcome == "winner") == bool(crowd_favorite(sides[first], sides[second]))
            seen[outcome] += 1

    assert sum(seen.values()) == 103_950
    assert min(seen.values()) > 10_000


def gap_between(first: Evidence, second: Evidence) -> int:
    shares = (first.panel.percent, second.panel.percent, first.community.percent, second.community.percent)
    if None in shares:
        return 0
    panel_first, panel_second, crowd_first, crowd_second = (share or 0 for share in shares)
    return abs((panel_first - panel_second) - (crowd_first - crowd_second))


def test_the_gap_between_panel_and_crowd_is_that_of_the_published_percentages(
    evidence_by_tool: dict[Tool, Evidence],
) -> None:
    rows = Comparison.objects.with_panel_crowd_gap().values_list(
        "first_tool", "second_tool", "panel_crowd_gap"
    )

    by_id = {tool.pk: evidence for tool, evidence in evidence_by_tool.items()}
    assert all(gap == gap_between(by_id[first], by_id[second]) for first, second, gap in rows)
    assert {gap for *_, gap in rows} >= {0, 100, 200}


def test_published_pairs_are_those_whose_tools_may_both_be_read() -> None:
    shown = ComparisonFactory()
    archived_tool = ComparisonFactory(second_tool=ToolFactory(status="archived"))
    ComparisonFactory(status="draft")
    ComparisonFactory(status="archived")
    ComparisonFactory(first_tool=ToolFactory(status="draft"))
    ComparisonFactory(second_tool=ToolFactory(status="draft"))

    assert set(Comparison.objects.published()) == {shown, archived_tool}


def test_pairs_are_found_by_the_tool_on_either_side_once_each() -> None:
    row, other = ComparisonFactory(), ComparisonFactory()
    ComparisonFactory()

    assert list(Comparison.objects.of_tools(Tool.objects.filter(pk=row.first_tool_id))) == [row]
    assert list(Comparison.objects.of_tools(Tool.objects.filter(pk=row.second_tool_id))) == [row]
    both = Tool.objects.filter(pk__in=[row.first_tool_id, row.second_tool_id, other.first_tool_id])
    assert sorted(Comparison.objects.of_tools(both).values_list("pk")) == sorted([(row.pk,), (other.pk,)])
    assert not Comparison.objects.of_tools(Tool.objects.none()).exists()


def test_pairs_are_found_by_the_category_of_either_tool_once_each() -> None:
    shelf = CategoryFactory(slug="shelf")
    left = ComparisonFactory(first_tool=ToolFactory(category=shelf))
    right = ComparisonFactory(second_tool=ToolFactory(category=shelf))
    both = ComparisonFactory(first_tool=ToolFactory(category=shelf), second_tool=ToolFactory(category=shelf))
    ComparisonFactory()

    found = Comparison.objects.in_categories(slug for slug in ("shelf", "unknown"))

    assert sorted(row.pk for row in found) == sorted(row.pk for row in (left, right, both))
    assert not Comparison.objects.in_categories([]).exists()


def test_counted_picks_are_counted_whichever_way_the_pair_is_stored(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    tools = ToolFactory.create_batch(2)
    # Ids rise and slugs fall, so the pair's order is not that of its picks.
    Tool.objects.filter(pk=tools[0].pk).update(slug="zebra")
    turned = ComparisonFactory(first_tool=tools[0], second_tool=tools[1])
    straight, unpicked = ComparisonFactory(), ComparisonFactory()
    for row, picks in ((turned, 3), (straight, 2)):
        for voter in VoterFactory.create_batch(picks):
            PickFactory(voter=voter, first_tool=row.first_tool, second_tool=row.second_tool)
        PickFactory(first_tool=row.first_tool, second_tool=row.second_tool, status="pending")
    publish_tallies(now=NOW)

    with django_assert_num_queries(1):
        counts = dict(Comparison.objects.with_picks().values_list("pk", "pick_count"))

    assert counts == {turned.pk: 3, straight.pk: 2, unpicked.pk: 0}
