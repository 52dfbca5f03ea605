"""Query parameters are read strictly."""

from typing import Any

import pytest
from django.http import QueryDict
from rest_framework.exceptions import ValidationError

from backend.api.parameters import CommaList, ListParameters, Parameters
from backend.api.problems import invalid_fields
from tests.backend.api.probe import KettleParameters


def refused(query: str, parameters: type[Parameters] = KettleParameters) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as refusal:
        parameters.read(QueryDict(query))
    return [(field["pointer"], field["code"]) for field in invalid_fields(refusal.value.detail)]


def test_nothing_given_means_the_defaults() -> None:
    assert KettleParameters.read(QueryDict("")) == {
        "limit": 20,
        "cursor": None,
        "q": "",
        "sold_by": [],
        "min_litres": 0,
        "fields": [],
    }


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        pytest.param("limit=1", "limit", 1, id="least"),
        pytest.param("limit=100", "limit", 100, id="most"),
        pytest.param("limit=007", "limit", 7, id="leading zeros"),
        pytest.param("min_litres=-5", "min_litres", -5, id="below nought"),
        pytest.param("sold_by=b,a,b", "sold_by", ["b", "a"], id="repeats in a list are dropped"),
        pytest.param("sold_by=a&sold_by=b", "sold_by", ["a", "b"], id="a list by repeating"),
        pytest.param(
            "sold_by=a,b&sold_by=c", "sold_by", ["a", "b", "c"], id="a list by comma and by repeating"
        ),
        pytest.param("sold_by=a&sold_by=a,b", "sold_by", ["a", "b"], id="repeats in either form are dropped"),
        pytest.param("fields=slug&fields=litres", "fields", ["slug", "litres"], id="choices by repeating"),
        pytest.param("fields=slug", "fields", ["slug"], id="a choice"),
        pytest.param("colour=red", "colour", "red", id="one choice"),
    ],
)
def test_these_values_are_taken(query: str, name: str, value: Any) -> None:
    assert KettleParameters.read(QueryDict(query))[name] == value


@pytest.mark.parametrize(
    ("query", "error"),
    [
        pytest.param("limit=0", ("/limit", "min_value"), id="limit too small"),
        pytest.param("limit=101", ("/limit", "max_value"), id="limit too large"),
        pytest.param("limit=" + "9" * 20, ("/limit", "max_value"), id="20 digits"),
        pytest.param("limit=" + "9" * 30, ("/limit", "invalid"), id="30 digits"),
        pytest.param("limit=" + "9" * 1_999, ("/limit", "invalid"), id="1,999 digits"),
        pytest.param("limit=1.0", ("/limit", "invalid"), id="a decimal"),
        pytest.param("limit=1e1", ("/limit", "invalid"), id="an exponent"),
        pytest.param("limit=1_0", ("/limit", "invalid"), id="Python's underscore"),
        pytest.param("limit=%D9%A1%D9%A2", ("/limit", "invalid"), id="Arabic-Indic digits"),
        pytest.param("limit=%201", ("/limit", "invalid"), id="a space"),
        pytest.param("limit=%2B1", ("/limit", "invalid"), id="a plus"),
        pytest.param("limit=", ("/limit", "invalid"), id="empty number"),
        pytest.param("limit=NaN", ("/limit", "invalid"), id="not a number"),
        pytest.param("cursor=", ("/cursor", "blank"), id="empty cursor"),
        pytest.param("sold_by=", ("/sold_by", "invalid"), id="empty list"),
        pytest.param("sold_by=a,,b", ("/sold_by", "invalid"), id="a gap in a list"),
        pytest.param("sold_by=a%20b", ("/sold_by", "invalid"), id="a space in a list"),
        pytest.param("sold_by=a%0A", ("/sold_by", "invalid"), id="a line break in a list"),
        pytest.param("sold_by=" + "a" * 256, ("/sold_by", "invalid"), id="a long slug"),
        pytest.param("sold_by=a,b,c,d", ("/sold_by", "max_items"), id="a long list"),
        pytest.param("sold_by=a,a,a,a", ("/sold_by", "max_items"), id="a long list of one"),
        pytest.param(
            "sold_by=a,b&sold_by=c&sold_by=d", ("/sold_by", "max_items"), id="a long list by repeating"
        ),
        pytest.param("sold_by=a&sold_by=", ("/sold_by", "invalid"), id="a gap by repeating"),
        pytest.param("colour=red&colour=red", ("/colour", "repeated_parameter"), id="one choice twice"),
        pytest.param(
            "&".join(["sold_by=" + "a" * 200] * 11),
            ("/sold_by", "max_length"),
            id="repeats longer than anything",
        ),
        pytest.param("fields=slug,price", ("/fields", "invalid_choice"), id="unknown choice in a list"),
        pytest.param("colour=green", ("/colour", "invalid_choice"), id="unknown choice"),
        pytest.param("q=" + "x" * 11, ("/q", "max_length"), id="long text"),
        pytest.param("cursor=" + "x" * 2_001, ("/cursor", "max_length"), id="text longer than anything"),
        pytest.param("limit=1&limit=1", ("/limit", "repeated_parameter"), id="repeated"),
        pytest.param("colour__in=red", ("/colour__in", "unknown_parameter"), id="a lookup"),
        pytest.param("_connector=OR", ("/_connector", "unknown_parameter"), id="Django's connector"),
        pytest.param("=1", ("/", "unknown_parameter"), id="no name"),
        pytest.param("LIMIT=1", ("/LIMIT", "unknown_parameter"), id="capitals"),
        pytest.param("limit[]=1", ("/limit[]", "unknown_parameter"), id="brackets"),
    ],
)
def test_anything_else_is_refused(query: str, error: tuple[str, str]) -> None:
    assert refused(query) == [error]


def test_all_errors_are_named_at_once() -> None:
    assert sorted(refused("limit=0&colour=green&q=a&q=b&page=2")) == [
        ("/colour", "invalid_choice"),
        ("/limit", "min_value"),
        ("/page", "unknown_parameter"),
        ("/q", "repeated_parameter"),
    ]


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        pytest.param("fields=a,slug,b", [("/fields", "invalid_choice")] * 2, id="choices"),
        pytest.param("sold_by=A&sold_by=%20,A", [("/sold_by", "invalid")] * 2, id="slugs, each once"),
    ],
)
def test_each_refused_value_of_a_list_is_named(query: str, errors: list[tuple[str, str]]) -> None:
    assert refused(query) == errors


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        pytest.param(
            "page=2",
            "Unknown parameter; allowed here: limit, cursor, q, colour, sold_by, min_litres, fields.",
            id="a name",
        ),
        pytest.param(
            "sold_by[]=a",
            "Unknown parameter; without brackets a list is sold_by=a,b or sold_by=a&sold_by=b.",
            id="brackets behind the name of a list",
        ),
        pytest.param(
            "limit[]=1",
            "Unknown parameter; allowed here: limit, cursor, q, colour, sold_by, min_litres, fields.",
            id="brackets behind another name",
        ),
        pytest.param("colour=green", "'green' is not one of: red, blue.", id="a choice"),
        pytest.param("fields=price", "'price' is not one of: slug, litres.", id="a choice in a list"),
        pytest.param("limit=500", "Ensure this value is less than or equal to 100.", id="a maximum"),
    ],
)
def test_a_refusal_says_what_is_allowed(query: str, detail: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        KettleParameters.read(QueryDict(query))

    (field,) = invalid_fields(refusal.value.detail)
    assert field["detail"] == detail


def test_where_nothing_is_allowed_the_refusal_says_so() -> None:
    with pytest.raises(ValidationError, match="allowed here: none"):
        Parameters.read(QueryDict("a=1"))


class LineupParameters(ListParameters):
    tools = CommaList(required=True, min_items=2, max_items=5)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        pytest.param("", ("/tools", "required"), id="not given"),
        pytest.param("tools=a", ("/tools", "min_items"), id="one"),
        pytest.param("tools=a,a", ("/tools", "min_items"), id="one twice"),
        pytest.param("tools=a&tools=a", ("/tools", "min_items"), id="one by repeating"),
    ],
)
def test_a_list_may_be_asked_for(query: str, error: tuple[str, str]) -> None:
    assert refused(query, LineupParameters) == [error]
