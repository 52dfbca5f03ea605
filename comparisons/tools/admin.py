"""The curators' page for tools, with the panel's and the crowd's counts of each."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import model_ngettext
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from backend.admin.actions import row_action
from backend.admin.base import NOTHING, STAMPS
from backend.admin.bulk import Rows
from backend.admin.bulk_pages import bulk_action
from backend.admin.links import link_to_preview
from backend.admin.publishing import DatedForm, MomentFilter, PublishedAdmin, publish_action
from catalog import logos, services
from catalog.admin import FitInline
from catalog.bulk import Archive, Unschedule
from catalog.logo_encoding import MAX_BYTES, UnfitLogoError, check_logo
from catalog.models import LogoUpload, Tool, ToolFit
from catalog.querysets import PRICE_DAYS
from catalog.workflow import ITEM_MOVES
from comparisons.merging.admin import may_merge, merge_page
from comparisons.merging.duplicates import likenesses_of
from comparisons.models import Comparison
from comparisons.tools.slugs import taken_pair_slugs
from reviews.models import Panel, Review
from votes.models import Tally

RELEASES_SHOWN = 20


class ArchiveTools(Archive):
    consequence = "Archived tools leave lists and rankings at once. Their pages stay."

    def tell(self, rows: Rows) -> list[str]:
        pairs = (
            Comparison.objects.published().filter(Q(first_tool__in=rows) | Q(second_tool__in=rows)).count()
        )
        reviews = Review.objects.filter(tool__in=rows, status=Review.Status.PUBLISHED).count()
        named = ((pairs, Comparison), (reviews, Review))
        counts = " and ".join(f"{n:,} {model_ngettext(model._meta, n)}" for n, model in named)
        return [f"Published and about them: {counts}. These stay as they are."]


class ToolForm(DatedForm):
    # By its content, whatever it is called: Django's own field would ask for an ending, and decode it here.
    logo = forms.FileField(required=False, widget=AdminFileWidget)
    uploaded_logo: bytes | None = None

    class Meta:
        help_texts = {
            "slug": "It is part of addresses. Once readers could see the tool, an earlier slug leads here for ever.",
            "published_at": "The date readers see. Empty: the moment of publication. In the future: hidden until then.",
            "logo": "PNG, JPEG or WebP, at most 1 MB and 4 megapixels. A worker redraws it as a square within seconds.",
        }

    def find_missing(self) -> list[str]:
        return services.missing_of_tool(self.instance)

    def clean_logo(self) -> object:
        """A new one waits for a worker; until that has drawn it, the tool keeps the one it has."""
        logo = self.cleaned_data["logo"]
        # What was stored earlier is no upload, and its file may be anywhere.
        if not isinstance(logo, UploadedFile):
            return logo
        self.uploaded_logo = logo.read(MAX_BYTES + 1)
        try:
            check_logo(self.uploaded_logo)
        except UnfitLogoError as refusal:
            raise ValidationError(str(refusal)) from None
        return self.instance.logo

    def clean_slug(self) -> str:
        """A pair of this tool may not come to have the slug of another pair."""
        slug = str(self.cleaned_data["slug"])
        if self.instance._state.adding or slug == self.initial.get("slug"):
            return slug
        if taken := taken_pair_slugs(self.instance, slug):
            raise ValidationError(f"{taken[0]} leads to another pair already, and would to one of this tool.")
        return slug

    def clean(self) -> None:
        super().clean()
        given = self.cleaned_data
        if not {"pricing_starts_at", "pricing_currency"} <= given.keys():
            return
        amount, currency = given["pricing_starts_at"], given["pricing_currency"]
        if amount is None and currency:
            self.add_error("pricing_starts_at", "A currency needs an amount.")
        elif amount is not None and amount < 0:
            self.add_error("pricing_starts_at", "A price can't be negative.")
        elif amount is not None and not currency:
            self.add_error("pricing_currency", "An amount needs a currency.")


class ToolFitInline(FitInline):
    model = ToolFit
    fields = [("condition", "position"), "note", "evidence", "checked_on"]


class PriceFilter(admin.SimpleListFilter):
    title = "price"
    parameter_name = "price"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("stale", f"Not checked for {PRICE_DAYS} days")]

    # Any: Django hands filters a queryset of any model.
    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Tool]:
        rows: QuerySet[Tool] = queryset
        if self.value() == "stale":
            rows = queryset.with_stale_price(today=timezone.now().date())
        return rows


@admin.register(Tool)
class ToolAdmin(PublishedAdmin):
    form = ToolForm
    moves = ITEM_MOVES
    inlines = [ToolFitInline]
    list_display = [
        "name", "slug", "releases_link", "status", "panel_count", "community", "entry_price", "category", "published_at",
    ]  # fmt: skip
    list_filter = [
        "status",
        MomentFilter,
        "panel__call",
        PriceFilter,
        "pricing_entry",
        "pricing_model",
        "category",
    ]
    linked_lookups = ["product__iexact"]
    list_select_related = ["category", "panel", "tally"]
    search_fields = ["name", "slug", "aliases__slug", "tagline", "product"]
    search_help_text = "Name, slug (earlier ones too), tagline or product."
    search_place = 1
    date_hierarchy = "published_at"
    ordering = ["sort_key", "id"]
    autocomplete_fields = ["category"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = [
        *STAMPS,
        "earlier_slugs",
        "logo_preview",
        "reviews",
        "merge_link",
        "other_releases",
        "page",
    ]
    at_a_glance = ["page", "earlier_slugs", "reviews", "other_releases", "merge_link", "logo_preview"]
    actions = ["hand_in", "publish", "archive", "unschedule"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "product", "category", "status", "published_at"]}),
        ("What readers see", {"fields": ["tagline", "description", "website", "logo"]}),
        (
            "Pricing",
            {
                "fields": [
                    "pricing_entry",
                    "pricing_model",
                    ("pricing_starts_at", "pricing_currency", "pricing_unit"),
                    "pricing_free_tier",
                    "pricing_note",
                    "pricing_checked_on",
                ]
            },
        ),
    ]

    def get_at_a_glance(self, request: HttpRequest) -> list[str]:
        return [name for name in self.at_a_glance if name != "merge_link" or may_merge(request)]

    @admin.display(description="entry", ordering="pricing_entry")
    def entry_price(self, tool: Tool) -> str:
        return tool.get_pricing_entry_display()

    @admin.display(description="panel", ordering="panel__percent")
    def panel_count(self, tool: Tool) -> str:
        return count_of(tool.panel)

    @admin.display(ordering="tally__total")
    def community(self, tool: Tool) -> str:
        return count_of(tool.tally)

    @admin.display(description="product", ordering="product")
    def releases_link(self, tool: Tool) -> str:
        """The product that it is a release of, with a link to all of them."""
        if not tool.product:
            return NOTHING
        page = reverse("admin:catalog_tool_changelist", query={"product__iexact": tool.product})
        return format_html('<a href="{}">{}</a>', page, tool.product)

    @admin.display
    def other_releases(self, tool: Tool) -> str:
        if not tool.product:
            return NOTHING
        others = Tool.objects.releases_of(tool.product).exclude(pk=tool.pk).order_by("slug")[:RELEASES_SHOWN]
        linked = ((reverse("admin:catalog_tool_change", args=[other.pk]), other) for other in others)
        return format_html_join(mark_safe("<br>"), '<a href="{}">{}</a>', linked) or NOTHING

    @admin.display
    def earlier_slugs(self, tool: Tool) -> str:
        aliases = tool.aliases.order_by("created_at", "slug")
        return ", ".join(alias.slug for alias in aliases) or NOTHING

    @admin.display
    def logo_preview(self, tool: Tool) -> str:
        """The logo that readers get, and what becomes of the last one that was sent."""
        shown = [
            format_html('<img src="{}{}" alt="" width="{}">', settings.MEDIA_URL, size.png, size.pixels)
            for size in logos.sizes_of(tool)
        ]
        if sent := LogoUpload.objects.filter(tool=tool).defer("content").first():
            state = (
                f"Not taken: {sent.refusal}"
                if sent.refusal
                else "Sent, and being drawn. Reload in a few seconds."
            )
            shown.append(format_html("<p>{}</p>", state))
        return format_html_join(" ", "{}", ((part,) for part in shown)) or NOTHING

    @admin.display(description="duplicates")
    def merge_link(self, tool: Tool) -> str:
        return format_html('<a href="{}">Merge into another tool…</a>', merge_page(tool))

    def save_model(self, request: HttpRequest, obj: Tool, form: ToolForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if {"name", "slug", "website"} & set(form.changed_data):
            for other, reasons in likenesses_of(obj):
                said = f"This may be the same as {other}: {', '.join(reasons)}."
                look = f"{merge_page(obj)}?into={other.slug}"
                messages.warning(
                    request,
                    format_html('{} <a href="{}">Look</a>', said, look) if may_merge(request) else said,
                )
        if form.uploaded_logo is not None:
            logos.keep_upload(
                tool=obj,
                content=form.uploaded_logo,
                uploaded_by=request.user.get_username(),
                now=timezone.now(),
            )
        elif "logo" in form.changed_data:
            logos.delete_upload(tool=obj)

    @admin.display
    def reviews(self, tool: Tool) -> str:
        return format_html(
            '<a href="{}">Panel: {}, all reviewers on one page</a>',
            reverse("admin:reviews_panel_rows", args=[tool.pk]), count_of(tool.panel),
        )  # fmt: skip

    @admin.display
    def page(self, tool: Tool) -> str:
        return link_to_preview(
            reverse("admin:comparisons_preview", args=["tool", tool.pk]), public_at=tool.public_at
        )

    hand_in = row_action(services.hand_in, description="Hand in for review", done="handed in for review")
    publish = publish_action(services.publish_tool, reads=["fits"])
    archive = bulk_action(ArchiveTools(Tool), permission="publish")
    unschedule = bulk_action(Unschedule(Tool), permission="publish")


def count_of(counted: Panel | Tally) -> str:
    """How many of all ship: `3 of 4`."""
    return f"{counted.ship} of {counted.total}" if counted.total else NOTHING
