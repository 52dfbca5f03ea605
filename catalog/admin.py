"""The curators' pages for tools and categories, and what the admin pages of every app share."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import model_ngettext
from django.core.exceptions import BadRequest, ValidationError
from django.core.files.images import get_image_dimensions
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from catalog import services
from catalog.models import Category, Tool, ToolAlias
from catalog.querysets import ToolQuerySet

# Django's classes take their model in brackets only for type checkers.
if TYPE_CHECKING:
    DjangoModelAdmin = admin.ModelAdmin[Any]
    ModelForm = forms.ModelForm[Any]
else:
    DjangoModelAdmin = admin.ModelAdmin
    ModelForm = forms.ModelForm

STAMPS = ["id", "created_at", "updated_at"]
LOGO_TYPES = {"image/png", "image/jpeg", "image/webp"}
MAX_LOGO_BYTES = 1_000_000
MAX_LOGO_PIXELS = 4_000_000
NOTHING = "–"

admin.site.site_header = admin.site.site_title = "AI Tool Verdicts"
admin.site.index_title = "The curators' desk"
admin.site.site_url = "/api/docs"


class ModelAdmin(DjangoModelAdmin):
    """Django's, with room for long names, and pages that refuse made-up ids instead of failing on them."""

    class Media:
        css = {"all": ["catalog/admin.css"]}

    def changelist_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return answer_or_refuse(super().changelist_view, *args, **kwargs)

    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return answer_or_refuse(super().changeform_view, *args, **kwargs)

    def do_to_each(
        self, request: HttpRequest, rows: models.QuerySet[Any], deed: Callable[[Any], None], *, done: str
    ) -> None:
        """Says afterwards how many rows the deed was done to, and which were left and why."""
        count, left = 0, dict[str, list[str]]()
        for row in rows:
            try:
                deed(row)
            except services.CurationError as refusal:
                left.setdefault(str(refusal), []).append(str(row))
            else:
                self.log_change(request, row, f"{done.capitalize()}.")
                count += 1
        if count:
            messages.success(request, f"{count} {model_ngettext(self.opts, count)} {done}.")
        for reason, names in left.items():
            more = f" and {len(names) - 10} more" if len(names) > 10 else ""
            messages.warning(request, f"Not {done} ({reason}): {', '.join(names[:10])}{more}.")


def answer_or_refuse(view: Callable[..., HttpResponse], *args: Any, **kwargs: Any) -> HttpResponse:
    try:
        response = view(*args, **kwargs)
        # Some values are only looked at when the page is drawn.
        return response.render() if isinstance(response, TemplateResponse) else response
    except (OverflowError, ValidationError) as error:
        raise BadRequest(str(error)) from error


class CuratedAdmin(ModelAdmin):
    """Rows that curators write; each shows its id and its times once it exists."""

    readonly_fields = STAMPS
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return [*fieldsets, ("Record", {"classes": ["collapse"], "fields": STAMPS})] if obj else fieldsets

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A row takes along those kept for it, though nobody may delete these by themselves."""
        to_delete, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        kept = {
            str(model._meta.verbose_name)
            for model, page in self.admin_site._registry.items()
            if isinstance(page, ReadOnlyAdmin)
        }
        return to_delete, counts, forbidden - kept, protected


class ReadOnlyAdmin(ModelAdmin):
    """Rows that the product writes by itself: to be found and read here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Category)
class CategoryAdmin(CuratedAdmin):
    list_display = ["name", "slug", "published_tools", "updated_at"]
    search_fields = ["name", "slug"]
    ordering = ["name", "id"]
    fields = ["name", "slug", "description"]
    prepopulated_fields = {"slug": ["name"]}

    def get_queryset(self, request: HttpRequest) -> Any:
        return Category.objects.with_tool_count().order_by(*self.get_ordering(request))

    @admin.display(ordering="tool_count")
    def published_tools(self, category: Any) -> int:
        return int(category.tool_count)


class ToolForm(ModelForm):
    class Meta:
        help_texts = {
            "slug": "Its place in addresses. When you change it, the earlier one leads here for ever.",
            "published_at": "Empty: the moment of publication.",
            "logo": "PNG, JPEG or WebP, at most 1 MB and 4 megapixels.",
        }

    def clean_logo(self) -> Any:
        logo = self.cleaned_data["logo"]
        # What was stored earlier is no upload, and its file may be anywhere.
        if not isinstance(logo, UploadedFile):
            return logo
        if logo.content_type not in LOGO_TYPES:
            raise ValidationError("This is not a PNG, JPEG or WebP picture.")
        if (logo.size or 0) > MAX_LOGO_BYTES:
            raise ValidationError("This file is larger than 1 MB.")
        width, height = get_image_dimensions(logo)
        if (width or 0) * (height or 0) > MAX_LOGO_PIXELS:
            raise ValidationError(f"This picture has {width} by {height} pixels, more than 4 megapixels.")
        return logo

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


@admin.register(Tool)
class ToolAdmin(CuratedAdmin):
    """Panel and tally belong to floors above; they are reached from the tool, never imported."""

    form = ToolForm
    list_display = [
        "name", "slug", "status", "panel_count", "community", "entry_price", "category", "published_at",
    ]  # fmt: skip
    list_filter = ["status", "panel__call", "pricing_entry", "pricing_model", "category"]
    list_select_related = ["category", "panel", "tally"]
    search_fields = ["name", "slug", "aliases__slug", "tagline"]
    search_help_text = "Name, slug (earlier ones too) or tagline."
    date_hierarchy = "published_at"
    ordering = ["name", "id"]
    autocomplete_fields = ["category"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = [*STAMPS, "earlier_slugs", "logo_preview", "reviews", "page"]
    actions = ["publish", "archive"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "category", "status", "published_at"]}),
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

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        here = ("At a glance", {"fields": ["page", "earlier_slugs", "reviews", "logo_preview"]})
        return [here, *fieldsets] if obj else fieldsets

    @admin.display(description="entry", ordering="pricing_entry")
    def entry_price(self, tool: Tool) -> str:
        return tool.get_pricing_entry_display()

    @admin.display(description="panel", ordering="panel__percent")
    def panel_count(self, tool: Tool) -> str:
        return count_of(tool.panel)

    @admin.display(ordering="tally__total")
    def community(self, tool: Tool) -> str:
        return count_of(tool.tally)

    @admin.display
    def earlier_slugs(self, tool: Tool) -> str:
        aliases = tool.aliases.order_by("created_at", "slug")
        return ", ".join(alias.slug for alias in aliases) or NOTHING

    @admin.display
    def logo_preview(self, tool: Tool) -> str:
        return format_html('<img src="{}" alt="" height="64">', tool.logo.url) if tool.logo else NOTHING

    @admin.display
    def reviews(self, tool: Tool) -> str:
        return format_html(
            '<a href="{}?tool__id__exact={}">Panel: {}</a> · <a href="{}?tool={}">Add a review</a>',
            reverse("admin:reviews_review_changelist"), tool.pk, count_of(tool.panel),
            reverse("admin:reviews_review_add"), tool.pk,
        )  # fmt: skip

    @admin.display
    def page(self, tool: Tool) -> str:
        if tool.status == Tool.Status.DRAFT:
            return "Nothing public while it is a draft."
        return link_to_api(f"tools/{tool.slug}")

    @admin.action(description="Publish", permissions=["change"])
    def publish(self, request: HttpRequest, tools: ToolQuerySet) -> None:
        now = timezone.now()
        self.do_to_each(request, tools, lambda tool: services.publish(tool=tool, now=now), done="published")

    @admin.action(description="Archive", permissions=["change"])
    def archive(self, request: HttpRequest, tools: ToolQuerySet) -> None:
        now = timezone.now()
        self.do_to_each(request, tools, lambda tool: services.archive(tool=tool, now=now), done="archived")


def link_to_api(path: str) -> str:
    # Not by reverse(): a form that is shown again may hold a slug that no address takes.
    return format_html('<a href="/api/v1/{}">View in API</a>', path)


def count_of(counted: Any) -> str:
    """A panel or a tally as "3 of 4"."""
    return f"{counted.ship} of {counted.total}" if counted.total else NOTHING


@admin.register(ToolAlias)
class ToolAliasAdmin(ReadOnlyAdmin):
    list_display = ["slug", "tool", "created_at"]
    list_select_related = ["tool"]
    search_fields = ["slug", "tool__name", "tool__slug"]
    date_hierarchy = "created_at"
    ordering = ["slug"]
