"""The curators' pages for the weekly mail: its subscribers, its editions, and what became of each copy."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from backend.admin.actions import do_to_each, row_action
from backend.admin.base import NOTHING, STAMPS, Fields, Fieldsets, ReadOnlyAdmin
from backend.admin.errors import CurationError
from backend.admin.refusals import ModelForm
from catalog.models import Category
from newsletter.content.words import plain
from newsletter.deliveries import resolution
from newsletter.deliveries.totals import totals_of
from newsletter.desk import first_page  # noqa: F401 - it declares what the first page shows.
from newsletter.desk.growth_page import GrowthAdmin
from newsletter.desk.mailboxes import AddressAdmin, MailboxAdmin
from newsletter.desk.preview import PreviewAdmin
from newsletter.desk.progress_page import ProgressAdmin
from newsletter.desk.topics_page import TopicAdmin
from newsletter.models import Consent, Delivery, Edition, MailJob, ProviderEvent, Subscriber, Suppression
from newsletter.readers import consent, suppressions
from newsletter.readers.addresses import MAX_SPELLING, InvalidAddress, address_key, canonical, masked
from newsletter.sending.calendar import coming_week
from newsletter.sending.schedule import LATEST, is_week, schedule_from_settings

STAFF = Consent.Source.STAFF

MAX_INTRO = 5_000
# Of an edition, as its constraint has it.
FIRST_YEAR, LAST_YEAR = "2000", "2199"
SENDING_FIELDS = [
    "state", "state_reason", "totals", "due_at", "frozen_at", "prepared_at", "resume_at", "done_at",
]  # fmt: skip

GLANCE = ["goes_out", "readers", "preview", "progress"]

# In place of the catalog's own page, which knows of no readers.
admin.site.unregister(Category)
admin.site.register(Category, TopicAdmin)


@admin.register(Subscriber)
class SubscriberAdmin(AddressAdmin, GrowthAdmin):
    """Staff may correct choices and unsubscribe a reader. Only readers subscribe themselves."""

    list_display = ["masked_address", "status", "frequency", "confirmed_at", "created_at"]
    list_filter = ["status", "frequency", "topics"]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]
    autocomplete_fields = ["topics", "reviewers"]
    fields = [
        "address_or_mask", "status", "frequency", "gets_every_topic", "topics", "reviewers",
        "confirmed_at", "unsubscribed_at", "last_mailed_at", "next_mail",
    ]  # fmt: skip
    readonly_fields = [
        *STAMPS, "address_or_mask", "masked_address", "status",
        "confirmed_at", "unsubscribed_at", "last_mailed_at", "next_mail",
    ]  # fmt: skip
    actions = ["unsubscribe"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only the reader can ask for mail."""
        return False

    @admin.display
    def next_mail(self, subscriber: Subscriber) -> str:
        draft = Edition.objects.filter(state=Edition.State.DRAFT).order_by("week").first()
        if draft is None:
            return NOTHING
        return format_html(
            '<a href="{}?subscriber={}">What they would get in {}</a>',
            reverse("admin:newsletter_edition_preview", args=[draft.pk]), subscriber.pk, draft.week,
        )  # fmt: skip

    unsubscribe = row_action(
        partial(consent.unsubscribe, source=STAFF),
        description="Unsubscribe",
        done="unsubscribed",
        asks="They get no more mail, and only they themselves can subscribe again.",
    )

    def delete_model(self, request: HttpRequest, obj: Subscriber) -> None:
        consent.erase(subscriber=obj, source=STAFF, now=timezone.now())


class ValuesFilter(admin.AllValuesFieldListFilter):
    """Django's, in which a value without words is a link without any."""

    # Any: Django's type is not importable at run time.
    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        return ({**each, "display": each["display"] or "(none)"} for each in super().choices(changelist))


class SuppressionForm(ModelForm):
    """Staff enter an address; only its key is kept."""

    address = forms.CharField(
        max_length=MAX_SPELLING, help_text="It is not kept, but looked up by a keyed hash."
    )

    class Meta:
        model = Suppression
        fields: list[str] = []

    def clean_address(self) -> str:
        try:
            return canonical(self.cleaned_data["address"])
        except InvalidAddress as refusal:
            raise ValidationError(str(refusal.detail)) from None


@admin.register(Suppression)
class SuppressionAdmin(MailboxAdmin):
    """Mailboxes that get no mail, of which only keys are kept."""

    form = SuppressionForm
    list_display = ["short_key", "reason", "created_at"]
    list_filter = ["reason"]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]

    def get_fields(self, request: HttpRequest, obj: Suppression | None = None) -> Fields:
        return ["short_key", "reason", "created_at"] if obj else ["address"]

    def has_change_permission(self, request: HttpRequest, obj: Suppression | None = None) -> bool:
        return False

    @admin.display(description="key")
    def short_key(self, suppression: Suppression) -> str:
        return bytes(suppression.address_key).hex()[:12]

    def save_model(self, request: HttpRequest, obj: Suppression, form: SuppressionForm, change: bool) -> None:
        key = address_key(form.cleaned_data["address"])
        consent.suppress(keys=[key], reason="manual", source=STAFF, now=timezone.now())
        obj.pk = Suppression.objects.get(address_key=key).pk

    def delete_model(self, request: HttpRequest, obj: Suppression) -> None:
        suppressions.lift(suppression=obj, now=timezone.now())


@admin.register(Consent)
class ConsentAdmin(MailboxAdmin, ReadOnlyAdmin):
    """The record of one mailbox is found by its whole address."""

    list_display = ["created_at", "action", "source", "wording", "short_key"]
    list_filter = ["action", "source"]
    date_hierarchy = "created_at"
    ordering = ["-id"]
    fields = ["action", "source", "wording", "short_key", "created_at"]
    short_key = SuppressionAdmin.short_key


@admin.register(MailJob)
class MailJobAdmin(ReadOnlyAdmin):
    """Sign-ups whose mail is not out yet, and those whose mail could not be sent."""

    list_display = ["created_at", "masked_address", "state", "attempts", "due_at", "detail"]
    list_filter = ["state", ("detail", ValuesFilter)]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]
    fields = ["masked_address", "choices", "source", "state", "attempts", "due_at", "detail", "created_at"]

    @admin.display(description="address")
    def masked_address(self, job: MailJob) -> str:
        return masked(job.address)


class EditionForm(ModelForm):
    class Meta:
        help_texts = {
            "week": "The ISO week in which it goes out, such as 2026-W48. Mails of one day are made by themselves.",
            "subject": "If it is empty, each group of readers gets a subject that names the first item of their mail.",
            "intro": (
                "An empty line begins a paragraph. *Emphasis*, **strong**, [words of a link](https://example.com), lines "
                "that begin with - or 1. for a list; everything else stays as typed. If it is empty, the mail counts its "
                "items."
            ),
            "editor": "Your name. It is shown below the intro. If it is empty, nobody signs.",
        }

    def clean_subject(self) -> str:
        """One line, without what no reader sees: as the mail has it."""
        return plain(self.cleaned_data["subject"])

    def clean_intro(self) -> str:
        intro: str = self.cleaned_data["intro"]
        MaxLengthValidator(MAX_INTRO)(intro)
        return intro

    def clean_editor(self) -> str:
        editor = plain(self.cleaned_data["editor"])
        if editor and not self.cleaned_data.get("intro"):
            raise ValidationError("Write an intro first: the name is shown below it.")
        return editor

    def clean_week(self) -> str:
        week: str = self.cleaned_data["week"]
        if "week" not in self.changed_data:
            return week
        RegexValidator(r"^\d{4}-W(0[1-9]|[1-4]\d|5[0-3])\Z", "Write the ISO week like 2026-W48.")(week)
        if not FIRST_YEAR <= week[:4] <= LAST_YEAR:
            raise ValidationError(f"Choose a week of the years from {FIRST_YEAR} to {LAST_YEAR}.")
        if not is_week(week):
            raise ValidationError(f"The calendar has no {week}.")
        if schedule_from_settings().due_at(week) < timezone.now() - LATEST:
            raise ValidationError(f"{week} is over: a draft for it would never go out by itself.")
        return week


@admin.register(Edition)
class EditionAdmin(ProgressAdmin, PreviewAdmin):
    """Curators write the content until sending begins; the sending sets the state."""

    form = EditionForm
    list_display = ["week", "subject", "state", "goes_out", "audience", "frozen_at", "done_at", "progress"]
    list_filter = ["state"]
    search_fields = ["week", "subject"]
    search_place = 5
    date_hierarchy = "created_at"
    ordering = ["-week"]
    fields = ["week", "subject", "intro", "editor", *SENDING_FIELDS]
    readonly_fields = [*STAMPS, *SENDING_FIELDS, "goes_out", "readers", "preview", "progress"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        week = coming_week(now=timezone.now(), schedule=schedule_from_settings())
        return {"week": week, **super().get_changeform_initial_data(request)}

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Fieldsets:
        fieldsets = super().get_fieldsets(request, obj)
        return (
            [
                (
                    "At a glance",
                    {"fields": [*GLANCE], "description": "Times are in your zone, unless another is named."},
                ),
                *fieldsets,
            ]
            if obj
            else fieldsets
        )

    def has_change_permission(self, request: HttpRequest, obj: Edition | None = None) -> bool:
        return (obj is None or obj.state == Edition.State.DRAFT) and super().has_change_permission(
            request, obj
        )

    def has_delete_permission(self, request: HttpRequest, obj: Edition | None = None) -> bool:
        return (obj is None or obj.state == Edition.State.DRAFT) and super().has_delete_permission(
            request, obj
        )

    @admin.display(description="copies")
    def totals(self, edition: Edition) -> str:
        """The number of copies in each state, as it is now."""
        if edition.audience is None:
            return NOTHING
        counted = totals_of(edition)
        kinds = ["waiting", "held", "accepted", "failed", "suppressed", "cancelled", "uncertain"]
        return f"{edition.audience}: " + ", ".join(f"{getattr(counted, kind)} {kind}" for kind in kinds)


@admin.register(Delivery)
class DeliveryAdmin(MailboxAdmin, ReadOnlyAdmin):
    """Copies are read only, except that a curator may settle an uncertain one."""

    list_display = ["message_id", "edition", "masked_address", "state", "attempts", "code", "accepted_at"]
    list_filter = ["state", ("code", ValuesFilter), "edition"]
    list_select_related = ["edition", "subscriber"]
    search_fields = ["message_id", "edition__week"]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]
    fields = [
        "message_id", "edition", "subscriber", "state", "attempts", "lost", "code", "detail",
        "lease_until", "next_attempt_at", "accepted_at", "id", "created_at", "updated_at",
    ]  # fmt: skip
    actions = ["settle_as_sent", "settle_as_not_sent"]

    @admin.display(description="address")
    def masked_address(self, delivery: Delivery) -> str:
        return masked(delivery.address) if delivery.address else NOTHING

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("newsletter.send_edition")

    @admin.action(description="Uncertain: the mail server's log says it was sent", permissions=["settle"])
    def settle_as_sent(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        self.settle(request, rows, sent=True, done="settled as sent")

    @admin.action(description="Uncertain: it was surely not sent, send it", permissions=["settle"])
    def settle_as_not_sent(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        self.settle(request, rows, sent=False, done="to be sent again")

    def settle(self, request: HttpRequest, rows: QuerySet[Delivery], *, sent: bool, done: str) -> None:
        def settled(delivery: Delivery) -> None:
            if not resolution.resolve([delivery.message_id], sent=sent, source=str(request.user)):
                raise CurationError("it is not uncertain, or its sender may still be at work")

        do_to_each(self, request, rows, settled, done=done)


@admin.register(ProviderEvent)
class ProviderEventAdmin(MailboxAdmin, ReadOnlyAdmin):
    """Bounces, complaints, and mails that were not sent."""

    list_display = ["happened_at", "kind", "short_key", "copy", "provider", "detail"]
    list_filter = ["kind", "delivery__edition", "provider"]
    list_select_related = ["delivery__edition"]
    date_hierarchy = "happened_at"
    ordering = ["-happened_at", "-id"]
    fields = ["happened_at", "kind", "provider", "short_key", "delivery", "detail", "created_at"]

    @admin.display(description="key")
    def short_key(self, event: ProviderEvent) -> str:
        return bytes(event.address_key).hex()[:12] if event.address_key else NOTHING

    @admin.display(description="edition", ordering="delivery__edition__week")
    def copy(self, event: ProviderEvent) -> str:
        return str(event.delivery.edition) if event.delivery else NOTHING
