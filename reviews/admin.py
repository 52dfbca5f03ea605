"""The curators' pages for reviewers, their reviews, and the count of reviews on each tool."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.http import HttpRequest

from backend.admin.base import STAMPS, ReadOnlyAdmin, ReasonForm, RecordedAdmin, link_to_api, row_action
from catalog.validators import validate_web_address
from reviews import services
from reviews.models import Panel, Review, Reviewer
from reviews.querysets import ReviewerQuerySet, ReviewQuerySet


@admin.register(Reviewer)
class ReviewerAdmin(RecordedAdmin):
    list_display = ["name", "slug", "kind", "lens", "position", "is_active", "ships", "skips"]
    list_filter = ["is_active", "kind"]
    search_fields = ["name", "slug", "lens"]
    ordering = ["position", "id"]
    fields = ["name", "slug", "kind", "lens", "motto", "position", "is_active"]
    prepopulated_fields = {"slug": ["name"]}

    def get_queryset(self, request: HttpRequest) -> ReviewerQuerySet:
        return Reviewer.objects.with_record().order_by(*self.get_ordering(request))

    @admin.display(ordering="ship_count")
    # Any, here and below: the row has the queryset's annotations.
    def ships(self, reviewer: Any) -> int:
        return int(reviewer.ship_count)

    @admin.display(ordering="skip_count")
    def skips(self, reviewer: Any) -> int:
        return int(reviewer.skip_count)


class LinksField(SimpleArrayField):
    """Addresses, one a line."""

    default_error_messages = {"item_invalid": "Line %(nth)s:"}

    def __init__(self) -> None:
        super().__init__(
            forms.URLField(max_length=500, assume_scheme="https", validators=[validate_web_address]),
            delimiter="\n",
            max_length=20,
            required=False,
            widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
            help_text="One address a line, at most 20.",
        )

    # Any: Django's base class declares a text here, and this field gives a list.
    def to_python(self, value: object) -> Any:
        # An address holds no white space, so what a browser or a curator puts between two of them falls away.
        return super().to_python("\n".join(value.split()) if isinstance(value, str) else value)


class ReviewForm(ReasonForm):
    evidence = LinksField()

    def clean(self) -> None:
        super().clean()
        given = self.cleaned_data
        if given.get("status") != Review.Status.DRAFT and not given.get("basis", "refused"):
            self.add_error("basis", "Only a draft can do without.")
        if given.get("status") != Review.Status.PUBLISHED or not {"reviewer", "tool"} <= given.keys():
            return
        live = Review.objects.filter(
            reviewer=given["reviewer"], tool=given["tool"], status=Review.Status.PUBLISHED
        ).exclude(pk=self.instance.pk)
        if live.exists():
            self.add_error(
                "reviewer", "This reviewer has a live review of the tool already: correct or retract it."
            )


@admin.register(Review)
class ReviewAdmin(RecordedAdmin):
    form = ReviewForm
    list_display = ["reviewer", "tool", "verdict", "basis", "status", "reviewed_on", "revision", "updated_at"]
    list_filter = ["status", "verdict", "basis", "reviewer", "tool__category"]
    search_fields = ["tool__name", "tool__slug", "reviewer__name", "quote"]
    search_help_text = "Tool, reviewer or words of the quote."
    date_hierarchy = "reviewed_on"
    ordering = ["-updated_at", "-id"]
    autocomplete_fields = ["reviewer", "tool"]
    readonly_fields = [*STAMPS, "revision", "page"]
    at_a_glance = ["page"]
    actions = ["publish", "retract"]
    fields = [
        "reviewer",
        "tool",
        "verdict",
        "quote",
        "basis",
        "disclosure",
        "evidence",
        "reviewed_on",
        "status",
        "revision",
    ]

    def get_queryset(self, request: HttpRequest) -> ReviewQuerySet:
        return Review.objects.select_related("reviewer", "tool").order_by(*self.get_ordering(request))

    @admin.display
    def page(self, review: Review) -> str:
        if review.status != Review.Status.PUBLISHED:
            return "Nothing public unless it is published."
        return link_to_api(f"reviews/{review.pk}")

    publish = row_action(services.publish, description="Publish", done="published")
    retract = row_action(services.retract, description="Retract", done="retracted")


@admin.register(Panel)
class PanelAdmin(ReadOnlyAdmin):
    list_display = ["tool", "ship", "skip", "total", "percent", "call"]
    list_filter = ["call", "tool__category"]
    list_select_related = ["tool"]
    search_fields = ["tool__name", "tool__slug"]
    ordering = ["tool__name", "pk"]
    readonly_fields = ["total", "percent", "call"]
