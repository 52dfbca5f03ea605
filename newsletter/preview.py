"""The curators' page on which an edition is seen as readers with these or those choices would get it now."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp
from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.clickjacking import xframe_options_sameorigin

from catalog.admin import NOTHING, CuratedAdmin
from catalog.models import Category
from newsletter.archive import BEGUN
from newsletter.archive_views import MAIL_POLICY
from newsletter.content import SETTLING, Choices, Composed, compose
from newsletter.models import Edition, Subscriber
from reviews.models import Reviewer

# To show it in a frame of ours is all that may be done with it: no script, no form, no way out of the frame.
FRAMED_POLICY = {**MAIL_POLICY, "frame-ancestors": [SELF], "sandbox": True}


class ChoicesForm(forms.Form):
    """Whose mail is shown."""

    topics: Any = forms.ModelMultipleChoiceField(
        Category.objects.order_by("name", "id"),
        to_field_name="slug",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None: every topic.",
    )
    reviewers: Any = forms.ModelMultipleChoiceField(
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
        help_text="Empty: 7.",
    )

    def choices_at(self, now: datetime) -> Choices:
        given = self.cleaned_data
        return Choices(
            topics=tuple(topic.slug for topic in given["topics"]),
            reviewers=tuple(reviewer.slug for reviewer in given["reviewers"]),
            frequency=given["frequency"] or Subscriber.Frequency.WEEKLY,
            since=now - timedelta(days=given["days"] or 7),
        )


class PreviewedAdmin(CuratedAdmin):
    """Editions, each with a page that shows it before anybody gets it."""

    def get_urls(self) -> Any:
        pages = [
            ("<uuid:edition_id>/preview/", self.preview_page, "newsletter_edition_preview"),
            ("<uuid:edition_id>/preview/mail/", self.preview_mail, "newsletter_edition_preview_mail"),
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

    def preview_page(self, request: HttpRequest, edition_id: UUID) -> HttpResponse:
        """The mail as HTML, in a frame that can do nothing, and as text; subject and intro as they are saved."""
        edition, form, composed = self._compose(request, edition_id)
        mail = reverse("admin:newsletter_edition_preview_mail", args=[edition.pk])
        shown = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Preview: {edition.week}",
            "edition": edition,
            "form": form,
            "composed": composed,
            "mail": f"{mail}?{urlencode(request.GET, doseq=True)}",
        }
        return TemplateResponse(request, "admin/newsletter/preview.html", shown)

    @method_decorator(xframe_options_sameorigin)
    @method_decorator(csp(FRAMED_POLICY))
    def preview_mail(self, request: HttpRequest, edition_id: UUID) -> HttpResponse:
        _, _, composed = self._compose(request, edition_id)
        if composed is None:
            raise Http404
        return HttpResponse(composed.html)

    def _compose(
        self, request: HttpRequest, edition_id: UUID
    ) -> tuple[Edition, ChoicesForm, Composed | None]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        edition = get_object_or_404(Edition, pk=edition_id)
        form = ChoicesForm(request.GET)
        if not form.is_valid():
            return edition, form, None
        # What was published just now would be told as soon as it has settled.
        now = timezone.now()
        composed = compose(
            choices=form.choices_at(now), until=now + SETTLING, subject=edition.subject, intro=edition.intro
        )
        return edition, form, composed
