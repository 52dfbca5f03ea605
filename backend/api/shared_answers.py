"""What the contract says once of headers and errors that many operations answer with, for `$ref`s to it.

An operation's error is one of a status with exactly the codes that the operation can tell of. Operations with the same
codes share it.
"""

from collections.abc import Collection, Mapping
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
DEPRECATED = ("Deprecation", "Sunset", "Link")


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """An answer among the contract's components, by its name there and the names of its headers.

    `codes` are those that it may tell of wherever there is such an answer; problems add headers of their own.
    """

    name: str
    description: str
    headers: tuple[str, ...] = ("X-Request-ID",)
    codes: tuple[str, ...] = ()


# By status.
ANSWERS = {
    "304": SharedAnswer("NotModified", "Not changed since the ETag you named.", CACHED),
    "308": SharedAnswer(
        "Moved", "This is now found at another address.", ("Location", "Cache-Control", "X-Request-ID")
    ),
    "400": SharedAnswer(
        "BadRequest",
        "A parameter or property is unknown, or a value is refused.",
        codes=("bad_request", "malformed_address", "too_many_parameters", "validation_error"),
    ),
    "401": SharedAnswer("Unauthorized", "The credentials are missing or not valid."),
    "403": SharedAnswer("Forbidden", "This is not allowed; `code` says why."),
    "404": SharedAnswer(
        "NotFound", "There is nothing here; `code` says what is missing.", codes=("not_found",)
    ),
    "406": SharedAnswer("NotAcceptable", "`Accept` refuses JSON.", codes=("not_acceptable",)),
    "408": SharedAnswer("RequestTimeout", "The body took too long to arrive.", codes=("body_too_slow",)),
    "409": SharedAnswer(
        "Conflict",
        "This cannot be done as things stand; `code` says why. It will pass where there is a `Retry-After`.",
    ),
    "412": SharedAnswer(
        "PreconditionFailed",
        "The answer is not the one that `If-Match` names.",
        codes=("precondition_failed",),
    ),
    "413": SharedAnswer("ContentTooLarge", "The body is too large.", codes=("content_too_large",)),
    "414": SharedAnswer("AddressTooLong", "The address is too long.", codes=("address_too_long",)),
    "415": SharedAnswer(
        "UnsupportedMediaType", "The body is of another type.", codes=("unsupported_media_type",)
    ),
    "422": SharedAnswer(
        "UnprocessableContent",
        "The `Idempotency-Key` belongs to another request.",
        codes=("idempotency_key_reused",),
    ),
    "429": SharedAnswer(
        "TooManyRequests",
        "Too many requests.",
        (*COUNTED, "Retry-After", "X-Request-ID"),
        codes=("throttled",),
    ),
    "500": SharedAnswer("InternalError", "Something went wrong on our side.", codes=("internal_error",)),
    "503": SharedAnswer(
        "Unavailable",
        "Something that this needs cannot be reached just now; `code` says what.",
        codes=("busy", "unavailable"),
    ),
}
# What is answered before a request is counted; other answers say what is left.
UNCOUNTED = {"304", "406", "408", "412", "413", "414"}
# Where the body is read before the request is counted, these too.
UNCOUNTED_UNREAD = {"400", "415"}

LOCATION: SchemaObject = {
    "description": "The path to ask instead, with the query as you sent it.",
    "required": True,
    "schema": {"type": "string", "format": "uri-reference"},
}


def answer_name(status: str, codes: Collection[str], *, owner: str) -> str:
    """What the answer of a status is called where it may tell of these codes: after the one that is not in every such
    answer, or after its owner where there are more."""
    answer = ANSWERS[status]
    further = [code for code in codes if code not in answer.codes]
    stem = owner if len(further) > 1 else "".join(map(pascal_case, further))
    return stem.removesuffix(answer.name) + answer.name


def pascal_case(name: str) -> str:
    return name.title().replace("_", "")


def header_references(*names: str) -> SchemaObject:
    """A `$ref` for each header; `Location` is written out, since only one answer has it."""
    return {
        name: LOCATION if name == "Location" else {"$ref": f"#/components/headers/{name}"} for name in names
    }


def header_components(*, scheme: str, limit: Limit) -> SchemaObject:
    """The contract's headers by name; `scheme` of credentials and `limit` are what their examples show."""
    counted = rate_limit_headers(exceeded(limit))
    uncounted = "Missing from an answer that came before the request was counted."
    return {
        "ETag": _header(
            "Names these exact bytes; send it back as `If-None-Match` for a 304.",
            examples=['"5eb63bbbe01eeed093cb22bb8f5acdc3"'],
        ),
        "Cache-Control": _header("How long the answer may be kept.", examples=["public, max-age=60"]),
        "X-Request-ID": _header(
            "The id you sent, or one of ours; it finds the request in our logs.", examples=[REQUEST_ID]
        ),
        "RateLimit-Policy": _header(
            "Each limit on you: its name, `q` requests in `w` seconds (IETF RateLimit draft 10). "
            + uncounted,
            examples=[counted["RateLimit-Policy"]],
        ),
        "RateLimit": _header(
            "What is left of each limit: `r` requests, until it begins anew in `t` seconds. " + uncounted,
            examples=[counted["RateLimit"]],
        ),
        "Retry-After": _header("In how many seconds to try again.", type="integer", minimum=1, examples=[1]),
        "Idempotency-Replayed": _header(
            "There when this is the first answer again; nothing was done anew.", enum=["true"]
        ),
        "Deprecation": _header(
            "Since when the operation is not to be begun with, in Unix seconds (RFC 9745).",
            examples=["@1798761600"],
        ),
        "Sunset": _header("When it will be gone (RFC 8594).", examples=["Thu, 01 Jul 2027 00:00:00 GMT"]),
        "Link": _header("Where the way on is described: `rel` is `deprecation` and `sunset`."),
        "WWW-Authenticate": _header("Which credentials are wanted.", examples=[scheme]),
    }


def _header(description: str, *, type: str = "string", **schema: object) -> SchemaObject:
    return {"description": description, "schema": {"type": type, **schema}}


def answer_component(status: str, codes: Collection[str], *, is_counted: bool, limit: Limit) -> SchemaObject:
    """One response object; of a problem with its codes as an enum, and with examples of some."""
    answer = ANSWERS[status]
    said = f" `code` is one of: {', '.join(f'`{code}`' for code in codes)}; more may come." if codes else ""
    counted = COUNTED if is_counted else ()
    carried = [name for code in codes for name in PROBLEMS[code].headers]
    component: SchemaObject = {
        "description": f"{answer.description}{said}",
        "headers": header_references(*dict.fromkeys([*counted, *carried, *answer.headers])),
    }
    if codes:
        component["content"] = {
            CONTENT_TYPE: {
                "schema": problem_schema(codes),
                "examples": {
                    code: {"value": problem_example(code, limit)} for code in shown_codes(status, codes)
                },
            }
        }
    return component


def problem_schema(codes: Collection[str]) -> SchemaObject:
    """A Problem whose `code` is one of these."""
    return {
        "allOf": [
            {"$ref": "#/components/schemas/Problem"},
            {
                "type": "object",
                "properties": {"code": {"type": "string", "enum": list(codes)}},
                "required": ["code"],
            },
        ]
    }


def shown_codes(status: str, codes: Collection[str]) -> list[str]:
    """Those that the contract gives an example of: by their rank, then those that not every such answer has."""
    ranked = [(rank, code) for code in codes if (rank := PROBLEMS[code].example_rank) is not None]
    shown = [code for _, code in sorted(ranked)]
    return [*shown, *(code for code in codes if code not in {*shown, *ANSWERS[status].codes})]


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
