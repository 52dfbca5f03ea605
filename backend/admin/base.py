"""The admin's base classes: rows that curators write, and rows that the product writes by itself."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from types import new_class
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import IntegrityError, connection, models
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse

from backend.admin import stale
from backend.admin.bounded import BoundedPaginator
from backend.admin.deletion import Consequences, in_words
from backend.admin.drafts import draft_key, tell_saved
from backend.admin.history import as_shown, columns_of, labels_below, labels_of
from backend.admin.inlines import DjangoInline, InlineFormSet
from backend.admin.long_lists import MOST_WORDS, LongList
from backend.admin.lookups import closed_lookups
from backend.admin.refusals import DjangoModelForm, ModelForm, RefusedForm, sentence_of
from backend.admin.zones import shown
from backend.api.attribution import attributed
from backend.api.models import Change

# Django's classes take their model in brackets only for type checkers. Any: subclasses name the model of their rows in
# the methods that take one, and what a page is drawn with has values of any type.
if TYPE_CHECKING:
    from django.contrib.admin.options import _FieldGroups, _FieldsetSpec, _ListDisplayT

    Fieldsets: TypeAlias = _FieldsetSpec
    Fields: TypeAlias = _FieldGroups
    Columns: TypeAlias = _ListDisplayT[Any]
    DjangoModelAdmin = admin.ModelAdmin[Any]
else:
    Fieldsets = Fields = Columns = object
    DjangoModelAdmin = admin.ModelAdmin

Context = dict[str, object]
# With what a page of Django's is drawn: forms, rows and texts. Any, for who reads one knows which it is.
PageContext = dict[str, Any]
# What goes along, the counts of that, permissions that are missing, and what must stay.
Deleted = tuple[list[str], dict[str, int], set[str], list[str]]

# The request's attribute with what the database said of its first try.
REFUSAL = "refusal_of_database"
# And with what was changed since the form was opened.
DIFFERENCES = "differences"
STAMPS = ["id", "created_at", "updated_at"]
NOTHING = "–"

admin.site.site_header = admin.site.site_title = "AI Tool Verdicts"
admin.site.index_title = "The curators' desk"
admin.site.site_url = "/api/docs"
admin.site.index_template = "backend_admin/index.html"
# What is deleted is looked at first, one row at a time.
admin.site.disable_action("delete_selected")


class ModelAdmin(DjangoModelAdmin):
    """Django's, with room for long names, and pages that refuse instead of failing: made-up ids, and what the database
    doesn't take, such as the second of two changes at once.
    """

    form: type[DjangoModelForm] = ModelForm
    change_form_template = "backend_admin/change_form.html"
    delete_confirmation_template = "backend_admin/delete.html"
    # What links to its list ask for beyond its filters.
    linked_lookups: Sequence[str] = ()
    # Where its rows stand in what the box for everything finds; None: it does not look here.
    search_place: int | None = None
    # Whether the browser keeps what is typed until it is saved: nothing of people.
    keeps_drafts = True

    class Media:
        css = {"all": ["backend_admin/admin.css"]}
        js = ["admin/js/jquery.init.js", "backend_admin/forms.js", "backend_admin/completing_labels.js"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the page offers: any other would tell columns that no page shows."""
        filters = self.get_list_filter(request)
        return lookup in closed_lookups(
            self.model, filters, dates=self.date_hierarchy, more=self.linked_lookups
        )

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[LongList]:
        return LongList

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        if len(request.GET.get("q", "").split()) > MOST_WORDS:
            raise BadRequest(f"Search for at most {MOST_WORDS} words.")
        try:
            return super().get_changelist_instance(request)
        except ValueError as error:
            # Django reckons the year after the one that the address names, and no date has a year 10000.
            raise BadRequest(str(error)) from error
        except IncorrectLookupParameters as error:
            # Django would show all rows, without a word.
            raise BadRequest("The list has no such filter, or no such value of it.") from error

    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        return answer_or_refuse(super().changelist_view, request, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Context | None = None,
    ) -> HttpResponse:
        """Where the database refuses what was sent, the same form again, with a sentence and all that was typed."""
        view = partial(super().changeform_view, request, object_id, form_url, extra_context)
        try:
            return answer_or_refuse(view)
        except IntegrityError as error:
            refusal = sentence_of(error)
            if refusal is None:
                raise
        setattr(request, REFUSAL, refusal)
        for name in request.FILES:
            for file in request.FILES.getlist(name):
                file.seek(0)
        return answer_or_refuse(view)

    def get_form(
        self, request: HttpRequest, obj: models.Model | None = None, change: bool = False, **kwargs: object
    ) -> type[DjangoModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None and request.method == "POST":
            self._look_for_changes(request, obj, form)
        refusal = getattr(request, REFUSAL, None)
        if refusal is None:
            return form
        return new_class(
            form.__name__, (RefusedForm, form), exec_body=lambda body: body.update(refusal=refusal)
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """What is to be changed is read once nobody else is changing it."""
        row = super().get_object(request, object_id, from_field)
        if row is None or request.method != "POST" or not connection.in_atomic_block:
            return row
        self.model._base_manager.select_for_update(no_key=True).filter(pk=row.pk).first()
        return super().get_object(request, object_id, from_field)

    def _look_for_changes(self, request: HttpRequest, row: models.Model, form: type[DjangoModelForm]) -> None:
        """Has the form refused where the row was changed since it was opened, and takes in what its sender left alone."""
        if hasattr(request, DIFFERENCES):
            return
        parts = [stale.Part(form(instance=row), row), *self._rows_below(request, row)]
        is_opened = stale.OPENED in request.POST
        signed = request.POST[stale.OPENED] if is_opened else stale.sign(parts)
        found, merged = stale.compare(stale.verify(signed), parts, request.POST, request.FILES)
        if found or not is_opened:
            # Who saves again has seen what is there now.
            merged[stale.OPENED] = stale.sign(part for part in parts if not part.is_removed)
            for inline, formset in self._sets_below(request, row):
                stale.leave_out_removed(merged, formset, inline.opts.pk.name)
            request.POST = merged  # type: ignore[assignment]
            setattr(request, REFUSAL, stale.STALE if is_opened else stale.NOT_OPENED)
            setattr(request, DIFFERENCES, found)

    def _rows_below(self, request: HttpRequest, row: models.Model) -> Iterator[stale.Part]:
        """The rows of the page's inlines, as they are stored, under the names that they were sent with."""
        for inline, formset in self._sets_below(request, row):
            key, kind = inline.opts.pk.name, str(inline.opts.verbose_name)
            sent = {
                request.POST.get(f"{formset.prefix}-{n}-{key}"): f"{formset.prefix}-{n}-"
                for n in range(formset.max_num)
            }
            for each in formset.initial_forms:
                prefix = sent.get(str(each.instance.pk), "")
                yield stale.Part(each, each.instance, prefix, kind)
            for n, pk in stale.removed_rows(request.POST, formset, key).items():
                gone = inline.model(pk=pk)
                yield stale.Part(formset.empty_form, gone, f"{formset.prefix}-{n}-", kind, is_removed=True)

    def _sets_below(
        self, request: HttpRequest, row: models.Model
    ) -> Iterator[tuple[DjangoInline, InlineFormSet]]:
        """The page's inlines, each with the formset of what is stored."""
        for inline in self.get_inline_instances(request, row):
            formset = inline.get_formset(request, row)
            yield inline, formset(instance=row, queryset=inline.get_queryset(request))

    def render_change_form(
        self, request: HttpRequest, context: PageContext, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        self.fill_form_page(request, context)
        row, differences = context["original"], getattr(request, DIFFERENCES, None)
        context["differences"] = differences
        context["draft_key"] = draft_key(request) if self.keeps_drafts else ""
        if request.method == "POST":
            # The row of a form that is given back holds what was typed.
            context["opened"] = request.POST.get(stale.OPENED)
        elif row is not None and self.has_change_permission(request, row):
            context["opened"] = stale.sign(_parts_of(context, row))
        if differences and isinstance(row.pk, UUID):
            latest = Change.objects.filter(row_id=row.pk).order_by("-id").first()
            context["last_change"] = latest and f"{latest.actor or latest.role}, {shown(latest.changed_at)}"
        return super().render_change_form(request, context, *args, **kwargs)

    def fill_form_page(self, request: HttpRequest, context: PageContext) -> None:
        """Puts into the context what the page of a row shows besides its form."""

    def response_add(
        self, request: HttpRequest, obj: models.Model, post_url_continue: str | None = None
    ) -> HttpResponse:
        return tell_saved(request, super().response_add(request, obj, post_url_continue))

    def response_change(self, request: HttpRequest, obj: models.Model) -> HttpResponse:
        return tell_saved(request, super().response_change(request, obj))

    def save_related(self, request: HttpRequest, form: object, formsets: object, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        # References would be looked at when the transaction ends, too late for the form to say so.
        connection.check_constraints()

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Context | None = None
    ) -> HttpResponse:
        """Django tells first whether there is such a row, and asks then who wants to know; and names what others see."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        page = super().history_view(request, object_id, extra_context)
        if isinstance(page, TemplateResponse):
            context: PageContext = page.context_data  # type: ignore[assignment]
            row = context["object"]
            labels, below = labels_of(self, request, row), labels_below(self, request, row)
            context["labels"] = columns_of(self.model, labels, below)
            for line in context["action_list"]:
                line.change_message = as_shown(line.change_message, labels, below)
        return page

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Context | None = None
    ) -> HttpResponse:
        """Nothing goes without a reason, which the log keeps: then the page asks again."""
        lacks_reason = request.method == "POST" and not request.POST.get("why", "").strip()
        if lacks_reason:
            request.POST = QueryDict()
        context = {**(extra_context or {}), "lacks_reason": lacks_reason}
        return answer_or_refuse(super().delete_view, request, object_id, context)

    def get_deleted_objects(self, objs: Iterable[models.Model], request: HttpRequest) -> Deleted:
        """What goes along in counts, which is asked for nobody's leave by itself; and what keeps it, in words."""
        found = Consequences(self.model._base_manager.filter(pk__in=[each.pk for each in objs]))
        lost = [f"{words}: kept, without the link to it" for words in in_words(found.loses)]
        kept = [f"It has {words}." for words in in_words(found.keeps)]
        return [*in_words(found.goes), *lost], {}, set(), kept

    def log_deletions(self, request: HttpRequest, queryset: models.QuerySet[models.Model]) -> list[LogEntry]:
        return LogEntry.objects.log_actions(
            user_id=request.user.pk,  # type: ignore[arg-type]
            queryset=queryset,
            action_flag=DELETION,
            change_message=request.POST.get("why", "").strip(),
        )


def _parts_of(context: PageContext, row: models.Model) -> Iterator[stale.Part]:
    """The page's form and the rows below it, as they are stored."""
    yield stale.Part(context["adminform"].form, row)
    for rows in context["inline_admin_formsets"]:
        empty = rows.formset.empty_form
        for each in rows.formset.get_queryset():
            yield stale.Part(empty, each, kind=str(rows.opts.opts.verbose_name))


def answer_or_refuse(view: Callable[..., HttpResponse], *args: object, **kwargs: object) -> HttpResponse:
    try:
        response = view(*args, **kwargs)
        # Some values are only looked at when the page is drawn.
        return response.render() if isinstance(response, TemplateResponse) else response
    except (OverflowError, ValidationError) as error:
        raise BadRequest(str(error)) from error


class LinesField(forms.CharField):
    """A text of several lines. Browsers end them otherwise than we keep them, which is no change."""

    def to_python(self, value: object) -> str | None:
        text = super().to_python(value)
        return text.replace("\r\n", "\n").replace("\r", "\n") if text else text


class CuratedAdmin(ModelAdmin):
    """Rows that curators write; each shows its id and its times once it exists.

    The fields of `at_a_glance` stand above all others, likewise once the row exists.
    """

    at_a_glance: Sequence[str] = ()
    readonly_fields = STAMPS
    formfield_overrides = {
        models.URLField: {"assume_scheme": "https"},
        models.TextField: {"form_class": LinesField, "widget": AdminTextareaWidget},
    }

    def get_fieldsets(self, request: HttpRequest, obj: models.Model | None = None) -> Fieldsets:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        fields = self.get_at_a_glance(request)
        glance = [("At a glance", {"fields": fields})] if fields else []
        return [*glance, *fieldsets, ("Record", {"classes": ["collapse"], "fields": STAMPS})]

    def get_at_a_glance(self, request: HttpRequest) -> Sequence[str]:
        return self.at_a_glance


class ReasonForm(ModelForm):
    """A form that asks why, once there is something to change."""

    why = forms.CharField(
        required=False,
        max_length=1_000,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Kept in the history with what you change.",
    )


class RecordedAdmin(CuratedAdmin):
    """Published data: the database keeps who changed what and why, and History shows it.

    A request's changes are made in one transaction, which names the user and the reason to the database.
    """

    form = ReasonForm
    object_history_template = "backend_admin/object_history.html"

    def get_fieldsets(self, request: HttpRequest, obj: models.Model | None = None) -> Fieldsets:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not self.has_change_permission(request, obj):
            return fieldsets
        return [*fieldsets[:-1], (None, {"fields": self.asked_of(obj)}), fieldsets[-1]]

    def asked_of(self, obj: Any) -> list[str]:
        """The form's fields that no row has: what is said of the change."""
        return ["why"]

    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        return self._record(request, super().changelist_view, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Context | None = None,
    ) -> HttpResponse:
        return self._record(request, super().changeform_view, object_id, form_url, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Context | None = None
    ) -> HttpResponse:
        return self._record(request, super().delete_view, object_id, extra_context)

    def _record(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *arguments: object
    ) -> HttpResponse:
        if request.method != "POST":
            return view(request, *arguments)
        why, note = request.POST.get("why", ""), request.POST.get("note", "")
        with attributed(source="admin", actor=request.user.get_username(), why=why, note=note):
            return view(request, *arguments)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Context | None = None
    ) -> HttpResponse:
        """Django's, below what the database kept: the latest change first."""
        row = self.get_object(request, unquote(object_id))
        changes = Change.objects.filter(row_id=row.pk).order_by("-id") if row else Change.objects.none()
        page = self.get_paginator(request, changes, 100).get_page(request.GET.get("changes", 1))
        return super().history_view(request, object_id, {**(extra_context or {}), "changes": page})


class ReadOnlyAdmin(ModelAdmin):
    """Rows that the product writes by itself: to be found and read here, however many there are."""

    paginator = BoundedPaginator
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
