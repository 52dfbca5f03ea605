"""Endpoints of a tool's tally: as it is, and day by day; and of the days that are closed."""

from datetime import date
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.pagination import ListView, page_schema
from backend.api.parameters import ListParameters
from backend.api.problems import Refusal, refuses
from backend.api.rendering import all_rendered, rendered
from backend.api.views import PublicView
from catalog.models import Tool
from catalog.views import VISIBLE_TOOLS, ToolNotFound, by_slugs, find_tool
from votes.models import ClosedDay, TallyDay
from votes.tallies.serializers import (
    ClosedDaySerializer,
    DayDigestsSerializer,
    TallyDaySerializer,
    TallySerializer,
)

# Tools as far as what counts their votes is concerned.
COUNTED_TOOLS = by_slugs(Tool.objects.visible().defer("search").select_related("published_tally"))


class ClosedDayNotFound(Refusal):
    status_code = 404
    default_code = "closed_day_not_found"
    default_detail = "No lines were written of this day."


class ToolTallyView(PublicView):
    may_move = True

    @extend_schema(operation_id="retrieve_tool_tally", tags=["tools"], responses=TallySerializer)
    @refuses(ToolNotFound)
    def get(self, request: Request, slug: str) -> Response:
        """Retrieve a tool's votes, counted

        The counted votes with their 95 % Wilson interval, whether the crowd is decided and how many votes would change
        that, and how many votes are held back. The numbers move in steps. An earlier slug of the tool answers 308.
        """
        tool = find_tool(slug, COUNTED_TOOLS)
        return Response(rendered(TallySerializer, tool.published_tally))


class ToolTimelineView(ListView):
    parameters = ListParameters
    may_move = True

    @extend_schema(
        operation_id="list_tool_tally_days", tags=["tools"], responses=page_schema(TallyDaySerializer)
    )
    @refuses(ToolNotFound)
    def get(self, request: Request, slug: str) -> Response:
        """List a tool's published numbers day by day, the latest first

        One line for each UTC day that is over, from the tool's first vote on, written once and never changed. Each
        line's digest covers the line before it, and the day's root all lines: who keeps one can tell whether anything
        earlier was altered. An earlier slug of the tool answers 308. The `subject` of its lines takes the place of a slug:
        it leads to no other tool, also after a merge.
        """
        named = tools_of_subject(slug)
        tool = named[0] if len(named) == 1 else find_tool(slug, VISIBLE_TOOLS)
        page = self.page(TallyDay.objects.filter(tool=tool), keys=["-day"])
        return Response(page.as_dict(all_rendered(TallyDaySerializer, page.results)))


def tools_of_subject(text: str) -> list[Tool]:
    """The tools that may be read whose ids, joined by "-vs-", stand in an address; none where slugs do."""
    try:
        ids = [UUID(part) for part in text.split("-vs-")]
    except ValueError:
        return []
    found = list(Tool.objects.visible().filter(pk__in=ids).defer("search"))
    return found if len(found) == len(ids) else []


class ClosedDayListView(ListView):
    parameters = ListParameters

    @extend_schema(
        operation_id="list_closed_days", tags=["tools"], responses=page_schema(ClosedDaySerializer)
    )
    def get(self, request: Request) -> Response:
        """List the days whose tallies are closed, the latest first

        Each has a root over the lines of all tools and pairs. The weekly mail prints the latest: who keeps one can
        tell whether any line of that day or before was altered.
        """
        page = self.page(ClosedDay.objects.all(), keys=["-day"])
        return Response(page.as_dict(all_rendered(ClosedDaySerializer, page.results)))


class ClosedDayView(PublicView):
    @extend_schema(operation_id="retrieve_closed_day", tags=["tools"], responses=DayDigestsSerializer)
    @refuses(ClosedDayNotFound)
    def get(self, request: Request, day_on: str) -> Response:
        """Retrieve all digests of a closed day

        What its root covers: the root before and the digest of each line. 67 bytes for each tool and pair that was
        ever voted on.
        """
        return Response(rendered(DayDigestsSerializer, find_closed_day(day_on)))


def find_closed_day(text: str) -> ClosedDay:
    """The day of a date as ISO 8601 has it; raises ClosedDayNotFound. One query."""
    try:
        closed = ClosedDay.objects.filter(day=date.fromisoformat(text)).first()
    except ValueError:
        closed = None
    if closed is None:
        raise ClosedDayNotFound
    return closed
