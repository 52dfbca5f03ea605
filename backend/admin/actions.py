"""Actions of the admin's lists: what is asked first, what is done to each row, and what is said of it."""

from collections.abc import Callable, Iterator, Sequence
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
# And so many are shown with their texts, as on a page of the list.
MOST_READ = 100
# With the id of a row: when it was changed last, as its text was shown.
AS_SHOWN = "as_shown_"
UNREAD = "its text was not shown here, or was changed since: publish it again to read what it says now"


def ask_first(
    page: Page,
    request: HttpRequest,
    rows: models.QuerySet[models.Model],
    *,
    label: str,
    consequence: str,
    reads: Sequence[str] = (),
) -> HttpResponse | None:
    """A page with the number of rows and their first names; None once it was answered, with a reason, for as many.

    Where somebody `reads` these fields, the page has them instead of names, and asks for no reason.
    """
    count = rows.count()
    why = request.POST.get("why", "").strip()
    if request.POST.get("sure") == str(count) and (why or reads):
        return None
    if "sure" in request.POST:
        messages.error(
            request, "Nothing was done: say why." if not (why or reads) else "By now it is about others."
        )
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": f"{label.partition(':')[0]} {count:,} {model_ngettext(page.opts, count)}?",
        "label": label.partition(":")[0],
        "consequence": consequence,
        "count": count,
        "names": [] if reads else [str(row) for row in rows[:SHOWN]],
        "texts": list(_texts_of(rows, reads)) if reads else [],
        "more": max(count - (MOST_READ if reads else SHOWN), 0),
        "action": request.POST.get("action", ""),
        "across": request.POST.get("select_across", "0"),
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "checkbox": ACTION_CHECKBOX_NAME,
        "why": why,
    }
    return TemplateResponse(request, "backend_admin/sure.html", context)


# Any: rows of any model with a time of their last change.
def _texts_of(rows: Any, reads: Sequence[str]) -> Iterator[dict[str, Any]]:
    for row in rows[:MOST_READ]:
        yield {
            "row": row,
            "said": [(row._meta.get_field(name).verbose_name, getattr(row, name)) for name in reads],
            "name": f"{AS_SHOWN}{row.pk}",
            "changed": row.updated_at.isoformat(),
        }


def require_as_shown(request: HttpRequest, row: Any) -> None:
    """Raises CurationError where the row says something else than was read; locks it until the transaction ends."""
    locked = type(row)._base_manager.select_for_update(no_key=True).filter(pk=row.pk)
    now = locked.values_list("updated_at", flat=True).first()
    if now is None or request.POST.get(f"{AS_SHOWN}{row.pk}") != now.isoformat():
        raise CurationError(UNREAD)


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
    reads: Sequence[str] = (),
) -> Callable[..., HttpResponse | None]:
    """An action of the admin's lists: `act(row, now=…)` for each selected row, which is `done` then.

    One that `asks` shows first how many rows it is about, with that sentence, and wants to know why. One with fields that
    somebody `reads` first shows these, and leaves a row that was changed since.
    """

    @admin.action(description=f"{description} …" if asks else description, permissions=[permission])
    def run(page: Page, request: HttpRequest, rows: models.QuerySet[models.Model]) -> HttpResponse | None:
        if asks and (
            question := ask_first(page, request, rows, label=description, consequence=asks, reads=reads)
        ):
            return question
        now = timezone.now()

        def act_on(row: models.Model) -> None:
            if reads:
                require_as_shown(request, row)
            act(row, now=now)

        do_to_each(page, request, rows, act_on, done=done)
        return None

    return run
