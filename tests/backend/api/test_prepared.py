"""Querysets that are compiled once, on tools."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import CharField, DateTimeField, QuerySet
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from backend.api.prepared import Placeholder, Prepared, PreparedValues
from catalog.models import Tool, ToolAlias
from tests.factories import NOW, ToolFactory

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)
BY_SLUG = Prepared(lambda slugs: Tool.objects.with_slugs(slugs).select_related("category").order_by("slug"))


@pytest.mark.parametrize("slugs", [["a"], ["b", "a"], ["a", "c", "nobody"], ["old-b"], ["a", "a"], []])
def test_rows_are_what_the_queryset_finds(
    slugs: list[str], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for slug in "abc":
        ToolAlias.objects.create(slug=f"old-{slug}", tool=ToolFactory(slug=slug, name=f"Tool {slug}"))

    with django_assert_num_queries(1 if slugs else 0):
        rows = BY_SLUG.rows(slugs=slugs)
        told = [(row.slug, row.name, row.category.name) for row in rows]

    expected = Tool.objects.with_slugs(slugs).order_by("slug")
    assert told == [(row.slug, row.name, row.category.name) for row in expected]


def test_each_call_has_values_of_its_own() -> None:
    one, other = ToolFactory(), ToolFactory()
    by_id = Prepared(lambda tool, slug: Tool.objects.filter(pk=tool, slug=slug))

    assert by_id.rows(tool=one.pk, slug=one.slug) == [one]
    assert by_id.rows(tool=other.pk, slug=other.slug) == [other]
    assert by_id.rows(tool=one.pk, slug=other.slug) == []
    assert by_id.rows(tool=uuid4(), slug=one.slug) == []


def test_rows_that_are_values_come_too() -> None:
    tool = ToolFactory(slug="a")
    names = Prepared(lambda slug: Tool.objects.filter(slug=slug).values_list("pk", "name"))

    assert names.rows(slug="a") == [(tool.pk, tool.name)]


@pytest.mark.parametrize(
    "build",
    [
        lambda slug: Tool.objects.filter(slug=f"{slug}"[:1]),
        lambda slug: Tool.objects.all(),
        lambda slug: Tool.objects.filter(slug=slug, published_at__lte=timezone.now()),
    ],
    ids=["the value changed", "not asked for", "a time of compiling"],
)
def test_what_would_be_right_for_one_value_or_moment_alone_is_refused(
    build: Callable[..., QuerySet[Tool]],
) -> None:
    with pytest.raises(ValueError, match="depends on its values or on the time"):
        Prepared(build).rows(slug="a")


def test_values_of_any_type_stand_where_their_placeholders_do() -> None:
    early, late = ToolFactory(slug="early", published_at=NOW), ToolFactory(slug="late", published_at=LATER)
    since, slug = Placeholder(0, DateTimeField()), Placeholder(1, CharField())
    found = PreparedValues(
        Tool.objects.filter(published_at__gte=since).exclude(slug=slug).values_list("pk", "published_at")
    )

    assert found.rows(NOW, "late") == [(early.pk, NOW)]
    assert found.rows(LATER, "early") == [(late.pk, LATER)]
    assert found.rows(LATER, "late") == []


def test_values_that_are_of_one_moment_are_refused() -> None:
    with pytest.raises(ValueError, match="depends on the time"):
        PreparedValues(Tool.objects.filter(published_at__lte=timezone.now()).values_list("pk"))


@pytest.mark.django_db(transaction=True)
def test_threads_that_ask_at_once_get_what_each_asked_for() -> None:
    tools = [ToolFactory(slug=f"tool-{number}") for number in range(8)]
    fresh = Prepared(lambda slug: Tool.objects.filter(slug=slug))
    found: dict[str, list[Tool]] = {}
    gate = threading.Barrier(len(tools))

    def ask(slug: str) -> None:
        gate.wait()
        found[slug] = fresh.rows(slug=slug)
        connection.close()

    threads = [threading.Thread(target=ask, args=[tool.slug]) for tool in tools]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {tool.slug: [tool] for tool in tools}
