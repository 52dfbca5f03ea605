"""The curators' pages for categories, conditions and earlier slugs, and what pages of tools and pairs share."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.http import HttpRequest

from backend.admin.base import ModelForm, ReadOnlyAdmin, RecordedAdmin
from catalog.models import MAX_FITS, Category, Condition, ToolAlias
from catalog.querysets import CategoryQuerySet, ConditionQuerySet
from catalog.validators import validate_web_address

# Django's class takes its models in brackets only for type checkers.
if TYPE_CHECKING:
    StackedInline = admin.StackedInline[Any, Any]
else:
    StackedInline = admin.StackedInline


@admin.register(Category)
class CategoryAdmin(RecordedAdmin):
    list_display = ["name", "slug", "published_tools", "updated_at"]
    search_fields = ["name", "slug"]
    ordering = ["name", "id"]
    fields = ["name", "slug", "description"]
    prepopulated_fields = {"slug": ["name"]}

    def get_queryset(self, request: HttpRequest) -> CategoryQuerySet:
        return Category.objects.with_tool_count().order_by(*self.get_ordering(request))

    @admin.display(ordering="tool_count")
    def published_tools(self, category: Category) -> int:
        return category.tool_count


@admin.register(Condition)
class ConditionAdmin(RecordedAdmin):
    list_display = ["name", "slug", "published_tools", "updated_at"]
    search_fields = ["name", "slug"]
    ordering = ["name", "id"]
    fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}

    def get_queryset(self, request: HttpRequest) -> ConditionQuerySet:
        return Condition.objects.with_tool_count().order_by(*self.get_ordering(request))

    @admin.display(ordering="tool_count")
    def published_tools(self, condition: Condition) -> int:
        return condition.tool_count


@admin.register(ToolAlias)
class ToolAliasAdmin(ReadOnlyAdmin):
    list_display = ["slug", "tool", "created_at"]
    list_select_related = ["tool"]
    search_fields = ["slug", "tool__name", "tool__slug"]
    date_hierarchy = "created_at"
    ordering = ["slug"]


class LinksField(SimpleArrayField):
    """Addresses, one a line."""

    default_error_messages = {"item_invalid": "Line %(nth)s:"}

    def __init__(self, *, most: int, required: bool = False, rows: int = 4) -> None:
        super().__init__(
            forms.URLField(max_length=500, assume_scheme="https", validators=[validate_web_address]),
            delimiter="\n",
            max_length=most,
            required=required,
            widget=forms.Textarea(attrs={"rows": rows, "class": "vLargeTextField"}),
            help_text=f"One address a line, at most {most}.",
        )

    # Any: Django's base class declares a text here, and this field gives a list.
    def to_python(self, value: object) -> Any:
        # An address holds no white space, so what a browser or a curator puts between two of them falls away.
        return super().to_python("\n".join(value.split()) if isinstance(value, str) else value)


class FitForm(ModelForm):
    evidence = LinksField(most=5, required=True, rows=2)


class FitInline(StackedInline):
    """Conditions on the page of what they stand on, in the order that curators give them."""

    form = FitForm
    autocomplete_fields = ["condition"]
    extra = 0
    max_num = MAX_FITS
    ordering = ["position", "id"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("condition")

    # Any: what Django's factory of formsets takes and gives.
    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """More rows than fit are refused, and not only not offered."""
        return super().get_formset(request, obj, **{"validate_max": True, **kwargs})
