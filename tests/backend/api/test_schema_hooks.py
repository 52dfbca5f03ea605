"""What is done to a contract once it is generated."""

from typing import Any

import pytest

from backend.api.schema_hooks import add_partial_schemas, name_enum_members, plain_null

KETTLE: dict[str, Any] = {
    "type": "object",
    "properties": {"slug": {"type": "string"}, "litres": {"type": "integer"}},
    "required": ["litres", "slug"],
}
PAGE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "results": {"type": "array", "items": {"$ref": "#/components/schemas/Kettle"}},
        "current": {"$ref": "#/components/schemas/Kettle"},
        "next": {"type": ["string", "null"]},
    },
    "required": ["current", "next", "results"],
}


def contract(schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    parameter = {"name": "fields", "description": "Some."}
    operation = {"parameters": [parameter], "responses": {"200": {"content": content}}}
    return {
        "paths": {"/kettles": {"get": operation}},
        "components": {"schemas": {"Kettle": dict(KETTLE), "KettlePage": dict(PAGE)}},
    }


@pytest.mark.parametrize(
    ("schema", "partial"), [("Kettle", "KettlePartial"), ("KettlePage", "KettlePartialPage")]
)
def test_beside_an_answer_that_fields_can_shorten_stands_what_it_leaves(schema: str, partial: str) -> None:
    made = add_partial_schemas(contract(schema))

    operation = made["paths"]["/kettles"]["get"]
    answer = operation["responses"]["200"]["content"]["application/json"]
    assert answer["schema"] == {"$ref": f"#/components/schemas/{schema}"}
    assert answer["x-partial-schema"] == {"$ref": f"#/components/schemas/{partial}"}
    assert operation["parameters"][0]["description"] == f"Some. The answer is a `{partial}` then."


def test_of_a_page_the_rows_are_shortened_and_what_is_one_beside_them_and_the_full_schemas_stay() -> None:
    schemas = add_partial_schemas(contract("KettlePage"))["components"]["schemas"]

    assert (schemas["Kettle"], schemas["KettlePage"]) == (KETTLE, PAGE)
    assert "required" not in schemas["KettlePartial"]
    assert schemas["KettlePartial"]["properties"] == KETTLE["properties"]
    assert schemas["KettlePartialPage"]["required"] == PAGE["required"]
    beside = schemas["KettlePartialPage"]["properties"]
    assert beside["results"]["items"] == {"$ref": "#/components/schemas/KettlePartial"}
    assert beside["current"] == {"$ref": "#/components/schemas/KettlePartial"}
    assert beside["next"] == PAGE["properties"]["next"]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["name", "-name"], ["name", "name_desc"]),
        (["relevance", "panel", "-panel"], ["relevance", "panel", "panel_desc"]),
        (["red", "blue"], None),
    ],
)
def test_members_that_differ_by_a_sign_get_names_of_their_own(
    values: list[str], names: list[str] | None
) -> None:
    made = name_enum_members({"parameters": [{"schema": {"type": "string", "enum": values}}]})

    assert made["parameters"][0]["schema"].get("x-enum-varnames") == names


def test_null_is_plain_null() -> None:
    made: Any = plain_null(
        {
            "paths": {"/kettles": {"oneOf": [{"$ref": "#/components/schemas/Null"}]}},
            "components": {"schemas": {"Null": {"enum": [None]}, "Kettle": KETTLE}},
        }
    )

    assert made["paths"]["/kettles"] == {"oneOf": [{"type": "null"}]}
    assert list(made["components"]["schemas"]) == ["Kettle"]


def test_a_list_that_may_be_null_says_so_once() -> None:
    twice = {"type": ["array", "null", "null"], "items": {"type": "string"}}

    made: Any = plain_null({"components": {"schemas": {"Kettle": twice}}})

    assert made["components"]["schemas"]["Kettle"]["type"] == ["array", "null"]
