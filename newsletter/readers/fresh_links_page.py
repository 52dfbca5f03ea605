"""The page that mails a reader fresh links, for whom the link in a mail is broken, lost or too old."""

from django.http import HttpRequest, HttpResponse

from backend.api.clients import client_address
from newsletter.readers import sign_ups
from newsletter.readers.addresses import InvalidAddress, canonical
from newsletter.readers.base_pages import SOURCE, FormPage


class FreshLinksPage(FormPage):
    """Every address is answered alike. An attempt is counted before it is looked at, as for a sign-up."""

    headers = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.form(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        client = client_address(request)
        sign_ups.count_attempt(address=client, now=self.now)
        typed = request.POST.get("email", "")
        try:
            address = canonical(typed.strip())
        except InvalidAddress as refusal:
            return self.form(request, typed=typed, fault=str(refusal.detail), status=400)
        sign_ups.count_sign_up(address=client, now=self.now)
        sign_ups.ask_for_fresh_links(address=address, source=SOURCE, now=self.now)
        return self.page(request, "fresh_links_mailed", title="Look into your mailbox")

    def form(
        self, request: HttpRequest, *, typed: str = "", fault: str = "", status: int = 200
    ) -> HttpResponse:
        return self.page(request, "fresh_links", title="Fresh links", status=status, typed=typed, fault=fault)
