"""Bodies of requests: JSON in UTF-8, nothing that is not documented, every fault named at once."""

import json
from typing import Any

import pytest
from django.test import RequestFactory
from rest_framework import serializers
from rest_framework.exceptions import ParseError, UnsupportedMediaType, ValidationError

from backend.api.bodies import Body, json_of


class KettleBody(Body):
    colour = serializers.ChoiceField(choices=["red", "blue"])
    litres = serializers.IntegerField(default=1, max_value=5)


class EmptyBody(Body):
    pass


def faults_of(body: type[Body], document: Any) -> dict[str, list[tuple[str, str]]]:
    with pytest.raises(ValidationError) as refusal:
        body.validate_json(document)
    details: Any = refusal.value.detail
    return {field: [(detail.code, str(detail)) for detail in each] for field, each in details.items()}


@pytest.mark.parametrize(
    ("document", "values"),
    [
        ({"colour": "red"}, {"colour": "red", "litres": 1}),
        ({"colour": "blue", "litres": 5}, {"colour": "blue", "litres": 5}),
    ],
    ids=["a default", "all"],
)
def test_a_body_gives_its_values(document: dict[str, Any], values: dict[str, Any]) -> None:
    assert KettleBody.validate_json(document) == values


def test_a_choice_that_nobody_offers_is_told_what_is_offered() -> None:
    assert faults_of(KettleBody, {"colour": "green"}) == {
        "colour": [("invalid_choice", "'green' is not one of: red, blue.")]
    }


def test_of_a_long_value_the_refusal_tells_the_beginning() -> None:
    assert faults_of(KettleBody, {"colour": "x" * 60_000}) == {
        "colour": [("invalid_choice", f"'{'x' * 100}' is not one of: red, blue.")]
    }


def test_unknown_properties_and_wrong_values_are_named_together() -> None:
    unknown = ("unknown_property", "Unknown property; allowed here: colour, litres.")

    assert faults_of(KettleBody, {"litres": 6, "watts": 1, "a": None}) == {
        "colour": [("required", "This field is required.")],
        "litres": [("max_value", "Ensure this value is less than or equal to 5.")],
        "a": [unknown],
        "watts": [unknown],
    }


def test_a_body_without_properties_allows_none() -> None:
    assert EmptyBody.validate_json({}) == {}
    assert faults_of(EmptyBody, {"a": 1}) == {
        "a": [("unknown_property", "Unknown property; allowed here: none.")]
    }


@pytest.mark.parametrize("document", [[], "red", 1, True], ids=json.dumps)
def test_a_body_that_is_no_object_is_at_fault_as_a_whole(document: Any) -> None:
    assert faults_of(KettleBody, document) == {
        "non_field_errors": [("invalid", "The body must be a JSON object.")]
    }


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json; charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json; charset=utf8",
    ],
)
@pytest.mark.parametrize("document", [{"colour": "röt"}, [], None, 0], ids=json.dumps)
def test_json_in_utf_8_is_read(content_type: str, document: Any) -> None:
    body = json.dumps(document, ensure_ascii=False).encode()

    assert json_of(RequestFactory().post("/", body, content_type=content_type)) == document


def test_a_byte_order_mark_of_utf_8_is_ignored() -> None:
    body = json.dumps({"colour": "red"}).encode("utf-8-sig")

    assert json_of(RequestFactory().post("/", body, content_type="application/json")) == {"colour": "red"}


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"],
)
def test_another_media_type_is_refused_whatever_the_body(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        json_of(RequestFactory().post("/", b"{}", content_type=content_type))


@pytest.mark.parametrize(
    ("content_type", "encoding", "detail"),
    [
        ("application/json; charset=utf-16", "identity", "JSON is taken in UTF-8 alone."),
        ("application/json", "gzip", "No compressed body is taken; send it without `Content-Encoding`."),
        ("application/json", "br, gzip", "No compressed body is taken; send it without `Content-Encoding`."),
    ],
)
def test_a_body_in_another_encoding_is_refused_and_told_why(
    content_type: str, encoding: str, detail: str
) -> None:
    request = RequestFactory().post("/", b"{}", content_type=content_type, HTTP_CONTENT_ENCODING=encoding)

    with pytest.raises(UnsupportedMediaType) as refusal:
        json_of(request)

    assert str(refusal.value.detail) == detail


@pytest.mark.parametrize("encoding", ["identity", "Identity"])
def test_a_body_that_says_it_is_not_compressed_is_read(encoding: str) -> None:
    request = RequestFactory().post(
        "/", b"{}", content_type="application/json", HTTP_CONTENT_ENCODING=encoding
    )

    assert json_of(request) == {}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b" ", id="nothing"),
        pytest.param(b"{", id="torn"),
        pytest.param(b"{'a': 1}", id="other quotes"),
        pytest.param(b'{"a": "\xff"}', id="no UTF-8"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16"),
        pytest.param('{"a": 1}'.encode("utf-16-le"), id="UTF-16 without its mark"),
        pytest.param('{"a": 1}'.encode("utf-32"), id="UTF-32"),
        pytest.param(b'{"a": 1, "a": 2}', id="a name twice"),
        pytest.param(b'{"a": [{"b": 1, "b": 1}]}', id="a name twice further in"),
        pytest.param(b'{"a": NaN}', id="no number"),
        pytest.param(b'{"a": -Infinity}', id="no finite number"),
        pytest.param(b"[" * 100_000, id="100,000 deep"),
    ],
)
def test_a_body_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        json_of(RequestFactory().post("/", body, content_type="application/json"))
