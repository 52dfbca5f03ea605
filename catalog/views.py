"""Endpoints of the catalog, and what every endpoint of one tool shares."""

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.lists import ListView
from backend.api.pagination import page_schema
from backend.api.parameters import ListParameters, Parameters
from backend.api.problems import Refusal, permanent_redirect
from backend.api.views import PublicView, field_names
from catalog.models import Category, Tool
from catalog.querysets import ToolQuerySet
from catalog.serializers import CategorySerializer


class CategoryNotFound(Refusal):
    status_code = 404
    default_code = "category_not_found"
    default_detail = "There is no category with this slug."


class ToolNotFound(Refusal):
    status_code = 404
    default_code = "tool_not_found"
    default_detail = "No published tool has, or once had, this slug."


class CategoryParameters(Parameters):
    selectable = field_names(CategorySerializer)


class CategoryListParameters(ListParameters, CategoryParameters):
    pass


class CategoryListView(ListView):
    parameters = CategoryListParameters

    @extend_schema(
        operation_id="list_categories",
        tags=["categories"],
        summary="List categories, by name, with their tool counts",
        description="Every category, also one without tools; `tool_count` counts published tools.",
        responses=page_schema(CategorySerializer),
    )
    def get(self, request: Request) -> Response:
        return self.answer_page(
            Category.objects.with_tool_count(), keys=["name"], serializer=CategorySerializer
        )


class CategoryView(PublicView):
    parameters = CategoryParameters

    @extend_schema(
        operation_id="retrieve_category",
        tags=["categories"],
        summary="Retrieve a category with its tool count",
        description="One category by its slug.",
        responses=CategorySerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        category = Category.objects.with_tool_count().filter(slug=slug).first()
        if category is None:
            raise CategoryNotFound
        return Response(CategorySerializer(category, only=self.params["fields"]).data)


class OfToolView(PublicView):
    """An address that holds a tool's slug: an earlier slug answers 308 to the present one.

    `address` is the URL's name.
    """

    address: str
    tools: ToolQuerySet = Tool.objects.visible()
    may_move = True

    def get(self, request: Request, slug: str) -> HttpResponse:
        tool = self.tools.with_slugs([slug]).first()
        if tool is None:
            raise ToolNotFound
        if tool.slug != slug:
            return permanent_redirect(request, reverse(self.address, kwargs={"slug": tool.slug}))
        return self.answer(request, tool)

    def answer(self, request: Request, tool: Tool) -> Response:
        raise NotImplementedError
