"""Middleware that looks at every request before anything else does: its id, its limits, its conditions."""

import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

import uuid_utils
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.http import parse_header_parameters

from backend.api.incoming import MAX_EARLY_BODY, REFUSAL, is_length
from backend.api.problems import Busy, Unavailable, is_api, problem_response, unavailable

PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Metrics are counted by method, so nobody may make new ones up.
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "QUERY"}
CONTROL_CHARACTERS = re.compile(rb"[\x00-\x1f\x7f]")
# What passes, by its code; people get a page that says so.
COME_AGAIN: dict[str, type[Unavailable]] = {refusal.default_code: refusal for refusal in (Unavailable, Busy)}
# What the response cache puts behind the ETag of an answer that it compresses.
ENCODING_SUFFIX = re.compile(r'-(?:br|gzip)"')

MAX_ADDRESS_LENGTH = 4_096
MAX_PARAMETERS = 50

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class Utf8Request(WSGIRequest):
    """Reads every query as UTF-8, whatever the Content-Type claims.

    Django lets the caller name any codec of Python's there, and fails before the first middleware at those that
    are none for text, such as rot13.
    """

    def _set_content_type_params(self, meta: dict[str, str]) -> None:
        try:
            parsed = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            parsed = ("", {})
        self.content_type, self.content_params = parsed


class RequestIdMiddleware:
    """Gives each request an id, the caller's own where it is plain, and each answer the same one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = request.META.get("HTTP_X_REQUEST_ID", "")
        if not PLAIN_ID.fullmatch(request_id):
            request_id = str(uuid_utils.uuid7())
        # The log middleware reads the header, so it must hold what we settled on.
        request.META["HTTP_X_REQUEST_ID"] = request_id
        request.request_id = request_id  # type: ignore[attr-defined]

        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class RequestLimitsMiddleware:
    """Refuses addresses and bodies that nothing behind it is meant to read."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        broken = broken_limit(request) or request.META.get(REFUSAL)
        if broken in COME_AGAIN:
            return unavailable(request, COME_AGAIN[broken])
        return problem_response(request, broken) if broken else self.get_response(request)


def broken_limit(request: HttpRequest) -> str | None:
    """The code of the first limit that the request breaks."""
    query = request.META.get("QUERY_STRING", "").encode("latin-1")
    if len(request.get_full_path()) > MAX_ADDRESS_LENGTH:
        return "address_too_long"
    if query.count(b"&") >= MAX_PARAMETERS:
        return "too_many_parameters"
    if not (is_plain_text(request.path_info.encode()) and is_plain_text(unquote_to_bytes(query))):
        return "malformed_address"

    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.method not in METHODS or not (length.isascii() and length.isdigit()):
        return "bad_request"
    is_too_large = not is_length(length) or int(length) > MAX_EARLY_BODY
    return "content_too_large" if is_too_large and is_api(request) else None


def is_plain_text(raw: bytes) -> bool:
    """Whether this is UTF-8 without control characters; PostgreSQL takes neither NUL nor lone surrogates."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return not CONTROL_CHARACTERS.search(raw)


class ConditionalReadMiddleware(ConditionalGetMiddleware):
    """Django's, and the same for HEAD: its body is still whole here, the server drops it later."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if "Last-Modified" not in response:
            # RFC 9110, 13.1.4: to be ignored of what has no date.
            request.META.pop("HTTP_IF_UNMODIFIED_SINCE", None)
        if "HTTP_IF_MATCH" in request.META:
            # The answer is the one that it names in whichever encoding. What names no ETag is ignored, as Django does.
            request.META["HTTP_IF_MATCH"] = ENCODING_SUFFIX.sub('"', request.META["HTTP_IF_MATCH"])
        answer = self._conditional(request, response)
        if answer.status_code == 412 and is_api(request):
            return problem_response(request, "precondition_failed")
        return answer

    def _conditional(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.method == "HEAD" and isinstance(response, HttpResponse) and self.needs_etag(response):
            set_response_etag(response)
            return get_conditional_response(request, etag=response.get("ETag"), response=response) or response
        return super().process_response(request, response)
