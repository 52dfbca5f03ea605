"""Conditions in the catalog file: which there are, and which tools and pairs fit them."""

import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.api.models import Change
from catalog.models import MAX_CONDITIONS, MAX_FITS, Condition, Tool, ToolFit
from comparisons.catalog_file.importing import ImportReport, import_catalog
from comparisons.catalog_file.reading import CatalogFileError
from comparisons.catalog_file.upsert import Count
from comparisons.models import PairFit
from tests.comparisons.catalog_file.files import document, tool
from tests.factories import NOW, ConditionFactory

pytestmark = pytest.mark.django_db

CONDITIONS = [
    {"slug": "offline", "name": "it must run without a network"},
    {"slug": "cheap", "name": "it must cost nothing"},
]


def load(**keys: Any) -> ImportReport:
    file = json.dumps(document(**{"conditions": CONDITIONS} | keys)).encode()
    return import_catalog(source=io.BytesIO(file), now=NOW)


def problems(**keys: Any) -> tuple[str, ...]:
    """What an import refuses, after which nothing was stored."""
    with pytest.raises(CatalogFileError) as refusal:
        load(**keys)
    assert not ToolFit.objects.exists()
    assert not PairFit.objects.exists()
    assert not Tool.objects.exists()
    return tuple(refusal.value.lines)


def fit(condition: str = "offline", **keys: Any) -> dict[str, Any]:
    return {
        "condition": condition,
        "evidence": ["https://example.com/docs"],
        "checked_on": "2026-10-20",
    } | keys


def alpha(*fits: dict[str, Any]) -> dict[str, Any]:
    return tool("alpha", fits=list(fits))


def pair(*fits: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"tools": ["alpha", "beta"], "fits": list(fits)} | keys


def slugs_of(fits: Any) -> list[str]:
    return [each.condition.slug for each in fits.in_order()]


def test_conditions_come_in_with_their_order_and_once_more_without_a_change() -> None:
    keys = {
        "conditions": [*CONDITIONS, {"slug": "quick", "name": "it must answer within a second"}],
        "tools": [alpha(fit("cheap", note="It is.\t"), fit("offline")), tool("beta", fits=[])],
        "comparisons": [
            pair(fit("cheap", tool="beta"), fit("offline", tool="alpha"), fit("quick", tool="beta"))
        ],
    }

    report = load(**keys)

    assert report.counts["conditions"] == Count(3, 0, 0)
    assert slugs_of(ToolFit.objects) == ["cheap", "offline"]
    assert slugs_of(PairFit.objects.filter(tool__slug="beta")) == ["cheap", "quick"]
    assert slugs_of(PairFit.objects.filter(tool__slug="alpha")) == ["offline"]
    assert load(**keys).is_empty


def test_a_list_takes_the_place_of_the_one_before_and_an_absent_one_of_none() -> None:
    load(tools=[alpha(fit("cheap"), fit("offline")), tool("beta")], comparisons=[pair(fit(tool="beta"))])
    kept = ToolFit.objects.get(condition__slug="offline")

    untold = load(tools=[tool("alpha"), tool("beta")])
    assert untold.is_empty

    report = load(
        tools=[alpha(fit("offline", note="It needs no key.")), tool("beta")], comparisons=[pair(fits=None)]
    )

    assert [(change.kind, change.name, change.fields) for change in report.changes] == [
        ("tools", "alpha", ("fits",)),
        ("comparisons", "alpha-vs-beta", ("fits",)),
    ]
    assert ToolFit.objects.get() == kept
    assert ToolFit.objects.get().note == "It needs no key."
    assert not PairFit.objects.exists()
    assert set(Change.objects.filter(table_name="catalog_toolfit").latest("id").columns) == {
        "alpha if offline: position",
        "alpha if offline: note",
    }


def test_a_condition_of_a_pair_may_move_to_the_other_tool() -> None:
    load(tools=[tool("alpha"), tool("beta")], comparisons=[pair(fit(tool="alpha"))])

    load(tools=[tool("alpha"), tool("beta")], comparisons=[pair(fit(tool="beta"))])

    assert PairFit.objects.get().tool.slug == "beta"


def test_another_order_alone_is_a_change() -> None:
    load(tools=[alpha(fit("cheap"), fit("offline")), tool("beta")])

    report = load(tools=[alpha(fit("offline"), fit("cheap")), tool("beta")])

    assert [change.fields for change in report.changes] == [("fits",)]
    assert slugs_of(ToolFit.objects) == ["offline", "cheap"]


def test_a_condition_of_a_pair_may_name_its_tool_by_an_earlier_slug() -> None:
    load(
        tools=[tool("alpha", aliases=["omega"]), tool("beta")],
        comparisons=[pair(fit(tool="omega"))],
    )

    assert PairFit.objects.get().tool.slug == "alpha"


def test_conditions_that_only_the_database_has_may_be_named() -> None:
    ConditionFactory(slug="tiny")

    load(conditions=[], tools=[alpha(fit("tiny")), tool("beta")])

    assert ToolFit.objects.get().condition.slug == "tiny"


MANY = [{"slug": f"c-{n}", "name": f"you need number {n}"} for n in range(10_000)]


@pytest.mark.parametrize(
    ("keys", "lines"),
    [
        pytest.param(
            {"tools": [alpha(fit("ofline")), tool("beta")]},
            ('tools[0].fits[0].condition: no condition is called "ofline"',),
            id="an unknown condition",
        ),
        pytest.param(
            {"tools": [alpha(fit(), fit()), tool("beta")]},
            ('tools[0].fits[1].condition: "offline" stands already at tools[0].fits[0]',),
            id="a condition twice",
        ),
        pytest.param(
            {"comparisons": [pair(fit(tool="gamma"))]},
            ('comparisons[0].fits[0].tool: "gamma" is not one of the two tools',),
            id="a tool that is not there",
        ),
        pytest.param(
            {
                "tools": [tool("alpha"), tool("beta"), tool("gamma")],
                "comparisons": [pair(fit(tool="gamma"))],
            },
            ('comparisons[0].fits[0].tool: "gamma" is not one of the two tools',),
            id="a third tool",
        ),
        pytest.param(
            {
                "conditions": MANY[: MAX_FITS + 1],
                "comparisons": [pair(*(fit(f"c-{n}", tool="beta") for n in range(MAX_FITS + 1)))],
            },
            (f'comparisons[0].fits[{MAX_FITS}].tool: "beta" has more than {MAX_FITS} conditions',),
            id="13 conditions of one tool of a pair",
        ),
        pytest.param(
            {"comparisons": [pair(fit("cheap", tool="beta"), fit(tool="alpha"), fit(tool="beta"))]},
            ('comparisons[0].fits[2].condition: "offline" is the other tool\'s at comparisons[0].fits[1]',),
            id="a condition of both tools of a pair",
        ),
        pytest.param(
            {"conditions": MANY},
            (
                f"conditions[{MAX_CONDITIONS}]: is one more than the {MAX_CONDITIONS} conditions that there may be",
            ),
            id="10,000 conditions",
        ),
        pytest.param(
            {"conditions": [*CONDITIONS, {"slug": "free", "name": "It must cost nothing"}]},
            ('conditions[2].name: "cheap" says the same',),
            id="the same under two slugs",
        ),
        pytest.param(
            {"conditions": [*CONDITIONS, {"slug": "cheap", "name": "it must be cheap"}]},
            ('conditions[2].slug: "cheap" stands already at conditions[1]',),
            id="one slug twice",
        ),
    ],
)
def test_what_a_file_says_wrongly_is_named_with_its_place_and_nothing_is_stored(
    keys: dict[str, Any], lines: tuple[str, ...]
) -> None:
    assert problems(**keys) == lines


def test_words_that_the_database_has_already_are_named_with_the_slug_that_has_them() -> None:
    ConditionFactory(slug="free", name="It must (cost) nothing")

    assert problems() == ('conditions[1].name: "free" says the same',)
    assert Condition.objects.count() == 1


def test_a_condition_may_be_put_into_other_words() -> None:
    load()

    report = load(conditions=[{"slug": "cheap", "name": "it must be free of charge"}])

    assert [change.fields for change in report.changes] == [("name",)]
    assert Condition.objects.get(slug="cheap").name == "it must be free of charge"


@pytest.mark.parametrize("tools", [2, 20])
def test_the_number_of_queries_does_not_grow_with_the_conditions(tools: int) -> None:
    def file(note: str) -> dict[str, Any]:
        fits = [fit("cheap", note=note), fit("offline")]
        return {"tools": [tool(f"t-{n}", fits=fits) for n in range(tools)], "comparisons": []}

    load(**file("before"))
    with CaptureQueriesContext(connection) as queries:
        load(**file("after"))

    asked = [query["sql"] for query in queries if "catalog_toolfit" in query["sql"]]
    # What the database holds of them, and the new notes.
    assert len(asked) == 2
    assert ToolFit.objects.filter(note="after").count() == tools
