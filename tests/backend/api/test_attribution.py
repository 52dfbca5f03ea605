"""Who changes published data, by what way in and why."""

import pytest
from django.db import connection, transaction

from backend.api.attribution import attributed
from backend.api.models import Change
from catalog.models import Category
from tests.database import execute
from tests.factories import CategoryFactory

pytestmark = pytest.mark.django_db


def rename(category: Category, name: str) -> None:
    Category.objects.filter(pk=category.pk).update(name=name)


def last() -> tuple[str, str, str]:
    change = Change.objects.order_by("-id")[0]
    return change.source, change.actor, change.why


def test_changes_inside_tell_source_actor_and_reason() -> None:
    category = CategoryFactory()

    with attributed(source="admin", actor="anna", why="A typing error"):
        rename(category, "Agents")

    assert last() == ("admin", "anna", "A typing error")


def test_changes_after_it_in_the_same_transaction_tell_nothing() -> None:
    category = CategoryFactory()

    with transaction.atomic():
        with attributed(source="admin", actor="anna"):
            rename(category, "Agents")
        rename(category, "Agents and more")

    assert last() == ("", "", "")


def test_changes_after_one_that_failed_tell_nothing() -> None:
    category = CategoryFactory()

    with pytest.raises(LookupError), attributed(source="admin", actor="anna"):
        raise LookupError
    rename(category, "Agents")

    assert last() == ("", "", "")


def test_what_is_rolled_back_inside_leaves_no_change() -> None:
    category = CategoryFactory(name="Shelf")
    before = Change.objects.count()

    with attributed(source="admin", actor="anna"):
        rename(category, "Agents")
        transaction.set_rollback(True)

    category.refresh_from_db()
    assert (category.name, Change.objects.count()) == ("Shelf", before)


def test_plain_sql_leaves_the_databases_role() -> None:
    category = CategoryFactory()

    execute("UPDATE catalog_category SET name = 'Agents' WHERE id = %s", category.pk)

    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        [role] = cursor.fetchone()
    assert last() == ("", "", "")
    assert Change.objects.order_by("-id")[0].role == role
