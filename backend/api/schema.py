"""How endpoints become `openapi.yaml`: parameters from a view's own class, shared answers, one error."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from drf_spectacular.drainage import warn
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.plumbing import get_doc
from drf_spectacular.utils import Direction
from drf_standardized_errors.openapi import AutoSchema as StandardizedErrorsSchema

from backend.api import problems
from backend.api.views import PublicView

# Real answers on demo content; a test compares them with the live ones.
EXAMPLES = Path(__file__).parent / "examples"

NO_CONTROL_CHARACTERS = r"^[^\u0000-\u001f\u007f]*$"
REQUEST_ID = "019e9a3c-7a52-7c3e-9d0b-5b0c7e1f2a34"

HEADERS = {
    "ETag": {
        "description": "Names these exact bytes; send it back as `If-None-Match` for a 304.",
        "schema": {"type": "string", "examples": ['"5eb63bbbe01eeed093cb22bb8f5acdc3"']},
    },
    "Cache-Control": {
        "description": "How long the answer may be kept.",
        "schema": {"type": "string", "examples": ["public, max-age=60, stale-while-revalidate=300"]},
    },
    "X-Request-ID": {
        "description": "The id you sent, or one of ours; it finds the request in our logs.",
        "schema": {"type": "string", "examples": [REQUEST_ID]},
    },
}
KEPT = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
REQUEST_ID_ONLY = {"X-Request-ID": KEPT["X-Request-ID"]}


def problem_example(code: str, **values: Any) -> dict[str, Any]:
    example = problems.describe(code, instance="/api/v1/tools", request_id=REQUEST_ID, **values)
    # The contract is the same wherever it is generated.
    return {**example, "type": example["type"].replace(settings.PUBLIC_BASE_URL, "https://api.example.com")}


def problem_answer(description: str, example: dict[str, Any]) -> dict[str, Any]:
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
    return {
        "description": description,
        "headers": REQUEST_ID_ONLY,
        "content": {problems.CONTENT_TYPE: content},
    }


LIMIT_FAULT = problems.Fault(
    pointer="/limit", code="max_value", detail="Ensure this value is less than or equal to 100."
)
ANSWERS = {
    "304": {"description": "Not changed since the ETag you named.", "headers": KEPT},
    "308": {
        "description": "This is now found at another address.",
        "headers": {
            "Location": {
                "description": "The path to ask instead, with the query as you sent it.",
                "required": True,
                "schema": {"type": "string", "format": "uri-reference"},
            },
            "Cache-Control": KEPT["Cache-Control"],
            "X-Request-ID": KEPT["X-Request-ID"],
        },
    },
    "400": problem_answer(
        "A parameter is unknown or its value is refused.",
        problem_example("validation_error", detail=LIMIT_FAULT["detail"], errors=[LIMIT_FAULT]),
    ),
    "404": problem_answer("Nothing is published here.", problem_example("not_found")),
    "414": problem_answer("The address is too long.", problem_example("address_too_long")),
}
ANSWER_NAMES = {
    "304": "NotModified",
    "308": "Moved",
    "400": "BadRequest",
    "404": "NotFound",
    "414": "AddressTooLong",
}


class AutoSchema(StandardizedErrorsSchema):
    """Takes parameters from `view.parameters`; an operation without an id of its own is an error."""

    def get_operation_id(self) -> str:
        warn(f"{self.method} {self.path} has no operation_id in @extend_schema")
        return super().get_operation_id()

    def get_description(self) -> str:  # type: ignore[override]
        """Only what the method says: a class's docstring speaks to those who read the code."""
        return get_doc(getattr(self.view, self.method.lower(), None))

    def get_override_parameters(self) -> list[Any]:
        parameters = getattr(self.view, "parameters", None)
        return [parameters] if self.method == "GET" and parameters and parameters().fields else []

    def _process_override_parameters(self, direction: Direction = "request") -> Any:
        result = super()._process_override_parameters(direction)  # type: ignore[no-untyped-call]
        for parameter in result.values():
            schema = parameter["schema"]
            if schema.get("type") == "array":
                parameter.update(style="form", explode=False)
            elif schema.get("type") == "string" and "enum" not in schema:
                schema.setdefault("pattern", NO_CONTROL_CHARACTERS)
            if schema.get("default") == "":
                del schema["default"]
        return result

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        answers = super()._get_response_bodies(direction)
        if self.is_public_read():
            answers["304"] = shared_answer("304")
            answers["414"] = shared_answer("414")
            if getattr(self.view, "may_move", False):
                answers["308"] = shared_answer("308")
        return dict(sorted(answers.items()))

    def _get_response_for_code(self, serializer: Any, status_code: str, *args: Any, **kwargs: Any) -> Any:
        # Called for errors too: it is what makes the Problem schema known.
        answer = super()._get_response_for_code(serializer, status_code, *args, **kwargs)  # type: ignore[no-untyped-call]
        if status_code in ANSWERS:
            return shared_answer(status_code)
        answer["description"] = answer["description"] or "The answer."
        example = EXAMPLES / f"{self.get_operation_id()}.json"
        if example.exists():
            answer["content"]["application/json"]["example"] = json.loads(example.read_text())
        answer["headers"] = {
            **answer.get("headers", {}),
            **(KEPT if self.is_public_read() else REQUEST_ID_ONLY),
        }
        return answer

    def is_public_read(self) -> bool:
        return self.method == "GET" and isinstance(self.view, PublicView)

    def _get_error_response_examples(self) -> list[Any]:
        """None: the shared answers hold examples, and the library's are of another shape."""
        return []


def shared_answer(status: str) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{ANSWER_NAMES[status]}"}


def add_shared_answers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A postprocessing hook: puts what the operations refer to into the components."""
    result["components"]["headers"] = HEADERS
    result["components"]["responses"] = {ANSWER_NAMES[status]: answer for status, answer in ANSWERS.items()}
    return result


class CommaListExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = "backend.api.parameters.CommaList"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        field = self.target
        item = {"enum": list(field.choices)} if field.choices else {"pattern": f"^{field.pattern}$"}
        return {
            "type": "array",
            "items": {"type": "string", **item},
            "minItems": field.min_items,
            "maxItems": field.max_items,
        }


def plain_null(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A postprocessing hook: null is null, not an enum with a name."""
    result["components"]["schemas"].pop("Null", None)
    plain: dict[str, Any] = _with_plain_null(result)
    return plain


def _with_plain_null(value: Any) -> Any:
    if value == {"$ref": "#/components/schemas/Null"}:
        return {"type": "null"}
    if isinstance(value, dict):
        return {key: _with_plain_null(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_plain_null(inner) for inner in value]
    return value


class NullableItemsExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A list whose items may be null; the library drops that where the items are objects."""

    target_class = "rest_framework.fields.ListField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Any:
        schema = auto_schema._map_serializer_field(self.target, direction, bypass_extensions=True)
        if self.target.child.allow_null and "$ref" in schema["items"]:
            schema["items"] = {"oneOf": [schema["items"], {"type": "null"}]}
        return schema
