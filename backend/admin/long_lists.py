"""The desk's lists of many rows: what of Django's they do otherwise (decision 167)."""

from collections.abc import Callable
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models.expressions import Combinable
from django.http import HttpRequest

# A search looks for each word by itself.
MOST_WORDS = 20


class LongList(ChangeList):
    """Django's, for lists of many rows: it finds the ids of a page before it reads its rows, for all that a row shows would
    be joined and sorted with it; and it sorts by nothing but `sortable_by`, whatever an address asks.
    """

    def get_ordering_field(self, field_name: Callable[..., object] | str) -> Combinable | str | None:
        return super().get_ordering_field(field_name) if field_name in (self.sortable_by or ()) else None

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except IncorrectLookupParameters:
            # A page behind the last one, which others may have emptied.
            self.page_num = self.model_admin.get_paginator(
                request, self.queryset, self.list_per_page
            ).num_pages
            super().get_results(request)
        # Any: Django's page is a queryset, or a list.
        page: Any = self.result_list
        ids = list(page.values_list("pk", flat=True))
        rows = self.root_queryset.filter(pk__in=ids)
        if not rows.query.select_related:
            rows = self.apply_select_related(rows)
        found = {row.pk: row for row in rows}
        self.result_list = [found[pk] for pk in ids if pk in found]
        if self.query and not any(name.startswith(f"{self.date_hierarchy}__") for name in self.params):
            # To offer dates, what is searched for would be found twice more.
            self.date_hierarchy = None
