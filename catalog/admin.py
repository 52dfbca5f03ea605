"""The curators' pages for categories and for the earlier slugs of tools."""

from django.contrib import admin
from django.http import HttpRequest

from backend.admin.base import ReadOnlyAdmin, RecordedAdmin
from catalog.models import Category, ToolAlias
from catalog.querysets import CategoryQuerySet


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


@admin.register(ToolAlias)
class ToolAliasAdmin(ReadOnlyAdmin):
    list_display = ["slug", "tool", "created_at"]
    list_select_related = ["tool"]
    search_fields = ["slug", "tool__name", "tool__slug"]
    date_hierarchy = "created_at"
    ordering = ["slug"]
