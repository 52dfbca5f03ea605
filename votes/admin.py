"""The curators' pages for voters, their votes and picks, and the tallies that these add up to."""

from django.contrib import admin
from django.http import HttpRequest

from catalog.admin import ModelAdmin, ReadOnlyAdmin
from votes.models import (
    Alert,
    Pick,
    PickTally,
    PublishedPickTally,
    PublishedTally,
    Ruling,
    Tally,
    TallyDay,
    Vote,
    Voter,
)


class ReadersAdmin(ModelAdmin):
    """Rows that readers make: a curator may judge or remove them, and add none."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Voter)
class VoterAdmin(ReadersAdmin):
    list_display = ["id", "assurance", "created_at"]
    list_filter = ["assurance"]
    search_fields = ["=id"]
    search_help_text = "The voter's whole id."
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]
    fields = ["id", "assurance", "created_at"]
    readonly_fields = ["id", "created_at"]


class BallotAdmin(ReadersAdmin):
    """What a reader said stays as it was said; only whether it counts may change."""

    list_filter = ["status"]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]


@admin.register(Vote)
class VoteAdmin(BallotAdmin):
    list_display = ["created_at", "tool", "value", "status", "reasons", "voter"]
    list_filter = ["status", "value", "tool__category"]
    list_select_related = ["tool", "voter"]
    search_fields = ["tool__name", "tool__slug", "=voter__id"]
    search_help_text = "Tool, or the voter's whole id."
    readonly_fields = ["tool", "value", "voter", "reasons", "ruleset", "id", "created_at", "updated_at"]


@admin.register(Pick)
class PickAdmin(BallotAdmin):
    list_display = [
        "created_at", "first_tool__name", "second_tool__name", "chosen_tool__name", "status", "reasons", "voter",
    ]  # fmt: skip
    list_select_related = ["first_tool", "second_tool", "chosen_tool", "voter"]
    search_fields = [
        "first_tool__name", "first_tool__slug", "second_tool__name", "second_tool__slug", "=voter__id",
    ]  # fmt: skip
    search_help_text = "Either tool, or the voter's whole id."
    readonly_fields = [
        "first_tool", "second_tool", "chosen_tool", "voter", "reasons", "ruleset",
        "id", "created_at", "updated_at",
    ]  # fmt: skip


@admin.register(Tally)
class TallyAdmin(ReadOnlyAdmin):
    list_display = ["tool", "ship", "skip", "total", "pending", "quarantined", "rejected"]
    list_filter = ["tool__category"]
    list_select_related = ["tool"]
    search_fields = ["tool__name", "tool__slug"]
    ordering = ["-total", "pk"]
    readonly_fields = ["total", "interval_low", "interval_high"]


@admin.register(PickTally)
class PickTallyAdmin(ReadOnlyAdmin):
    list_display = [
        "first_tool__name", "first", "second_tool__name", "second", "pending", "quarantined", "rejected",
    ]  # fmt: skip
    list_select_related = ["first_tool", "second_tool"]
    search_fields = ["first_tool__name", "first_tool__slug", "second_tool__name", "second_tool__slug"]
    ordering = ["-total", "id"]
    readonly_fields = ["total"]


@admin.register(PublishedTally)
class PublishedTallyAdmin(TallyAdmin):
    list_display = [*TallyAdmin.list_display, "as_of"]


@admin.register(PublishedPickTally)
class PublishedPickTallyAdmin(PickTallyAdmin):
    list_display = [*PickTallyAdmin.list_display, "as_of"]


@admin.register(TallyDay)
class TallyDayAdmin(ReadOnlyAdmin):
    list_display = ["day", "tool", "ship", "skip", "pending", "quarantined", "rejected", "ruleset", "digest"]
    list_select_related = ["tool"]
    search_fields = ["tool__name", "tool__slug"]
    date_hierarchy = "day"
    ordering = ["-day", "tool"]


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "kind", "target", "begins_at", "detail", "closed_at"]
    list_filter = ["kind", ("closed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["tool", "other_tool"]
    search_fields = ["tool__name", "tool__slug", "other_tool__name", "other_tool__slug"]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]


@admin.register(Ruling)
class RulingAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "deed", "target", "begins_at", "ends_at", "count", "why", "decided_by"]
    list_filter = ["deed"]
    list_select_related = ["tool", "other_tool", "decided_by"]
    search_fields = ["tool__name", "tool__slug", "other_tool__name", "other_tool__slug", "why"]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]
