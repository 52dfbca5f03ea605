"""Endpoints of a tool's tally: as it is, and day by day."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.pagination import ListView, page_schema
from backend.api.parameters import ListParameters
from backend.api.views import PublicView
from catalog.models import Tool
from catalog.views import find_tool
from votes.models import TallyDay
from votes.tallies.serializers import TallyDaySerializer, TallySerializer


class ToolTallyView(PublicView):
    may_move = True

    @extend_schema(operation_id="retrieve_tool_tally", tags=["tools"], responses=TallySerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Retrieve a tool's votes, counted

        The counted votes with their 95 % Wilson interval, whether the crowd is decided and how many votes would change
        that, and how many votes are held back. The numbers move in steps. An earlier slug of the tool answers 308.
        """
        tool = find_tool(slug, Tool.objects.visible().select_related("published_tally"))
        return Response(TallySerializer(tool.published_tally).data)


class ToolTimelineView(ListView):
    parameters = ListParameters
    may_move = True

    @extend_schema(
        operation_id="list_tool_tally_days", tags=["tools"], responses=page_schema(TallyDaySerializer)
    )
    def get(self, request: Request, slug: str) -> Response:
        """List a tool's published numbers day by day, the latest first

        One line for each UTC day that is over, from the tool's first vote on, written once and never changed. Each
        line's digest covers the line before it: who keeps one can tell whether anything earlier was altered. An
        earlier slug of the tool answers 308.
        """
        tool = find_tool(slug, Tool.objects.visible())
        page = self.page(TallyDay.objects.filter(tool=tool), keys=["-day"])
        return Response(page.as_dict(TallyDaySerializer(page.results, many=True).data))
