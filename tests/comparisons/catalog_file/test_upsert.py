"""Rows brought into the database: what differs, what is written, and in how many statements."""

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from backend.api.ids import new_id
from catalog.models import Category, Tool
from comparisons.catalog_file.upsert import BATCH_SIZE, Change, Count, Table, assign, differences
from tests.factories import CategoryFactory

COLUMNS = {"name": "name", "price": "pricing_starts_at", "model": "pricing_model", "note": "pricing_note"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({}, {}, id="what is absent asks for nothing"),
        pytest.param({"name": "Aider"}, {}, id="the same"),
        pytest.param({"name": "Zed"}, {"name": "Zed"}, id="another text"),
        pytest.param({"price": "20"}, {}, id="the same amount, written otherwise"),
        pytest.param({"price": "20.5"}, {"price": Decimal("20.5")}, id="another amount"),
        pytest.param({"price": None}, {"price": None}, id="null clears a column that takes it"),
        pytest.param({"note": None}, {"note": ""}, id="null clears a text"),
        pytest.param({"model": ""}, {"model": None}, id="an empty text clears a column that takes null"),
        pytest.param({"unknown": 1}, {}, id="a key without a column"),
    ],
)
def test_what_differs_is_told_by_key_in_the_columns_own_values(
    values: dict[str, Any], expected: dict[str, Any]
) -> None:
    tool = Tool(
        name="Aider", pricing_starts_at=Decimal("20.0000"), pricing_model="usage", pricing_note="Fair"
    )

    assert differences(tool, values, COLUMNS) == expected


def test_what_differs_is_assigned_and_named() -> None:
    tool = Tool(name="Aider", pricing_note="Fair")

    changed = assign(tool, {"name": "Zed", "note": "Fair"}, COLUMNS)

    assert changed == ["name"]
    assert (tool.name, tool.pricing_note) == ("Zed", "Fair")


def test_edits_name_rows_by_their_slugs() -> None:
    before, after = new_id(), new_id()
    tool = Tool(category_id=before)

    [edit] = assign(
        tool, {"category": after}, {"category": "category_id"}, slugs={before: "old", after: "new"}
    )

    assert (edit, edit.before, edit.after) == ("category", "old", "new")
    assert tool.category_id == after


@pytest.mark.django_db
class TestTable:
    @pytest.fixture
    def table(self) -> Table[Category]:
        return Table("categories", Category, {"name": "name", "description": "description"})

    def test_new_changed_and_equal_rows_are_told_apart(self, table: Table[Category]) -> None:
        changed, equal = CategoryFactory(), CategoryFactory()

        table.take(Category(slug="new"), "new", ["name"])
        table.take(changed, "changed", iter(["name", "description"]))
        table.take(equal, "equal", [])

        assert table.count == Count(created=1, updated=1, unchanged=1)
        assert table.changes == [Change("categories", "changed", ("name", "description"))]

    def test_new_and_changed_rows_are_written_in_one_statement(
        self, table: Table[Category], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        known, steps = CategoryFactory(slug="known", description="Stays"), list[int]()
        known.name, known.description = "Renamed", "Not named as changed"
        table.take(known, "known", ["name"])
        table.take(Category(slug="new", name="New"), "new", ["name"])
        table.take(CategoryFactory(), "equal", [])

        with django_assert_num_queries(1):
            table.write(steps.append)

        rows = Category.objects.filter(slug__in=["known", "new"]).order_by("slug")
        assert list(rows.values_list("name", "description")) == [("Renamed", "Stays"), ("New", "")]
        assert steps == [1, 2]

    @pytest.mark.parametrize(("rows", "statements"), [(0, 0), (BATCH_SIZE, 1), (BATCH_SIZE + 1, 2)])
    def test_there_is_one_statement_a_batch(
        self,
        table: Table[Category],
        rows: int,
        statements: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in range(rows):
            table.take(Category(slug=f"c{number}", name="New"), "new", ["name"])

        with django_assert_num_queries(statements):
            table.write(lambda done: None)

        assert Category.objects.count() == rows
