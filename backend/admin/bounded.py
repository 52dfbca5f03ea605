"""Counting: of many kinds of rows at once, and of lists of millions of rows so far and no further."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, cast

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, QuerySet

MOST_COUNTED = 10_000


def counts_of(rows: Sequence[QuerySet[Model]]) -> list[int]:
    """How many each of them has: one query for all."""
    parts: list[str] = []
    # Any: the driver takes more types than Django's stubs name.
    params: list[Any] = []
    for n, each in enumerate(rows):
        sql, own = each.values("pk").query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS rows_{n})")  # noqa: S608 - Django wrote it.
        params += own
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        return list(cursor.fetchone())


class MoreThan(int):
    """A number that stands for itself and more."""

    def __str__(self) -> str:
        return f"more than {int(self):,}"


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Has pages for the first MOST_COUNTED rows; what lies behind them, filters and the search bring forward."""

    @cached_property
    def count(self) -> int:
        # Django's pages are of any list, and this one of rows.
        rows = cast(QuerySet[Model], self.object_list)
        number = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
        return number if number <= MOST_COUNTED else MoreThan(MOST_COUNTED)
