"""Which requests the cache may answer, and what two of them have in common."""

from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIEnvironment

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, resolve
from rest_framework.exceptions import ValidationError

from backend.api.remembered import remembered
from backend.api.requests import Utf8Request, broken_limit
from backend.api.views import JSONRenderer, PublicView, allows_json
from backend.response_cache.responses import Header

PATH = "/api/"
METHODS = ("GET", "HEAD")
# Django answers requests with these: what follows depends on who asks, or on conditions that nobody asks of public reads.
NOT_CACHED = ("HTTP_AUTHORIZATION", "HTTP_TRANSFER_ENCODING", "HTTP_IF_MATCH")
# What is shown to everybody with a link is not even looked for here; its answers say `no-store`, too.
PRIVATE_PARAMETER = "preview="
# Of a request's headers, all that a rendering gets to know. Those of the caller leave no trace in what is cached.
KNOWN_HEADERS = {"HTTP_HOST", "HTTP_ACCEPT", "HTTP_ORIGIN", "HTTP_X_REQUEST_ID", "HTTP_X_FORWARDED_PROTO"}

# Looking a setting up takes as long as a tenth of an answer.
REDIRECTS: bool = settings.SECURE_SSL_REDIRECT
PROXY_HEADER: tuple[str, str] | None = settings.SECURE_PROXY_SSL_HEADER


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """What an address asks for: in one spelling whatever its own, and the name of its view."""

    address: str
    view: str


def is_cacheable(environ: WSGIEnvironment) -> bool:
    """Whether the answer can be the same for everybody. Takes microseconds: every request passes here."""
    if environ["REQUEST_METHOD"] not in METHODS or not environ["PATH_INFO"].startswith(PATH):
        return False
    for name in NOT_CACHED:
        if name in environ:
            return False
    if environ.get("CONTENT_LENGTH", "") not in {"", "0"} or PRIVATE_PARAMETER in environ.get(
        "QUERY_STRING", ""
    ):
        return False
    if REDIRECTS and transport_of(environ) != "https":
        return False
    # What was sent as %3F would end the path in an address.
    if "?" in environ["PATH_INFO"]:
        return False
    return is_our_host(environ.get("HTTP_HOST", "")) and allows_json(environ.get("HTTP_ACCEPT", ""))


def address_of(environ: WSGIEnvironment) -> str:
    """As this request spells it."""
    return f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"


def target_of(environ: WSGIEnvironment) -> RequestTarget | None:
    """None where no public view answers in JSON, or where it would refuse the query."""
    try:
        # A copy: Django decodes the path in what it is given, and may be given the same again.
        request = Utf8Request({**environ})
        match = resolve(request.path_info)
    except (Resolver404, UnicodeDecodeError):
        return None
    view = getattr(match.func, "cls", None)
    if view is None or not issubclass(view, PublicView) or JSONRenderer not in view.renderer_classes:
        return None
    if broken_limit(request):
        return None
    try:
        query = view.parameters.canonical(QueryDict(environ.get("QUERY_STRING", "")))
    except ValidationError:
        return None
    return RequestTarget(address=f"{environ['PATH_INFO']}?{query}", view=match.view_name)


def environ_of_nobody(environ: WSGIEnvironment) -> WSGIEnvironment:
    """The same request without what is the caller's: credentials, cookies, conditions, network, browser."""
    return {
        name: value
        for name, value in environ.items()
        if (not name.startswith("HTTP_") or name in KNOWN_HEADERS) and not name.startswith("REMOTE_")
    }


@remembered
def is_our_host(host: str) -> bool:
    """As Django's check reads ALLOWED_HOSTS; without the header, Django answers."""
    request = HttpRequest()
    request.META = {"HTTP_HOST": host, "SERVER_NAME": "", "SERVER_PORT": ""}
    try:
        return bool(host) and bool(request.get_host())
    except DisallowedHost:
        return False


def transport_of(environ: WSGIEnvironment) -> str:
    """`http` or `https`, as Django knows it."""
    if PROXY_HEADER and (said := environ.get(PROXY_HEADER[0])) is not None:
        return "https" if said.split(",", 1)[0].strip() == PROXY_HEADER[1] else "http"
    scheme: str = environ["wsgi.url_scheme"]
    return scheme


@remembered
def cors_headers(origin: str) -> tuple[Header, ...]:
    """What CORS answers to an origin, apart from Vary, which every answer has."""
    request = HttpRequest()
    request.method, request.path_info, request.META = "GET", PATH, {"HTTP_ORIGIN": origin}
    # Any: the library has no types.
    answer: Any = CorsMiddleware(lambda _: HttpResponse())(request)
    return tuple(
        (name, value) for name, value in answer.items() if name.lower().startswith("access-control-")
    )
