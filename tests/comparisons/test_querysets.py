"""Reads of curated pairs; the verdict in SQL against the rule itself."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from random import Random

import pytest
from django.conf import settings
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from catalog.models import Tool
from comparisons.catalog_file.importing import import_catalog
from comparisons.models import Comparison
from comparisons.pairs.answers import answers_read_with
from comparisons.pairs.pair import Pair, pair_from_counts
from comparisons.pairs.selectors import comparisons_with_guidance, pairs_of
from comparisons.rules import crowd_favorite
from comparisons.verdict import decide
from reviews.models import HeadToHead, Review
from tests.comparisons.evidence import inputs
from tests.database import execute
from tests.factories import (
    NOW,
    CategoryFactory,
    ComparisonFactory,
    HeadToHeadFactory,
    PickFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    VoterFactory,
    published_counts,
)
from votes.models import PublishedPickTally, PublishedTally
from votes.tallies.publication import publish_tallies
from votes.tally import MIN_VOTES, TallyCount, wilson_interval

pytestmark = pytest.mark.django_db

REAL_FILE = Path(settings.BASE_DIR).parent / "shared" / "data" / "real_catalog.json"
# Crowds of no, too few and enough votes, unsure and sure ones.
TALLIES = [
    (0, 0), (1, 0), (19, 0), (0, 19), (20, 0), (0, 20), (9, 11), (16, 4), (7, 13), (17, 3), (4, 16), (13, 7), (1, 19),
    (60, 40), (600, 400), (504_000, 496_000), (500_000, 500_000), (20_000_000, 1), (30_000_000, 30_000_000),
]  # fmt: skip
TOOLS = 50


def publish(tallies: Iterable[tuple[Tool, tuple[int, int]]]) -> None:
    """Counts with the bounds that a step of publication gives them."""
    rows = [PublishedTally(tool=tool, **published_counts(*tally)) for tool, tally in tallies]
    PublishedTally.objects.bulk_update(rows, ["ship", "skip", "bound_low", "bound_high"])


def fifty_tools() -> list[Pair]:
    """Fifty published tools, each pair of them curated, with reviews, answers, votes and picks of every kind."""
    random = Random(2026)
    tools = Tool.objects.bulk_create(ToolFactory.build_batch(TOOLS, category=CategoryFactory()))
    reviewers = ReviewerFactory.create_batch(7)
    Review.objects.bulk_create(
        ReviewFactory.build(tool=tool, reviewer=reviewer, verdict=random.choice(["ship", "ship", "skip"]))
        for tool in tools
        for reviewer in random.sample(reviewers, random.choice([0, 2, 3, 4, 4, 7]))
    )
    publish((tool, TALLIES[number % 19]) for number, tool in enumerate(tools))
    both = list(combinations(tools, 2))
    HeadToHead.objects.bulk_create(
        HeadToHeadFactory.build(
            reviewer=reviewer,
            first_tool=first,
            second_tool=second,
            choice=random.choice([first, first, second, None]),
        )
        for first, second in both
        for reviewer in random.sample(reviewers, random.choice([0, 0, 0, 2, 3, 6]))
    )
    PublishedPickTally.objects.bulk_create(
        PublishedPickTally(
            **dict(zip(("first_tool", "second_tool"), sorted(pair, key=lambda tool: tool.pk), strict=True)),
            **published_picks(*random.choice([(19, 0), (20, 0), (3, 17), (4, 16), (30, 33)])),
        )
        for pair in random.sample(both, len(both) // 3)
    )
    Comparison.objects.bulk_create(Comparison(first_tool=first, second_tool=second) for first, second in both)
    Comparison.objects.update(status="published", published_at=NOW)
    # As at a commit.
    execute("SET CONSTRAINTS documents_are_made_at_commit, listings_are_made_at_commit IMMEDIATE")
    return pairs_of(list(comparisons_with_guidance().with_head_to_heads().with_outcome().order_by("id")))


def published_picks(first: int, second: int) -> dict[str, object]:
    counts = published_counts(first, second)
    return {"first": counts.pop("ship"), "second": counts.pop("skip"), **counts}


def gap_between(first: Tool, second: Tool) -> int:
    shares = [(tool.panel.count.percent, tool.published_tally.count.percent) for tool in (first, second)]
    known = [share for sides in shares for share in sides if share is not None]
    if len(known) < 4:
        return 0
    panel_first, crowd_first, panel_second, crowd_second = known
    return abs(int((panel_first - panel_second) - (crowd_first - crowd_second)))


@pytest.fixture(scope="class")
def pairs(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[Pair]]:
    """Made once: that takes longer than any of the tests below."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield fifty_tools()
        transaction.set_rollback(True)


class TestFiftyTools:
    def test_the_outcome_in_sql_is_the_rules_for_every_pair_and_lists_filter_by_it(
        self, pairs: list[Pair]
    ) -> None:
        wrong = [
            pair.slug for pair in pairs if pair.comparison and pair.comparison.outcome != pair.verdict.outcome
        ]

        assert wrong == []
        assert len(pairs) == TOOLS * (TOOLS - 1) // 2
        outcomes = Counter(pair.verdict.outcome for pair in pairs)
        assert set(outcomes) == {"winner", "tie", "insufficient"}
        decided = Counter(pair.verdict.decided_by for pair in pairs)
        assert min(decided[step] for step in ("panel", "head_to_head", "community", "picks")) > 20
        listed = Comparison.objects.with_outcome()
        assert {outcome: listed.filter(outcome=outcome).count() for outcome in outcomes} == outcomes

    def test_what_the_database_counts_of_a_pair_is_what_its_reviewers_say(self, pairs: list[Pair]) -> None:
        for pair in pairs:
            assert pair.comparison
            counted = pair_from_counts(pair.comparison)
            assert counted.inputs == replace(
                pair.evidence.inputs, shared=replace(pair.evidence.shared, reviewers=())
            )
            assert decide(counted).winner == pair.verdict.winner

    def test_the_gap_between_panel_and_crowd_is_that_of_the_published_percentages(
        self, pairs: list[Pair]
    ) -> None:
        gaps = {pair.slug: pair.comparison.panel_crowd_gap for pair in pairs if pair.comparison}

        assert gaps == {pair.slug: gap_between(*pair.tools) for pair in pairs}
        assert {0, 100} < set(gaps.values())


# What the outcome of pairs is made from. These tables stand before the real ones, until the transaction is rolled back.
CROWDS = """
CREATE TEMPORARY TABLE catalog_tool (n int, id uuid, category_id uuid)
CREATE TEMPORARY TABLE reviews_panel (tool_id uuid, percent int)
CREATE TEMPORARY TABLE votes_publishedtally (tool_id uuid, bound_low float, bound_high float, ship int, total int)
CREATE TEMPORARY TABLE comparisons_comparison (LIKE public.comparisons_comparison)
CREATE TEMPORARY TABLE comparisons_pairpanel (LIKE public.comparisons_pairpanel INCLUDING ALL)
""".strip().splitlines()
FILL_TOOLS = (
    "INSERT INTO catalog_tool SELECT n, gen_random_uuid(), gen_random_uuid() FROM generate_series(1, %s) n"
)
FILL_PANELS = "INSERT INTO reviews_panel SELECT id FROM catalog_tool"
FILL_TALLIES = """
INSERT INTO votes_publishedtally SELECT id, low, high, 0, 0 FROM catalog_tool
JOIN unnest(%s::float[], %s::float[]) WITH ORDINALITY AS bound (low, high, n) USING (n)
"""
# Each tool with the next, and the last with the first.
FILL_PAIRS = """
INSERT INTO comparisons_comparison
    (id, first_tool_id, second_tool_id, status, title, editor_note, source_url, created_at, updated_at)
SELECT lpad(to_hex(one.n), 32, '0')::uuid, one.id, next.id, 'published', '', '', '', now(), now()
FROM catalog_tool one JOIN catalog_tool next ON next.n = mod(one.n, %s) + 1
"""
FILL_PAIR_PANELS = "INSERT INTO comparisons_pairpanel (comparison_id) SELECT id FROM comparisons_comparison"
OUTCOMES = """
SELECT outcome FROM comparisons_pairs_as_listed((SELECT array_agg(id) FROM catalog_tool)) ORDER BY comparison_id
"""


def test_sql_and_the_rule_agree_on_a_hundred_thousand_random_tallies() -> None:
    """The crowd of every pair is asked, for nobody reviewed any tool.

    Any bounds serve, since both only compare them: Wilson intervals are computed fifty times sooner than those that decide.
    """
    random, tallies, many = Random(2026), dict[tuple[int, int], TallyCount](), 100_000
    while len(tallies) < many:
        total = int(10 ** random.uniform(0, 9))
        ship = round(total * random.random())
        bounds = wilson_interval(part=ship, total=total) if total >= MIN_VOTES else None
        tallies[ship, total - ship] = TallyCount(ship, total - ship, bounds)
    crowds = list(tallies.values())
    columns = [[crowd.bounds and getattr(crowd.bounds, name) for crowd in crowds] for name in ("low", "high")]

    for statement in CROWDS:
        execute(statement)
    execute(FILL_TOOLS, many)
    execute(FILL_PANELS)
    execute(FILL_TALLIES, *columns)
    execute(FILL_PAIRS, many)
    execute(FILL_PAIR_PANELS)
    with connection.cursor() as cursor:
        cursor.execute(OUTCOMES)
        outcomes = [outcome for (outcome,) in cursor.fetchall()]

    asked = inputs(shared=(0, 0, 0))
    favorites = [crowd_favorite(replace(asked, votes=pair)) for pair in pairwise([*crowds, crowds[0]])]
    assert outcomes == ["insufficient" if favorite is None else "winner" for favorite in favorites]
    assert min(Counter(outcomes).values()) > 5_000


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

    assert list(Comparison.objects.of_tools([row.first_tool_id])) == [row]
    assert list(Comparison.objects.of_tools([row.second_tool_id])) == [row]
    both = [row.first_tool_id, row.second_tool_id, other.first_tool_id]
    assert sorted(Comparison.objects.of_tools(both).values_list("pk")) == sorted([(row.pk,), (other.pk,)])
    assert not Comparison.objects.of_tools([]).exists()


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
        counts = {row.pk: answers_read_with(row).picks.total for row in Comparison.objects.with_picks()}

    assert counts == {turned.pk: 3, straight.pk: 2, unpicked.pk: 0}


@pytest.mark.skipif(not REAL_FILE.exists(), reason="the pages of the real catalog are not here")
def test_on_the_real_pages_both_rules_agree_and_answers_to_the_pair_end_each_tie() -> None:
    with REAL_FILE.open("rb") as source:
        import_catalog(source=source, now=NOW)

    def pairs() -> list[Pair]:
        return pairs_of(list(comparisons_with_guidance().with_head_to_heads().order_by("id")))

    before = pairs()
    told = ("outcome", "winner", "decided_by", "strength", "margin", "dissent")
    for pair in before:
        former, present = (decide(pair.evidence, rule=rule) for rule in ("2026-11", "2026-12"))
        assert [getattr(former, name) for name in told] == [getattr(present, name) for name in told], (
            pair.slug
        )
    tied = [pair for pair in before if pair.verdict.outcome == "tie"]
    HeadToHead.objects.bulk_create(
        HeadToHeadFactory.build(
            reviewer=reviewer, first_tool=pair.first, second_tool=pair.second, choice=pair.first
        )
        for pair in tied
        for reviewer in pair.roster[:3]
    )

    after = {pair.slug: pair.verdict for pair in pairs()}

    assert len(tied) >= 10
    assert {after[pair.slug].decided_by for pair in tied} == {"head_to_head"}
    assert "tie" not in {verdict.outcome for verdict in after.values()}
