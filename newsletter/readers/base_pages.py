"""What all pages for readers share: refusals in plain words with a way on, and no cache keeps a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from backend.api.problems import Refusal
from backend.api.throttling import Throttled
from newsletter.models import Consent, Subscriber
from newsletter.readers import consent, links, suppressions
from newsletter.readers.addresses import masked
from newsletter.transport.messages import contact_address

SOURCE = Consent.Source.PAGE
PRIVATE = {
    "Cache-Control": "no-store",
    # The address holds the token: no page after this one is to learn it.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}

# What a page offers where a link does not work: the box to sign up, or fresh links by mail.
SIGN_UP, FRESH_LINKS = "sign_up", "fresh_links"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A refusal as a reader is told of it; `way_on` is SIGN_UP, FRESH_LINKS or empty."""

    title: str
    words: str
    way_on: str = ""


INCOMPLETE = (
    "A part of it is missing, or was changed on its way. Mail programs sometimes break a link in two: copy the whole of it "
    "from the mail into the address bar."
)


class CrossSiteForm(Refusal):
    status_code = 403
    default_code = "cross_site_request"
    default_detail = "The form was sent by a page of another site."


# The first that fits says it.
EXPLAINED: tuple[tuple[type[Refusal], Explanation], ...] = (
    (Throttled, Explanation("Please try again later", "")),
    (
        CrossSiteForm,
        Explanation("Please send the form from here", "It came from a page of another site.", SIGN_UP),
    ),
    (
        links.OwnerLinkNeeded,
        Explanation(
            "This link does not work any more",
            "It was good for 24 hours, or is not the one that was mailed for this.",
            FRESH_LINKS,
        ),
    ),
    (
        links.ErasedSubscriber,
        Explanation("Nothing is kept of you", "What we had of this address is deleted.", SIGN_UP),
    ),
    (links.SubscriberRefusal, Explanation("This link is incomplete", INCOMPLETE, FRESH_LINKS)),
    (
        consent.UnknownConfirmation,
        Explanation("This link is incomplete", f"{INCOMPLETE} Or it is older than a month.", SIGN_UP),
    ),
    (
        suppressions.BlockedMailbox,
        Explanation(
            "We do not write to this mailbox",
            "Somebody reported our mail from here, or asked us to stay away. If it was a mistake, write to us:",
        ),
    ),
)


def explained(refusal: Refusal) -> Explanation:
    """How a page says it; what no reader meets by a link is said by its detail."""
    fitting = (explanation for kind, explanation in EXPLAINED if isinstance(refusal, kind))
    found = next(fitting, Explanation("This link does not work", ""))
    return found if found.words else Explanation(found.title, str(refusal.detail), found.way_on)


class ReadersPage(View):
    """The base: refusals become pages, and no cache keeps one."""

    headers: Mapping[str, str] = {"Cache-Control": "no-store"}
    token = ""
    # What who asks too often can do meanwhile.
    way_round = ""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        self.now: datetime = timezone.now()
        try:
            response = self.answer(request)
        except Refusal as refusal:
            response = self.refused(request, refusal)
        for name, value in self.headers.items():
            response[name] = value
        return response

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        return super().dispatch(request)

    def options(self, *args: object, **kwargs: object) -> HttpResponse:
        return HttpResponse(status=204, headers={"Allow": "GET, HEAD, POST, OPTIONS"})

    def refused(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        # A person reads this; 401 would ask the browser for a password.
        status = 404 if refusal.status_code == 401 else refusal.status_code
        explanation = explained(refusal)
        is_blocked = isinstance(refusal, suppressions.BlockedMailbox)
        way_round = self.way_round if isinstance(refusal, Throttled) else ""
        response = self.page(
            request,
            "refused",
            status=status,
            title=explanation.title,
            words=f"{explanation.words} {way_round}".strip(),
            way_on=explanation.way_on,
            contact=contact_address() if is_blocked else "",
        )
        for name in refusal.headers.keys() & {"Retry-After"}:
            response[name] = refusal.headers[name]
        return response

    def page(
        self,
        request: HttpRequest,
        name: str,
        *,
        title: str,
        status: int = 200,
        subscriber: Subscriber | None = None,
        **values: object,
    ) -> HttpResponse:
        """People with a forwarded mail see the page: all but the owner's have the address masked."""
        address = masked(subscriber.address) if subscriber else ""
        context = {
            "title": title,
            "token": self.token,
            "subscriber": subscriber,
            "masked_address": address,
            **values,
        }
        return render(request, f"newsletter/{name}.html", context, status=status)


@method_decorator(csrf_exempt, name="dispatch")
class FormPage(ReadersPage):
    """The base of pages with a form of our own that anybody may fill in. No cookie is needed: the browser says which site
    has sent a form, and that of another site is refused."""

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        if request.method == "POST" and is_from_another_site(request):
            raise CrossSiteForm
        return super().answer(request)


def is_from_another_site(request: HttpRequest) -> bool:
    """By what browsers say of themselves: all since 2023 by `Sec-Fetch-Site`, earlier ones by `Origin`."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.get_host()


@method_decorator(csrf_exempt, name="dispatch")
class LinkedPage(ReadersPage):
    """The base of pages that mails link to: `?token=` names the subscriber, and SITE_NEWSLETTER_URL replaces the pages.

    The links of a test mail belong to no reader, and say so whatever they lead to.
    """

    path: str
    headers = PRIVATE

    def setup(self, request: HttpRequest, *args: object, **kwargs: object) -> None:
        super().setup(request, *args, **kwargs)
        self.token = request.GET.get("token", "")

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        if request.method != "OPTIONS" and links.is_of_test_mail(self.token):
            return self.page(request, "of_test_mail", title="This link is from a test mail")
        return super().answer(request)

    def get(self, request: HttpRequest) -> HttpResponse:
        if settings.SITE_NEWSLETTER_URL:
            query = urlencode({"token": self.token})
            return HttpResponseRedirect(f"{settings.SITE_NEWSLETTER_URL}/{self.path}?{query}")
        return self.show(request)

    def show(self, request: HttpRequest) -> HttpResponse:
        raise NotImplementedError
