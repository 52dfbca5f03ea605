"""Endpoints of the crowd."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Tool
from catalog.views import OfToolView
from votes.serializers import TallySerializer


class ToolTallyView(OfToolView):
    address = "tool-tally"
    tools = Tool.objects.visible().select_related("published_tally")

    @extend_schema(
        operation_id="retrieve_tool_tally",
        tags=["tools"],
        summary="Retrieve a tool's votes, counted",
        description=(
            "The counted votes with their 95 % Wilson interval, and how many votes are held back. An "
            "earlier slug of the tool answers 308."
        ),
        responses=TallySerializer,
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        return super().get(request, slug)

    def answer(self, request: Request, tool: Tool) -> Response:
        return Response(TallySerializer(tool.published_tally).data)
