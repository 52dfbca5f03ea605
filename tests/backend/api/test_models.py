"""What the history keeps of published data, whatever the way in; and that nobody rewrites it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, models, transaction
from pytest_django import DjangoAssertNumQueries

from backend.api.models import Change
from tests.database import database_now, execute
from tests.factories import (
    CategoryFactory,
    ComparisonFactory,
    ReviewerFactory,
    ReviewFactory,
    ToolFactory,
)

pytestmark = pytest.mark.django_db

PUBLISHED_DATA: list[Any] = [
    pytest.param(CategoryFactory, "name", "Agents", id="category"),
    pytest.param(ToolFactory, "pricing_note", "Per seat", id="price"),
    pytest.param(ReviewerFactory, "motto", "Show me twice", id="reviewer"),
    pytest.param(ReviewFactory, "quote", "It broke.", id="review"),
    pytest.param(ComparisonFactory, "editor_note", "Look at both.", id="pair"),
]


def by_save(row: Any, column: str, value: str) -> None:
    setattr(row, column, value)
    row.save()


def by_update(row: Any, column: str, value: str) -> None:
    type(row).objects.filter(pk=row.pk).update(**{column: value})


def by_import(row: Any, column: str, value: str) -> None:
    setattr(row, column, value)
    type(row).objects.bulk_create([row], update_conflicts=True, unique_fields=["id"], update_fields=[column])


def by_sql(row: Any, column: str, value: str) -> None:
    execute(f"UPDATE {row._meta.db_table} SET {column} = %s WHERE id = %s", value, row.pk)


WAYS: dict[str, Callable[[Any, str, str], None]] = {
    "save": by_save,
    "update": by_update,
    "import": by_import,
    "sql": by_sql,
}


def changes_of(row: models.Model) -> list[Change]:
    return list(Change.objects.filter(row_id=row.pk).order_by("id"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("make", "column", "value"), PUBLISHED_DATA)
def test_every_change_of_published_data_is_kept(way: str, make: Any, column: str, value: str) -> None:
    row = make()
    former = getattr(row, column)
    before = database_now()

    WAYS[way](row, column, value)

    added, changed = changes_of(row)
    assert (added.action, added.columns, changed.action) == ("insert", {}, "update")
    assert changed.table_name == row._meta.db_table
    assert changed.columns[column] == [former, value]
    assert before <= changed.changed_at <= database_now()


@pytest.mark.parametrize(("make", "column", "value"), PUBLISHED_DATA)
def test_a_row_that_is_saved_as_it_was_leaves_nothing(make: Any, column: str, value: str) -> None:
    row = make()

    row.save()

    assert [change.action for change in changes_of(row)] == ["insert"]


@pytest.mark.parametrize(("make", "column", "value"), PUBLISHED_DATA)
def test_a_deleted_row_leaves_all_that_it_was(make: Any, column: str, value: str) -> None:
    row = make()
    key, former = row.pk, getattr(row, column)

    row.delete()

    deleted = Change.objects.get(row_id=key, action="delete")
    assert deleted.columns[column] == [former, None]


def test_a_bulk_change_costs_no_query_more(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    tools = ToolFactory.create_batch(3)

    with django_assert_num_queries(1):
        type(tools[0]).objects.update(tagline="Said anew")

    assert Change.objects.filter(action="update").count() == 3


@pytest.mark.parametrize("sql", ["UPDATE api_change SET why = 'Another'", "DELETE FROM api_change"])
def test_history_is_never_rewritten(sql: str) -> None:
    CategoryFactory()

    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        execute(sql)

    assert Change.objects.filter(why="").count() == 1


def test_a_change_names_itself() -> None:
    CategoryFactory()

    assert str(Change.objects.get()).startswith("Added 20")
