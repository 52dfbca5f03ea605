"""The catalog file's format: what is refused, and in which words."""

import io
import json
from typing import Any

import pytest
from django.core.validators import MaxLengthValidator
from django.db import models
from jsonschema import Draft202012Validator

from catalog.models import Category, Condition, Tool, ToolFit
from comparisons.catalog_file.format import (
    CATEGORY_COLUMNS,
    COMPARISON_COLUMNS,
    CONDITION_COLUMNS,
    FIT_COLUMNS,
    PRICING_COLUMNS,
    REVIEW_COLUMNS,
    REVIEWER_COLUMNS,
    SCHEMA,
    TOOL_COLUMNS,
    read_catalog,
)
from comparisons.models import Comparison, PairFit
from reviews.models import Review, Reviewer
from tests.comparisons.catalog_file.files import document, review, source, tool


def problems(file: bytes) -> tuple[str, ...]:
    with read_catalog(io.BytesIO(file)) as catalog:
        return tuple(catalog.errors)


def errors_of(file: Any) -> tuple[str, ...]:
    return problems(json.dumps(file).encode())


def with_tool(**keys: Any) -> dict[str, Any]:
    return document(tools=[tool(**{"name": "Alpha"} | keys)])


def with_review(**keys: Any) -> dict[str, Any]:
    return with_tool(reviews=[review(**keys)])


def with_pricing(**keys: Any) -> dict[str, Any]:
    return with_tool(pricing={"entry": "paid"} | keys)


def with_comparison(**keys: Any) -> dict[str, Any]:
    return document(comparisons=[{"tools": ["alpha", "beta"]} | keys])


A_TEXT = "a line of text, not blank, without control characters"
A_SLUG = "a slug of lower-case letters, digits and hyphens"
A_LINE = "a line of text without control characters, or null"
A_CLAUSE = (
    'the words after "if" in at most 60 characters, without markup, colon, semicolon, web address, '
    "a word of two scripts or a mark at the end, such as "
    '"it must run without a network"'
)
A_MOMENT = "a time such as 2026-11-02T09:30:00Z, from 2000 on, or null"
A_DAY = "a day such as 2026-11-02, from 2000 on and not ahead, or null"
A_POSITION = "a whole number from 0 to 32767"
AN_AMOUNT = 'an amount in quotes, such as "20" or "0.25", with at most 8 digits before the point and 4 after it, or null'
A_CATALOG = 'an object with "format" and lists of categories, reviewers, conditions, tools, head-to-heads and comparisons'


@pytest.mark.parametrize(
    ("file", "line"),
    [
        pytest.param(None, f"file: must be {A_CATALOG}, not null", id="null"),
        pytest.param([1, 2], f"file: must be {A_CATALOG}, not a list of 2", id="a list"),
        pytest.param({}, "format: is missing", id="an empty object"),
        pytest.param({"format": 2}, "format: must be 1, the only format there is, not 2", id="format 2"),
        pytest.param(
            {"format": True}, "format: must be 1, the only format there is, not true", id="format true"
        ),
        pytest.param(document(votes=[]), 'file: "votes" is no key of its format', id="unknown list"),
        pytest.param(
            document(tools={}), "tools: must be a list of tools, not an object", id="tools as object"
        ),
        pytest.param(document(tools=None), "tools: must be a list of tools, not null", id="tools null"),
        pytest.param(document(tools=[3]), "tools[0]: must be a tool: an object, not 3", id="tool as number"),
        pytest.param(with_tool(vendor="x"), 'tools[0]: "vendor" is no key of its format', id="unknown key"),
        pytest.param(
            with_tool(**{"\ud800\x1b[31m": 1}),
            'tools[0]: "\\ud800\\u001b[31m" is no key of its format',
            id="unknown key with a surrogate and an escape",
        ),
        pytest.param(
            with_tool(**{"pricing.starts_at": "x"}),
            'tools[0]: "pricing.starts_at" is no key of its format',
            id="dotted key",
        ),
        pytest.param(
            with_tool(slug="Not Plain"), f'tools[0].slug: must be {A_SLUG}, not "Not Plain"', id="slug"
        ),
        pytest.param(
            with_tool(slug="a\n"), f'tools[0].slug: must be {A_SLUG}, not "a\\n"', id="slug, line end"
        ),
        pytest.param(with_tool(slug=""), f'tools[0].slug: must be {A_SLUG}, not ""', id="empty slug"),
        pytest.param(
            with_tool(slug="a" * 256),
            "tools[0].slug: has 256 characters, and 255 are allowed",
            id="long slug",
        ),
        pytest.param(with_tool(name=None), f"tools[0].name: must be {A_TEXT}, not null", id="name null"),
        pytest.param(
            with_tool(name=" \u2003"), f'tools[0].name: must be {A_TEXT}, not " \\u2003"', id="blank name"
        ),
        pytest.param(with_tool(name=7), f"tools[0].name: must be {A_TEXT}, not 7", id="name as number"),
        pytest.param(
            with_tool(name=["x"]), f"tools[0].name: must be {A_TEXT}, not a list of 1", id="name as list"
        ),
        pytest.param(with_tool(name="x\x00"), f'tools[0].name: must be {A_TEXT}, not "x\\u0000"', id="NUL"),
        pytest.param(
            with_tool(tagline="x\x1b"), f'tools[0].tagline: must be {A_LINE}, not "x\\u001b"', id="escape"
        ),
        pytest.param(
            with_tool(tagline="x\ny"), f'tools[0].tagline: must be {A_LINE}, not "x\\ny"', id="two lines"
        ),
        pytest.param(
            with_tool(tagline="\udfff"),
            f'tools[0].tagline: must be {A_LINE}, not "\\udfff"',
            id="lone surrogate",
        ),
        pytest.param(
            with_tool(tagline="x" * 301),
            "tools[0].tagline: has 301 characters, and 300 are allowed",
            id="long line",
        ),
        pytest.param(
            with_tool(description="x\x0b"),
            "tools[0].description: must be text without control characters other than tabs and line ends, or null,"
            ' not "x\\u000b"',
            id="control character in a text",
        ),
        pytest.param(
            with_tool(website="javascript:alert(1)"),
            "tools[0].website: must be a web address of at most 500 characters, or null,"
            ' not "javascript:alert(1)"',
            id="script as address",
        ),
        pytest.param(
            with_tool(website="https://example.com/\x00"),
            "tools[0].website: must be a web address of at most 500 characters, or null,"
            ' not "https://example.com/\\u0000"',
            id="NUL in an address",
        ),
        pytest.param(
            with_tool(website="https://good.example\\@evil.example"),
            "tools[0].website: must be a web address of at most 500 characters, or null,"
            ' not "https://good.example\\\\@evil.example"',
            id="two hosts",
        ),
        pytest.param(
            with_review(evidence=["ftp://example.com"]),
            "tools[0].reviews[0].evidence[0]: must be a web address that begins with http:// or https:// and holds no"
            ' user name, not "ftp://example.com"',
            id="ftp",
        ),
        pytest.param(
            with_tool(name="Cha\u200btGPT"),
            "tools[0].name: has invisible characters, or such that turn the direction of text:"
            ' "Cha\\u200btGPT"',
            id="a zero-width space",
        ),
        pytest.param(
            with_tool(name="\u2800\u0301"),
            "tools[0].name: must be a line of text, not blank, without control characters,"
            ' not "\u2800\u0301"',
            id="a name of a blank and an accent",
        ),
        pytest.param(
            with_tool(status="live"),
            'tools[0].status: must be draft, in_review, published or archived, not "live"',
            id="status",
        ),
        pytest.param(
            with_tool(published_at="2026-11-02"),
            f'tools[0].published_at: must be {A_MOMENT}, not "2026-11-02"',
            id="day for a time",
        ),
        pytest.param(
            with_tool(published_at="2026-02-30T00:00:00Z"),
            f'tools[0].published_at: must be {A_MOMENT}, not "2026-02-30T00:00:00Z"',
            id="no such time",
        ),
        pytest.param(
            with_tool(published_at="0001-01-01T00:00:00+14:00"),
            f'tools[0].published_at: must be {A_MOMENT}, not "0001-01-01T00:00:00+14:00"',
            id="before the calendar",
        ),
        pytest.param(
            with_tool(published_at="1999-12-31T23:59:59Z"),
            f'tools[0].published_at: must be {A_MOMENT}, not "1999-12-31T23:59:59Z"',
            id="a date before 2000",
        ),
        pytest.param(
            with_tool(published_at="2026-11-02T09:30:00"),
            f'tools[0].published_at: must be {A_MOMENT}, not "2026-11-02T09:30:00"',
            id="time without zone",
        ),
        pytest.param(
            with_tool(aliases="old"),
            'tools[0].aliases: must be a list of slugs, not "old"',
            id="aliases as text",
        ),
        pytest.param(
            with_tool(aliases=["old", "O"]),
            f'tools[0].aliases[1]: must be {A_SLUG}, not "O"',
            id="second alias",
        ),
        pytest.param(with_tool(pricing={}), "tools[0].pricing.entry: is missing", id="no entry price"),
        pytest.param(
            with_pricing(entry="cheap"),
            'tools[0].pricing.entry: must be free, freemium or paid, not "cheap"',
            id="entry",
        ),
        pytest.param(
            with_pricing(starts_at=20.5),
            f"tools[0].pricing.starts_at: must be {AN_AMOUNT}, not 20.5",
            id="number",
        ),
        pytest.param(
            with_pricing(starts_at="-1"),
            f'tools[0].pricing.starts_at: must be {AN_AMOUNT}, not "-1"',
            id="negative",
        ),
        pytest.param(
            with_pricing(starts_at="1e3"),
            f'tools[0].pricing.starts_at: must be {AN_AMOUNT}, not "1e3"',
            id="power",
        ),
        pytest.param(
            with_pricing(currency="usd"),
            'tools[0].pricing.currency: must be an ISO 4217 code such as USD, or null, not "usd"',
            id="currency",
        ),
        pytest.param(
            with_pricing(starts_at="1", currency="XXQ"),
            'tools[0].pricing.currency: must be an ISO 4217 code such as USD, or null, not "XXQ"',
            id="unknown currency",
        ),
        pytest.param(
            with_pricing(free_tier="yes"),
            'tools[0].pricing.free_tier: must be true, false or null, not "yes"',
            id="free tier",
        ),
        pytest.param(
            with_pricing(checked_on="20261102"),
            f'tools[0].pricing.checked_on: must be {A_DAY}, not "20261102"',
            id="day without hyphens",
        ),
        pytest.param(
            with_pricing(checked_on="2026-02-30"),
            f'tools[0].pricing.checked_on: must be {A_DAY}, not "2026-02-30"',
            id="no such day",
        ),
        *(
            pytest.param(
                with_pricing(checked_on=day),
                f'tools[0].pricing.checked_on: must be {A_DAY}, not "{day}"',
                id=f"the day {day}",
            )
            for day in ("9999-12-31", "1999-12-31", "0001-01-01")
        ),
        pytest.param(
            with_review(reviewed_on="9999-12-31"),
            f'tools[0].reviews[0].reviewed_on: must be {A_DAY}, not "9999-12-31"',
            id="a review of a day ahead",
        ),
        pytest.param(
            with_tool(reviews=["x"]), 'tools[0].reviews[0]: must be a review: an object, not "x"', id="review"
        ),
        pytest.param(
            with_review(verdict="maybe"),
            'tools[0].reviews[0].verdict: must be ship or skip, not "maybe"',
            id="verdict",
        ),
        pytest.param(
            with_review(basis="heard"),
            'tools[0].reviews[0].basis: must be tested, read, synthetic or null, not "heard"',
            id="basis",
        ),
        pytest.param(
            with_review(disclosure="x" * 501),
            "tools[0].reviews[0].disclosure: has 501 characters, and 500 are allowed",
            id="long disclosure",
        ),
        pytest.param(
            document(reviewers=[{"slug": "x", "name": "X", "kind": "robot"}]),
            'reviewers[0].kind: must be human or persona, not "robot"',
            id="kind",
        ),
        pytest.param(
            with_review(evidence=["https://example.com", "example"]),
            "tools[0].reviews[0].evidence[1]: must be a web address that begins with http://"
            ' or https:// and holds no user name, not "example"',
            id="evidence",
        ),
        pytest.param(
            with_review(evidence=["https://example.com"] * 21),
            "tools[0].reviews[0].evidence: must be a list of at most 20 web addresses, or null, not a list of 21",
            id="too much evidence",
        ),
        pytest.param(
            with_review(revision=0),
            "tools[0].reviews[0].revision: must be a whole number from 1 to 2147483647, not 0",
            id="revision 0",
        ),
        pytest.param(
            document(reviewers=[{"slug": "x", "name": "X", "position": 40_000}]),
            f"reviewers[0].position: must be {A_POSITION}, not 40000",
            id="position",
        ),
        pytest.param(
            document(reviewers=[{"slug": "x", "name": "X", "position": 1.5}]),
            f"reviewers[0].position: must be {A_POSITION}, not 1.5",
            id="half a position",
        ),
        pytest.param(
            document(reviewers=[{"slug": "x", "name": "X", "is_active": 1}]),
            "reviewers[0].is_active: must be true or false, not 1",
            id="active 1",
        ),
        pytest.param(
            with_comparison(tools=["alpha"]),
            "comparisons[0].tools: must be the slugs of two tools, not a list of 1",
            id="a pair of one",
        ),
        pytest.param(
            with_comparison(url="shop"),
            'comparisons[0].url: must be a web address of at most 1000 characters, or null, not "shop"',
            id="pair's address",
        ),
        pytest.param(
            with_tool(
                fits=[{"condition": "x", "evidence": ["https://a.example"], "checked_on": "2026-10-20"}] * 13
            ),
            "tools[0].fits: must be a list of at most 12 conditions, or null, not a list of 13",
            id="13 conditions of a tool",
        ),
        pytest.param(
            with_tool(fits=[{"condition": "x", "evidence": [], "checked_on": "2026-10-20"}]),
            "tools[0].fits[0].evidence: must be a list of 1 to 5 web addresses, not a list of 0",
            id="a condition without evidence",
        ),
        pytest.param(
            with_tool(
                fits=[{"condition": "x", "evidence": ["https://a.example"], "checked_on": "9999-12-31"}]
            ),
            "tools[0].fits[0].checked_on: must be a day such as 2026-11-02, from 2000 on and not ahead,"
            ' not "9999-12-31"',
            id="a condition that will be checked",
        ),
        pytest.param(
            with_tool(fits=[{"condition": "x", "evidence": ["https://a.example"]}]),
            "tools[0].fits[0].checked_on: is missing",
            id="a condition that was never checked",
        ),
        pytest.param(
            with_comparison(
                fits=[{"condition": "x", "evidence": ["https://a.example"], "checked_on": "2026-10-20"}]
            ),
            "comparisons[0].fits[0].tool: is missing",
            id="a condition of a pair without its tool",
        ),
        pytest.param(
            document(conditions=[{"slug": "free", "name": "it must be <b>free</b>"}]),
            f'conditions[0].name: must be {A_CLAUSE}, not "it must be <b>free</b>"',
            id="a condition with markup",
        ),
        pytest.param(
            document(conditions=[{"slug": "free", "name": "it must be free."}]),
            f'conditions[0].name: must be {A_CLAUSE}, not "it must be free."',
            id="a condition with a full stop",
        ),
        pytest.param(
            document(conditions=[{"slug": "free", "name": "x" * 61}]),
            "conditions[0].name: has 61 characters, and 60 are allowed",
            id="a long condition",
        ),
        pytest.param(
            with_tool(tagline=float("nan")), f"tools[0].tagline: must be {A_LINE}, not NaN", id="not a number"
        ),
    ],
)
def test_what_the_format_refuses_is_named_with_its_place(file: Any, line: str) -> None:
    assert errors_of(file) == (line,)


def test_a_number_of_5000_digits_is_a_wrong_value_like_any_other() -> None:
    text = source().replace(b'"format": 1', b'"format": ' + b"9" * 5_000)

    (error,) = problems(text)

    assert error.startswith("format: must be 1, the only format there is, not 999")


def test_an_exponent_beyond_all_decimals_is_a_wrong_price_like_any_other() -> None:
    text = json.dumps(with_pricing(starts_at=1)).replace(
        '"starts_at": 1', '"starts_at": 1E+999999999999999999999'
    )

    (error,) = problems(text.encode())

    assert error == f"tools[0].pricing.starts_at: must be {AN_AMOUNT}, not Infinity"


@pytest.mark.parametrize("key", ["reviews", "aliases"])
def test_a_row_with_a_hundred_thousand_problems_is_told_in_fifty_lines(key: str) -> None:
    lines = problems(json.dumps(with_tool(**{key: [5] * 100_000})).encode())

    assert len(lines) == 51


def test_deep_json_in_a_field_is_a_wrong_value_like_any_other() -> None:
    text = source().replace(b'"Does one thing"', b"[" * 400 + b"]" * 400, 1)

    assert problems(text) == (f"tools[0].tagline: must be {A_LINE}, not a list of 1",)


def test_a_key_that_stands_twice_is_refused_wherever_it_stands() -> None:
    text = b"""{
        "format": 1,
        "format": 1,
        "tools": [
            {"slug": "alpha", "name": "A", "tagline": "", "description": "", "category": "editors",
             "pricing": {"entry": "free", "entry": "paid"},
             "reviews": [{"reviewer": "builder", "verdict": "ship", "verdict": "skip", "quote": "It held."}]}
        ]
    }"""

    assert problems(text) == (
        "format: stands twice in its object",
        "tools[0].pricing.entry: stands twice in its object",
        "tools[0].reviews[0].verdict: stands twice in its object",
    )


def test_every_missing_key_is_named_once() -> None:
    assert errors_of({"format": 1, "tools": [{}], "comparisons": [{}]}) == (
        "tools[0].slug: is missing",
        "tools[0].name: is missing",
        "tools[0].tagline: is missing",
        "tools[0].description: is missing",
        "tools[0].category: is missing",
        "tools[0].pricing: is missing",
        "comparisons[0].tools: is missing",
    )


def test_rows_are_counted_whatever_they_hold() -> None:
    with read_catalog(io.BytesIO(source(comparisons=[{}, None]))) as catalog:
        assert catalog.count == 1 + 1 + 2 + 1 + 2


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("definition", "model", "columns"),
    [
        pytest.param("category", Category, CATEGORY_COLUMNS, id="category"),
        pytest.param("reviewer", Reviewer, REVIEWER_COLUMNS, id="reviewer"),
        pytest.param("tool", Tool, TOOL_COLUMNS, id="tool"),
        pytest.param("pricing", Tool, PRICING_COLUMNS, id="pricing"),
        pytest.param("review", Review, REVIEW_COLUMNS, id="review"),
        pytest.param("comparison", Comparison, COMPARISON_COLUMNS, id="comparison"),
        pytest.param("condition", Condition, CONDITION_COLUMNS, id="condition"),
        pytest.param("fit", ToolFit, FIT_COLUMNS, id="condition of a tool"),
        pytest.param("pair_fit", PairFit, FIT_COLUMNS, id="condition of a pair"),
    ],
)
def test_the_schema_takes_just_what_the_columns_take(
    definition: str, model: type[models.Model], columns: dict[str, str]
) -> None:
    identity = {"slug", "reviewer", "tool", "condition", "tools", "aliases", "pricing", "fits", "reviews"}
    schemas = SCHEMA["$defs"][definition]["properties"]
    fields: dict[str, Any] = {key: model._meta.get_field(column) for key, column in columns.items()}

    limits = {key: longest(schema) for key, schema in schemas.items() if key not in identity}
    choices = {key: one_of(schema) for key, schema in schemas.items() if key not in identity}

    assert limits == {key: column_length(field) for key, field in fields.items()}
    assert choices == {key: list(dict(getattr(field, "flatchoices", []))) for key, field in fields.items()}


def longest(schema: Any) -> int | None:
    lengths = [schema.get("maxLength"), *(longest(inner) for inner in inner_schemas(schema))]
    return next((length for length in lengths if length), None)


def one_of(schema: Any) -> list[str]:
    values = schema.get("enum", []) + [value for inner in inner_schemas(schema) for value in one_of(inner)]
    return [value for value in values if value]


def inner_schemas(schema: Any) -> list[Any]:
    named = [SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")]] if "$ref" in schema else []
    return [*named, *schema.get("anyOf", [])]


def column_length(field: Any) -> int | None:
    """Of free text; choices, codes and lists have their own words in the schema, and a category its slug."""
    if field.is_relation:
        return 255
    if field.choices or field.name in {"pricing_currency", "evidence"}:
        return None
    limits = [each.limit_value for each in field.validators if isinstance(each, MaxLengthValidator)]
    return min([*limits, *filter(None, [field.max_length])], default=None)
