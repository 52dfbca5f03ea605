"""Lists of tools: the narrow rows give what the tools' own tables say, in each order, and an index of it is read."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from random import Random
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.core.signing import Signer
from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Coalesce
from rest_framework.test import APIClient

from backend.api import pagination
from catalog.models import Category, Tool
from comparisons.listings import MOST_SORTED
from comparisons.tools.filters import ToolFilters, tool_facets
from comparisons.tools.lists import TOOL_SORTS, ToolList
from tests.comparisons.test_listings import ways_in
from tests.comparisons.tools.by_tables import filtered
from tests.database import with_pg_trgm
from tests.factories import (
    AHEAD,
    CategoryFactory,
    ComparisonFactory,
    ConditionFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    ToolFitFactory,
    vote,
)
from tests.plans import drop_other_indexes, plan_of_list, statement_of
from votes.models import PublishedTally

pytestmark = pytest.mark.django_db

SORTS = [sign + name for name in TOOL_SORTS for sign in ("", "-")]
FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "words": {"q": "tool"},
    "a category": {"category": ("editors",)},
    "categories": {"category": ("editors", "agents")},
    "an entry price": {"entry": ("paid",)},
    "calls": {"call": ("ship", "unreviewed")},
    "shipped": {"shipped_by": ("fan",)},
    "shipped and skipped": {"shipped_by": ("fan",), "skipped_by": ("skeptic", "fan")},
    "a condition": {"fits": ("offline",)},
    "a vote": {"min_votes": 1},
    "votes within a step": {"min_votes": 3},
    "more votes": {"min_votes": 21},
    "more votes than anybody has": {"min_votes": 999_999_999},
    "votes in categories": {"min_votes": 1, "category": ("editors", "agents")},
    "everything": {
        "q": "tool",
        "category": ("editors",),
        "entry": ("free",),
        "call": ("ship",),
        "min_votes": 1,
    },
}


def by_the_tables(filters: ToolFilters, sort: str) -> list[UUID]:
    """Filtered and sorted by the tables that the rows are made from."""
    sign = "-" if sort.startswith("-") else ""
    percent, bound = (-1, -1.0) if sign else (101, 2.0)
    tools = filtered(filters).annotate(
        panel_score=Coalesce("panel__percent", Value(percent)),
        crowd_low=Coalesce("published_tally__bound_low", Value(bound)),
        crowd_high=Coalesce("published_tally__bound_high", Value(bound)),
    )
    keys = [sign + key for key in (*TOOL_SORTS[sort.removeprefix("-")], "pk")]
    return list(tools.order_by(*keys).values_list("pk", flat=True))


def listed(api: APIClient, filters: ToolFilters, sort: str) -> Iterator[UUID]:
    """From page to page."""
    asked = {
        name: ",".join(value) if isinstance(value, tuple) else value
        for name, value in asdict(filters).items()
        if value
    }
    address = f"/api/v1/tools?{urlencode({**asked, 'sort': sort, 'limit': 3})}"
    while address:
        page = api.get(address).json()
        yield from (UUID(row["id"]) for row in page["results"])
        address = page["next"]


@pytest.fixture
def catalog() -> None:
    """Tools that differ in all that a list goes by; some equal each other."""
    random = Random(4)
    shelves = [CategoryFactory(slug=slug) for slug in ("editors", "agents", "empty")]
    critics = [ReviewerFactory(slug=slug) for slug in ("fan", "skeptic", "third")]
    offline = ConditionFactory(slug="offline", name="it must run without a network")
    for number in range(14):
        tool = ToolFactory(
            category=shelves[number % 2],
            pricing_entry=random.choice(["free", "paid"]),
            name=f"Tool {number % 9}",
        )
        for critic in random.sample(critics, random.randrange(4)):
            ReviewFactory(tool=tool, reviewer=critic, verdict=random.choice(["ship", "skip"]))
        vote(tool, ship=random.choice([0, 1, 2, 20]), skip=random.choice([0, 3, 60]))
        if number % 3 == 0:
            ToolFitFactory(tool=tool, condition=offline)
    ToolFactory(published_at=AHEAD, category=shelves[0])
    ToolFactory(status="archived", category=shelves[0])


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS)
def test_each_filter_in_each_order_gives_what_the_tables_say(api: APIClient, filters: dict[str, Any]) -> None:
    asked = ToolFilters(**filters)

    for sort in SORTS:
        expected = by_the_tables(asked, sort)
        assert list(listed(api, asked, sort)) == expected
        assert ToolList(asked, sort).whole().count() == len(expected)


def test_more_matches_than_are_sorted_come_in_each_order_all_the_same(api: APIClient) -> None:
    random = Random(5)
    tools = ToolFactory.build_batch(MOST_SORTED + 3, category=CategoryFactory(), name="Aider")
    for tool in tools:
        tool.name += f" {random.randrange(1_000)}"
    Tool.objects.bulk_create(tools)
    vote(tools[7], ship=20)
    asked = ToolFilters(q="aider")

    for sort in SORTS:
        assert list(islice(listed(api, asked, sort), 7)) == by_the_tables(asked, sort)[:7]
    # Joined, all matches would be sorted; looked at one by one, matches at the end of an order would take too long.
    sql, params = statement_of(api, "/api/v1/tools?q=aider&sort=name&limit=5", holding="key_0")
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (COSTS OFF) {sql}", params)
        assert any("hashed SubPlan" in line for (line,) in cursor.fetchall())


def test_the_few_that_match_are_sorted_and_no_order_is_read(api: APIClient) -> None:
    ToolFactory.create_batch(3, name="Aider")
    ToolFactory.create_batch(3)
    sql, params = statement_of(api, "/api/v1/tools?q=aider&sort=name", holding="key_0")

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {sql}", params)
        plan = [line for (line,) in cursor.fetchall()]

    reads = [line for line in plan if "on comparisons_listedtool" in line]
    assert sorted("(never executed)" in line for line in reads) == [False, True]


def test_only_words_that_find_nothing_by_themselves_are_taken_for_misspelled(api: APIClient) -> None:
    with_pg_trgm()
    for name in ("Claude Code", "Claude Files"):
        ToolFactory(name=name, slug=name.lower().replace(" ", "-"), pricing_entry="free")

    def asked(query: str) -> tuple[int, int]:
        answer = api.get(f"/api/v1/tools?{query}&include=facets").json()
        entries = {each["value"]: each["count"] for each in answer["facets"]["entry"]}
        return len(answer["results"]), entries["free"]

    assert asked("q=claude") == (2, 2)
    assert asked("q=cluade+code") == (1, 1)
    # None is sold, and what another price would give is counted of these words.
    assert asked("q=claude&entry=paid") == (0, 2)


COLUMNS = {
    "category": "category__slug",
    "entry": "pricing_entry",
    "call": "panel__call",
    "fits": "fits__condition__slug",
}


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS)
def test_facets_count_what_the_tables_say(filters: dict[str, Any]) -> None:
    asked = ToolFilters(**filters)

    counted = {
        name: {each.value: each.count for each in facets if each.count}
        for name, facets in tool_facets(asked).items()
    }

    assert counted == {
        name: Counter(
            value for value in filtered(asked, but=[name]).values_list(column, flat=True) if value is not None
        )
        for name, column in COLUMNS.items()
    }


def test_words_are_counted_by_their_index() -> None:
    ToolFactory.create_batch(3, name="Aider")

    drop_other_indexes("documents_by_words")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = ToolFilters(q="aider").counted().explain()

    assert "Bitmap Index Scan on documents_by_words" in plan


@pytest.mark.usefixtures("catalog")
def test_lists_follow_changes_by_every_way_in(api: APIClient) -> None:
    random = Random(2027)
    ComparisonFactory.create_batch(2)
    ways = ways_in(random)
    random.shuffle(ways)

    for way in ways:
        with transaction.atomic():
            way()
        category = random.choice(Category.objects.order_by("slug")).slug
        for filters in (ToolFilters(), ToolFilters(category=(category,))):
            for sort in random.sample(SORTS, k=2):
                assert list(listed(api, filters, sort)) == by_the_tables(filters, sort)


ORDERS = {
    "published_at": ("publication", "publication"),
    "name": ("name", "name"),
    "votes": ("votes", "votes"),
    "panel": ("worst_panel", "panel"),
    "community": ("worst_crowd", "crowd"),
}


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize(("query", "prefix"), [("", "listed"), ("&category=editors", "shelved")])
def test_an_index_gives_each_order(api: APIClient, sort: str, query: str, prefix: str) -> None:
    ToolFactory.create_batch(3, category=CategoryFactory(slug="editors"))
    falls = sort.startswith("-")
    scan = "Index Scan Backward" if falls else "Index Scan"
    index = f"{prefix}_tools_by_{ORDERS[sort.removeprefix('-')][falls]}"

    first = f"/api/v1/tools?sort={sort}{query}&limit=1"
    for address in (first, api.get(first).json()["next"]):
        plan = plan_of_list(api, address, index=index)
        assert f"{scan} using {index} on" in plan
        assert "Sort" not in plan


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("call=unreviewed", "listed_tools_by_call"),
        ("entry=free", "listed_tools_by_entry"),
        ("min_votes=70000", "listed_tools_by_vote_step"),
    ],
)
def test_an_index_gives_the_newest_of_a_filter(api: APIClient, query: str, index: str) -> None:
    ToolFactory.create_batch(3)

    plan = plan_of_list(api, f"/api/v1/tools?{query}", index=index)

    assert f"using {index} on" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("sort", SORTS)
def test_what_is_scheduled_is_in_no_order(api: APIClient, sort: str) -> None:
    shown: Tool = ToolFactory()
    ToolFactory(published_at=AHEAD, category=shown.category)

    assert list(listed(api, ToolFilters(), sort)) == [shown.pk]
    assert list(listed(api, ToolFilters(category=(shown.category.slug,)), sort)) == [shown.pk]


def test_a_cursor_from_before_lists_had_narrow_rows_leads_on(api: APIClient) -> None:
    few, many = ToolFactory(slug="few"), ToolFactory(slug="many")
    for tool, ship in ((few, 20), (many, 40)):
        vote(tool, ship=ship)
    keys = ["crowd_low", "crowd_high", "published_tally__tool_id", "id"]
    signer = Signer(salt=f"cursor catalog.Tool {keys} {[True] * 4}", sep=".")
    bounds = PublishedTally.objects.filter(tool=many).values_list("bound_low", "bound_high").get()
    cursor = signer.sign_object([False, [*bounds, str(many.pk), str(many.pk)]], compress=True)

    page = api.get("/api/v1/tools", {"sort": "-community", "cursor": cursor}).json()

    assert [row["slug"] for row in page["results"]] == ["few"]


def test_searches_push_no_other_list_out_of_memory(api: APIClient) -> None:
    ToolFactory(name="Aider")
    api.get("/api/v1/tools?sort=name")
    memories = (pagination._fields, pagination._statement)
    before = [memory.lists.cache_info().currsize for memory in memories]

    for word in ("aider", "aid", "nothing"):
        for sort in ("name", "relevance"):
            api.get(f"/api/v1/tools?q={word}&sort={sort}")
        api.get(f"/api/v1/comparisons?q={word}")

    assert [memory.lists.cache_info().currsize for memory in memories] == before
    assert all(memory.searches.cache_info().currsize >= 6 for memory in memories)
