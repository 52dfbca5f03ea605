"""The page of what mail providers tell: bounces, complaints, and mails that they did not send."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from catalog.admin import NOTHING, ReadOnlyAdmin
from newsletter.models import ProviderEvent
from newsletter.readers.addresses import InvalidAddress, address_key


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    """Searching takes a whole address, since only its key is kept."""

    list_display = ["happened_at", "kind", "short_key", "copy", "provider", "detail"]
    list_filter = ["kind", "delivery__edition", "provider"]
    list_select_related = ["delivery__edition"]
    search_fields = ["kind"]
    search_help_text = "A whole address."
    date_hierarchy = "happened_at"
    ordering = ["-happened_at", "-id"]
    fields = ["happened_at", "kind", "provider", "short_key", "delivery", "detail", "created_at"]

    @admin.display(description="key")
    def short_key(self, event: ProviderEvent) -> str:
        return bytes(event.address_key).hex()[:12] if event.address_key else NOTHING

    @admin.display(description="edition", ordering="delivery__edition__week")
    def copy(self, event: ProviderEvent) -> str:
        return str(event.delivery.edition) if event.delivery else NOTHING

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ProviderEvent], search_term: str
    ) -> tuple[QuerySet[ProviderEvent], bool]:
        if not search_term:
            return queryset, False
        try:
            return queryset.filter(address_key=address_key(search_term)), False
        except InvalidAddress:
            return queryset.none(), False
