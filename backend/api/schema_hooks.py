"""What is done to the contract once it is generated: null, names of enum members, and what `fields=` leaves."""

import copy
import re

from backend.api.json_type import Json
from backend.api.shared_answers import SchemaObject


def plain_null(result: dict[str, SchemaObject], **_: object) -> SchemaObject:
    """A postprocessing hook: null is null, not an enum with a name."""
    schemas = result["components"]["schemas"]
    assert isinstance(schemas, dict)  # noqa: S101 - so OpenAPI has it.
    schemas.pop("Null", None)
    return {key: _with_plain_null(inner) for key, inner in result.items()}


def _with_plain_null(value: object) -> object:
    if value == {"$ref": "#/components/schemas/Null"}:
        return {"type": "null"}
    if isinstance(value, dict):
        return {key: _with_plain_null(inner) for key, inner in value.items()}
    if isinstance(value, list):
        plain = [_with_plain_null(inner) for inner in value]
        # A list that may be null comes with null twice.
        return plain[:-1] if plain[-2:] == ["null", "null"] else plain
    return value


def name_enum_members(result: Json, **_: object) -> Json:
    """A postprocessing hook: where values differ by a `-` in front alone, generators get names for them.

    They would otherwise make one name of `name` and `-name`, of which only one survives.
    """
    if isinstance(result, dict):
        values = result.get("enum")
        if isinstance(values, list) and any(str(value).startswith("-") for value in values):
            result["x-enum-varnames"] = [
                f"{value[1:]}_desc" if value.startswith("-") else value for value in values
            ]
        for inner in result.values():
            name_enum_members(inner)
    elif isinstance(result, list):
        for inner in result:
            name_enum_members(inner)
    return result


# Properties that are for people. Of these one is HTML, with the few elements that its description names.
HTML = {"intro_html"}
# All others are plain text: nothing of it is Markdown or HTML.
TEXTS = {
    *(
        "description",
        "detail",
        "disclosure",
        "editor",
        "editor_note",
        "intro",
        "label",
        "lens",
        "mark",
        "motto",
        "name",
    ),
    *("note", "quote", "subject", "summary", "tagline", "text", "title", "unit", "wording"),
}


def declare_plain_text(result: Json, **_: object) -> Json:
    """A postprocessing hook: each property that is a text for people says of what type it is."""
    for schema in result["components"]["schemas"].values():
        for name, property_ in schema.get("properties", {}).items():
            if name in TEXTS | HTML and is_free_text(property_):
                property_["contentMediaType"] = "text/html" if name in HTML else "text/plain"
    return result


def is_free_text(schema: Json) -> bool:
    """Whether it may be any text, with or without null."""
    stated = schema.get("type", [])
    return "string" in ([stated] if isinstance(stated, str) else stated) and not (
        {"enum", "format", "pattern"} & schema.keys()
    )


def add_partial_schemas(result: Json, **_: object) -> Json:
    """A postprocessing hook: beside the schema of each answer that `fields=` can shorten, one of what it leaves.

    The answer itself keeps the full one, for the sake of those who don't use `fields=`: a union of both would make every
    property optional for everybody.
    """
    schemas = result["components"]["schemas"]
    for operations in result["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "fields":
                    answer = operation["responses"]["200"]["content"]["application/json"]
                    partial = _partial_of(_name(answer["schema"]), schemas)
                    parameter["description"] += f" The answer is a `{partial}` then."
                    answer["x-partial-schema"] = {"$ref": f"#/components/schemas/{partial}"}
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def _partial_of(name: str, schemas: Json) -> str:
    """The name of the schema's counterpart without required properties; of a page, without those of its rows."""
    whole = schemas[name]
    results = whole["properties"].get("results")
    if results is None:
        partial = {key: value for key, value in whole.items() if key != "required"}
        schemas[f"{name}Partial"] = {
            **partial,
            "description": f"The properties of a `{name}` that `fields=` names, and those that `include=` adds; no other.",
            "minProperties": 1,
        }
        return f"{name}Partial"
    row = _partial_of(_name(results["items"]), schemas)
    page = copy.deepcopy(whole)
    shortened = {"$ref": f"#/components/schemas/{row}"}
    page["properties"]["results"]["items"] = shortened
    # What stands beside the rows and is one of them, such as `current`, is shortened too.
    page["properties"].update(
        {key: shortened for key, each in whole["properties"].items() if each == results["items"]}
    )
    partial_name = re.sub("Page$", "PartialPage", name)
    schemas[partial_name] = page
    return partial_name


def _name(reference: Json) -> str:
    return str(reference["$ref"]).rpartition("/")[2]
