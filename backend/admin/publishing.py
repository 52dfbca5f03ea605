"""The admin's pages of what is published: buttons that move it on, and what is asked before readers see it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_permission_codename
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from backend.admin.actions import row_action
from backend.admin.base import Context, Deleted, Fieldsets, PageContext, ReasonForm, RecordedAdmin
from backend.admin.refusals import DjangoModelForm
from backend.admin.workflow import Move, in_words, moves_from, time_in_zone, zone_called
from backend.admin.zones import UTC, readers_zone, shown

# What a button of the workflow sends: the name of a step.
MOVE = "_move"
Row = TypeVar("Row", bound=Model)
GATE = "Complete it, or give a reason under Why and publish it as it is. The history keeps the reason."
READ_FIRST = (
    "Readers get these texts now, or on their date. A text that changes before you answer is not published."
)
GATE_OF_NEW = "Complete it, or save it first: then its page takes a reason to publish it as it is."


class PublishedRow(Protocol):
    """What the pages ask of a row, whichever model it is of."""

    @property
    def was_public(self) -> bool: ...

    @property
    def readable_at(self) -> datetime | None: ...

    def refresh_from_db(self) -> None: ...


class PublishedForm(ReasonForm):
    """The form of what is published. Whatever is missing when it goes public is told at once, in words.

    Where `why` says what speaks for it, it is published all the same, and the history keeps the sentence.
    """

    # What the button named that sent it: a step of the workflow.
    move = ""

    def find_missing(self) -> list[str]:
        raise NotImplementedError

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        row, given = self.instance, self.cleaned_data
        goes_public = row.status == "published" and self.initial.get("status") not in (
            "published",
            "archived",
        )
        if goes_public and not given.get("why") and (missing := self.find_missing()):
            self.add_error(None, [*missing, GATE_OF_NEW if row._state.adding else GATE])
        if self.has_error("published_at"):
            return
        if self.move == "schedule" and not (row.published_at and row.published_at > timezone.now()):
            self.add_error("published_at", "Give a time in the future, or publish it now.")


class DatedForm(PublishedForm):
    """Asks in which zone clocks show the date that readers see."""

    zone = forms.CharField(
        label="Time zone of this date",
        required=False,
        max_length=64,
        initial=readers_zone,
        help_text="Such as Europe/Berlin. The form starts with the zone of your clock, and shows a stored date in it.",
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )

    # Any: Django's own arguments.
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if (date := self.fields.get("published_at")) is None:
            # A zone without its date is not sent, and would count as changed.
            del self.fields["zone"]
        elif isinstance(date.widget, forms.MultiWidget):
            for widget, name in zip(date.widget.widgets, ("Date", "Time"), strict=True):
                widget.attrs["aria-label"] = name

    def _clean_fields(self) -> None:
        # What is typed is taken for UTC at first: the clocks of no other zone than the one that is named have a say.
        with timezone.override(UTC):
            super()._clean_fields()  # type: ignore[misc]

    def clean(self) -> None:
        super().clean()
        date = self.cleaned_data.get("published_at")
        try:
            zone = zone_called(self.cleaned_data.get("zone") or readers_zone())
        except ValueError as refusal:
            self.add_error("zone", str(refusal))
            return
        if date is None:
            return
        if not {"published_at", "zone"} & set(self.changed_data):
            # Clocks that are put back show some moments twice, and none to the microsecond.
            self.cleaned_data["published_at"] = self.initial["published_at"]
            return
        try:
            self.cleaned_data["published_at"] = time_in_zone(date.replace(tzinfo=None), zone)
        except ValueError as refusal:
            self.add_error("published_at", str(refusal))


class MomentFilter(admin.SimpleListFilter):
    title = "moment"
    parameter_name = "moment"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("ahead", "Scheduled: not public yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Row]) -> QuerySet[Row]:
        return scheduled(queryset) if self.value() == "ahead" else queryset


def scheduled(rows: QuerySet[Row]) -> QuerySet[Row]:
    """What is published with a date ahead, of its own or of its tools.

    Drafts have no moment. Asked so, none but the index by moment fits, which reads nothing of what is public.
    """
    return rows.filter(public_at__gt=timezone.now()).exclude(status="archived")


class PublishedAdmin(RecordedAdmin):
    """Rows that readers see once they are published, which takes a permission of its own: `publish_<model>`.

    Without it a row can be entered and worked on until it is published. Its state is moved by buttons, one for each step
    that leads on from it and that the curator may take; the form takes no other.
    """

    form = PublishedForm
    # Which states follow each other.
    moves: Sequence[Move] = ()
    # What decides when readers see a row.
    publishing_fields: Sequence[str] = ("published_at",)
    # In these nobody has read it, unless it was public before.
    open_statuses: Sequence[str] = ("draft", "in_review")

    # Any, here and below: a row of the page's own model, which subclasses name.
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Context | None = None,
    ) -> HttpResponse:
        """A button names a step; the form then has the state to which it leads."""
        if name := request.POST.get(MOVE):
            move = next((each for each in self.moves if each.name == name), None)
            if move is None:
                raise BadRequest("No step is called that.")
            if move.publishes and not self.has_publish_permission(request):
                raise PermissionDenied
            sent = request.POST.copy()
            sent["status"] = move.target
            request.POST = sent  # type: ignore[assignment]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def moves_for(self, request: HttpRequest, row: PublishedRow | None, status: str) -> list[Move]:
        """The steps that this curator may take from a state; a new row begins as a draft."""
        return moves_from(
            self.moves,
            status,
            was_public=row is not None and row.was_public,
            may_publish=self.has_publish_permission(request),
        )

    def _look_for_changes(self, request: HttpRequest, row: Model, form: type[DjangoModelForm]) -> None:
        def date() -> list[str | None]:
            return [request.POST.get(f"published_at_{part}") for part in (0, 1)]

        typed = date()
        super()._look_for_changes(request, row, form)
        if date() != typed:
            # The form took another's date in, which is shown in the reader's zone.
            sent = request.POST.copy()
            sent["zone"] = readers_zone()
            request.POST = sent  # type: ignore[assignment]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: object
    ) -> type[DjangoModelForm]:
        # Any: a class that is made anew for each request.
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.move = request.POST.get(MOVE, "")
        if (status := form.base_fields.get("status")) is not None:
            now = obj.status if obj else "draft"
            following = [
                move.target for move in self.moves_for(request, obj, now) if form.move in ("", move.name)
            ]
            names = dict(status.choices)
            status.choices = [(each, names[each]) for each in dict.fromkeys([now, *following])]
            status.widget = forms.HiddenInput()
            status.error_messages["invalid_choice"] = (
                f"It is {in_words(now)}. You cannot take this step from there."
            )
        return form  # type: ignore[no-any-return]

    def fill_form_page(self, request: HttpRequest, context: PageContext) -> None:
        row, form = context["original"], context["adminform"].form
        if "status" in form.fields:
            stored = form.initial.get("status") or "draft"
            context["moves"] = self.moves_for(request, row, stored)
            context["state"] = state_of(stored, row.readable_at if row else None)
            if form.is_bound:
                # A button that was refused is pressed again: saving alone moves nothing.
                form.data = form.data.copy()
                form.data["status"] = stored

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Fieldsets:
        fieldsets = super().get_fieldsets(request, obj)
        may_date = self.has_publish_permission(request) and (
            obj is None or self.has_change_permission(request, obj)
        )
        if not (may_date and issubclass(self.form, DatedForm)):
            return fieldsets
        dated: dict[object, tuple[str, ...]] = {"published_at": ("published_at", "zone")}
        return [
            (name, {**options, "fields": [dated.get(field, field) for field in options["fields"]]})
            for name, options in fieldsets
        ]

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if request.POST.get(MOVE) in ("publish", "schedule"):
            self.tell_moment(request, obj)
        return super().response_change(request, obj)

    def tell_moment(self, request: HttpRequest, row: PublishedRow) -> None:
        """Says when readers will see what was published with a date ahead, or waits for its tools."""
        row.refresh_from_db()
        moment = row.readable_at
        if moment is None:
            messages.info(request, "Readers see it once every tool in it is public.")
        elif moment > timezone.now():
            messages.info(request, f"It becomes public at {shown(moment)}.")

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.{get_permission_codename('publish', self.opts)}")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if (
            obj is not None
            and obj.status not in self.open_statuses
            and not self.has_publish_permission(request)
        ):
            return False
        return super().has_change_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Deleted:
        """What readers could read is archived or retracted, and stays."""
        goes, counts, forbidden, kept = super().get_deleted_objects(objs, request)
        if any(each.status not in self.open_statuses for each in objs):
            kept = [
                f"It is {objs[0].get_status_display().lower()}: you can delete drafts only.",
                *kept,
            ]
        return goes, counts, forbidden, kept

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str] | tuple[str, ...]:
        fields = super().get_readonly_fields(request, obj)
        return fields if self.has_publish_permission(request) else [*fields, *self.publishing_fields]


def became(row: Any) -> str:
    """What a row is that was just published: in readers' hands, or to come."""
    moment = type(row)._base_manager.get(pk=row.pk).readable_at
    if moment is None:
        return "published, and hidden until every tool in it is public"
    return f"scheduled for {shown(moment)}" if moment > timezone.now() else "published"


def publish_action(act: Callable[..., None], *, reads: Sequence[str]) -> Callable[..., HttpResponse | None]:
    """Publishes what somebody has read, from a list; says what became public and what is scheduled."""
    return row_action(
        act, description="Publish", done="published", permission="publish", asks=READ_FIRST, reads=reads,
        became=became,
    )  # fmt: skip


def state_of(status: str, public_at: datetime | None) -> str:
    """A state in words; what is published with a date ahead is scheduled."""
    if status == "published" and public_at is not None and public_at > timezone.now():
        return f"Scheduled for {shown(public_at)}"
    return in_words(status).capitalize()
