"""How views turn into the contract."""

from typing import Any

import pytest
from django.urls import path
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from backend.api.shared_answers import ANSWERS
from tests.backend.api import probe

PROBLEM_ANSWERS = [answer.name for status, answer in ANSWERS.items() if status >= "400"]


def generated(*patterns: Any) -> dict[str, Any]:
    generator = SchemaGenerator(patterns=list(patterns))  # type: ignore[no-untyped-call]
    schema: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    validate_schema(schema)  # type: ignore[no-untyped-call]
    return schema


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    return generated(*probe.urlpatterns[:5])


def test_parameters_come_from_the_view(contract: dict[str, Any]) -> None:
    parameters = contract["paths"]["/api/v1/kettles"]["get"]["parameters"]

    assert [parameter["name"] for parameter in parameters] == [
        "limit",
        "cursor",
        "q",
        "colour",
        "sold_by",
        "min_litres",
        "fields",
        "If-None-Match",
    ]
    by_name = {parameter["name"]: parameter for parameter in parameters}
    assert by_name["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert by_name["colour"]["schema"]["enum"] == ["red", "blue"]
    assert by_name["q"]["schema"] == {
        "type": "string",
        "maxLength": 10,
        "minLength": 1,
        "pattern": r"^[^\u0000-\u001f\u007f]*$",
    }


def test_comma_lists_are_arrays_without_explosion(contract: dict[str, Any]) -> None:
    parameters = contract["paths"]["/api/v1/kettles"]["get"]["parameters"]
    by_name = {parameter["name"]: parameter for parameter in parameters}

    assert by_name["sold_by"] == {
        "in": "query",
        "name": "sold_by",
        "description": "Slugs of shops.",
        "style": "form",
        "explode": False,
        "schema": {
            "type": "array",
            "items": {"type": "string", "pattern": "^[a-z0-9-]{1,255}$"},
            "minItems": 1,
            "maxItems": 3,
        },
    }
    assert by_name["fields"]["schema"]["items"] == {"type": "string", "enum": ["slug", "litres"]}


def test_a_view_without_parameters_documents_none(contract: dict[str, Any]) -> None:
    parameters = contract["paths"]["/api/v1/kettles/{slug}"]["get"]["parameters"]

    assert {(parameter["in"], parameter["name"]) for parameter in parameters} == {
        ("path", "slug"),
        ("header", "If-None-Match"),
    }


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        pytest.param("/api/v1/kettles", "get", ["200", "304", "400", "412", "414", "503"], id="a list"),
        pytest.param(
            "/api/v1/kettles/{slug}",
            "get",
            ["200", "304", "308", "400", "404", "412", "414", "503"],
            id="one that may move",
        ),
        pytest.param("/api/v1/orders", "post", ["200", "400", "413", "415", "503"], id="a write"),
        pytest.param(
            "/api/v1/brews",
            "post",
            ["201", "400", "401", "409", "413", "415", "422", "429", "503"],
            id="a write that counts and can be repeated",
        ),
        pytest.param("/api/v1/cupboard", "get", ["200", "400", "401", "503"], id="a read with credentials"),
    ],
)
def test_only_answers_that_can_happen_are_documented(
    contract: dict[str, Any], path: str, method: str, statuses: list[str]
) -> None:
    assert list(contract["paths"][path][method]["responses"]) == statuses


def test_errors_are_one_schema_and_two_lines_an_operation(contract: dict[str, Any]) -> None:
    answers = contract["paths"]["/api/v1/kettles/{slug}"]["get"]["responses"]

    assert {status: answers[status] for status in ("304", "308", "400", "404", "414")} == {
        "304": {"$ref": "#/components/responses/NotModified"},
        "308": {"$ref": "#/components/responses/Moved"},
        "400": {"$ref": "#/components/responses/BadRequest"},
        "404": {"$ref": "#/components/responses/NotFound"},
        "414": {"$ref": "#/components/responses/AddressTooLong"},
    }
    assert {
        name: list(answer.get("content", {})) for name, answer in contract["components"]["responses"].items()
    } == {
        "NotModified": [],
        "Moved": [],
        **{name: ["application/problem+json"] for name in PROBLEM_ANSWERS},
    }


@pytest.mark.parametrize("name", PROBLEM_ANSWERS)
def test_the_examples_of_problems_are_problems(contract: dict[str, Any], name: str) -> None:
    content = contract["components"]["responses"][name]["content"]["application/problem+json"]

    schema = {**content["schema"], "components": contract["components"]}
    for example in content["examples"].values():
        Draft202012Validator(schema).validate(example["value"])


def test_a_problem_promises_all_its_properties(contract: dict[str, Any]) -> None:
    problem = contract["components"]["schemas"]["Problem"]

    assert problem["required"] == sorted(problem["properties"])


def test_public_answers_document_their_headers(contract: dict[str, Any]) -> None:
    kettles = contract["paths"]["/api/v1/kettles"]["get"]["responses"]["200"]
    orders = contract["paths"]["/api/v1/orders"]["post"]["responses"]["200"]
    brews = contract["paths"]["/api/v1/brews"]["post"]["responses"]["201"]
    cupboard = contract["paths"]["/api/v1/cupboard"]["get"]["responses"]["200"]

    assert list(kettles["headers"]) == ["ETag", "Cache-Control", "X-Request-ID"]
    assert list(orders["headers"]) == list(cupboard["headers"]) == ["X-Request-ID"]
    assert list(brews["headers"]) == ["X-Request-ID", "RateLimit-Policy", "RateLimit", "Idempotency-Replayed"]


def test_refusals_document_their_headers(contract: dict[str, Any]) -> None:
    answers = contract["components"]["responses"]

    assert {name: list(answers[name]["headers"]) for name in PROBLEM_ANSWERS} == {
        "BadRequest": ["X-Request-ID"],
        "Unauthorized": ["WWW-Authenticate", "X-Request-ID"],
        "Forbidden": ["X-Request-ID"],
        "NotFound": ["X-Request-ID"],
        "Conflict": ["Retry-After", "X-Request-ID"],
        "PreconditionFailed": ["X-Request-ID"],
        "ContentTooLarge": ["X-Request-ID"],
        "AddressTooLong": ["X-Request-ID"],
        "UnsupportedMediaType": ["X-Request-ID"],
        "UnprocessableContent": ["X-Request-ID"],
        "TooManyRequests": ["RateLimit-Policy", "RateLimit", "Retry-After", "X-Request-ID"],
        "Unavailable": ["Retry-After", "X-Request-ID"],
    }
    named = {header for answer in answers.values() for header in answer["headers"]}
    assert named - {"Location"} < set(contract["components"]["headers"])


def test_only_an_operation_that_can_be_repeated_takes_an_idempotency_key(contract: dict[str, Any]) -> None:
    [parameter] = contract["paths"]["/api/v1/brews"]["post"]["parameters"]

    assert (parameter["in"], parameter["name"]) == ("header", "Idempotency-Key")
    assert parameter["schema"]["pattern"] == "^[!-~]{1,255}$"
    assert "required" not in parameter
    assert "parameters" not in contract["paths"]["/api/v1/orders"]["post"]


def test_descriptions_come_from_methods_and_never_from_classes(contract: dict[str, Any]) -> None:
    paths = contract["paths"]

    assert paths["/api/v1/kettles"]["get"]["summary"] == "List kettles"
    assert paths["/api/v1/kettles"]["get"]["description"] == "Lists kettles."
    assert "description" not in paths["/api/v1/kettles/{slug}"]["get"]


def test_a_page_has_all_its_properties_and_nullable_links(contract: dict[str, Any]) -> None:
    page = contract["components"]["schemas"]["KettlePage"]

    assert page["required"] == ["next", "previous", "results"]
    assert page["properties"]["next"]["type"] == ["string", "null"]
    assert page["properties"]["results"]["items"] == {"$ref": "#/components/schemas/Kettle"}


def test_an_operation_without_an_id_fails_the_build(capsys: pytest.CaptureFixture[str]) -> None:
    reset_generator_stats()

    generated(path("api/v1/nameless", probe.NamelessView.as_view()))

    assert "GET /api/v1/nameless has no operation_id" in capsys.readouterr().err
    assert GENERATOR_STATS
    reset_generator_stats()
