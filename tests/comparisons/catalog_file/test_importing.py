"""Bringing a catalog file into the database: what is written, what is refused, what is told."""

import io
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog.models import Category, Tool, ToolAlias
from comparisons.catalog_file.importing import import_catalog
from comparisons.catalog_file.reading import CatalogFileError
from comparisons.catalog_file.upsert import Change, Count
from comparisons.models import Comparison
from reviews.models import Panel, Review, Reviewer
from tests.comparisons.catalog_file.files import alpha, lines_of, load, other_import, review, source, tool
from tests.database import execute, start_elsewhere
from tests.factories import NOW, ToolFactory

pytestmark = pytest.mark.django_db

REAL_FILE = Path(settings.BASE_DIR).parent / "shared" / "data" / "real_catalog.json"


def columns(item: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(item, name) for name in names}


# --- What is written ---------------------------------------------------------------------------


def test_what_is_new_is_created_with_the_defaults() -> None:
    report = load()

    assert report.counts == {
        "categories": Count(1, 0, 0),
        "reviewers": Count(1, 0, 0),
        "conditions": Count(0, 0, 0),
        "tools": Count(2, 0, 0),
        "reviews": Count(1, 0, 0),
        "head_to_head": Count(0, 0, 0),
        "comparisons": Count(1, 0, 0),
    }
    made = Tool.objects.get(slug="alpha")
    assert columns(made, "status", "published_at", "website") == {
        "status": "published",
        "published_at": NOW,
        "website": "",
    }
    assert columns(made, "pricing_model", "pricing_free_tier", "pricing_note") == {
        "pricing_model": None,
        "pricing_free_tier": None,
        "pricing_note": "",
    }
    # What the file does not say claims the least.
    assert Reviewer.objects.get().kind == "persona"
    assert columns(Review.objects.get(), "basis", "disclosure") == {"basis": "synthetic", "disclosure": ""}
    assert columns(Review.objects.get(), "status", "revision", "reviewed_on", "evidence") == {
        "status": "published",
        "revision": 1,
        "reviewed_on": None,
        "evidence": [],
    }
    assert columns(Comparison.objects.get(), "status", "published_at", "title", "source_url") == {
        "status": "published",
        "published_at": NOW,
        "title": "",
        "source_url": "",
    }
    assert Panel.objects.get(tool=made).ship == 1


@pytest.mark.parametrize("status", ["published", "retracted"])
def test_a_file_leaves_the_basis_open_only_of_drafts(status: str) -> None:
    with pytest.raises(CatalogFileError) as refusal:
        load(tools=[tool("alpha", reviews=[review(status=status, basis=None)])], comparisons=[])

    assert refusal.value.lines == ("tools[0].reviews[0].basis: only a draft can do without",)
    load(tools=[tool("alpha", reviews=[review(status="draft", basis=None)])], comparisons=[])
    assert Review.objects.get().basis is None


def test_a_file_publishes_nothing_that_was_read_without_naming_it() -> None:
    unread = review(basis="read")
    with pytest.raises(CatalogFileError) as refusal:
        load(tools=[tool("alpha", reviews=[unread])], comparisons=[])

    line = "tools[0].reviews[0].evidence: Name the documents that were read, or choose another basis."
    assert refusal.value.lines == (line,)
    assert not Review.objects.exists()
    load(tools=[tool("alpha", reviews=[unread | {"status": "draft"}])], comparisons=[])
    assert Review.objects.get().status == "draft"


def test_every_key_lands_in_its_column() -> None:
    load(
        categories=[{"slug": "editors", "name": "Editors", "description": "Where text is made."}],
        reviewers=[
            {
                "slug": "builder",
                "name": "B",
                "kind": "human",
                "lens": "L",
                "motto": "M",
                "position": 7,
                "is_active": False,
            }
        ],
        tools=[
            tool(
                "alpha",
                website="https://example.com",
                status="archived",
                published_at="2026-01-02T03:04:05.678901+02:00",
                aliases=["alfa"],
                pricing={
                    "entry": "paid",
                    "model": "subscription",
                    "starts_at": "20.50",
                    "currency": "USD",
                    "unit": "month",
                    "free_tier": True,
                    "note": "per seat",
                    "checked_on": "2026-10-01",
                },
                reviews=[
                    review(
                        verdict="skip",
                        quote="“No.”",
                        basis="tested",
                        disclosure="Consults for the maker.",
                        evidence=["https://example.com/a"],
                        status="retracted",
                        reviewed_on="2026-09-30",
                        revision=3,
                    )
                ],
            ),
            tool("beta"),
        ],
        comparisons=[
            {
                "tools": ["beta", "alpha"],
                "title": "T",
                "editor_note": "N",
                "status": "draft",
                "published_at": None,
                "url": "https://example.com/pair",
            }
        ],
    )

    assert Category.objects.get().description == "Where text is made."
    assert columns(Reviewer.objects.get(), "kind", "lens", "motto", "position", "is_active") == {
        "kind": "human",
        "lens": "L",
        "motto": "M",
        "position": 7,
        "is_active": False,
    }
    made = Tool.objects.get(slug="alpha")
    assert columns(made, "website", "status", "published_at") == {
        "website": "https://example.com",
        "status": "archived",
        "published_at": datetime(2026, 1, 2, 1, 4, 5, 678901, tzinfo=UTC),
    }
    assert {name: value for name, value in vars(made).items() if name.startswith("pricing_")} == {
        "pricing_entry": "paid",
        "pricing_model": "subscription",
        "pricing_starts_at": Decimal("20.5"),
        "pricing_currency": "USD",
        "pricing_unit": "month",
        "pricing_free_tier": True,
        "pricing_note": "per seat",
        "pricing_checked_on": date(2026, 10, 1),
    }
    assert list(made.aliases.values_list("slug", flat=True)) == ["alfa"]
    assert columns(
        Review.objects.get(),
        "verdict",
        "quote",
        "basis",
        "disclosure",
        "evidence",
        "status",
        "revision",
        "reviewed_on",
    ) == {
        "verdict": "skip",
        "quote": "“No.”",
        "basis": "tested",
        "disclosure": "Consults for the maker.",
        "evidence": ["https://example.com/a"],
        "status": "retracted",
        "revision": 3,
        "reviewed_on": date(2026, 9, 30),
    }
    pair = Comparison.objects.get()
    assert pair.slug == "alpha-vs-beta"
    assert columns(pair, "title", "editor_note", "status", "published_at", "source_url") == {
        "title": "T",
        "editor_note": "N",
        "status": "draft",
        "published_at": None,
        "source_url": "https://example.com/pair",
    }


def test_a_second_run_changes_nothing() -> None:
    load()
    before = [
        list(model.objects.values().order_by("pk"))
        for model in (Tool, Review, Comparison, Reviewer, Category)
    ]

    report = load()

    assert report.is_empty
    assert report.changes == ()
    assert report.counts["tools"] == Count(0, 0, 2)
    assert before == [
        list(model.objects.values().order_by("pk"))
        for model in (Tool, Review, Comparison, Reviewer, Category)
    ]


def test_only_the_rows_that_changed_are_reported_and_dated_anew() -> None:
    load(tools=[tool("alpha", reviews=[review()]), tool("beta")])
    dated = dict(Tool.objects.values_list("slug", "updated_at"))

    report = load(
        tools=[
            tool("alpha", reviews=[review(quote="It broke.", verdict="skip")]),
            tool("beta", tagline="Does two", pricing={"entry": "free", "note": "for now"}),
        ],
        comparisons=[{"tools": ["beta", "alpha"], "url": "https://example.com"}],
        reviewers=[{"slug": "builder", "name": "The Builder", "is_active": False}],
    )

    assert report.changes == (
        Change("reviewers", "builder", ("is_active",)),
        Change("tools", "beta", ("tagline", "pricing.note")),
        Change("reviews", "alpha/builder", ("verdict", "quote")),
        Change("comparisons", "alpha-vs-beta", ("url",)),
    )
    assert report.counts["tools"] == Count(0, 1, 1)
    assert Tool.objects.get(slug="alpha").updated_at == dated["alpha"]
    assert Tool.objects.get(slug="beta").updated_at > dated["beta"]
    assert Panel.objects.get(tool__slug="alpha").skip == 1


def test_an_absent_key_leaves_things_as_they_are() -> None:
    kept = ToolFactory(
        slug="alpha",
        website="https://example.com",
        status="archived",
        pricing_note="note",
        pricing_starts_at=5,
        pricing_currency="EUR",
    )
    load(**alpha())

    kept.refresh_from_db()
    assert columns(kept, "website", "status", "pricing_note", "pricing_currency", "published_at") == {
        "website": "https://example.com",
        "status": "archived",
        "pricing_note": "note",
        "pricing_currency": "EUR",
        "published_at": NOW,
    }


@pytest.mark.parametrize("nothing", [pytest.param(None, id="null"), pytest.param("", id="empty")])
def test_null_and_the_empty_string_clear(nothing: str | None) -> None:
    kept = ToolFactory(
        slug="alpha",
        website="https://example.com",
        pricing_model="usage",
        pricing_starts_at=5,
        pricing_currency="EUR",
        pricing_unit="seat",
        pricing_note="note",
        pricing_checked_on=date(2026, 1, 1),
    )
    cleared = dict.fromkeys(("model", "starts_at", "currency", "unit", "note", "checked_on"), nothing)

    load(**alpha(tagline=nothing, website=nothing, pricing={"entry": "free", "free_tier": None, **cleared}))

    kept.refresh_from_db()
    assert columns(kept, "tagline", "website", "pricing_note", "pricing_model", "pricing_starts_at") == {
        "tagline": "",
        "website": "",
        "pricing_note": "",
        "pricing_model": None,
        "pricing_starts_at": None,
    }
    assert columns(kept, "pricing_currency", "pricing_unit", "pricing_checked_on", "pricing_free_tier") == {
        "pricing_currency": None,
        "pricing_unit": None,
        "pricing_checked_on": None,
        "pricing_free_tier": None,
    }


def test_nothing_is_deleted() -> None:
    load()

    report = import_catalog(source=io.BytesIO(b'{"format": 1}'), now=NOW)

    assert report.is_empty
    assert (Tool.objects.count(), Review.objects.count(), Comparison.objects.count()) == (2, 1, 1)


def test_the_file_may_name_what_only_the_database_has() -> None:
    load()

    report = load(
        categories=[],
        reviewers=[],
        tools=[tool("gamma", reviews=[review()])],
        comparisons=[{"tools": ["gamma", "beta"]}],
    )

    assert report.counts["comparisons"] == Count(1, 0, 0)
    assert Comparison.objects.get(second_tool__slug="gamma").slug == "beta-vs-gamma"


# --- What is refused -----------------------------------------------------------------------------


def renamed(before: str, after: str) -> None:
    Tool.objects.filter(slug=before).update(slug=after)


@pytest.mark.parametrize(
    ("keys", "lines"),
    [
        pytest.param(
            {"tools": [tool("alpha", category="toys")]},
            [
                'tools[0].category: no category is called "toys"',
                'comparisons[0].tools[1]: no tool is called "beta"',
            ],
            id="category and pair",
        ),
        pytest.param(
            {"tools": [tool("alpha"), tool("beta", reviews=[review(), review("bilder")])]},
            ['tools[1].reviews[1].reviewer: no reviewer is called "bilder"'],
            id="reviewer",
        ),
        pytest.param(
            {"categories": [{"slug": "editors", "name": "A"}, {"slug": "editors", "name": "B"}]},
            ['categories[1].slug: "editors" stands already at categories[0]'],
            id="category twice",
        ),
        pytest.param(
            {"reviewers": [{"slug": "builder", "name": "A"}] * 2},
            ['reviewers[1].slug: "builder" stands already at reviewers[0]'],
            id="reviewer twice",
        ),
        pytest.param(
            {"tools": [tool("alpha"), tool("beta"), tool("alpha")]},
            ['tools[2].slug: "alpha" stands already at tools[0]'],
            id="tool twice",
        ),
        pytest.param(
            {"tools": [tool("alpha", reviews=[review(), review(verdict="skip")]), tool("beta")]},
            ['tools[0].reviews[1].reviewer: "builder" reviews this tool already at tools[0].reviews[0]'],
            id="two reviews of one reviewer",
        ),
        pytest.param(
            {"comparisons": [{"tools": ["alpha", "alpha"]}]},
            ["comparisons[0].tools: must be two different tools"],
            id="a pair of one",
        ),
        pytest.param(
            {"comparisons": [{"tools": ["alpha", "beta"]}, {"tools": ["beta", "alpha"]}]},
            ["comparisons[1].tools: this pair stands already at comparisons[0]"],
            id="a pair twice",
        ),
        pytest.param(
            {"comparisons": [{"tools": ["nada", "alpha"]}]},
            ['comparisons[0].tools[0]: no tool is called "nada"'],
            id="an unknown tool in a pair",
        ),
        pytest.param(
            {"tools": [tool("alpha", aliases=["alpha"]), tool("beta")]},
            ['tools[0].aliases[0]: "alpha" is the slug of tools[0]'],
            id="a slug as its own alias",
        ),
        pytest.param(
            {"tools": [tool("alpha", aliases=["beta"]), tool("beta")]},
            ['tools[0].aliases[0]: "beta" is the slug of tools[1]'],
            id="another's slug as alias",
        ),
        pytest.param(
            {"tools": [tool("alpha", aliases=["x", "x"]), tool("beta", aliases=["x"])]},
            [
                'tools[0].aliases[1]: "x" stands already at tools[0].aliases[0]',
                'tools[1].aliases[0]: "x" stands already at tools[0].aliases[0]',
            ],
            id="an alias twice",
        ),
        pytest.param(
            {"tools": [tool("alpha", aliases=["there"]), tool("beta"), tool("here")]},
            ['tools[0].aliases[0]: "there" belongs to "there"'],
            id="the slug of a tool that is there",
        ),
        pytest.param(
            {"tools": [tool("alpha", aliases=["once"]), tool("beta")]},
            ['tools[0].aliases[0]: "once" belongs to "there"'],
            id="an earlier slug of a tool that is there",
        ),
        pytest.param(
            {"tools": [tool("alpha"), tool("beta"), tool("once"), tool("there")]},
            ["tools[3].slug: means the same tool as tools[2]"],
            id="one tool by two slugs",
        ),
        pytest.param(
            {"tools": [tool("alpha"), tool("beta")], "comparisons": [{"tools": ["once", "there"]}]},
            ["comparisons[0].tools: must be two different tools"],
            id="a pair of one by two slugs",
        ),
        pytest.param(
            {"tools": [tool("alpha", pricing={"entry": "paid", "starts_at": "20"}), tool("beta")]},
            ["tools[0].pricing: an amount and its currency come together"],
            id="an amount without currency",
        ),
        pytest.param(
            {"tools": [tool("alpha", published_at=None), tool("beta")]},
            ["tools[0].published_at: only a draft can do without"],
            id="published without a time",
        ),
        pytest.param(
            {"comparisons": [{"tools": ["alpha", "beta"], "status": "archived", "published_at": ""}]},
            ["comparisons[0].published_at: only a draft can do without"],
            id="an archived pair without a time",
        ),
    ],
)
def test_what_contradicts_the_file_or_the_database_is_refused(keys: dict[str, Any], lines: list[str]) -> None:
    ToolFactory(slug="alpha", name="Alpha")
    ToolFactory(slug="once", name="There")
    renamed("once", "there")
    before = sorted(Tool.objects.values_list("slug", "tagline", "updated_at"))

    assert list(lines_of(**keys)) == lines

    assert sorted(Tool.objects.values_list("slug", "tagline", "updated_at")) == before
    assert (Reviewer.objects.count(), Comparison.objects.count(), ToolAlias.objects.count()) == (0, 0, 1)


def test_all_problems_are_reported_in_one_run() -> None:
    lines = lines_of(
        reviewers=[{"slug": "builder", "name": "B", "positon": 1}],
        tools=[
            tool("alpha", tagline=3, category="toys", reviews=[review("bilder"), review(verdict="no")]),
            {"slug": "beta"},
        ],
        comparisons=[{"tools": ["alpha", "gamma"]}, {"tools": ["alpha", "beta"]}],
    )

    assert lines == (
        'reviewers[0]: "positon" is no key of its format',
        "tools[0].tagline: must be a line of text without control characters, or null, not 3",
        'tools[0].reviews[1].verdict: must be ship or skip, not "no"',
        "tools[1].name: is missing",
        "tools[1].tagline: is missing",
        "tools[1].description: is missing",
        "tools[1].category: is missing",
        "tools[1].pricing: is missing",
        'tools[0].category: no category is called "toys"',
        'tools[0].reviews[0].reviewer: no reviewer is called "bilder"',
        'comparisons[0].tools[1]: no tool is called "gamma"',
    )


def test_a_constraint_that_fails_in_the_database_leaves_nothing_behind() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE reviews_review ADD CONSTRAINT no_praise CHECK (verdict <> 'ship')")

    (line,) = lines_of()

    assert line == 'database: new row for relation "reviews_review" violates check constraint "no_praise"'
    assert (Category.objects.count(), Reviewer.objects.count(), Tool.objects.count()) == (0, 0, 0)


def test_an_import_waits_for_the_one_before_it_and_then_blames_no_file() -> None:
    with other_import(), pytest.raises(OperationalError, match="lock timeout"):
        load()

    assert Tool.objects.count() == 0
    assert load().counts["tools"].created == 2


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_ended_for_a_deadlock_begins_anew() -> None:
    load(comparisons=[])

    # PostgreSQL ends the one that has waited for a second first. On a busy machine that may be the other one: once more.
    for tagline in ("First", "Second", "Third", "Fourth", "Fifth"):
        tools = [tool(slug, tagline=tagline) for slug in ("alpha", "beta")]
        imports = partial(
            import_catalog, source=io.BytesIO(source(tools=tools, comparisons=[])), now=NOW, batch_size=1
        )
        try:
            with transaction.atomic():
                Tool.objects.filter(slug="beta").update(website="https://beta.example")
                imported = start_elsewhere(imports)
                # The import has the first tool and waits for the second.
                Tool.objects.filter(slug="alpha").update(website="https://alpha.example")
            break
        except OperationalError:
            imported.result(30)
    else:
        pytest.fail("No import was ended.")
    imported.result(30)

    assert list(Tool.objects.order_by("slug").values_list("tagline", "website")) == [
        (tagline, "https://alpha.example"),
        (tagline, "https://beta.example"),
    ]


@pytest.mark.django_db(transaction=True)
def test_an_import_waits_for_nobody_who_vacuums_a_table_or_makes_an_index() -> None:
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute("LOCK TABLE catalog_tool, reviews_panel IN SHARE UPDATE EXCLUSIVE MODE")
        with transaction.atomic():
            execute("SET LOCAL lock_timeout = '50ms'")
            rows = [tool(f"tool-{place}") for place in range(4)]
            report = import_catalog(
                source=io.BytesIO(source(tools=rows, comparisons=[])), now=NOW, batch_size=1
            )
    finally:
        other.rollback()
        other.close()

    assert report.counts["tools"] == Count(4, 0, 0)


# --- What is told --------------------------------------------------------------------------------


def test_a_dry_run_tells_the_same_and_writes_nothing() -> None:
    told = load(is_dry_run=True)

    assert Tool.objects.count() == 0
    assert Category.objects.count() == 0
    assert told == load()


def test_progress_ends_at_the_number_of_steps() -> None:
    told: list[tuple[int, int | None]] = []
    file = source()

    import_catalog(
        source=io.BytesIO(file), now=NOW, on_progress=lambda done, total: told.append((done, total))
    )

    # How many there are is known once the file was read.
    assert {total for _, total in told} == {None, 2 * 6}
    assert sum(done for done, _ in told) == 2 * 6


def many(tools: int, *, tagline: str) -> bytes:
    return source(
        tools=[tool(f"t-{n}", tagline=tagline, reviews=[review(quote=tagline)]) for n in range(tools)],
        comparisons=[{"tools": [f"t-{n}", f"t-{n + 1}"], "title": tagline} for n in range(tools - 1)],
    )


def queries_of(file: bytes) -> list[str]:
    """Each query's deed and table; the lock has no table."""
    with CaptureQueriesContext(connection) as queries:
        import_catalog(source=io.BytesIO(file), now=NOW)
    deeds = [re.match(r'(SELECT|INSERT).*?(?:FROM|INTO) "(\w+)"', query["sql"]) for query in queries]
    return [" ".join(deed.groups()) for deed in deeds if deed]


PAIRS = "comparisons_comparison"
ROSTERS = ["catalog_category", "reviews_reviewer"]
ROWS = ["catalog_tool", "reviews_review", PAIRS]


@pytest.mark.parametrize("tools", [5, 50])
def test_the_number_of_queries_does_not_grow_with_the_rows(tools: int) -> None:
    new = queries_of(many(tools, tagline="new"))
    changed = queries_of(many(tools, tagline="changed"))
    unchanged = queries_of(many(tools, tagline="changed"))

    slugs = ["SELECT catalog_tool", "SELECT catalog_toolalias"]
    rosters = [f"SELECT {table}" for table in [*ROSTERS, "catalog_condition"]]
    written = [f"INSERT {table}" for table in ROWS]
    read = [f"SELECT {table}" for table in ROWS]
    assert new == [
        *rosters,
        *(f"INSERT {table}" for table in ROSTERS),
        *slugs,
        *written[:2],
        read[2],
        written[2],
    ]
    assert unchanged == [*rosters, *slugs, *read]
    assert changed == [*rosters, *slugs, *read[:2], *written[:2], read[2], written[2]]


# --- Catalogs of any size -------------------------------------------------------------------------


def contents() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in (Category, Reviewer, Tool, Review, Comparison)}


@pytest.mark.parametrize("batch_size", [1, 2, 3, 1_000])
def test_a_catalog_of_any_size_comes_in_batch_by_batch_and_again_without_a_change(batch_size: int) -> None:
    file = many(5, tagline="new")

    first = import_catalog(source=io.BytesIO(file), now=NOW, batch_size=batch_size)
    again = import_catalog(source=io.BytesIO(file), now=NOW, batch_size=batch_size)
    changed = import_catalog(source=io.BytesIO(many(5, tagline="changed")), now=NOW, batch_size=batch_size)

    assert contents() == {"Category": 1, "Reviewer": 1, "Tool": 5, "Review": 5, "Comparison": 4}
    assert first.counts["tools"] == Count(5, 0, 0)
    assert again.is_empty
    assert [changed.counts[kind].updated for kind in ("tools", "reviews", "comparisons")] == [5, 5, 4]
    assert len(changed.changes) == 14


def test_what_is_read_and_written_is_read_and_written_batch_by_batch() -> None:
    import_catalog(source=io.BytesIO(many(20, tagline="new")), now=NOW)

    with CaptureQueriesContext(connection) as queries:
        import_catalog(source=io.BytesIO(many(20, tagline="changed")), now=NOW, batch_size=4)

    locking = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    writing = [query["sql"] for query in queries if query["sql"].startswith("INSERT")]
    for table, rows in (("catalog_tool", 20), ("reviews_review", 20), ("comparisons_comparison", 19)):
        assert sum(f'FROM "{table}"' in sql for sql in locking) == -(-rows // 4)
        assert sum(f'INTO "{table}"' in sql for sql in writing) == -(-rows // 4)


def test_problems_in_any_batch_are_told_in_one_run_and_nothing_is_written() -> None:
    rows = [tool(f"t-{number}", category="editors" if number != 4 else "toys") for number in range(5)]
    file = source(tools=rows, comparisons=[{"tools": ["t-0", "none"]}])

    with pytest.raises(CatalogFileError) as refusal:
        import_catalog(source=io.BytesIO(file), now=NOW, batch_size=2)

    assert refusal.value.lines == (
        'tools[4].category: no category is called "toys"',
        'comparisons[0].tools[1]: no tool is called "none"',
    )
    assert contents() == dict.fromkeys(contents(), 0)


def test_what_the_database_refuses_is_told_with_what_the_file_has_wrong_in_later_batches() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE reviews_review ADD CONSTRAINT no_praise CHECK (verdict <> 'ship')")
    rows = [tool("a", reviews=[review()]), tool("b"), tool("c", category="toys")]

    with pytest.raises(CatalogFileError) as refusal:
        import_catalog(source=io.BytesIO(source(tools=rows, comparisons=[])), now=NOW, batch_size=1)

    assert refusal.value.lines == (
        'tools[2].category: no category is called "toys"',
        'database: new row for relation "reviews_review" violates check constraint "no_praise"',
    )
    assert contents() == dict.fromkeys(contents(), 0)


def test_a_tool_may_be_renamed_in_one_batch_and_named_in_another() -> None:
    old = ToolFactory(slug="old")
    rows = [tool("new", aliases=["old"]), tool("other")]

    report = import_catalog(
        source=io.BytesIO(source(tools=rows, comparisons=[{"tools": ["old", "other"]}])),
        now=NOW,
        batch_size=1,
    )

    old.refresh_from_db()
    assert old.slug == "new"
    assert report.counts["comparisons"].created == 1


def test_of_more_than_fifty_problems_the_rest_is_counted() -> None:
    lines = lines_of(tools=[5] * 1_000, comparisons=[])

    assert lines[0] == "tools[0]: must be a tool: an object, not 5"
    assert len(lines) == 51
    assert lines[-1] == "… and 950 more problems"


def test_a_file_may_name_its_schema() -> None:
    keys: dict[str, Any] = {"$schema": "https://example.com/catalog-file.schema.json"}

    load(**keys)

    assert Tool.objects.count() == 2


# --- The real catalog ----------------------------------------------------------------------------


@pytest.mark.skipif(not REAL_FILE.exists(), reason="the real catalog is not part of this checkout")
def test_the_real_catalog_comes_out_of_the_api(api: APIClient) -> None:
    file = json.loads(REAL_FILE.read_bytes())
    import_catalog(source=io.BytesIO(REAL_FILE.read_bytes()), now=NOW)

    tools = [api.get(f"/api/v1/tools/{tool['slug']}").json() for tool in file["tools"]]
    pairs = [
        (sorted(row["tools"]), api.get(f"/api/v1/comparisons/{'-vs-'.join(sorted(row['tools']))}").json())
        for row in file["comparisons"]
    ]

    assert [
        (tool["name"], tool["category"]["slug"], tool["pricing"]["entry"], tool["panel"]["percent"])
        for tool in tools
    ] == [
        (
            tool["name"],
            tool["category"],
            tool["pricing"]["entry"],
            100 * sum(review["verdict"] == "ship" for review in tool["reviews"]) // len(tool["reviews"]),
        )
        for tool in file["tools"]
    ]
    assert [([tool["slug"] for tool in answer["tools"]], answer["kind"]) for _, answer in pairs] == [
        (slugs, "curated") for slugs, _ in pairs
    ]


@pytest.mark.skipif(not REAL_FILE.exists(), reason="the real catalog is not part of this checkout")
def test_the_real_catalog_arrives_as_it_stands_in_the_file() -> None:
    file = json.loads(REAL_FILE.read_bytes())

    report = import_catalog(source=io.BytesIO(REAL_FILE.read_bytes()), now=NOW)
    again = import_catalog(source=io.BytesIO(REAL_FILE.read_bytes()), now=NOW)

    assert report.changes == ()
    assert again.is_empty
    assert set(
        Tool.objects.values_list("slug", "name", "tagline", "description", "category__slug", "pricing_entry")
    ) == {
        (
            tool["slug"],
            tool["name"],
            tool["tagline"],
            tool["description"],
            tool["category"],
            tool["pricing"]["entry"],
        )
        for tool in file["tools"]
    }
    panels = {
        tool["slug"]: [review["verdict"] for review in tool["reviews"]].count("ship")
        * 100
        / len(tool["reviews"])
        for tool in file["tools"]
    }
    assert dict(Panel.objects.values_list("tool__slug", "percent")) == panels
    assert {pair.slug for pair in Comparison.objects.select_related("first_tool", "second_tool")} == {
        "-vs-".join(sorted(pair["tools"])) for pair in file["comparisons"]
    }
