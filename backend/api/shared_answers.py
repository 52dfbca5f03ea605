"""What the contract says once of headers and errors that many operations answer with, for `$ref`s to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from django.conf import settings

from backend.api.problems import CONTENT_TYPE, PROBLEMS, InvalidField, ProblemBody, describe
from backend.api.rate_limits import Allowance, Limit, RateLimitState, rate_limit_headers
from backend.api.throttling import Throttled

# Part of an OpenAPI document.
SchemaObject = dict[str, object]

REQUEST_ID = "019e9a3c-7a52-7c3e-9d0b-5b0c7e1f2a34"

CACHED = ("ETag", "Cache-Control", "X-Request-ID")
COUNTED = ("RateLimit-Policy", "RateLimit")


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """An answer among the contract's components, by its name there and the names of its headers."""

    name: str
    description: str
    headers: tuple[str, ...] = ("X-Request-ID",)


# By status. Those from 400 on show the problems whose refusals have an `example_rank`.
ANSWERS = {
    "304": SharedAnswer("NotModified", "Not changed since the ETag you named.", CACHED),
    "308": SharedAnswer(
        "Moved", "This is now found at another address.", ("Location", "Cache-Control", "X-Request-ID")
    ),
    "400": SharedAnswer("BadRequest", "A parameter or property is unknown, or a value is refused."),
    "401": SharedAnswer(
        "Unauthorized", "The credentials are missing or not valid.", ("WWW-Authenticate", "X-Request-ID")
    ),
    "403": SharedAnswer("Forbidden", "This is not allowed; `code` says why."),
    "404": SharedAnswer("NotFound", "There is nothing here; `code` says what is missing."),
    "409": SharedAnswer(
        "Conflict",
        "This cannot be done as things stand; `code` says why. It will pass where there is a `Retry-After`.",
        ("Retry-After", "X-Request-ID"),
    ),
    "412": SharedAnswer("PreconditionFailed", "The answer is not the one that `If-Match` names."),
    "413": SharedAnswer("ContentTooLarge", "The body is too large."),
    "414": SharedAnswer("AddressTooLong", "The address is too long."),
    "415": SharedAnswer("UnsupportedMediaType", "The body is of another type."),
    "422": SharedAnswer("UnprocessableContent", "The `Idempotency-Key` belongs to another request."),
    "429": SharedAnswer("TooManyRequests", "Too many requests.", (*COUNTED, "Retry-After", "X-Request-ID")),
    "503": SharedAnswer(
        "Unavailable",
        "Something that this needs cannot be reached just now; `code` says what.",
        ("Retry-After", "X-Request-ID"),
    ),
}

LOCATION: SchemaObject = {
    "description": "The path to ask instead, with the query as you sent it.",
    "required": True,
    "schema": {"type": "string", "format": "uri-reference"},
}


def answer_reference(status: str) -> dict[str, str]:
    """A `$ref` to the answer of this status."""
    return {"$ref": f"#/components/responses/{ANSWERS[status].name}"}


def header_references(*names: str) -> SchemaObject:
    """A `$ref` for each header; `Location` is written out, since only one answer has it."""
    return {
        name: LOCATION if name == "Location" else {"$ref": f"#/components/headers/{name}"} for name in names
    }


def header_components(*, scheme: str, limit: Limit) -> SchemaObject:
    """The contract's headers by name; `scheme` of credentials and `limit` are what their examples show."""
    counted = rate_limit_headers(exceeded(limit))
    return {
        "ETag": {
            "description": "Names these exact bytes; send it back as `If-None-Match` for a 304.",
            "schema": {"type": "string", "examples": ['"5eb63bbbe01eeed093cb22bb8f5acdc3"']},
        },
        "Cache-Control": {
            "description": "How long the answer may be kept.",
            "schema": {"type": "string", "examples": ["public, max-age=60"]},
        },
        "X-Request-ID": {
            "description": "The id you sent, or one of ours; it finds the request in our logs.",
            "schema": {"type": "string", "examples": [REQUEST_ID]},
        },
        "RateLimit-Policy": {
            "description": "Each limit on you: its name, `q` requests in `w` seconds (IETF RateLimit draft 10).",
            "schema": {"type": "string", "examples": [counted["RateLimit-Policy"]]},
        },
        "RateLimit": {
            "description": "What is left of each limit: `r` requests, until it begins anew in `t` seconds.",
            "schema": {"type": "string", "examples": [counted["RateLimit"]]},
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
            "schema": {"type": "string", "examples": [scheme]},
        },
    }


def answer_components(*, limit: Limit) -> SchemaObject:
    """The contract's shared answers by name. Made late, when every app has declared its refusals."""
    return {answer.name: answer_component(status, answer, limit) for status, answer in ANSWERS.items()}


def answer_component(status: str, answer: SharedAnswer, limit: Limit) -> SchemaObject:
    """One response object, with an example of each problem that its status may tell of."""
    codes = sorted(code for code, kind in PROBLEMS.items() if str(kind.status) == status)
    told = f" `code` is one of: {', '.join(f'`{code}`' for code in codes)}; more may come." if codes else ""
    component: SchemaObject = {
        "description": f"{answer.description}{told}",
        "headers": header_references(*answer.headers),
    }
    if status >= "400":
        component["content"] = {
            CONTENT_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {
                    code: {"value": problem_example(code, limit)} for code in shown_codes(int(status))
                },
            }
        }
    return component


def shown_codes(status: int) -> list[str]:
    """The problems of a status that the contract shows, by their rank."""
    ranks = {
        code: kind.example_rank
        for code, kind in PROBLEMS.items()
        if kind.status == status and kind.example_rank is not None
    }
    return sorted(ranks, key=ranks.__getitem__)


class Details(TypedDict, total=False):
    """What a problem says beyond its kind."""

    detail: str
    errors: list[InvalidField]


def problem_example(code: str, limit: Limit) -> ProblemBody:
    """The body of a problem as a client could get it."""
    too_much = "Ensure this value is less than or equal to 100."
    details: Mapping[str, Details] = {
        "validation_error": {
            "detail": too_much,
            "errors": [InvalidField(pointer="/limit", code="max_value", detail=too_much)],
        },
        "throttled": {"detail": str(Throttled(exceeded(limit)).detail)},
    }
    body = describe(code, instance="/api/v1/tools", request_id=REQUEST_ID, **details.get(code, {}))
    # The contract is the same wherever it is generated.
    body["type"] = body["type"].replace(settings.PUBLIC_BASE_URL, "https://api.example.com")
    return body


def exceeded(limit: Limit) -> RateLimitState:
    """The state of a limit's first request too many, shortly after its window began."""
    allowance = Allowance(limit=limit, used=limit.count + 1, seconds_left=limit.seconds - 5)
    return RateLimitState((allowance,))
