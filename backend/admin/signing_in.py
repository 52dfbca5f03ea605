"""How staff sign in: attempts are counted for an account from one network, so that no stranger locks anybody out."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.stages import LoginStage
from allauth.account.utils import get_next_redirect_url
from allauth.core.internal.httpkit import add_query_params
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from prometheus_client import Counter

from backend.api.clients import client_address, client_network, network_hash, wider_network
from backend.api.rate_limits import Limit
from backend.api.throttling import Claim, Throttled, throttle

log = structlog.get_logger()

# Of one account from one network: its owner elsewhere is not kept out by a stranger who guesses.
PAIR_LIMITS = (Limit("sign-in-300s", 10, 300), Limit("sign-in-86400s", 100, 86_400))
# Of one network, whatever the accounts.
NETWORK_LIMITS = (Limit("sign-ins-of-network-300s", 60, 300),)
# What can be done before a second factor is set up.
BEFORE_SECOND_FACTOR = ("/admin/account/", "/admin/logout/")
SIGNING_OUT = ("/admin/logout/", "/admin/account/logout/")

failed_sign_ins = Counter(
    "verdicts_failed_sign_ins", "Failed attempts of staff to sign in, by reason.", ["reason"]
)
for _reason in ("refused", "throttled"):
    failed_sign_ins.labels(_reason)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are given by administrators; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The network that the client belongs to, for the list of one's sessions: no address is kept."""
        address = client_address(request)
        if address is None:
            return "0.0.0.0"  # noqa: S104 - no interface to listen on.
        size = 4 if address.version == 4 else 16
        return str(type(address)(wider_network(address).ljust(size, b"\0")))

    def get_login_stages(self) -> list[str]:
        return [*super().get_login_stages(), "backend.admin.signing_in.SamePassword"]

    def pre_authenticate(self, request: HttpRequest, **credentials: object) -> None:
        username = str(credentials.get("username", ""))
        try:
            count_attempt(request, username)
        except Throttled:
            tell("throttled", username)
            raise self.validation_error("too_many_login_attempts") from None

    def _rollback_login_failed_rl_usage(self) -> None:
        """Attempts that succeed count too: they are few."""

    def authentication_failed(self, request: HttpRequest, **credentials: str | None) -> None:
        tell("refused", credentials.get("username"))


class SamePassword(LoginStage):  # type: ignore[misc]
    """The last stage of signing in: a password that was changed since it was typed opens nothing."""

    key = "same_password"

    # Any: allauth has no types.
    def __init__(self, controller: object, request: HttpRequest, login: Any) -> None:
        super().__init__(controller, request, login)
        # Stages are made before the first one is passed, and again before each that follows.
        self.state.setdefault("hash", login.user.get_session_auth_hash())

    def handle(self) -> tuple[HttpResponseRedirect | None, bool]:
        if constant_time_compare(self.state["hash"], self.login.user.get_session_auth_hash()):
            return None, True
        tell("refused", self.login.user.get_username())
        messages.error(self.request, "The password has changed. Sign in with the new one.")
        return HttpResponseRedirect(reverse("account_login")), False


def count_attempt(request: HttpRequest, username: str | None = None) -> None:
    """Counts a password that is tried, right or wrong, or a passkey, which names nobody; raises Throttled."""
    now = timezone.now()
    network = b"staff" + network_of(request, now=now)
    claims: list[Claim] = [(network, NETWORK_LIMITS)]
    if username is not None:
        claims.insert(0, (network + username.casefold().encode(errors="replace"), PAIR_LIMITS))
    throttle(*claims, now=now)


def throttled_password_change(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Django's page asks for the present password: a stranger at an open session guesses it no faster than at the door."""

    def change(request: HttpRequest, extra_context: object = None) -> HttpResponseBase:
        if request.method == "POST":
            try:
                count_attempt(request, request.user.get_username())
            except Throttled:
                tell("throttled", request.user.get_username())
                messages.error(
                    request, "Nothing was changed: too many passwords were tried. Wait five minutes."
                )
                return HttpResponseRedirect(request.path)
        return view(request, extra_context)

    return change


def network_of(request: HttpRequest, *, now: datetime) -> bytes:
    return network_hash(client_network(client_address(request)), now=now)


def tell(reason: str, username: str | None = None) -> None:
    """Names the account by its id. What was typed in place of a name may be a password, and is not logged."""
    users = get_user_model()._default_manager
    known = users.filter(username=username).values_list("pk", flat=True).first() if username else None
    failed_sign_ins.labels(reason).inc()
    log.warning("sign_in_failed", reason=reason, account=known)


def to_front_door(request: HttpRequest, extra_context: object = None) -> HttpResponseBase:
    """In place of Django's login view: everybody is led to the one door, with a safe address to go on to."""
    if request.user.is_authenticated and not request.user.is_staff:
        raise PermissionDenied
    target = get_next_redirect_url(request)
    if not target or target.startswith(reverse("admin:login")):
        target = reverse("admin:index")
    return HttpResponseRedirect(add_query_params(reverse("account_login"), {REDIRECT_FIELD_NAME: target}))


class SecondFactor:
    """Where SECOND_FACTOR is required, nobody gets to the desk without one: the page that sets it up comes first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if (
            settings.SECOND_FACTOR == "required"
            and path.startswith("/admin/")
            and not path.startswith(BEFORE_SECOND_FACTOR)
            and request.user.is_authenticated
            and not has_second_factor(request.user)
        ):
            messages.warning(request, "Set up a second factor first: an authenticator app or a passkey.")
            return HttpResponseRedirect(reverse("mfa_index"))
        response = self.get_response(request)
        if request.method == "POST" and path in SIGNING_OUT:
            # Drafts of forms stay in no browser that somebody else uses next.
            response["Clear-Site-Data"] = '"storage"'
        return response


def has_second_factor(user: AbstractBaseUser) -> bool:
    """Codes for recovery alone are none."""
    from allauth.mfa.models import Authenticator
    from allauth.mfa.utils import is_mfa_enabled

    return bool(is_mfa_enabled(user, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]))
