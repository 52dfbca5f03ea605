"""Endpoints of comparisons and line-ups."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.pagination import ListView, count_field, page_schema
from backend.api.parameters import COUNT, INCLUDE_COUNT, CommaList, ListParameters, Parameters
from backend.api.problems import Moved, refuses
from backend.api.rendering import all_rendered, rendered
from backend.api.views import PublicView, field_names
from catalog.slugs import CATEGORY, TOOL, refuse_unknown_slugs
from comparisons.counts import count_pairs
from comparisons.models import Outcome
from comparisons.pairs.filters import PairList
from comparisons.pairs.lineups import line_up
from comparisons.pairs.page import INCLUDED, LISTED_FIELDS, PAGE_FIELDS, ComparisonSerializer
from comparisons.pairs.panels import PanelList, named_panel
from comparisons.pairs.selectors import ComparisonNotFound, find_pair, pairs_of
from comparisons.pairs.serializers import ComparisonListItemSerializer, LineupSerializer
from comparisons.tools.views import MAX_SEARCH_LENGTH, SearchText

COMPARISON_SORTS = ["published_at", "pick_count", "panel_crowd_gap"]


class ComparisonListParameters(ListParameters):
    q = SearchText(
        default="",
        max_length=MAX_SEARCH_LENGTH,
        help_text="Words that one of the tools is found by, as in `/tools`.",
    )
    tool = CommaList(help_text="Slugs of tools, present or earlier ones; a pair matches with either side.")
    category = CommaList(help_text="Slugs of categories; a pair matches with either side.")
    outcome = CommaList(choices=Outcome.values)
    sort = serializers.ChoiceField(
        choices=[*COMPARISON_SORTS, *(f"-{name}" for name in COMPARISON_SORTS)],
        default="-published_at",
        help_text="`-published_at` is newest first, `-pick_count` most picked, `-panel_crowd_gap` most contested.",
    )
    include = CommaList(choices=[COUNT, "scorecard"], help_text=INCLUDE_COUNT)
    selectable = LISTED_FIELDS


class ComparisonListView(ListView):
    parameters = ComparisonListParameters

    @extend_schema(
        operation_id="list_comparisons",
        tags=["comparisons"],
        responses=page_schema(ComparisonListItemSerializer, count=count_field()),
    )
    def get(self, request: Request) -> Response:
        """List the pairs that editors published

        Pairs that editors published, each with the short form of its verdict. `include=scorecard` adds what each
        reviewer says.
        """
        params = self.params
        refuse_unknown_slugs(params, {"tool": TOOL, "category": CATEGORY})
        page = self.page_of(PairList.of(params))
        pairs = pairs_of(page.results)
        only = [*(params["fields"] or LISTED_FIELDS), *params["include"]]
        return Response(page.as_dict(all_rendered(ComparisonListItemSerializer, pairs, only=only)))

    def kept_count(self) -> int | None:
        """Those of a tool are few; those of words are not kept."""
        if self.params["q"] or self.params["tool"]:
            return None
        return count_pairs(category=self.params["category"], outcome=self.params["outcome"])


class ComparisonParameters(Parameters):
    panel = PanelList()
    include = CommaList(
        choices=list(INCLUDED),
        help_text="`tally`: votes and picks in full, as `tally` and `tool_tallies`. `related`: other pairs of the tools.",
    )
    selectable = PAGE_FIELDS


class ComparisonView(PublicView):
    parameters = ComparisonParameters
    may_move = True

    @extend_schema(operation_id="retrieve_comparison", tags=["comparisons"], responses=ComparisonSerializer)
    @refuses(ComparisonNotFound)
    def get(self, request: Request, slug: str) -> Response:
        """Retrieve two tools side by side, and the verdict: all that a page shows

        The slug is `a-vs-b` with the tools in ascending order; `b-vs-a` and earlier slugs of either tool answer 308 to
        it. Any two published tools can be compared, whether or not an editor paired them. `panel` asks some reviewers
        alone: the rule's minimum of three becomes their number where it is less.
        """
        pair = find_pair(slug, panel_of=named_panel(self.params["panel"]))
        if pair.slug != slug:
            raise Moved(pair.slug)
        included = [name for value in self.params["include"] for name in INCLUDED[value]]
        only = [*(self.params["fields"] or PAGE_FIELDS), *included]
        return Response(rendered(ComparisonSerializer, pair, only=only))


class LineupParameters(Parameters):
    tools = CommaList(
        required=True,
        min_items=2,
        max_items=5,
        may_repeat=False,
        help_text="Two to five slugs of tools, present or earlier ones; each tool once.",
    )
    panel = PanelList()
    selectable = field_names(LineupSerializer)


class LineupView(PublicView):
    parameters = LineupParameters

    @extend_schema(operation_id="compare_tools", tags=["comparisons"], responses=LineupSerializer)
    def get(self, request: Request) -> Response:
        """Compare two to five tools: every pair judged, an order, and cycles marked

        Judges every pair of two to five tools and orders them by pairs won less pairs lost. Archived tools are compared
        too; `status` says so. `panel` asks some reviewers alone.
        """
        lineup = line_up(self.params["tools"], panel_of=named_panel(self.params["panel"]))
        if lineup.unknown:
            errors = [
                ErrorDetail(f"No tool is called '{slug}'; /api/v1/tools lists them.", "invalid_choice")
                for slug in lineup.unknown
            ]
            raise serializers.ValidationError({"tools": errors})
        if len(lineup.tools) < len(self.params["tools"]):
            message = "Two of these slugs are of one and the same tool."
            raise serializers.ValidationError({"tools": [ErrorDetail(message, "repeated")]})
        return Response(rendered(LineupSerializer, lineup, only=self.params["fields"]))
