"""One box for everything: what the lists of the desk find, a few rows of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import BadRequest
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from backend.admin.base import ModelAdmin, answer_or_refuse

# Of each list; the list itself has the rest.
MOST_ROWS = 6
MAX_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Found:
    """The first rows that one list finds, each as its words and the address of its page."""

    name: str
    list_address: str
    rows: list[tuple[str, str]]
    is_cut: bool


def search(request: HttpRequest) -> HttpResponse:
    """What every list that the user may see finds for `q`."""
    text = request.GET.get("q", "").strip()[:MAX_LENGTH]
    return answer_or_refuse(_answer, request, text)


def _answer(request: HttpRequest, text: str) -> HttpResponse:
    found = [each for each in _searched(request, text) if each.rows] if text else []
    context = {**admin.site.each_context(request), "title": "Search", "q": text, "found": found}
    return TemplateResponse(request, "backend_admin/search.html", context)


def _searched(request: HttpRequest, text: str) -> Iterator[Found]:
    pages = [
        page for page in admin.site._registry.values() if isinstance(page, ModelAdmin) and page.search_place
    ]
    for page in sorted(pages, key=attrgetter("search_place")):
        if page.has_view_permission(request):
            yield _found_by(page, request, text)


# Any: a page for any rows.
def _found_by(page: Any, request: HttpRequest, text: str) -> Found:
    prefix = f"admin:{page.opts.app_label}_{page.opts.model_name}"
    rows, has_duplicates = page.get_search_results(request, page.get_queryset(request), text)
    if page.list_select_related:
        rows = rows.select_related(*page.list_select_related)
    rows = rows.order_by(*page.get_ordering(request))
    first = list((rows.distinct() if has_duplicates else rows)[: MOST_ROWS + 1])
    return Found(
        name=str(page.opts.verbose_name_plural),
        list_address=reverse(f"{prefix}_changelist"),
        rows=[(str(row), reverse(f"{prefix}_change", args=[row.pk])) for row in first[:MOST_ROWS]],
        is_cut=len(first) > MOST_ROWS,
    )


class Completions(AutocompleteJsonView):
    """Django's, which takes the end of a relation that has no column for one that has, and fails."""

    def process_request(self, request: HttpRequest) -> Any:
        """The text, the page that searches, the field and the name of its key."""
        if "\0" in request.GET.get("term", ""):
            raise BadRequest("No text holds NUL.")
        # Any: Django says that it is a column, and it may be none.
        found: Any = super().process_request(request)
        if isinstance(found[2], ForeignObjectRel):
            raise Http404("No form has such a field.")
        return found


def complete(request: HttpRequest) -> HttpResponse:
    """What a field of a form may be, of what is typed into it."""
    # Any: for Django any view may answer in pieces, which this one does not.
    view: Any = Completions.as_view(admin_site=admin.site)
    return answer_or_refuse(view, request)
