"""Every error as RFC 9457 `application/problem+json`, whichever layer it comes from."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypedDict, TypeVar, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import ResolverMatch, reverse
from django.utils.encoding import escape_uri_path, iri_to_uri
from django.views import csrf, defaults
from drf_spectacular.utils import extend_schema_field
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import serializers
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.settings import api_settings

from backend.api.outages import met_outage
from backend.api.rate_limits import RateLimitState, rate_limit_headers

CONTENT_TYPE = "application/problem+json"

Handler = TypeVar("Handler", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of problem, as the docs list it.

    `example_rank` puts it among the examples that the contract gives of an answer, lowest first; those without one are
    shown where only some operations have them. `headers` names those that it carries.
    """

    status: int
    meaning: str
    example_rank: int | None = None
    headers: tuple[str, ...] = ()


# Codes are a promise to clients: new ones may be added, none may change its meaning.
PROBLEMS = {
    "bad_request": Problem(400, "The request cannot be understood as it was sent."),
    "malformed_address": Problem(400, "The path or query holds control characters or is not valid UTF-8."),
    "too_many_parameters": Problem(400, "The query holds more than 50 parameters."),
    "validation_error": Problem(400, "One or more values are refused; `errors` names each of them.", 0),
    "parse_error": Problem(400, "The body is not valid JSON."),
    "authentication_failed": Problem(401, "The credentials sent with the request are not valid."),
    "not_authenticated": Problem(
        401, "This needs credentials and none were sent.", 0, headers=("WWW-Authenticate",)
    ),
    "cross_site_request": Problem(
        403, "The request comes from another site or from a page that has expired."
    ),
    "permission_denied": Problem(403, "The credentials sent with the request do not allow this."),
    "not_found": Problem(404, "Nothing is published at this address.", 0),
    "method_not_allowed": Problem(
        405, "This address does not answer that method; `Allow` lists those it does."
    ),
    "not_acceptable": Problem(406, "Answers are JSON, and the `Accept` header refuses that."),
    "body_too_slow": Problem(408, "The body took too long to arrive."),
    "precondition_failed": Problem(412, "The answer is not the one that `If-Match` names.", 0),
    "content_too_large": Problem(413, "The body is larger than 64 KiB.", 0),
    "address_too_long": Problem(414, "Path and query together are longer than 4,096 characters.", 0),
    "unsupported_media_type": Problem(415, "The body must be sent as `application/json`.", 0),
    "internal_error": Problem(500, "Something went wrong on our side; `request_id` finds it in our logs."),
}


class Refusal(APIException):
    """The base of refusals that a service expects to give.

    A subclass stands beside that service and sets `status_code`, `default_code` and `default_detail`, which
    is also what the docs say of the code: so the class declares it, and no list has to name it. `pointer` is the
    JSON pointer (RFC 6901) to the one invalid value, where there is one. `headers` and what `rate_limits` say
    go with the answer. `example_rank` is that of its Problem.
    """

    pointer: str | None = None
    headers: Mapping[str, str] = MappingProxyType({})
    rate_limits: RateLimitState | None = None
    example_rank: int | None = None

    def __init_subclass__(cls) -> None:
        # Of those that share a code, the first says what it means.
        PROBLEMS.setdefault(
            cls.default_code,
            Problem(cls.status_code, str(cls.default_detail), cls.example_rank, tuple(cls.headers)),
        )


def refuses(*refusals: type[Refusal]) -> Callable[[Handler], Handler]:
    """Decorates a view's method: what it refuses beyond what any such operation does. The contract lists the codes."""

    def declare(handler: Handler) -> Handler:
        handler.refusals = refusals  # type: ignore[attr-defined]
        return handler

    return declare


class Moved(Exception):  # noqa: N818 - no error: it is answered with a 308.
    """What the address names has another slug by now."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug


class Unavailable(Refusal):
    status_code = 503
    default_code = "unavailable"
    default_detail = "Our database cannot be reached just now; try again in a second."
    headers = {"Retry-After": "1"}
    example_rank = 0


class Busy(Unavailable):
    default_code = "busy"
    default_detail = "Too many requests are in flight just now; try again in a second."
    example_rank = 1


class InvalidField(TypedDict):
    """One refused value: its JSON pointer (RFC 6901), a stable code, and a sentence to show."""

    pointer: str
    code: str
    detail: str


class ProblemBody(TypedDict):
    """The body of a problem, as ProblemSerializer describes it."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    request_id: str | None
    errors: list[InvalidField]


def title_of(code: str) -> str:
    return code.replace("_", " ").capitalize()


def describe(
    code: str,
    *,
    detail: str | None = None,
    errors: Iterable[InvalidField] = (),
    instance: str,
    request_id: str | None,
) -> ProblemBody:
    """The body of a problem, as RFC 9457 has it; raises KeyError for a code that PROBLEMS does not have."""
    kind = PROBLEMS[code]
    return {
        "type": f"{settings.PUBLIC_BASE_URL}/api/problems/{code.replace('_', '-')}",
        "title": title_of(code),
        "status": kind.status,
        "detail": detail or kind.meaning,
        "code": code,
        "instance": instance,
        "request_id": request_id,
        "errors": list(errors),
    }


def problem_response(
    request: HttpRequest | Request,
    code: str,
    *,
    detail: str | None = None,
    errors: Iterable[InvalidField] = (),
    headers: Mapping[str, str] | None = None,
) -> JsonResponse:
    body = describe(
        code,
        detail=detail,
        errors=errors,
        instance=escape_uri_path(request.path),
        request_id=getattr(request, "request_id", None),
    )
    response = JsonResponse(body, status=body["status"], content_type=CONTENT_TYPE, headers=headers)
    response["Cache-Control"] = "no-store"
    return response


class ProblemHandler(ExceptionHandler):
    """Answers what a view raises."""

    # Any: the library takes DRF's responses alone for answers, and splats what is told into one.
    def run(self) -> Any:
        if isinstance(self.exc, Moved):
            return permanent_redirect(cast(Request, self.context["request"]), self.exc.slug)
        return super().run()

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if met_outage(exc):
            return Unavailable()
        known: Exception = super().convert_known_exceptions(exc)
        return known

    def format_exception(self, exc: APIException) -> dict[str, object]:
        if isinstance(exc, ValidationError):
            errors = list(invalid_fields(exc.detail))
            detail = errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} values are refused."
            return {"code": "validation_error", "detail": detail, "errors": errors}
        if exc.default_code == APIException.default_code:
            return {"code": "internal_error"}
        code, detail = exc.default_code, str(exc.detail)
        pointer = getattr(exc, "pointer", None)
        errors = [InvalidField(pointer=pointer, code=code, detail=detail)] if pointer else []
        return {"code": code, "detail": detail, "errors": errors}

    def report_exception(self, exc: APIException, response: HttpResponse) -> None:
        # Refusals are expected, as a 503 too. The library would look for Django's request inside DRF's, which not
        # every view wraps it in.
        if response.status_code >= 500 and not isinstance(self.exc, Refusal):
            request = self.context["request"]
            got_request_exception.send(sender=None, request=getattr(request, "_request", request))

    def get_headers(self, exc: APIException) -> dict[str, str]:
        headers = {**super().get_headers(exc), **getattr(exc, "headers", {})}
        rate_limits = getattr(exc, "rate_limits", None)
        return {**headers, **rate_limit_headers(rate_limits)} if rate_limits else headers

    def get_response(self, exc: APIException, data: dict[str, Any]) -> HttpResponse:  # type: ignore[override]
        request = cast(Request, self.context["request"])
        return problem_response(request, headers=self.get_headers(exc), **data)


def invalid_fields(detail: Any, pointer: str = "") -> Iterator[InvalidField]:
    """DRF's tree of messages as a flat list, each with the JSON pointer (RFC 6901) to its value."""
    if isinstance(detail, ErrorDetail):
        yield InvalidField(pointer=pointer, code=detail.code or "invalid", detail=str(detail))
    elif isinstance(detail, Mapping):
        for key, inner in detail.items():
            escaped = str(key).replace("~", "~0").replace("/", "~1")
            step = "" if key == api_settings.NON_FIELD_ERRORS_KEY else f"/{escaped}"
            yield from invalid_fields(inner, pointer + step)
    else:
        for inner in detail:
            yield from invalid_fields(inner, pointer)


def permanent_redirect(request: HttpRequest | Request, slug: str) -> HttpResponse:
    """A 308 to the request's own address, whose route has a name, with another slug, and with the query as it came."""
    match = cast(ResolverMatch, request.resolver_match)
    path = reverse(match.view_name, kwargs={**match.kwargs, "slug": slug})
    query = request.META.get("QUERY_STRING", "")
    # What PUBLIC_BASE_URL has before our paths is the proxy's, which takes it off.
    address = f"{urlsplit(settings.PUBLIC_BASE_URL).path}{path}"
    response = HttpResponse(
        status=308, headers={"Location": iri_to_uri(f"{address}?{query}" if query else address)}
    )
    del response["Content-Type"]
    return response


def is_api(request: HttpRequest) -> bool:
    """Whether the path is the API's, there or not: doubled slashes lead nowhere, which it says in the same way."""
    return request.path_info.lstrip("/").partition("/")[0] == "api"


def error_view(code: str, page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answers with a problem under /api/ and with Django's own page elsewhere."""

    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return problem_response(request, code) if is_api(request) else page(request, *args, **kwargs)

    return answer


bad_request = error_view("bad_request", defaults.bad_request)
csrf_failure = error_view("cross_site_request", csrf.csrf_failure)
permission_denied = error_view("permission_denied", defaults.permission_denied)
not_found = error_view("not_found", defaults.page_not_found)
failure = error_view("internal_error", defaults.server_error)


def internal_error(request: HttpRequest) -> HttpResponse:
    """Answers what anything else raises; Django calls it while it handles the exception."""
    if met_outage(sys.exception()):
        return unavailable(request)
    return failure(request)


def unavailable(request: HttpRequest, reason: type[Unavailable] = Unavailable) -> HttpResponse:
    """Come again: programs by `Retry-After`, as mail programs whose one click finds no database, people by a page."""
    if is_api(request):
        return problem_response(request, reason.default_code, headers=reason.headers)
    # The page's address may hold a token, as those of the mail's links do.
    headers = {**reason.headers, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    page = render_to_string("api/unavailable.html", {"detail": reason.default_detail})
    return HttpResponse(page, status=reason.status_code, headers=headers)


class InvalidFieldSerializer(serializers.Serializer[InvalidField]):
    """One refused value."""

    pointer = serializers.CharField(help_text="JSON pointer to the value, `/limit` for a query parameter.")
    code = serializers.CharField(help_text="Stable, for programs.")
    detail = serializers.CharField(help_text="For people.")


@extend_schema_field({"type": "string", "format": "uri-reference"})
class UriReferenceField(serializers.CharField):
    """A path of this server."""


class ProblemSerializer(serializers.Serializer[object]):
    """An error (RFC 9457). `code` is for programs and documented at `type`, `detail` is for people."""

    type = serializers.URLField()
    title = serializers.CharField()
    status = serializers.IntegerField(min_value=400, max_value=599)
    detail = serializers.CharField()
    code = serializers.CharField()
    instance = UriReferenceField(help_text="The path that was asked for.")
    request_id = serializers.CharField(help_text="Quote it when you report a problem.")
    errors = InvalidFieldSerializer(  # type: ignore[assignment]
        many=True, help_text="Each refused value; empty when the problem is not one of values."
    )
