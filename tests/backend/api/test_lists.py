"""Lists: one page, in the order they name, with the properties that were asked for."""

from typing import Any

import pytest
from django.core.cache import cache
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from backend.api.lists import ListView
from backend.api.parameters import ListParameters
from backend.api.views import SparseFieldsMixin, field_names
from catalog.models import Category
from tests.factories import CategoryFactory

pytestmark = pytest.mark.django_db


class ShelfSerializer(SparseFieldsMixin):
    slug = serializers.CharField()
    name = serializers.CharField()


class ShelfParameters(ListParameters):
    selectable = field_names(ShelfSerializer)


class ShelfListView(ListView):
    parameters = ShelfParameters

    def get(self, request: Request) -> Response:
        return self.answer_page(Category.objects.all(), keys=["-name"], serializer=ShelfSerializer)


def page(**query: Any) -> Any:
    response = ShelfListView.as_view()(APIRequestFactory().get("/shelves", query))
    assert isinstance(response, Response)
    return response.data


@pytest.fixture(autouse=True)
def shelves() -> None:
    cache.clear()
    for name in ("B", "C", "A"):
        CategoryFactory(slug=name.lower(), name=name)


def test_a_page_holds_at_most_as_many_rows_as_asked_for_in_the_lists_order() -> None:
    assert [dict(row) for row in page(limit=2)["results"]] == [
        {"slug": "c", "name": "C"},
        {"slug": "b", "name": "B"},
    ]


def test_the_cursor_goes_on_where_the_page_ended() -> None:
    cursor = page(limit=2)["next"].partition("cursor=")[2]

    assert [row["slug"] for row in page(limit=2, cursor=cursor)["results"]] == ["a"]


def test_rows_have_the_properties_that_were_asked_for() -> None:
    assert [dict(row) for row in page(limit=1, fields="name")["results"]] == [{"name": "C"}]
