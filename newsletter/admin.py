"""The curators' pages for the weekly mail: its subscribers, its editions, and what became of each copy."""

from typing import Any

from django.contrib import admin
from django.core.validators import RegexValidator
from django.http import HttpRequest
from django.utils import timezone

from catalog.admin import STAMPS, CuratedAdmin, ModelForm, ReadOnlyAdmin
from newsletter.models import Delivery, Edition, Subscriber

SENDING_FIELDS = ["state", "state_reason", "audience", "frozen_at", "prepared_at", "done_at"]


class SubscriberForm(ModelForm):
    def clean(self) -> None:
        super().clean()
        status = self.cleaned_data.get("status")
        if status == Subscriber.Status.ACTIVE and not self.instance.confirmed_at:
            self.add_error("status", "Only the reader can confirm the address.")
        if status == Subscriber.Status.UNSUBSCRIBED and not self.instance.unsubscribed_at:
            self.instance.unsubscribed_at = timezone.now()


@admin.register(Subscriber)
class SubscriberAdmin(CuratedAdmin):
    form = SubscriberForm
    list_display = ["address", "status", "frequency", "time_zone", "confirmed_at", "created_at"]
    list_filter = ["status", "frequency", "topics"]
    search_fields = ["address"]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]
    autocomplete_fields = ["topics"]
    fields = ["address", "status", "frequency", "time_zone", "topics", "confirmed_at", "unsubscribed_at"]
    readonly_fields = [*STAMPS, "address", "confirmed_at", "unsubscribed_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody but the reader can ask for mail."""
        return False


class EditionForm(ModelForm):
    def clean_week(self) -> str:
        week: str = self.cleaned_data["week"]
        RegexValidator(r"^\d{4}-W(0[1-9]|[1-4]\d|5[0-3])\Z", "Write the ISO week like 2026-W48.")(week)
        return week


@admin.register(Edition)
class EditionAdmin(CuratedAdmin):
    """The content is a curator's until sending begins; the state belongs to the sending."""

    form = EditionForm
    list_display = ["week", "subject", "state", "audience", "frozen_at", "done_at"]
    list_filter = ["state"]
    search_fields = ["week", "subject"]
    date_hierarchy = "created_at"
    ordering = ["-week"]
    fields = ["week", "subject", "intro", *SENDING_FIELDS]
    readonly_fields = [*STAMPS, *SENDING_FIELDS]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or obj.state == Edition.State.DRAFT) and super().has_change_permission(
            request, obj
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or obj.state == Edition.State.DRAFT) and super().has_delete_permission(
            request, obj
        )


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = [
        "message_id",
        "edition",
        "subscriber__address",
        "state",
        "attempts",
        "code",
        "accepted_at",
    ]
    list_filter = ["state", "code", "edition"]
    list_select_related = ["edition", "subscriber"]
    search_fields = ["message_id", "edition__week", "subscriber__address"]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]
    fields = [
        "message_id", "edition", "subscriber", "state", "attempts", "code", "detail",
        "lease_until", "next_attempt_at", "accepted_at", "id", "created_at", "updated_at",
    ]  # fmt: skip
