"""How views turn into the contract."""

from typing import Any

import pytest
from django.urls import path
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from backend.api.problems import PROBLEMS
from tests.backend.api import probe


def generated(*patterns: Any) -> dict[str, Any]:
    generator = SchemaGenerator(patterns=list(patterns))
    schema: dict[str, Any] = generator.get_schema(request=None, public=True)
    validate_schema(schema)
    return schema


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    return generated(*probe.urlpatterns[:5])


def codes_of(contract: dict[str, Any], path: str, method: str) -> dict[str, list[str]]:
    """The codes of each error of an operation, by status."""
    found = {}
    for status, reference in contract["paths"][path][method]["responses"].items():
        if status >= "400":
            answer = contract["components"]["responses"][reference["$ref"].rpartition("/")[2]]
            schema = answer["content"]["application/problem+json"]["schema"]["$ref"].rpartition("/")[2]
            found[status] = contract["components"]["schemas"][schema]["allOf"][1]["properties"]["code"][
                "enum"
            ]
    return found


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
        pytest.param(
            "/api/v1/kettles",
            "get",
            ["200", "304", "400", "406", "412", "414", "500", "503"],
            id="a list",
        ),
        pytest.param(
            "/api/v1/kettles/{slug}",
            "get",
            ["200", "304", "308", "400", "404", "406", "412", "414", "500", "503"],
            id="one that may move",
        ),
        pytest.param(
            "/api/v1/orders",
            "post",
            ["200", "400", "406", "408", "413", "414", "415", "500", "503"],
            id="a write",
        ),
        pytest.param(
            "/api/v1/brews",
            "post",
            ["201", "400", "401", "406", "408", "409", "413", "414", "415", "422", "429", "500", "503"],
            id="a write that counts and can be repeated",
        ),
        pytest.param(
            "/api/v1/cupboard",
            "get",
            ["200", "400", "401", "406", "414", "500", "503"],
            id="a read with credentials",
        ),
    ],
)
def test_only_answers_that_can_happen_are_documented(
    contract: dict[str, Any], path: str, method: str, statuses: list[str]
) -> None:
    assert list(contract["paths"][path][method]["responses"]) == statuses


def test_each_error_lists_the_codes_of_its_operation_and_no_other(contract: dict[str, Any]) -> None:
    requests = ["bad_request", "malformed_address", "too_many_parameters", "validation_error"]

    read, listed = (codes_of(contract, path, "get") for path in ("/api/v1/kettles/{slug}", "/api/v1/kettles"))
    brewed = codes_of(contract, "/api/v1/brews", "post")

    assert read["400"] == requests
    assert read["404"] == ["not_found"]
    assert listed["400"] == sorted([*requests, "invalid_cursor"])
    assert brewed["400"] == sorted([*requests, "invalid_cursor", "invalid_idempotency_key", "parse_error"])
    assert brewed["401"] == ["not_authenticated", "wrong_scheme"]
    assert brewed["409"] == ["idempotency_key_in_use"]
    assert brewed["429"] == ["throttled"]
    assert all(str(PROBLEMS[code].status) == status for status, codes in brewed.items() for code in codes)


def test_operations_with_the_same_codes_share_an_answer(contract: dict[str, Any]) -> None:
    answers = contract["paths"]["/api/v1/kettles/{slug}"]["get"]["responses"]

    assert {status: answers[status] for status in ("304", "308", "400", "404", "414")} == {
        "304": {"$ref": "#/components/responses/NotModified"},
        "308": {"$ref": "#/components/responses/Moved"},
        "400": {"$ref": "#/components/responses/BadRequest"},
        "404": {"$ref": "#/components/responses/NotFound"},
        "414": {"$ref": "#/components/responses/AddressTooLong"},
    }
    orders = contract["paths"]["/api/v1/orders"]["post"]["responses"]
    assert orders["414"] == answers["414"]


def test_the_examples_of_problems_are_problems(contract: dict[str, Any]) -> None:
    shown = [
        ({**content["schema"], "components": contract["components"]}, example["value"])
        for answer in contract["components"]["responses"].values()
        for content in answer.get("content", {}).values()
        for example in content["examples"].values()
    ]

    assert len(shown) > 10
    for schema, example in shown:
        Draft202012Validator(schema).validate(example)


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
    left = ["RateLimit-Policy", "RateLimit"]

    expected = {
        "BadRequest": ["X-Request-ID"],
        "BrewBadRequest": ["X-Request-ID"],
        "IdempotencyKeyInUseConflictCounted": [*left, "Retry-After", "X-Request-ID"],
        "KettleUnauthorized": ["WWW-Authenticate", "X-Request-ID"],
        "KettleUnauthorizedCounted": [*left, "WWW-Authenticate", "X-Request-ID"],
        "TooManyRequests": [*left, "Retry-After", "X-Request-ID"],
        "Unavailable": ["Retry-After", "X-Request-ID"],
    }
    assert {name: list(answers[name]["headers"]) for name in expected} == expected
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
