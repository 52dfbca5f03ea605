"""Webhooks of the mail provider: signed requests without a session. A body that can't be read is never a 5xx.

anymail knows how each provider signs and what its events look like. We call parts of its views instead of the views,
which answer 500 to a body that they can't read, and pass events on by a signal.
"""

import json

import structlog
from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, RequestDataTooBig, SuspiciousOperation
from django.db import Error as DatabaseFailure
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from backend.api.outages import met_outage
from backend.api.problems import problem_response
from newsletter.feedback import provider_events, sns

log = structlog.get_logger(__name__)

# The first that fits: not signed, too large, not verifiable just now, and the errors that anymail raises at a body that
# it does not expect.
REFUSALS: dict[str, tuple[type[Exception], ...]] = {
    "permission_denied": (AnymailWebhookValidationFailure, sns.ForgedMessageError),
    "content_too_large": (RequestDataTooBig,),
    "unavailable": (sns.UnreachableError,),
    "bad_request": (
        *(AnymailError, ImproperlyConfigured, SuspiciousOperation, LookupError, TypeError, ValueError),
        *(AttributeError, AssertionError, ArithmeticError, RecursionError, OSError),
    ),
}
DETAILS = {
    "permission_denied": "The request is not signed as the provider signs, or not by it.",
    "content_too_large": "The body is larger than 2.5 MB.",
    "unavailable": "This cannot be taken just now; send it again.",
    "bad_request": "The body is not what the provider sends to tell of mails.",
}


@method_decorator(csrf_exempt, name="dispatch")
class ProviderHook(View):
    """POST takes events; some providers send GET or HEAD to check the address."""

    provider = ""
    # anymail's view, of which parts are used.
    tracker: type[AnymailBaseWebhookView] = AnymailBaseWebhookView

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    def post(self, request: HttpRequest) -> HttpResponse:
        tracker = self.tracker()
        if tracker.basic_auth and "Authorization" not in request.headers:
            # Amazon logs in only when it is asked to.
            return problem_response(
                request,
                "authentication_failed",
                detail="Log in with what ANYMAIL_WEBHOOK_SECRET says.",
                headers={"WWW-Authenticate": 'Basic realm="webhook"'},
            )
        try:
            events = self.events_of(request, tracker)
        except tuple(kind for kinds in REFUSALS.values() for kind in kinds) as error:
            return self.refused(request, error)
        try:
            provider_events.take(events, provider=self.provider, now=timezone.now())
        except DatabaseFailure as error:
            if not met_outage(error):
                raise
            return self.refused(request, error)
        return HttpResponse()

    def events_of(self, request: HttpRequest, tracker: AnymailBaseWebhookView) -> list[AnymailTrackingEvent]:
        """The events of a request whose signature is valid; raises one of REFUSALS."""
        tracker.run_validators(request)
        if self.provider == "amazon_ses":
            _take_from_sns(json.loads(request.body))
        return list(tracker.parse_events(request))

    def refused(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """Neither the log nor the answer has the error's text: it may quote the body, and so an address."""
        code = next((code for code, kinds in REFUSALS.items() if isinstance(error, kinds)), "unavailable")
        log.warning("provider_hook_refused", provider=self.provider, code=code, error=type(error).__name__)
        return problem_response(request, code, detail=DETAILS[code])


def hook_urls() -> list[URLPattern]:
    """The address of the provider that MAIL_HOOKS names, or none. Raises ImproperlyConfigured for an unreadable key."""
    provider = settings.MAIL_HOOKS
    if not provider:
        return []
    # It loads what every provider needs.
    from anymail.urls import urlpatterns

    name = f"{provider}_tracking_webhook"
    [tracker] = [each.callback.view_class for each in urlpatterns if each.name == name]
    try:
        tracker()
    except ValueError as error:
        raise ImproperlyConfigured(
            f"The key that {provider} signs its webhooks with cannot be read."
        ) from error
    view = ProviderHook.as_view(provider=provider, tracker=tracker)
    return [path(f"hooks/mail/{provider}/", view, name="provider-hook")]


def _take_from_sns(message: dict[str, str]) -> None:
    sns.verify(message)
    if message["Type"] == "SubscriptionConfirmation":
        sns.confirm(message)
        log.info("sns_subscription_confirmed", topic=message["TopicArn"])
