"""The catalog as a file: every key, and the same bytes after a journey through another database."""

import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from catalog.models import Category, Condition, Tool, ToolAlias, ToolFit
from catalog.validators import FIRST_DAY, FIRST_MOMENT
from comparisons.catalog_file.export import export_catalog
from comparisons.catalog_file.importing import import_catalog
from comparisons.catalog_file.reading import CatalogFileError
from comparisons.models import Comparison
from reviews.models import HeadToHead, Review, Reviewer
from tests.factories import (
    NOW,
    CategoryFactory,
    ComparisonFactory,
    ConditionFactory,
    HeadToHeadFactory,
    PairFitFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
    ToolFitFactory,
    vote,
)

pytestmark = pytest.mark.django_db

REAL_FILE = Path(settings.BASE_DIR).parent / "shared" / "data" / "real_catalog.json"


def exported() -> str:
    return "".join(export_catalog())


def wipe() -> None:
    for model in (Comparison, HeadToHead, Review, Tool, Reviewer, Condition, Category):
        model._default_manager.all().delete()


def journey(text: str) -> str:
    """The export after an import into an empty database, where one more import changes nothing."""
    wipe()
    import_catalog(source=io.BytesIO(text.encode()), now=NOW + timedelta(days=1))
    assert import_catalog(source=io.BytesIO(text.encode()), now=NOW + timedelta(days=2)).is_empty
    return exported()


def test_every_key_of_the_format_is_written_in_a_fixed_order() -> None:
    category = CategoryFactory(slug="editors", name="Editors")
    alpha = ToolFactory(slug="alpha", name="Alpha", category=category)
    beta = ToolFactory(
        slug="beta",
        name="Beta",
        category=category,
        status="draft",
        published_at=None,
        pricing_entry="paid",
        pricing_starts_at="20.5000",
        pricing_currency="USD",
    )
    builder = ReviewerFactory(slug="builder", name="The Builder", position=3)
    ReviewFactory(reviewer=builder, tool=alpha)
    pair = ComparisonFactory(first_tool=beta, second_tool=alpha, title="A or B")
    offline = ConditionFactory(slug="offline", name="it must run without a network")
    ToolFitFactory(tool=alpha, condition=offline, note="It needs no key.")
    PairFitFactory(comparison=pair, tool=beta, condition=offline)
    vote(alpha, ship=1)

    assert exported() == EXPECTED


EXPECTED = """{
  "format": 1,
  "categories": [
    {
      "slug": "editors",
      "name": "Editors",
      "description": ""
    }
  ],
  "reviewers": [
    {
      "slug": "builder",
      "name": "The Builder",
      "kind": "persona",
      "lens": "What breaks first",
      "motto": "Show me",
      "position": 3,
      "is_active": true
    }
  ],
  "conditions": [
    {
      "slug": "offline",
      "name": "it must run without a network"
    }
  ],
  "tools": [
    {
      "slug": "alpha",
      "name": "Alpha",
      "tagline": "Does one thing",
      "description": "Does one thing, and says which.",
      "category": "editors",
      "website": "",
      "product": "",
      "status": "published",
      "published_at": "2026-11-02T09:30:00Z",
      "aliases": [],
      "pricing": {
        "entry": "free",
        "model": null,
        "starts_at": null,
        "currency": null,
        "unit": null,
        "free_tier": null,
        "note": "",
        "checked_on": null
      },
      "fits": [
        {
          "condition": "offline",
          "note": "It needs no key.",
          "evidence": [
            "https://example.com/docs"
          ],
          "checked_on": "2026-10-20"
        }
      ],
      "reviews": [
        {
          "reviewer": "builder",
          "verdict": "ship",
          "quote": "It does what it says.",
          "basis": "read",
          "disclosure": "",
          "evidence": [
            "https://example.com/docs"
          ],
          "status": "published",
          "reviewed_on": "2026-10-05",
          "revision": 1
        }
      ]
    },
    {
      "slug": "beta",
      "name": "Beta",
      "tagline": "Does one thing",
      "description": "Does one thing, and says which.",
      "category": "editors",
      "website": "",
      "product": "",
      "status": "draft",
      "published_at": null,
      "aliases": [],
      "pricing": {
        "entry": "paid",
        "model": null,
        "starts_at": "20.5",
        "currency": "USD",
        "unit": null,
        "free_tier": null,
        "note": "",
        "checked_on": null
      },
      "fits": [],
      "reviews": []
    }
  ],
  "head_to_head": [],
  "comparisons": [
    {
      "tools": [
        "alpha",
        "beta"
      ],
      "title": "A or B",
      "editor_note": "",
      "status": "published",
      "published_at": "2026-11-02T09:30:00Z",
      "url": "",
      "fits": [
        {
          "tool": "beta",
          "condition": "offline",
          "note": "",
          "evidence": [
            "https://example.com/docs"
          ],
          "checked_on": "2026-10-20"
        }
      ]
    }
  ]
}
"""


def test_an_empty_catalog_has_empty_lists() -> None:
    assert json.loads(exported()) == {
        "format": 1,
        "categories": [],
        "reviewers": [],
        "conditions": [],
        "tools": [],
        "head_to_head": [],
        "comparisons": [],
    }


def test_odd_rows_survive_the_journey_byte_for_byte() -> None:
    builder = ReviewerFactory(slug="builder", position=1, lens="", motto="“Why?” — <b>`now`</b> 🚀\u2028")
    skeptic = ReviewerFactory(slug="skeptic", position=1, is_active=False)
    odd = ToolFactory(
        slug="a-vs-b",
        name="C’est l'été: (1.0) & co. Ａ",
        tagline="",
        description="one\r\ntwo\tthree\u2028four\n",
        published_at=datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC),
        pricing_starts_at="0.5000",
        pricing_currency="EUR",
        pricing_unit="",
        pricing_free_tier=False,
    )
    old = ToolFactory(
        slug="z",
        status="archived",
        published_at=FIRST_MOMENT,
        pricing_starts_at="100",
        pricing_currency="USD",
    )
    Tool.objects.filter(pk=old.pk).update(slug="y")
    ToolAlias.objects.create(slug="x", tool=old)
    draft = ToolFactory(slug="draft", status="draft", published_at=NOW, name=odd.name)
    for status, quote in [
        ("published", "now"),
        ("retracted", "first"),
        ("retracted", "first"),
        ("retracted", "second"),
        ("draft", "next"),
        ("draft", "or this"),
    ]:
        ReviewFactory(reviewer=builder, tool=odd, status=status, quote=quote, reviewed_on=None, revision=2)
    ReviewFactory(reviewer=skeptic, tool=odd, status="retracted", evidence=["https://example.com/é?a=b#c"])
    ReviewFactory(reviewer=skeptic, tool=draft, reviewed_on=date(2000, 1, 1), quote=" padded ")
    odd_pair = ComparisonFactory(
        first_tool=odd, second_tool=old, editor_note="🙂\n", source_url="https://example.com/a-vs-b"
    )
    ComparisonFactory(first_tool=draft, second_tool=odd, status="draft", published_at=None)
    named = {
        slug: ConditionFactory(slug=slug, name=f"you’d “say” so in {slug} – 100 %")
        for slug in ("z", "a", "y", "b")
    }
    for condition, other in ((named["z"], named["y"]), (named["a"], named["b"])):
        ToolFitFactory(tool=odd, condition=condition, note="— <b>", evidence=["https://example.com/é?a=b#c"])
        PairFitFactory(comparison=odd_pair, tool=odd, condition=condition)
        PairFitFactory(comparison=odd_pair, tool=old, condition=other, position=3)
    before = exported()

    assert journey(before) == before
    assert Review.objects.count() == 8
    assert list(ToolFit.objects.in_order().values_list("condition__slug", flat=True)) == ["z", "a"]


def lines(longest: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs"]), max_size=longest)


def words(longest: int) -> st.SearchStrategy[str]:
    return lines(longest).filter(lambda text: bool(text.strip()))


slugs = st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
    datetime.isoformat
)
past_days = st.dates(FIRST_DAY, date(2026, 11, 2)).map(date.isoformat)
days = st.none() | past_days
prices = st.one_of(
    st.fixed_dictionaries({"starts_at": st.none(), "currency": st.none()}),
    st.fixed_dictionaries(
        {
            "starts_at": st.decimals(0, 99_999_999, places=4).map(lambda amount: f"{amount:f}"),
            "currency": st.sampled_from(["USD", "EUR"]),
        }
    ),
)


def of_one_tool_each(fits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those whose condition no fit of the other tool before has."""
    tools = dict[str, str]()
    return [fit for fit in fits if tools.setdefault(fit["condition"], fit["tool"]) == fit["tool"]]


@st.composite
def catalogs(draw: st.DrawFn) -> dict[str, Any]:
    categories = draw(st.lists(slugs, min_size=1, max_size=2, unique=True))
    reviewers = draw(st.lists(slugs, min_size=1, max_size=3, unique=True))
    conditions = draw(st.lists(slugs, max_size=2, unique=True))
    names = draw(st.lists(slugs, min_size=2, max_size=6, unique=True))
    split = draw(st.integers(2, len(names)))
    tools, aliases = names[:split], names[split:]
    pairs = draw(st.sets(st.frozensets(st.sampled_from(tools), min_size=2, max_size=2), max_size=3))

    def reviews() -> list[dict[str, Any]]:
        shape = st.fixed_dictionaries(
            {
                "reviewer": st.sampled_from(reviewers),
                "verdict": st.sampled_from(["ship", "skip"]),
                "quote": words(30),
                "basis": st.sampled_from(["tested", "read", "synthetic"]),
                "disclosure": lines(20),
                "evidence": st.just(["https://example.com/read"]),
                "status": st.sampled_from(["draft", "published", "retracted"]),
                "reviewed_on": days,
                "revision": st.integers(1, 9),
            }
        )
        # One live review a reviewer; of drafts and retracted ones any number.
        by_reviewer = {row["reviewer"]: row for row in draw(st.lists(shape, max_size=3))}
        others = draw(st.lists(shape.filter(lambda row: row["status"] != "published"), max_size=2))
        return [*by_reviewer.values(), *others]

    def fits(**more: Any) -> list[dict[str, Any]]:
        chosen = draw(st.lists(st.sampled_from(conditions), max_size=2, unique=True)) if conditions else []
        return [
            {
                **more,
                "condition": slug,
                "note": draw(lines(20)),
                "evidence": ["https://example.com/docs"],
                "checked_on": draw(past_days),
            }
            for slug in chosen
        ]

    def publication() -> dict[str, Any]:
        status = draw(st.sampled_from(["draft", "published", "archived"]))
        return {"status": status, "published_at": draw(moments)}

    return {
        "format": 1,
        "categories": [{"slug": slug, "name": draw(words(20))} for slug in categories],
        "reviewers": [
            {
                "slug": slug,
                "name": draw(words(20)),
                "position": draw(st.integers(0, 2)),
                "motto": draw(lines(20)),
                "kind": draw(st.sampled_from(["human", "persona"])),
            }
            for slug in reviewers
        ],
        "tools": [
            {
                "slug": slug,
                "name": draw(words(20)),
                "tagline": draw(lines(20)),
                "description": draw(lines(40)),
                "category": draw(st.sampled_from(categories)),
                "aliases": aliases if slug == tools[0] else [],
                **publication(),
                "pricing": {"entry": draw(st.sampled_from(["free", "freemium", "paid"])), **draw(prices)},
                "fits": fits(),
                "reviews": reviews(),
            }
            for slug in tools
        ],
        "conditions": [
            {"slug": slug, "name": f"you need number {number}"} for number, slug in enumerate(conditions)
        ],
        "comparisons": [
            {
                "tools": list(pair),
                "title": draw(lines(20)),
                **publication(),
                "fits": of_one_tool_each([fit for slug in sorted(pair) for fit in fits(tool=slug)]),
            }
            for pair in sorted(pairs, key=sorted)
        ],
    }


@hypothesis_settings(max_examples=15)
@given(catalogs())
def test_any_catalog_survives_the_journey_byte_for_byte(catalog: dict[str, Any]) -> None:
    with transaction.atomic():
        import_catalog(source=io.BytesIO(json.dumps(catalog).encode()), now=NOW)
        before = exported()
        after = journey(before)
        transaction.set_rollback(True)

    assert after == before


@pytest.mark.skipif(not REAL_FILE.exists(), reason="the real catalog is not part of this checkout")
def test_the_real_catalog_survives_the_journey_byte_for_byte() -> None:
    import_catalog(source=io.BytesIO(REAL_FILE.read_bytes()), now=NOW)
    before = exported()

    assert journey(before) == before


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_an_export_in_batches_is_the_same_file(batch_size: int) -> None:
    for pair in ComparisonFactory.create_batch(3):
        ReviewFactory(tool=pair.first_tool)

    assert "".join(export_catalog(batch_size=batch_size)) == exported()
    assert json.dumps(json.loads(exported()), ensure_ascii=False, indent=2) + "\n" == exported()


def test_a_tool_that_no_import_would_take_is_no_export() -> None:
    tool = ToolFactory(slug="long")
    reviews = ReviewFactory.build_batch(
        850, reviewer=ReviewerFactory(), tool=tool, status="draft", quote="x" * 5_000
    )
    Review.objects.bulk_create(reviews)

    with pytest.raises(CatalogFileError, match="tools: long has more than the 4194304 characters"):
        exported()


@pytest.mark.parametrize("pairs", [1, 5])
def test_an_export_takes_thirteen_queries_a_batch(pairs: int, django_assert_num_queries: Any) -> None:
    for pair in ComparisonFactory.create_batch(pairs):
        ReviewFactory(tool=pair.first_tool)
        HeadToHeadFactory(first_tool=pair.first_tool, second_tool=pair.second_tool)

    # Categories, reviewers, conditions; ids of tools, tools, reviews, aliases, conditions that they fit; ids of
    # head-to-heads, these; of comparisons, these, their conditions.
    with django_assert_num_queries(13):
        exported()


@pytest.mark.parametrize("batch_size", [1, 2, 500])
def test_head_to_heads_come_back_as_they_were_also_of_reviewers_who_left(batch_size: int) -> None:
    beta, alpha = ToolFactory(slug="beta"), ToolFactory(slug="alpha")
    left = ReviewerFactory(slug="veteran")
    pair = {"reviewer": left, "first_tool": beta, "second_tool": alpha}
    HeadToHeadFactory(**pair, choice=beta, status="retracted", revision=3, quote="Faster.")
    HeadToHeadFactory(
        **pair, quote="Either.", evidence=["https://example.com/a"], disclosure="Paid.", revision=2
    )
    HeadToHeadFactory(**pair, choice=alpha, status="draft", basis=None)
    HeadToHeadFactory(first_tool=alpha, second_tool=beta, choice=alpha)
    Reviewer.objects.filter(pk=left.pk).update(is_active=False)
    before = exported()

    assert journey(before) == before == "".join(export_catalog(batch_size=batch_size))
    rows = json.loads(before)["head_to_head"]
    assert [(row["reviewer"], row["status"], row["prefers"]) for row in rows[1:]] == [
        ("veteran", "draft", "alpha"),
        ("veteran", "retracted", "beta"),
        ("veteran", "published", None),
    ]
    assert rows[3] == {
        "tools": ["alpha", "beta"],
        "reviewer": "veteran",
        "prefers": None,
        "quote": "Either.",
        "basis": "read",
        "disclosure": "Paid.",
        "evidence": ["https://example.com/a"],
        "status": "published",
        "compared_on": "2026-10-06",
        "revision": 2,
    }
