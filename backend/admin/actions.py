"""Actions of the admin's lists: what is asked first, what is done to each row, and what is said of it."""

from collections import Counter
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
from backend.admin.zones import shown

# Django's class takes its model in brackets only for type checkers.
Page: TypeAlias = "admin.ModelAdmin[Any]"
Row = TypeVar("Row", bound=models.Model)
# Of a selection, so many are named.
SHOWN = 10
# And so many are shown with their texts, as on a page of the list.
MOST_READ = 100
# With the id of a row: when it was changed last, as its text was shown.
AS_SHOWN = "as_shown_"
UNREAD = "its text was not shown here, or somebody changed it since: choose Publish again and read it"


def ask_first(
    page: Page,
    request: HttpRequest,
    rows: models.QuerySet[models.Model],
    *,
    label: str,
    consequence: str,
    reads: Sequence[str] | None = None,
) -> HttpResponse | None:
    """A page with the number of rows and their first names; None once it was answered, with a reason, for as many.

    Where somebody `reads` them, the page has all that can be written of each instead of names, with the rows of these
    relations, and asks for no reason.
    """
    count = rows.count()
    why = request.POST.get("why", "").strip()
    is_read = reads is not None
    if request.POST.get("sure") == str(count) and (why or is_read):
        return None
    if "sure" in request.POST:
        changed = "The rows have changed since this page was shown. Look again."
        messages.error(request, changed if why or is_read else "Nothing was done: say why.")
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": f"{label.partition(':')[0]} {count:,} {model_ngettext(page.opts, count)}?",
        "label": label.partition(":")[0],
        "consequence": consequence,
        "count": count,
        "names": [] if is_read else [str(row) for row in rows[:SHOWN]],
        "texts": [] if reads is None else list(_texts_of(rows, reads)),
        "more": max(count - (MOST_READ if is_read else SHOWN), 0),
        "action": request.POST.get("action", ""),
        "across": request.POST.get("select_across", "0"),
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "checkbox": ACTION_CHECKBOX_NAME,
        "why": why,
    }
    return TemplateResponse(request, "backend_admin/sure.html", context)


# Any: rows of any model with a time of their last change.
def _texts_of(rows: Any, relations: Sequence[str]) -> Iterator[dict[str, object]]:
    below = [(name, rows.model._meta.get_field(name)) for name in relations]
    found = rows.select_related(*_keys(rows.model)).prefetch_related(
        *(f"{name}__{key}" for name, relation in below for key in _keys(relation.related_model))
    )
    for row in found[:MOST_READ]:
        said = list(_columns(row))
        date = getattr(row, "published_at", None)
        if date is not None and date > timezone.now():
            said.append(("Not before", shown(date)))
        for name, relation in below:
            title = relation.related_model._meta.verbose_name
            for each in getattr(row, name).all():
                of_row = [str(text) for _, text in _columns(each, but=relation.field.name)]
                said.append((title, "\n".join(of_row)))
        yield {
            "row": row,
            "said": said,
            "name": f"{AS_SHOWN}{row.pk}",
            "changed": row.updated_at.isoformat(),
        }


def _keys(model: type[models.Model]) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if field.is_relation]


def _columns(row: models.Model, *, but: str = "") -> Iterator[tuple[str, object]]:
    """All that somebody wrote of it, whichever columns it gets; but for the key to the row that it stands below."""
    left_out = {"status", "published_at", "position", but}
    for field in row._meta.concrete_fields:
        if not field.editable or field.primary_key or field.name in left_out:
            continue
        value = getattr(row, f"get_{field.name}_display")() if field.choices else getattr(row, field.name)
        if value not in (None, "", []):
            yield str(field.verbose_name), "\n".join(value) if isinstance(value, list) else value


def require_as_shown(request: HttpRequest, row: models.Model) -> None:
    """Raises CurationError where the row says something else than was read; locks it until the transaction ends."""
    locked = type(row)._base_manager.select_for_update(no_key=True).filter(pk=row.pk)
    now = locked.values_list("updated_at", flat=True).first()
    if now is None or request.POST.get(f"{AS_SHOWN}{row.pk}") != now.isoformat():
        raise CurationError(UNREAD)


def do_to_each(
    page: Page,
    request: HttpRequest,
    rows: models.QuerySet[Row],
    action: Callable[[Row], None],
    *,
    done: str,
    became: Callable[[Row], str] | None = None,
) -> None:
    """Says afterwards how many rows the action was done to, and which were left and why.

    Where rows may become something else than `done`, `became` says of each what.
    """
    counts, left = Counter[str](), dict[str, list[str]]()
    why = f" {request.POST['why'].strip()}" if request.POST.get("why") else ""
    for row in rows:
        try:
            action(row)
        except CurationError as refusal:
            left.setdefault(str(refusal), []).append(str(row))
        else:
            words = became(row) if became else done
            page.log_change(request, row, f"{words[:1].upper()}{words[1:]}.{why}")
            counts[words] += 1
    for words, count in counts.items():
        messages.success(request, f"{count} {model_ngettext(page.opts, count)} {words}.")
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
    reads: Sequence[str] | None = None,
    became: Callable[..., str] | None = None,
) -> Callable[..., HttpResponse | None]:
    """An action of the admin's lists: `act(row, now=…)` for each selected row, which is `done` then.

    One that `asks` shows first how many rows it is about, with that sentence, and wants to know why. One that somebody
    `reads` first shows all that was written of each, the rows of these relations too, and leaves what was changed since.
    """

    @admin.action(description=f"{description} …" if asks else description, permissions=[permission])
    def run(page: Page, request: HttpRequest, rows: models.QuerySet[models.Model]) -> HttpResponse | None:
        if asks and (
            question := ask_first(page, request, rows, label=description, consequence=asks, reads=reads)
        ):
            return question
        now = timezone.now()

        def act_on(row: models.Model) -> None:
            if reads is not None:
                require_as_shown(request, row)
            act(row, now=now)

        do_to_each(page, request, rows, act_on, done=done, became=became)
        return None

    return run
