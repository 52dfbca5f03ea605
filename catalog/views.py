"""Endpoints of the catalog, and how one tool is found by its slug."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views import View
from django.views.static import serve
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.pagination import ListView, page_schema
from backend.api.parameters import ListParameters, Parameters
from backend.api.prepared import Prepared
from backend.api.problems import Moved, Refusal, refuses
from backend.api.rendering import rendered
from backend.api.views import PublicView, field_names
from catalog.models import Category, Condition, Tool
from catalog.querysets import ToolQuerySet
from catalog.serializers import CategorySerializer, ConditionSerializer


class CategoryNotFound(Refusal):
    status_code = 404
    default_code = "category_not_found"
    default_detail = "There is no category with this slug."


class ToolNotFound(Refusal):
    status_code = 404
    default_code = "tool_not_found"
    default_detail = "No published tool has, or once had, this slug."


class CategoryListView(ListView):
    parameters = ListParameters.selecting(field_names(CategorySerializer))

    @extend_schema(
        operation_id="list_categories", tags=["categories"], responses=page_schema(CategorySerializer)
    )
    def get(self, request: Request) -> Response:
        """List categories, by name, with their tool counts

        Every category, also one without tools; `tool_count` counts published tools.
        """
        return self.answer_page(
            Category.objects.with_tool_count().with_sort_key(),
            keys=["sort_key"],
            serializer=CategorySerializer,
        )


class CategoryView(PublicView):
    parameters = Parameters.selecting(field_names(CategorySerializer))

    @extend_schema(operation_id="retrieve_category", tags=["categories"], responses=CategorySerializer)
    @refuses(CategoryNotFound)
    def get(self, request: Request, slug: str) -> Response:
        """Retrieve a category with its tool count

        One category by its slug.
        """
        category = Category.objects.with_tool_count().filter(slug=slug).first()
        if category is None:
            raise CategoryNotFound
        return Response(rendered(CategorySerializer, category, only=self.params["fields"]))


class ConditionListView(ListView):
    parameters = ListParameters.selecting(field_names(ConditionSerializer))

    @extend_schema(
        operation_id="list_conditions", tags=["conditions"], responses=page_schema(ConditionSerializer)
    )
    def get(self, request: Request) -> Response:
        """List conditions under which a tool is the right one, by name, with their tool counts

        What must it do for me? Every condition that curators check tools for, also one that none fits; `tool_count`
        counts published tools, which `/tools?fits=` lists.
        """
        return self.answer_page(
            Condition.objects.with_tool_count().with_sort_key(),
            keys=["sort_key"],
            serializer=ConditionSerializer,
        )


class LogoFileView(View):
    """A file that a worker drew. Its name is that of its content, so a client that has it need not ask again."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, path: str) -> HttpResponseBase:
        response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def by_slugs(tools: ToolQuerySet) -> Prepared:
    """Those of the tools that have, or once had, one of the `slugs` it is asked for."""
    return Prepared(tools.with_slugs)


# For what needs the tool's id and slug alone.
VISIBLE_TOOLS = by_slugs(Tool.objects.visible().defer("search"))


def find_tool(slug: str, tools: Prepared) -> Tool:
    """The one of the tools, as `by_slugs` has them, that a slug names: one query.

    Raises ToolNotFound, and Moved for an earlier slug.
    """
    tool: Tool | None = next(iter(tools.rows(slugs=[slug])), None)
    if tool is None:
        raise ToolNotFound
    if tool.slug != slug:
        raise Moved(tool.slug)
    return tool
