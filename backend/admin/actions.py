"""Actions of the admin's lists: what is asked first, what is done to each row, and what is said of it."""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import model_ngettext
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from backend.admin.errors import CurationError

# Django's class takes its model in brackets only for type checkers.
Page: TypeAlias = "admin.ModelAdmin[Any]"
Row = TypeVar("Row", bound=models.Model)
# Of a selection, so many are named.
SHOWN = 10


def ask_first(
    page: Page, request: HttpRequest, rows: models.QuerySet[models.Model], *, label: str, consequence: str
) -> HttpResponse | None:
    """A page with the number of rows and their first names; None once it was answered, with a reason, for as many."""
    count = rows.count()
    why = request.POST.get("why", "").strip()
    if request.POST.get("sure") == str(count) and why:
        return None
    if "sure" in request.POST:
        messages.error(request, "Nothing was done: say why." if not why else "By now it is about others.")
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": f"{label.partition(':')[0]} {count:,} {model_ngettext(page.opts, count)}?",
        "label": label.partition(":")[0],
        "consequence": consequence,
        "count": count,
        "names": [str(row) for row in rows[:SHOWN]],
        "more": max(count - SHOWN, 0),
        "action": request.POST.get("action", ""),
        "across": request.POST.get("select_across", "0"),
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "checkbox": ACTION_CHECKBOX_NAME,
        "why": why,
    }
    return TemplateResponse(request, "backend_admin/sure.html", context)


def do_to_each(
    page: Page, request: HttpRequest, rows: models.QuerySet[Row], action: Callable[[Row], None], *, done: str
) -> None:
    """Says afterwards how many rows the action was done to, and which were left and why."""
    count, left = 0, dict[str, list[str]]()
    why = f" {request.POST['why'].strip()}" if request.POST.get("why") else ""
    for row in rows:
        try:
            action(row)
        except CurationError as refusal:
            left.setdefault(str(refusal), []).append(str(row))
        else:
            page.log_change(request, row, f"{done.capitalize()}.{why}")
            count += 1
    if count:
        messages.success(request, f"{count} {model_ngettext(page.opts, count)} {done}.")
    for reason, names in left.items():
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        messages.warning(
            request, f"Not {done} ({reason.removesuffix('.')}): {', '.join(names[:SHOWN])}{more}."
        )


def row_action(
    act: Callable[..., None],
    *,
    description: str,
    done: str,
    permission: str = "change",
    asks: str = "",
) -> Callable[..., HttpResponse | None]:
    """An action of the admin's lists: `act(row, now=…)` for each selected row, which is `done` then.

    One that `asks` shows first how many rows it is about, with that sentence, and wants to know why.
    """

    @admin.action(description=f"{description} …" if asks else description, permissions=[permission])
    def run(page: Page, request: HttpRequest, rows: models.QuerySet[models.Model]) -> HttpResponse | None:
        if asks and (question := ask_first(page, request, rows, label=description, consequence=asks)):
            return question
        now = timezone.now()
        do_to_each(page, request, rows, lambda row: act(row, now=now), done=done)
        return None

    return run
