"""The curators' page for the history of verdicts, which can only be read."""

from django.contrib import admin

from backend.admin.base import ReadOnlyAdmin
from comparisons.models import VerdictChange


@admin.register(VerdictChange)
class VerdictChangeAdmin(ReadOnlyAdmin):
    list_display = ["changed_at", "comparison", "cause", "detail"]
    list_filter = ["cause", "outcome"]
    list_select_related = ["comparison__first_tool", "comparison__second_tool", "winner", "before_winner"]
    search_fields = [
        "comparison__first_tool__name", "comparison__first_tool__slug",
        "comparison__second_tool__name", "comparison__second_tool__slug",
    ]  # fmt: skip
    search_help_text = "Either tool's name or slug."
    date_hierarchy = "changed_at"
    ordering = ["-changed_at", "-id"]
    fields = [
        "comparison", "number", "changed_at", "cause", "detail",
        "outcome", "winner", "decided_by", "strength", "margin", "rule",
        "before_outcome", "before_winner", "before_decided_by", "before_strength", "before_margin", "before_rule",
    ]  # fmt: skip
    readonly_fields = ["detail"]
