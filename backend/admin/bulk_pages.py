"""The desk's pages of bulk actions: what is asked before one, how far it is, what was left, and the way back."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import model_ngettext
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from backend.admin import bulk
from backend.admin.actions import SHOWN, Page
from backend.admin.base import ReadOnlyAdmin
from backend.admin.bulk import Selection, Step, step_of
from backend.admin.errors import CurationError
from backend.admin.models import BulkAction, BulkRow
from backend.admin.tasks import go_on

# So many of those that were left are named.
NAMED = 100


def bulk_action(step: Step, *, permission: str) -> Callable[..., HttpResponse]:
    """The action of a list that does this step to what is selected, once it was asked and told why."""
    bulk.declare(step)

    @admin.action(description=f"{step.label} …", permissions=[permission])
    def run(page: Page, request: HttpRequest, rows: QuerySet[Model]) -> HttpResponse:
        sent = {
            "action": request.POST.get("action", ""),
            "select_across": request.POST.get("select_across", "0"),
        }
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        back = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
        # Before what looks at each of them: a list may have millions.
        if rows.order_by().values("pk")[: bulk.MOST + 1].count() > bulk.MOST:
            messages.error(request, f"Choose fewer: {bulk.MOST:,} rows at once at most.")
            return HttpResponseRedirect(back)
        return _ask_or_begin(
            page, request, Selection(step, rows), back=back,
            sent=[*sent.items(), *((ACTION_CHECKBOX_NAME, pk) for pk in chosen)],
        )  # fmt: skip

    run.__name__ = step.name
    return run


@admin.register(BulkAction)
class BulkActionAdmin(ReadOnlyAdmin):
    list_display = ["what", "begun_at", "begun_by", "why", "state"]
    date_hierarchy = "begun_at"
    ordering = ["-begun_at", "-id"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[BulkAction]":
        """What the curator may do, and with it undo."""
        own = super().get_queryset(request).filter(step__in=bulk.steps_for(request.user))
        return own.select_related("begun_by", "stopped_by")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<uuid:action_id>/", view(self.look), name="backend_admin_bulkaction_look"),
            path("<uuid:action_id>/stop/", view(self.stop), name="backend_admin_bulkaction_stop"),
            path("<uuid:action_id>/undo/", view(self.undo), name="backend_admin_bulkaction_undo"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, *args: object, **kwargs: object
    ) -> HttpResponse:
        """What the list links to is the page of how far it is."""
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        try:
            return HttpResponseRedirect(
                reverse("admin:backend_admin_bulkaction_look", args=[UUID(object_id)])
            )
        except ValueError as error:
            raise Http404 from error

    @admin.display(ordering="step")
    def what(self, action: BulkAction) -> str:
        return title_of(step_of(action), action.count, is_undo=action.is_undo)

    @admin.display(ordering="done_at")
    def state(self, action: BulkAction) -> str:
        if action.stopped_by_id is not None:
            return "Stopped"
        return "Done" if action.done_at else "Under way"

    def look(self, request: HttpRequest, action_id: UUID) -> HttpResponse:
        """How far it is, what was left and why; a POST asks a worker to go on."""
        action = self._get(request, action_id)
        if request.method == "POST":
            go_on.delay(str(action.pk))
            return _to_page(action)
        step, counts, undos = step_of(action), counts_of(action), undos_of(action)
        done, left = counts[BulkRow.Outcome.DONE], counts[BulkRow.Outcome.LEFT]
        return self._page(
            request, "bulk_action", action=action, is_under_way=action.done_at is None, left_count=left,
            title=title_of(step, action.count, is_undo=action.is_undo), rows=step.model._meta,
            done_so_far=action.count - counts[BulkRow.Outcome.WAITING], more=max(left - NAMED, 0),
            done=step.in_words(done, is_undo=action.is_undo), left=left_rows(action),
            undos=undos, may_undo=bool(action.done_at and done) and not is_undone(undos),
            is_forgotten=not any(counts.values()), kept_days=settings.BULK_UNDO_DAYS,
        )  # fmt: skip

    def stop(self, request: HttpRequest, action_id: UUID) -> HttpResponse:
        """A POST ends it after the batch that is under way."""
        action, user = self._get(request, action_id), request.user
        if request.method == "POST" and isinstance(user, User):
            is_stopped = bulk.stop(action_id=action.pk, user=user, now=timezone.now())
            if not is_stopped:
                messages.warning(request, "It was over already.")
        return _to_page(action)

    def undo(self, request: HttpRequest, action_id: UUID) -> HttpResponse:
        action = self._get(request, action_id)
        refusal = refusal_of_undo(action)
        if refusal:
            messages.error(request, f"Nothing was undone: {refusal}.")
            return _to_page(action)
        return _ask_or_begin(self, request, bulk.undo_of(action), sent=[], back=_address(action))

    def _get(self, request: HttpRequest, action_id: UUID) -> BulkAction:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=action_id)

    def _page(self, request: HttpRequest, name: str, **context: object) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"backend_admin/{name}.html", shared)


def title_of(step: Step, count: int, *, is_undo: bool) -> str:
    """`Archive 3 tools`, `Undo: archive 3 tools`."""
    what = f"{step.label} {count:,} {model_ngettext(step.model._meta, count)}"
    return f"Undo: {what[0].lower()}{what[1:]}" if is_undo else what


def counts_of(action: BulkAction) -> dict[str, int]:
    """How many of its rows have each outcome."""
    found = action.rows.order_by().values_list("outcome").annotate(count=Count("pk"))
    return {**dict.fromkeys(BulkRow.Outcome.values, 0), **dict(found)}


def left_rows(action: BulkAction) -> list[tuple[UUID, str, str]]:
    """The id, name and reason of the first that were left as they were: two queries."""
    step = step_of(action)
    left = action.rows.filter(outcome=BulkRow.Outcome.LEFT).order_by("row_id")
    reasons = dict(left.values_list("row_id", "reason")[:NAMED])
    rows = step.model._base_manager.select_related(*step.named_with).in_bulk(list(reasons))
    return [(pk, str(rows.get(pk, pk)), reason) for pk, reason in reasons.items()]


def refusal_of_undo(action: BulkAction) -> str:
    if action.done_at is None:
        return "it still goes on"
    return "it is undone already" if is_undone(undos_of(action)) else ""


def undos_of(action: BulkAction) -> list[BulkAction]:
    """Those that were stopped, and the one that was not."""
    return list(
        BulkAction.objects.filter(undoes=action).select_related("begun_by").order_by("begun_at", "pk")
    )


def is_undone(undos: list[BulkAction]) -> bool:
    return any(undo.stopped_by_id is None for undo in undos)


def _ask_or_begin(
    page: Page, request: HttpRequest, selection: Selection, *, sent: list[tuple[str, str]], back: str
) -> HttpResponse:
    """The page that asks; once it was answered with a reason, the page of the action that has begun."""
    step, user = selection.step, request.user
    if not (isinstance(user, User) and step.may(user)):
        raise PermissionDenied
    # PostgreSQL keeps no NUL.
    why = request.POST.get("why", "").replace("\0", " ").strip()
    if "shown" in request.POST:
        try:
            action = _begin(request, selection, why=why, user=user)
        except CurationError as refusal:
            messages.error(request, f"Nothing was done: {refusal}.")
        else:
            return _to_page(action)
    rows, is_undo = step.model._meta, selection.is_undo
    title = title_of(step, selection.count, is_undo=is_undo)
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts, "rows": rows, "title": f"{title}?", "label": title, "back": back, "sent": sent, "why": why,
        "selection": selection, "kinds": model_ngettext(rows, selection.total),
        "consequence": step.undo_consequence if is_undo else step.consequence,
        "told": [] if is_undo else step.tell(selection.rows),
        "names": [str(row) for row in selection.rows.select_related(*step.named_with).order_by("pk")[:SHOWN]],
        "more": max(selection.total - SHOWN, 0), "is_large": selection.count > bulk.BATCH, "batch": bulk.BATCH,
    }  # fmt: skip
    return TemplateResponse(request, "backend_admin/bulk_sure.html", context)


def _begin(request: HttpRequest, selection: Selection, *, why: str, user: User) -> BulkAction:
    if not why:
        raise CurationError("say why")
    action = bulk.begin(
        selection, shown=request.POST["shown"], why=why[:1_000], user=user, now=timezone.now()
    )
    if action.done_at is None:
        transaction.on_commit(partial(go_on.delay, str(action.pk)))
    else:
        done = counts_of(action)[BulkRow.Outcome.DONE]
        messages.success(request, f"{selection.step.in_words(done, is_undo=action.is_undo)}.")
    return action


def _address(action: BulkAction) -> str:
    return reverse("admin:backend_admin_bulkaction_look", args=[action.pk])


def _to_page(action: BulkAction) -> HttpResponseRedirect:
    return HttpResponseRedirect(_address(action))
