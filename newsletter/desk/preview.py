"""The curators' page that shows an edition as a reader would get it now, and sends it as a test to one address.

The query names choices or a subscriber's id, so that no mail address is part of an address of the admin.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from backend.admin.base import NOTHING, CuratedAdmin
from catalog.models import Category
from newsletter.content.archive import BEGUN
from newsletter.content.archive_views import MAIL_POLICY
from newsletter.content.composition import Composed, EditorsWords, compose
from newsletter.content.gathering import SETTLING
from newsletter.content.items import Choices
from newsletter.content.rendering import PREFERENCES_URL, UNSUBSCRIBE_URL
from newsletter.desk.plans import goes_to_monthly
from newsletter.desk.test_sends import TestSendRefusedError, send_test_mail
from newsletter.models import Edition, Subscriber, Suppression
from newsletter.readers.addresses import MAX_SPELLING, InvalidAddress, address_key, canonical, masked
from newsletter.sending.periods import since
from reviews.models import Reviewer

# What the text shows where each reader's own link stands.
OWN_LINK = "(each reader's own link)"
# The mail may only be shown in our own frame: no script, no form, no way out of the frame.
FRAMED_POLICY = {**MAIL_POLICY, "frame-ancestors": [SELF], "sandbox": True}


class ReviewersField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg] # Not subscriptable at run time.
    """Says of whom a persona is one, as readers see it where they choose."""

    def label_from_instance(self, obj: Reviewer) -> str:
        return f"{obj.name} (a persona)" if obj.kind == Reviewer.Kind.PERSONA else obj.name


class ChoicesForm(forms.Form):
    """The choices of the reader whose mail is shown."""

    topics: "forms.ModelMultipleChoiceField[Category]" = forms.ModelMultipleChoiceField(
        Category.objects.order_by("name", "id"),
        to_field_name="slug",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None: every topic.",
    )
    has_no_topic = forms.BooleanField(
        required=False,
        label="No topic at all",
        help_text="Like readers whose topics were deleted, and readers who follow only reviewers.",
    )
    reviewers = ReviewersField(
        Reviewer.objects.in_roster_order(),
        to_field_name="slug",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Reviewers followed",
    )
    frequency = forms.ChoiceField(choices=Subscriber.Frequency.choices, required=False)
    days = forms.IntegerField(
        min_value=1,
        max_value=366,
        required=False,
        label="Days since their last edition",
        help_text="If it is empty, all since then.",
    )

    @classmethod
    def of(cls, subscriber: Subscriber) -> "ChoicesForm":
        """Filled in with what the subscriber has chosen. Two queries."""
        return cls(
            {
                "topics": (topics := list(subscriber.topics.values_list("slug", flat=True))),
                "has_no_topic": not (topics or subscriber.gets_every_topic),
                "reviewers": list(subscriber.reviewers.values_list("slug", flat=True)),
                "frequency": subscriber.frequency,
            }
        )

    def choices_for(self, edition: Edition, *, now: datetime) -> Choices:
        given = self.cleaned_data
        frequency = given["frequency"] or Subscriber.Frequency.WEEKLY
        days = given["days"]
        topics = tuple(sorted(topic.slug for topic in given["topics"]))
        return Choices(
            topics=None if not (topics or given["has_no_topic"]) else topics,
            reviewers=tuple(sorted(reviewer.slug for reviewer in given["reviewers"])),
            frequency=frequency,
            since=now - timedelta(days=days) if days else since(edition, frequency=frequency),
        )


class AddressForm(forms.Form):
    """One whole address, in any spelling."""

    address = forms.CharField(
        label="A subscriber's whole address",
        max_length=MAX_SPELLING,
        widget=forms.EmailInput({"autocomplete": "off", "class": "vTextField"}),
    )

    def clean_address(self) -> str:
        try:
            return canonical(self.cleaned_data["address"])
        except InvalidAddress as refusal:
            raise ValidationError(str(refusal.detail)) from None


@dataclass(frozen=True)
class Preview:
    """An edition as it would be for these choices; `composed` is None where it has no items."""

    edition: Edition
    subscriber: Subscriber | None
    form: ChoicesForm
    choices: Choices | None
    composed: Composed | None


class PreviewAdmin(CuratedAdmin):
    """Editions, each with a page that shows it before it is sent."""

    def get_urls(self) -> list[URLPattern]:
        name = "newsletter_edition_preview"
        pages = [
            ("<uuid:edition_id>/preview/", self.preview_page, name),
            ("<uuid:edition_id>/preview/mail/", self.preview_mail, f"{name}_mail"),
            ("<uuid:edition_id>/preview/subscriber/", self.find_subscriber, f"{name}_subscriber"),
            ("<uuid:edition_id>/preview/test/", self.send_test, f"{name}_test"),
        ]
        admin_view = self.admin_site.admin_view
        return [
            *(path(route, admin_view(view), name=name) for route, view, name in pages),
            *super().get_urls(),
        ]

    @admin.display
    def preview(self, edition: Edition) -> str:
        if edition.state == Edition.State.DRAFT:
            page = reverse("admin:newsletter_edition_preview", args=[edition.pk])
            return format_html('<a href="{}">As readers would get it now</a>', page)
        if edition.state in BEGUN and edition.archive:
            page = reverse("newsletter-edition-page", args=[edition.week])
            return format_html('<a href="{}">As it was sent, for every topic</a>', page)
        return NOTHING

    # --- Looking ------------------------------------------------------------------------------

    def preview_page(self, request: HttpRequest, edition_id: UUID) -> HttpResponse:
        """The mail as HTML, in a frame that can do nothing, and as text; subject and intro as they are saved."""
        preview = self._preview_of(request, edition_id)
        query = request.GET.urlencode()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Preview: {preview.edition.week}",
            "edition": preview.edition,
            "preview": preview,
            "reader": preview.subscriber
            and reader_of(preview.subscriber, preview.edition, now=timezone.now()),
            "text": _without_links(preview.composed.text, OWN_LINK) if preview.composed else "",
            "mail": f"{_page('mail', edition_id)}?{query}",
            "test": f"{_page('test', edition_id)}?{query}",
            "test_form": AddressForm(
                initial={"address": getattr(request.user, "email", "")}, auto_id="test_%s"
            ),
            "may_test": may_send(request),
            "find": _page("subscriber", edition_id),
            "find_form": AddressForm(auto_id="find_%s"),
            "may_find": may_see_subscribers(request),
        }
        return TemplateResponse(request, "admin/newsletter/preview.html", context)

    @method_decorator(xframe_options_sameorigin)
    @method_decorator(csp(FRAMED_POLICY))
    def preview_mail(self, request: HttpRequest, edition_id: UUID) -> HttpResponse:
        composed = self._preview_of(request, edition_id).composed
        if composed is None:
            raise Http404
        return HttpResponse(_without_links(composed.html, "#"))

    @method_decorator(require_POST)
    def find_subscriber(self, request: HttpRequest, edition_id: UUID) -> HttpResponse:
        """Find a subscriber by the whole address, which comes in the body; the next page names the subscriber by id."""
        if not (self.has_view_permission(request) and may_see_subscribers(request)):
            raise PermissionDenied
        page = _page("", edition_id)
        form = AddressForm(request.POST)
        if not form.is_valid():
            _complain(request, form)
            return HttpResponseRedirect(page)
        found = Subscriber.objects.filter(address_key=address_key(form.cleaned_data["address"])).first()
        if found is None:
            messages.warning(request, "There is no subscriber with this address.")
            return HttpResponseRedirect(page)
        return HttpResponseRedirect(f"{page}?{urlencode({'subscriber': found.pk})}")

    def _preview_of(self, request: HttpRequest, edition_id: UUID) -> Preview:
        if not self.has_view_permission(request):
            raise PermissionDenied
        edition = get_object_or_404(Edition, pk=edition_id)
        subscriber = find_named(request)
        form = ChoicesForm.of(subscriber) if subscriber else ChoicesForm(request.GET)
        if not form.is_valid():
            return Preview(edition, subscriber, form, None, None)
        now = timezone.now()
        # As if sending began at this moment.
        is_begun, edition.frozen_at = edition.frozen_at is not None, edition.frozen_at or now
        choices = form.choices_for(edition, now=now)
        composed = compose(
            choices=choices,
            # A change of this moment is part of the edition once it has settled.
            until=edition.frozen_at if is_begun else now + SETTLING,
            words=EditorsWords.of(edition),
        )
        return Preview(edition, subscriber, form, choices, composed)

    # --- Sending a test -----------------------------------------------------------------------

    @method_decorator(require_POST)
    def send_test(self, request: HttpRequest, edition_id: UUID) -> HttpResponse:
        """Mail what the page shows to one address, and wait for the mail server: EMAIL_TIMEOUT seconds a step."""
        if not may_send(request):
            raise PermissionDenied
        preview = self._preview_of(request, edition_id)
        form = AddressForm(request.POST)
        if not form.is_valid():
            _complain(request, form)
        elif preview.composed is None:
            messages.warning(request, "Nothing was sent: there is nothing to tell these readers.")
        else:
            self._send_test(request, preview.edition, preview.composed, form.cleaned_data["address"])
        return HttpResponseRedirect(f"{_page('', edition_id)}?{request.GET.urlencode()}")

    def _send_test(self, request: HttpRequest, edition: Edition, composed: Composed, address: str) -> None:
        sender = f"curator {request.user.pk}"
        try:
            send_test_mail(composed=composed, address=address, sender=sender, now=timezone.now())
        except TestSendRefusedError as refusal:
            messages.error(request, f"No test was sent to {masked(address)}. {refusal}")
            return
        self.log_change(request, edition, f"Sent a test to {masked(address)}.")
        messages.success(request, f"A test is on its way to {masked(address)}.")


def _page(name: str, edition_id: UUID) -> str:
    suffix = f"_{name}" if name else ""
    return reverse(f"admin:newsletter_edition_preview{suffix}", args=[edition_id])


def _without_links(content: str, instead: str) -> str:
    return content.replace(UNSUBSCRIBE_URL, instead).replace(PREFERENCES_URL, instead)


def _complain(request: HttpRequest, form: forms.Form) -> None:
    for error in form.errors.get("address", []):
        messages.error(request, str(error))


# --- The subscriber whose mail it is ------------------------------------------------------------


@dataclass(frozen=True)
class Reader:
    """A subscriber as the page shows them; `obstacles` are the reasons why they would get no copy."""

    address: str
    page: str
    last_mailed_at: datetime | None
    obstacles: list[str]


def may_send(request: HttpRequest) -> bool:
    return request.user.has_perm("newsletter.send_edition")


def may_see_subscribers(request: HttpRequest) -> bool:
    has_perm = request.user.has_perm
    return has_perm("newsletter.view_subscriber") or has_perm("newsletter.change_subscriber")


def find_named(request: HttpRequest) -> Subscriber | None:
    """The subscriber of `?subscriber=`, if it is given; raises PermissionDenied, or Http404 for an unknown id."""
    named = request.GET.get("subscriber")
    if not named:
        return None
    if not may_see_subscribers(request):
        raise PermissionDenied
    try:
        return get_object_or_404(Subscriber, pk=UUID(named))
    except ValueError:
        raise Http404 from None


def reader_of(subscriber: Subscriber, edition: Edition, *, now: datetime) -> Reader:
    return Reader(
        address=masked(subscriber.address),
        page=reverse("admin:newsletter_subscriber_change", args=[subscriber.pk]),
        last_mailed_at=subscriber.last_mailed_at,
        obstacles=_obstacles(subscriber, edition, now=now),
    )


def _obstacles(subscriber: Subscriber, edition: Edition, *, now: datetime) -> list[str]:
    found = []
    match subscriber.status:
        case Subscriber.Status.PENDING:
            found.append("They have not confirmed.")
        case Subscriber.Status.UNSUBSCRIBED:
            found.append("They have left.")
    suppression = Suppression.objects.filter(address_key=subscriber.address_key).first()
    if suppression:
        found.append(f"Their mailbox is suppressed: {suppression.get_reason_display().lower()}.")
    if subscriber.frequency == Subscriber.Frequency.MONTHLY and not goes_to_monthly(edition, now=now):
        found.append("They read monthly, and get another edition of this month.")
    return found
