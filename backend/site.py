"""Middleware that only pages and the admin need, and requests of the API pass by; and the check of the host's name."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from csp.constants import HEADER as CONTENT_SECURITY_POLICY
from csp.middleware import CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware
from django.template.loader import render_to_string
from django_permissions_policy import PermissionsPolicyMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware

from backend.api.incoming import MAX_EARLY_BODY

API = "/api/v1/"
STAFF = "/admin/"
# A file that is uploaded there.
MAX_STAFF_BODY = 32_000_000
# Load balancers, containers and Prometheus ask for these by an address or a container's name.
PROBES = {"/healthz", "/readyz", "/statusz", "/metrics"}
# Of an answer of the API a browser is to load nothing and show nothing.
API_POLICY = "default-src 'none'; frame-ancestors 'none'"


class _PassedByApi:
    """Stands before the middleware among the bases."""

    if TYPE_CHECKING:
        get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(API):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class StaticFiles(_PassedByApi, WhiteNoiseMiddleware):  # type: ignore[misc]
    pass


class PermissionsPolicy(_PassedByApi, PermissionsPolicyMiddleware):
    pass


class Sessions(_PassedByApi, SessionMiddleware):
    pass


class Authentication(_PassedByApi, AuthenticationMiddleware):
    pass


class Messages(_PassedByApi, MessageMiddleware):
    pass


class ContentSecurityPolicy(CSPMiddleware):
    """Pages have the policy of the settings, and the API one that never changes."""

    def __call__(self, request: HttpRequest) -> Any:
        if not request.path_info.startswith(API):
            return super().__call__(request)
        response = cast(HttpResponse, self.get_response(request))
        response.headers.setdefault(CONTENT_SECURITY_POLICY, API_POLICY)
        return response


class StaffBodies:
    """Refuses large bodies below /admin/ before Django's check of forms reads them whole.

    Forms are small, so only staff who are signed in may send more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if request.path_info.startswith(STAFF) and length > MAX_EARLY_BODY:
            may_send = length <= MAX_STAFF_BODY and request.user.is_active and request.user.is_staff
            if not may_send:
                return HttpResponse(render_to_string("413.html"), status=413)
        return self.get_response(request)


class HostCheck(CommonMiddleware):
    """Refuses host names that are not ours, except for probes: their answers name no host."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if request.path_info in PROBES else super().process_request(request)
