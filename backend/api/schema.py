"""How endpoints become `openapi.yaml`: parameters from a view's own class, shared answers, one error."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from drf_spectacular.drainage import warn
from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.plumbing import get_doc
from drf_spectacular.utils import Direction, OpenApiParameter
from drf_standardized_errors.openapi import AutoSchema as StandardizedErrorsSchema

from backend.api import idempotency, problems
from backend.api.throttling import (
    Allowance,
    CountedView,
    Limit,
    RateLimitState,
    Throttled,
    rate_limit_headers,
)
from backend.api.views import PublicView

# Real answers on demo content; a test compares them with the live ones.
EXAMPLES = Path(__file__).parent / "examples"

NO_CONTROL_CHARACTERS = r"^[^\u0000-\u001f\u007f]*$"
REQUEST_ID = "019e9a3c-7a52-7c3e-9d0b-5b0c7e1f2a34"

SPENT = RateLimitState((Allowance(limit=Limit("votes-60s", 30, 60), used=31, seconds_left=55),))

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
    "RateLimit-Policy": {
        "description": "Each limit on you: its name, `q` requests in `w` seconds (IETF RateLimit draft 10).",
        "schema": {"type": "string", "examples": [rate_limit_headers(SPENT)["RateLimit-Policy"]]},
    },
    "RateLimit": {
        "description": "What is left of each limit: `r` requests, until it begins anew in `t` seconds.",
        "schema": {"type": "string", "examples": [rate_limit_headers(SPENT)["RateLimit"]]},
    },
    "Retry-After": {
        "description": "In how many seconds to try again.",
        "schema": {"type": "integer", "minimum": 1, "examples": [1]},
    },
    "Idempotency-Replayed": {
        "description": "There when this is the first answer again; nothing was done anew.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "WWW-Authenticate": {
        "description": "Which credentials are wanted.",
        "schema": {"type": "string", "examples": ["Voter"]},
    },
}


def headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


KEPT = headers("ETag", "Cache-Control", "X-Request-ID")
COUNTED = headers("RateLimit-Policy", "RateLimit")


def problem_example(code: str, **values: Any) -> dict[str, Any]:
    example = problems.describe(code, instance="/api/v1/tools", request_id=REQUEST_ID, **values)
    # The contract is the same wherever it is generated.
    return {**example, "type": example["type"].replace(settings.PUBLIC_BASE_URL, "https://api.example.com")}


def problem_answer(
    description: str, *examples: dict[str, Any], extra_headers: Sequence[str] = ()
) -> dict[str, Any]:
    return {
        "description": description,
        "headers": headers(*extra_headers, "X-Request-ID"),
        "content": {
            problems.CONTENT_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {example["code"]: {"value": example} for example in examples},
            }
        },
    }


INVALID_LIMIT = problems.InvalidField(
    pointer="/limit", code="max_value", detail="Ensure this value is less than or equal to 100."
)


def shared_answers() -> dict[str, Any]:
    """By name. Made late, when every app has said which refusals it gives."""
    return {
        "NotModified": {"description": "Not changed since the ETag you named.", "headers": KEPT},
        "Moved": {
            "description": "This is now found at another address.",
            "headers": {
                "Location": {
                    "description": "The path to ask instead, with the query as you sent it.",
                    "required": True,
                    "schema": {"type": "string", "format": "uri-reference"},
                },
                **headers("Cache-Control", "X-Request-ID"),
            },
        },
        "BadRequest": problem_answer(
            "A parameter or property is unknown, or a value is refused.",
            problem_example("validation_error", detail=INVALID_LIMIT["detail"], errors=[INVALID_LIMIT]),
            problem_example("invalid_address"),
        ),
        "Unauthorized": problem_answer(
            "The credentials are missing or not valid.",
            *map(
                problem_example,
                [
                    *("not_authenticated", "invalid_voter_token", "expired_voter_token", "erased_voter"),
                    *("invalid_subscriber_token", "erased_subscriber"),
                ],
            ),
            extra_headers=["WWW-Authenticate"],
        ),
        "Forbidden": problem_answer(
            "This is not allowed; `code` says why.",
            *map(problem_example, ["challenge_required", "challenge_failed", "challenge_spent"]),
        ),
        "NotFound": problem_answer(
            "There is nothing here; `code` says what is missing.",
            *map(problem_example, ["not_found", "unknown_confirmation"]),
        ),
        "Conflict": problem_answer(
            "This cannot be done as things stand; `code` says why. It will pass where there is a `Retry-After`.",
            *map(
                problem_example,
                [
                    *("tool_archived", "idempotency_key_in_use"),
                    *("expired_confirmation", "used_confirmation", "blocked_mailbox"),
                ],
            ),
            extra_headers=["Retry-After"],
        ),
        "ContentTooLarge": problem_answer("The body is too large.", problem_example("content_too_large")),
        "AddressTooLong": problem_answer("The address is too long.", problem_example("address_too_long")),
        "UnsupportedMediaType": problem_answer(
            "The body is of another type.", problem_example("unsupported_media_type")
        ),
        "UnprocessableContent": problem_answer(
            "The `Idempotency-Key` belongs to another request.", problem_example("idempotency_key_reused")
        ),
        "TooManyRequests": problem_answer(
            "Too many requests.",
            problem_example("throttled", detail=str(Throttled(SPENT).detail)),
            extra_headers=[*COUNTED, "Retry-After"],
        ),
        "Unavailable": problem_answer(
            "Something that this needs cannot be reached just now; `code` says what.",
            *map(problem_example, ["unavailable", "challenge_unavailable"]),
            extra_headers=["Retry-After"],
        ),
    }


ANSWER_NAMES = {
    "304": "NotModified",
    "308": "Moved",
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "409": "Conflict",
    "413": "ContentTooLarge",
    "414": "AddressTooLong",
    "415": "UnsupportedMediaType",
    "422": "UnprocessableContent",
    "429": "TooManyRequests",
    "503": "Unavailable",
}
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": f"^{idempotency.KEY_PATTERN}$", "examples": [REQUEST_ID]},
    OpenApiParameter.HEADER,
    description=(
        "A random UUID of your own. Sent again within 24 hours, with the same body, it gets the first answer "
        "again; only a success is kept."
    ),
)


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
        found: list[Any] = [parameters] if self.method == "GET" and parameters and parameters().fields else []
        return [*found, IDEMPOTENCY_KEY] if self.is_idempotent() else found

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

    def _get_request_body(self, direction: Direction = "request") -> Any:
        body = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        # An object without anything in it must be sent too.
        return {**body, "required": True} if body else body

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        answers = super()._get_response_bodies(direction)
        if self.is_public_read():
            answers["304"] = shared_answer("304")
            answers["414"] = shared_answer("414")
        if getattr(self.view, "may_move", False):
            answers["308"] = shared_answer("308")
        return dict(
            sorted({**answers, **{status: shared_answer(status) for status in self.refusals()}}.items())
        )

    def refusals(self) -> list[str]:
        """The errors that come of what an operation is, beside those of its parameters."""
        reasons = {
            "401": bool(self.view.get_authenticators()) or bool(self.credentials()),
            "409": self.is_idempotent(),
            "413": bool(self._get_request_body()),
            "415": bool(self._get_request_body()),
            "422": self.is_idempotent(),
            "429": self.is_counted(),
            "503": True,
        }
        return [status for status, holds in reasons.items() if holds]

    def _get_response_for_code(self, serializer: Any, status_code: str, *args: Any, **kwargs: Any) -> Any:
        # Called for errors too: it is what makes the Problem schema known.
        answer = super()._get_response_for_code(serializer, status_code, *args, **kwargs)  # type: ignore[no-untyped-call]
        if status_code in ANSWER_NAMES:
            return shared_answer(status_code)
        answer["description"] = answer["description"] or "The answer."
        example = EXAMPLES / f"{self.get_operation_id()}.json"
        if example.exists():
            answer["content"]["application/json"]["example"] = json.loads(example.read_text())
        answer["headers"] = {
            **answer.get("headers", {}),
            **(KEPT if self.is_public_read() else headers("X-Request-ID")),
            **(COUNTED if self.is_counted() else {}),
            **(headers("Idempotency-Replayed") if self.is_idempotent() else {}),
        }
        return answer

    def get_auth(self) -> list[dict[str, list[str]]]:
        return [{scheme: []} for scheme in self.credentials()] or super().get_auth()

    def credentials(self) -> list[str]:
        """Whose token the view reads, which it does itself: the token is all there is to know of its owner."""
        return [scheme for scheme in ("voter", "subscriber") if getattr(self.view, f"needs_{scheme}", False)]

    def is_public_read(self) -> bool:
        return self.method == "GET" and isinstance(self.view, PublicView) and self.view.is_public

    def is_counted(self) -> bool:
        return isinstance(self.view, CountedView) and self.method in self.view.counted_methods

    def is_idempotent(self) -> bool:
        return hasattr(getattr(self.view, self.method.lower(), None), "is_idempotent")

    def _get_error_response_examples(self) -> list[Any]:
        """None: the shared answers hold examples, and the library's are of another shape."""
        return []


def shared_answer(status: str) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{ANSWER_NAMES[status]}"}


def add_shared_answers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A postprocessing hook: puts what the operations refer to into the components."""
    result["components"]["headers"] = HEADERS
    result["components"]["responses"] = shared_answers()
    return result


class BodyExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """What a body does not name, it refuses."""

    target_class = "backend.api.bodies.Body"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": False}


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
