"""What a list's address may ask for: a closed list, on every page of the desk."""

import pytest
from django.contrib import admin
from django.db import models
from django.test import RequestFactory

from backend.admin.lookups import closed_lookups
from comparisons.models import Comparison
from tests.desk import open_desk
from tests.factories import ToolFactory

PAGES = [pytest.param(page, id=str(page.opts)) for page in admin.site._registry.values()]
# Rows of a list can't be told apart by them, however they are asked for.
SECRETS = (
    "origin",
    "key",
    "network_hash",
    "site_hash",
    "provider_hash",
    "address",
    "address_key",
    "password",
)


def test_a_filter_asks_for_its_values_and_dates_for_spans() -> None:
    page = admin.site._registry[Comparison]

    assert closed_lookups(page.model, ["status", "first_tool__category"], dates="published_at", more=["id__in"]) == {
        "status", "status__exact", "status__isnull",
        "first_tool__category", "first_tool__category__exact", "first_tool__category__isnull",
        "first_tool__category__id__exact",
        "published_at__gte", "published_at__lt", "published_at__year", "published_at__month", "published_at__day",
        "id__in",
    }  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_no_page_lets_a_column_be_read_a_letter_at_a_time(page: "admin.ModelAdmin[models.Model]") -> None:
    request = RequestFactory().get("/")

    for field in page.opts.get_fields():
        for lookup in ("startswith", "contains", "regex", "gt", "in"):
            assert not page.lookup_allowed(f"{field.name}__{lookup}", "a", request)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_filters_searches_or_orders_by_a_secret(page: "admin.ModelAdmin[models.Model]") -> None:
    request = RequestFactory().get("/")

    offered = [*page.get_search_fields(request), *map(str, page.get_list_filter(request)), *page.list_display]
    assert [each for each in offered if str(each).split("__")[-1] in SECRETS] == []
    for secret in SECRETS:
        for suffix in ("", "__exact", "__isnull"):
            assert not page.lookup_allowed(f"{secret}{suffix}", "a", request)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "question",
    [
        "network_hash=x", "network_hash__startswith=%5Cx01", "voter__key__startswith=a", "reasons=x", "reasons__len__gte=x",
        "voter__id__exact=1", "value__regex=(", "nothing=1",
    ],
)  # fmt: skip
def test_whatever_else_an_address_asks_for_is_refused(question: str) -> None:
    assert open_desk().get(f"/admin/votes/vote/?{question}").status_code == 400


@pytest.mark.django_db
def test_links_between_pages_are_taken() -> None:
    tool = ToolFactory()
    desk = open_desk()

    for link in (
        f"/admin/reviews/review/?tool__id__exact={tool.pk}",
        f"/admin/catalog/tool/?category__id__exact={tool.category_id}&status__exact=published",
        "/admin/catalog/tool/?panel__call=ship&published_at__year=2026",
    ):
        assert desk.get(link).status_code == 200
