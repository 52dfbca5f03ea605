"""The curators' pages for voters, their votes and picks, and the tallies that these add up to."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import reduce
from itertools import islice
from operator import or_
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import BooleanField, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.http import HttpRequest
from django.utils.html import format_html

from backend.admin.actions import row_action
from backend.admin.base import ModelAdmin, ReadOnlyAdmin
from backend.admin.bounded import BoundedPaginator
from backend.admin.bulk_pages import bulk_action
from catalog.models import Tool
from votes import models
from votes.moderation.actions import close
from votes.moderation.bulk import Quarantine, Release
from votes.moderation.watching import WatchedAdmin, watch_address, watch_page
from votes.voters.erasure import erase

if TYPE_CHECKING:
    from django.contrib.admin.filters import _ListFilterChoices

# Rows of so many tools are looked up by the tools. Where a search names more, the list is walked, and each row's tool is
# looked at: a page is found soon.
MOST_TOOLS = 1_000


class ReadersAdmin(ModelAdmin):
    """Rows that readers make: none is added, and none deleted, for what was decided of it has to hold.

    They stand in the order in which they came, as their ids do: any other would sort them all.
    """

    paginator = BoundedPaginator
    show_full_result_count = False
    ordering = ["-id"]
    sortable_by = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(models.Voter)
class VoterAdmin(ReadersAdmin):
    list_display = ["id", "assurance", "created_at", "erased_at"]
    list_filter = ["created_at", "assurance"]
    actions = ["erase"]
    search_fields = ["=id"]
    search_help_text = "The voter's whole id."
    fields = ["id", "assurance", "created_at", "erased_at"]
    readonly_fields = ["id", "created_at", "erased_at"]

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("votes.delete_voter")

    erase = row_action(
        erase,
        description="Erase: delete all votes and picks, refuse the token for good",
        done="erased",
        permission="erase",
        asks="All their votes and picks go for good, and the numbers with them. Nobody can take that back.",
    )


class OfToolsAdmin(ModelAdmin):
    """Rows of tools, of which there may be millions: the tools are found first, which are few, and then their rows."""

    of_tools: tuple[str, ...] = ("tool",)
    # What the box is there for; it looks for no other columns.
    search_fields = ("pk",)
    search_help_text = "Words of the tool's name or slug."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        if not search_term:
            return queryset, False
        named = Q()
        for word in search_term.split():
            named &= Q(name__icontains=word) | Q(slug__icontains=word)
        tools = Tool.objects.filter(named).order_by()
        few = list(tools.values_list("pk", flat=True)[: MOST_TOOLS + 1])
        # A scalar, of which PostgreSQL makes no join that would find all rows of all tools first.
        is_named = tools.values(is_named=Value(True))
        sides = (
            Q(**{f"{column}__in": few})
            if len(few) <= MOST_TOOLS
            else Q(Subquery(is_named.filter(pk=OuterRef(column)), output_field=BooleanField()))
            for column in self.of_tools
        )
        return queryset.filter(reduce(or_, sides)), False


class BallotAdmin(OfToolsAdmin, ReadersAdmin):
    """What a reader said stays as it was said. Whether it counts is decided of a span of time, or of a selection."""

    list_filter = ["created_at", "status"]
    actions = ["quarantine", "release"]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        with suppress(ValueError):
            return queryset.filter(voter=UUID(search_term.strip())), False
        return super().get_search_results(request, queryset, search_term)

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"votes.moderate_{self.opts.model_name}")

    def get_actions(self, request: HttpRequest) -> dict[str, tuple[Callable[..., str], str, str] | None]:
        """None on a list of those that say the same: nobody chooses votes by what they say (decision 146)."""
        found = super().get_actions(request)
        return {} if any(name.startswith("value") for name in request.GET) else found


@admin.register(models.Vote)
class VoteAdmin(BallotAdmin):
    list_display = ["created_at", "tool", "value", "status", "reasons", "voter"]
    list_filter = ["created_at", "status", "value", "tool__category"]
    list_select_related = ["tool", "voter"]
    search_help_text = "Words of the tool's name or slug, or the voter's whole id."
    fields = ["tool", "value", "voter", "status", "reasons", "ruleset", "id", "created_at", "updated_at"]
    quarantine = bulk_action(Quarantine(models.Vote), permission="moderate")
    release = bulk_action(Release(models.Vote), permission="moderate")


@admin.register(models.Pick)
class PickAdmin(BallotAdmin):
    list_display = [
        "created_at", "first_tool__name", "second_tool__name", "chosen_tool__name", "status", "reasons", "voter",
    ]  # fmt: skip
    list_select_related = ["first_tool", "second_tool", "chosen_tool", "voter"]
    of_tools = ("first_tool", "second_tool")
    search_help_text = "Words of either tool's name or slug, or the voter's whole id."
    fields = [
        "first_tool", "second_tool", "chosen_tool", "voter", "status", "reasons", "ruleset",
        "id", "created_at", "updated_at",
    ]  # fmt: skip
    quarantine = bulk_action(Quarantine(models.Pick), permission="moderate")
    release = bulk_action(Release(models.Pick), permission="moderate")


class CountsAdmin(ReadOnlyAdmin):
    list_display = ["tool", "ship", "skip", "total", "pending", "quarantined", "rejected"]
    list_filter = ["tool__category"]
    list_select_related = ["tool"]
    search_fields = ["tool__name", "tool__slug"]
    ordering = ["-total", "pk"]
    readonly_fields = ["total", "interval_low", "interval_high"]


class PickCountsAdmin(ReadOnlyAdmin):
    list_display = [
        "first_tool__name", "first", "second_tool__name", "second", "pending", "quarantined", "rejected",
    ]  # fmt: skip
    list_select_related = ["first_tool", "second_tool"]
    search_fields = ["first_tool__name", "first_tool__slug", "second_tool__name", "second_tool__slug"]
    ordering = ["-total", "id"]
    readonly_fields = ["total"]


@admin.register(models.Tally)
class TallyAdmin(WatchedAdmin, CountsAdmin):
    watched = models.Vote
    watch_route = "<uuid:tool_id>/votes/"
    list_display = [*CountsAdmin.list_display, "over_time"]
    readonly_fields = [*CountsAdmin.readonly_fields, "over_time"]

    @admin.display
    def over_time(self, tally: models.Tally) -> str:
        return format_html('<a href="{}">Votes over time</a>', watch_page(tally.tool_id))


@admin.register(models.PickTally)
class PickTallyAdmin(WatchedAdmin, PickCountsAdmin):
    watched = models.Pick
    watch_route = "<uuid:tool_id>/<uuid:other_tool_id>/votes/"
    list_display = [*PickCountsAdmin.list_display, "over_time"]
    readonly_fields = [*PickCountsAdmin.readonly_fields, "over_time"]

    @admin.display
    def over_time(self, tally: models.PickTally) -> str:
        page = watch_page(tally.first_tool_id, tally.second_tool_id)
        return format_html('<a href="{}">Picks over time</a>', page)


@admin.register(models.PublishedTally)
class PublishedTallyAdmin(CountsAdmin):
    list_display = [*CountsAdmin.list_display, "as_of"]


@admin.register(models.PublishedPickTally)
class PublishedPickTallyAdmin(PickCountsAdmin):
    list_display = [*PickCountsAdmin.list_display, "as_of"]


@admin.register(models.TallyDay)
class TallyDayAdmin(OfToolsAdmin, ReadOnlyAdmin):
    list_display = ["day", "tool", "ship", "skip", "pending", "quarantined", "rejected", "ruleset", "digest"]
    list_select_related = ["tool"]
    sortable_by = ()
    list_filter = ["day"]
    ordering = ["-day", "tool"]


@admin.register(models.PickTallyDay)
class PickTallyDayAdmin(OfToolsAdmin, ReadOnlyAdmin):
    list_display = [
        "day", "first_tool__name", "first", "second_tool__name", "second", "pending", "quarantined", "rejected",
        "ruleset", "digest",
    ]  # fmt: skip
    list_select_related = ["first_tool", "second_tool"]
    of_tools = ("first_tool", "second_tool")
    search_help_text = "Words of either tool's name or slug."
    sortable_by = ()
    list_filter = ["day"]
    ordering = ["-day", "id"]


@admin.register(models.ClosedDay)
class ClosedDayAdmin(ReadOnlyAdmin):
    list_display = ["day", "line_count", "root"]
    date_hierarchy = "day"
    ordering = ["-day"]


class StateFilter(admin.SimpleListFilter):
    """Open alerts, unless others are asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: "admin.ModelAdmin[models.Alert]"
    ) -> list[tuple[str, str]]:
        return [("open", "Open"), ("closed", "Closed"), ("all", "All")]

    def value(self) -> str:
        return super().value() or "open"

    def choices(self, changelist: ChangeList) -> "Iterator[_ListFilterChoices]":
        # The first would be Django's own "All", which leaves the parameter out.
        return islice(super().choices(changelist), 1, None)

    def queryset(self, request: HttpRequest, queryset: QuerySet[models.Alert]) -> QuerySet[models.Alert]:
        return (
            queryset if self.value() == "all" else queryset.filter(closed_at__isnull=self.value() == "open")
        )


@admin.register(models.Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "kind", "target", "begins_at", "detail", "look", "closed_at"]
    list_filter = [StateFilter, "kind"]
    actions = ["close"]
    list_select_related = ["tool", "other_tool"]
    search_fields = ["tool__name", "tool__slug", "other_tool__name", "other_tool__slug"]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]

    def has_close_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("votes.change_alert")

    @admin.display(description="votes")
    def look(self, alert: models.Alert) -> str:
        return format_html('<a href="{}">Look at the votes</a>', watch_address(alert))

    close = row_action(close, description="Close: there is nothing to do", done="closed", permission="close")


@admin.register(models.ModerationAction)
class ModerationActionAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "action", "target", "begins_at", "ends_at", "count", "why", "decided_by"]
    list_filter = ["action"]
    list_select_related = ["tool", "other_tool", "decided_by"]
    search_fields = ["tool__name", "tool__slug", "other_tool__name", "other_tool__slug", "why"]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]
