"""Looks a mailbox up by its whole address, and shows a subscriber's address to those who may see it.

An address is sent in a form's body and kept nowhere: the page after names the mailbox by a word that only the curator's
own session knows. So neither a list's address, its search nor its order tells an address, a letter at a time or whole.
"""

import secrets
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from backend.admin.base import Context, Fields, ModelAdmin
from newsletter.desk.preview import AddressForm
from newsletter.models import Subscriber
from newsletter.readers.addresses import address_key, masked

# Of the session: the keys of the mailboxes that were looked up, by the words that stand for them.
FOUND = "mailboxes"
MOST_FOUND = 20


class MailboxFilter(admin.SimpleListFilter):
    """The mailbox that was looked up last, as long as the list's address names it."""

    title = "mailbox"
    parameter_name = "mailbox"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        word = request.GET.get(self.parameter_name)
        return [(word, "The one you looked up")] if word else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        word = self.value()
        if word is None:
            return queryset
        key = request.session.get(FOUND, {}).get(word)
        return queryset.filter(address_key=bytes.fromhex(key)) if key else queryset.none()


class MailboxAdmin(ModelAdmin):
    """Rows of mailboxes, which are found by the whole address and by nothing less."""

    change_list_template = "admin/newsletter/mailboxes.html"
    keeps_drafts = False

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.find_mailbox)
        return [
            path("mailbox/", page, name=f"newsletter_{self.opts.model_name}_mailbox"),
            *super().get_urls(),
        ]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [*super().get_list_filter(request), MailboxFilter]

    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        find = reverse(f"admin:newsletter_{self.opts.model_name}_mailbox")
        shown = {"find": find, "find_form": AddressForm(auto_id="find_%s"), **(extra_context or {})}
        return super().changelist_view(request, shown)

    def find_mailbox(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        page = reverse(f"admin:newsletter_{self.opts.model_name}_changelist")
        if request.method != "POST":
            return HttpResponseRedirect(page)
        form = AddressForm(request.POST)
        if not form.is_valid():
            for error in form.errors.get("address", []):
                messages.error(request, str(error))
            return HttpResponseRedirect(page)
        word = secrets.token_urlsafe(6)
        found = {**request.session.get(FOUND, {}), word: address_key(form.cleaned_data["address"]).hex()}
        request.session[FOUND] = dict(list(found.items())[-MOST_FOUND:])
        return HttpResponseRedirect(f"{page}?{MailboxFilter.parameter_name}={word}")


class AddressAdmin(MailboxAdmin):
    """Subscribers: their addresses are masked, and each look at a whole one is written down."""

    change_list_template = "admin/newsletter/subscribers.html"

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.address_page)
        return [
            path("<uuid:subscriber_id>/address/", page, name="newsletter_subscriber_address"),
            *super().get_urls(),
        ]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Fields:
        """The way to the whole address is shown to who may go it."""
        may_see = request.user.has_perm("newsletter.see_address")
        shown = "address_or_mask" if may_see else "masked_address"
        return [shown if name == "address_or_mask" else name for name in super().get_fields(request, obj)]

    @admin.display(description="address")
    def masked_address(self, subscriber: Subscriber) -> str:
        return masked(subscriber.address)

    @admin.display(description="address")
    def address_or_mask(self, subscriber: Subscriber) -> str:
        page = reverse("admin:newsletter_subscriber_address", args=[subscriber.pk])
        return format_html('{} <a href="{}">Show it whole …</a>', masked(subscriber.address), page)

    def address_page(self, request: HttpRequest, subscriber_id: UUID) -> HttpResponse:
        """Asks first, since looking leaves a trace; a POST shows the address."""
        if not (self.has_view_permission(request) and request.user.has_perm("newsletter.see_address")):
            raise PermissionDenied
        subscriber = get_object_or_404(Subscriber, pk=subscriber_id)
        address = None
        if request.method == "POST":
            self.log_change(request, subscriber, "Looked at the whole address.")
            address = subscriber.address
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Address of {subscriber}",
            "subscriber": subscriber,
            "masked": masked(subscriber.address),
            "address": address,
        }
        return TemplateResponse(request, "admin/newsletter/address.html", context)
