"""Endpoints that need more than one app: tools with their counts, comparisons, line-ups, rankings."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchRank
from django.db.models import F, FloatField, Value
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.bodies import json_of
from backend.api.clients import network_hash_of
from backend.api.lists import ListView
from backend.api.pagination import page_schema
from backend.api.parameters import CommaList, ListParameters, Parameters, WholeNumber
from backend.api.problems import ProblemSerializer, Refusal, permanent_redirect
from backend.api.throttling import CountedView, rate_limit_headers
from backend.api.views import PlainView, PublicView, field_names
from catalog.models import Tool
from catalog.querysets import ToolQuerySet, search_query, search_words
from catalog.views import OfToolView
from comparisons import selectors
from comparisons.models import VerdictChange, pair_slug
from comparisons.serializers import (
    OUTCOMES,
    CastPickSerializer,
    ComparisonListItemSerializer,
    ComparisonSerializer,
    FacetsSerializer,
    FormulaSerializer,
    LineupSerializer,
    PickSerializer,
    RankingItemSerializer,
    ToolListItemSerializer,
    ToolSerializer,
    VerdictChangeSerializer,
    pick_tally_answer,
)
from votes.ballots.casting import Said, cast_pick
from votes.ballots.views import own_answer
from votes.models import PublishedPickTally
from votes.tally import PickCount
from votes.voters.services import own_pick
from votes.voters.tokens import VoterToken, voter_token_of

MAX_SEARCH_LENGTH = 100
MAX_SEARCH_WORDS = 5


class ComparisonNotFound(Refusal):
    status_code = 404
    default_code = "comparison_not_found"
    default_detail = "No two published tools make up this slug."


def refuse_unknown_slugs(params: dict[str, Any], kinds: dict[str, str]) -> None:
    """Raises a ValidationError that names each slug nobody has; `kinds` says what a parameter's slugs are of."""
    asked = [(parameter, kinds[parameter], slug) for parameter in kinds for slug in params[parameter]]
    known = selectors.known_slugs((kind, slug) for _, kind, slug in asked)
    faults: dict[str, list[ErrorDetail]] = {}
    for parameter, kind, slug in asked:
        if (kind, slug) not in known:
            plural = {"category": "categories"}.get(kind, f"{kind}s")
            message = f"No {kind} is called '{slug}'; /api/v1/{plural} lists them."
            faults.setdefault(parameter, []).append(ErrorDetail(message, "invalid_choice"))
    if faults:
        raise serializers.ValidationError(faults)


# --- Tools --------------------------------------------------------------------------------------

TOOL_FIELDS = [name for name in field_names(ToolListItemSerializer) if name != "reviews"]
TOOL_SORTS = {
    "published_at": "published_at",
    "name": "name",
    "panel": "panel_score",
    "community": "published_tally__interval_low",
    "votes": "published_tally__total",
}


class SearchText(serializers.CharField):
    """A few words; longer searches cost the database more than they help a reader."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_SEARCH_LENGTH, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if len(search_words(text)) > MAX_SEARCH_WORDS:
            raise serializers.ValidationError(f"At most {MAX_SEARCH_WORDS} words.", "too_many_words")
        return text


class ToolListParameters(ListParameters):
    q = SearchText(
        default="", help_text="Words that name, tagline or description hold, each from its beginning."
    )
    category = CommaList(help_text="Slugs of categories.")
    entry = CommaList(choices=Tool.Entry.values, help_text="Entry prices.")
    call = CommaList(choices=["ship", "mixed", "skip", "unreviewed"], help_text="What the panel says.")
    shipped_by = CommaList(help_text="Slugs of reviewers, one of whom says ship.")
    skipped_by = CommaList(help_text="Slugs of reviewers, one of whom says skip.")
    min_votes = WholeNumber(
        min_value=0, max_value=1_000_000_000, default=0, help_text="Counted votes at least."
    )
    sort = serializers.ChoiceField(
        choices=["relevance", *TOOL_SORTS, *(f"-{name}" for name in TOOL_SORTS)],
        required=False,
        help_text="`relevance` when nothing is said; without `q` it is the same as `-published_at`.",
    )
    include = CommaList(choices=["facets", "reviews"])
    selectable = TOOL_FIELDS

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs.setdefault("sort", "relevance")
        if attrs["sort"] == "relevance" and not attrs["q"]:
            attrs["sort"] = "-published_at"
        return attrs


class ToolListView(ListView):
    parameters = ToolListParameters

    @extend_schema(
        operation_id="list_tools",
        tags=["tools"],
        summary="Search and list published tools, with facet counts on request",
        description=(
            "Every filter narrows the list; values of one filter widen it. `include=facets` counts "
            "what each value of a filter would give, `include=reviews` adds the published reviews of "
            "each tool."
        ),
        responses=page_schema(ToolListItemSerializer, facets=FacetsSerializer(required=False)),
    )
    def get(self, request: Request) -> Response:
        params = self.params
        refuse_unknown_slugs(
            params, {"category": "category", "shipped_by": "reviewer", "skipped_by": "reviewer"}
        )
        filters = selectors.ToolFilters(
            text=params["q"],
            categories=params["category"],
            entries=params["entry"],
            calls=params["call"],
            shipped_by=params["shipped_by"],
            skipped_by=params["skipped_by"],
            min_votes=params["min_votes"],
        )
        tools = filters.apply(selectors.tools_with_counts().published())
        if "reviews" in params["include"]:
            tools = selectors.with_reviews(tools)
        tools, keys = sorted_tools(tools, sort=params["sort"], text=params["q"])
        page = self.page(tools, keys=keys)
        only = [*(params["fields"] or TOOL_FIELDS), *params["include"]]
        answer = page.as_dict(ToolListItemSerializer(page.results, many=True, only=only).data)
        if "facets" in params["include"]:
            answer["facets"] = selectors.tool_facets(filters)
        return Response(answer)


def sorted_tools(tools: ToolQuerySet, *, sort: str, text: str) -> tuple[ToolQuerySet, list[str]]:
    """The tools, annotated with what the sort needs, and the keys of the page."""
    if sort == "relevance":
        rank = Cast(SearchRank(F("search"), search_query(text)), FloatField())
        return tools.annotate(relevance=rank), ["-relevance"]
    name = sort.removeprefix("-")
    if name == "panel":
        # A tool without reviews stands below one that everybody skips.
        tools = tools.annotate(panel_score=Coalesce("panel__percent", Value(-1)))
    return tools, [sort.replace(name, TOOL_SORTS[name])]


class ToolParameters(Parameters):
    selectable = field_names(ToolSerializer)


class ToolView(OfToolView):
    parameters = ToolParameters
    address = "tool"
    tools = selectors.with_reviews(selectors.tools_with_counts().visible())

    @extend_schema(
        operation_id="retrieve_tool",
        tags=["tools"],
        summary="Retrieve all that a tool's page shows",
        description=(
            "Everything a tool page shows in one call, reviews included. An earlier slug answers 308. "
            "An archived tool has left the lists, but keeps its page."
        ),
        responses=ToolSerializer,
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        return super().get(request, slug)

    def answer(self, request: Request, tool: Tool) -> Response:
        return Response(ToolSerializer(tool, only=self.params["fields"]).data)


# --- Comparisons --------------------------------------------------------------------------------

COMPARISON_SORTS = ["published_at", "pick_count", "panel_crowd_gap"]
COMPARISON_FIELDS = [name for name in field_names(ComparisonListItemSerializer) if name != "scorecard"]


class ComparisonListParameters(ListParameters):
    tool = CommaList(help_text="Slugs of tools, present or earlier ones; a pair matches with either side.")
    category = CommaList(help_text="Slugs of categories; a pair matches with either side.")
    outcome = CommaList(choices=OUTCOMES)
    sort = serializers.ChoiceField(
        choices=[*COMPARISON_SORTS, *(f"-{name}" for name in COMPARISON_SORTS)],
        default="-published_at",
        help_text="`-published_at` is newest first, `-pick_count` most picked, `-panel_crowd_gap` most contested.",
    )
    include = CommaList(choices=["scorecard"])
    selectable = COMPARISON_FIELDS


class ComparisonListView(ListView):
    parameters = ComparisonListParameters

    @extend_schema(
        operation_id="list_comparisons",
        tags=["comparisons"],
        summary="List the pairs that editors published",
        description=(
            "Pairs that editors published, each with the short form of its verdict. "
            "`include=scorecard` adds what each reviewer says."
        ),
        responses=page_schema(ComparisonListItemSerializer),
    )
    def get(self, request: Request) -> Response:
        params = self.params
        refuse_unknown_slugs(params, {"tool": "tool", "category": "category"})
        comparisons = selectors.comparisons_with_counts()
        if params["tool"]:
            comparisons = comparisons.of_tools(Tool.objects.called(params["tool"]))
        if params["category"]:
            comparisons = comparisons.in_categories(params["category"])
        if params["outcome"]:
            comparisons = comparisons.with_outcome().filter(outcome__in=params["outcome"])
        page = self.page(comparisons, keys=[params["sort"]])
        pairs = selectors.pairs_of(page.results)
        only = [*(params["fields"] or COMPARISON_FIELDS), *params["include"]]
        return Response(page.as_dict(ComparisonListItemSerializer(pairs, many=True, only=only).data))


class ComparisonParameters(Parameters):
    selectable = field_names(ComparisonSerializer)


class ComparisonView(PublicView):
    parameters = ComparisonParameters
    may_move = True

    @extend_schema(
        operation_id="retrieve_comparison",
        tags=["comparisons"],
        summary="Retrieve two tools side by side, and the verdict: all that a page shows",
        description=(
            "The slug is `a-vs-b` with the tools in ascending order; `b-vs-a` and earlier slugs of either tool "
            "answer 308 to it. Any two published tools can be compared, whether or not an editor paired them."
        ),
        responses=ComparisonSerializer,
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        pair = selectors.find_pair(slug)
        if pair is None:
            raise ComparisonNotFound
        if pair.slug != slug:
            return permanent_redirect(request, reverse("comparison", kwargs={"slug": pair.slug}))
        return Response(ComparisonSerializer(pair, only=self.params["fields"]).data)


class VerdictHistoryParameters(ListParameters):
    selectable = field_names(VerdictChangeSerializer)


class VerdictHistoryView(ListView):
    parameters = VerdictHistoryParameters
    may_move = True

    @extend_schema(
        operation_id="list_verdict_changes",
        tags=["comparisons"],
        summary="List how a pair's verdict changed, the latest change first",
        description=(
            "Every change of the verdict on a pair that an editor published, with its cause, each written once and "
            "never changed. A margin that moves within the same strength is no change. Empty for a computed pair. "
            "`b-vs-a` and earlier slugs of either tool answer 308."
        ),
        responses=page_schema(VerdictChangeSerializer),
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        found = selectors.resolve_pair(slug, tools=Tool.objects.defer("search"))
        if found is None:
            raise ComparisonNotFound
        first, second, comparison = found
        present = pair_slug(first.slug, second.slug)
        if present != slug:
            return permanent_redirect(request, reverse("verdict-history", kwargs={"slug": present}))
        changes = VerdictChange.objects.with_winners().filter(comparison=comparison)
        return self.answer_page(changes, keys=["-number"], serializer=VerdictChangeSerializer)


class PickView(PlainView, CountedView):
    """A voter's pick of one pair. All three methods give the same shape."""

    needs_voter = True
    counted_methods = ("PUT", "DELETE")
    may_move = True

    @extend_schema(
        operation_id="retrieve_pick",
        tags=["votes"],
        summary="Retrieve the voter's own pick of a pair",
        description=(
            "Nulls where the voter has not picked from the pair. `b-vs-a` and earlier slugs of either tool answer 308."
        ),
        responses=PickSerializer,
    )
    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        token = voter_token_of(request, now=timezone.now())
        pair = self.find_pair(slug)
        if isinstance(pair, HttpResponse):
            return pair
        ids = stored_pair(pair)
        said = own_pick(token=token, pair=ids)
        tally = PublishedPickTally.objects.filter(first_tool=ids[0], second_tool=ids[1]).first()
        published = (
            (tally.first, tally.second, tally.pending, tally.quarantined, tally.as_of)
            if tally
            else (0, 0, 0, 0, None)
        )
        return self.answer(pair, said, published)

    @extend_schema(
        operation_id="put_pick",
        tags=["votes"],
        summary="Pick one tool of a pair, or change one's pick",
        description=(
            "Sets the voter's one pick of the pair; picking the same again changes nothing. The answer comes once the "
            "pick is durable. The tally in it is the public one, which moves in steps. `b-vs-a` and earlier slugs of "
            "either tool answer 308."
        ),
        request=CastPickSerializer,
        responses={200: PickSerializer, 409: ProblemSerializer},
        examples=[
            OpenApiExample("One of the two", {"tool": "llama-4-scout-quantized"}, request_only=True),
        ],
    )
    def put(self, request: HttpRequest, slug: str) -> HttpResponse:
        now = timezone.now()
        voter = voter_token_of(request, now=now)
        wanted = CastPickSerializer.validate_json(json_of(request))["tool"]
        pair = self.find_pair(slug)
        if isinstance(pair, HttpResponse):
            return pair
        picked = Tool.objects.called([wanted]).filter(pk__in=[tool.pk for tool in pair]).first()
        if picked is None:
            allowed = " or ".join(f"'{tool.slug}'" for tool in pair)
            raise serializers.ValidationError({"tool": [ErrorDetail(f"Pick {allowed}.", "invalid_choice")]})
        return self.cast(request, pair, voter=voter, value=picked.pk, now=now)

    @extend_schema(
        operation_id="delete_pick",
        tags=["votes"],
        summary="Withdraw one's pick of a pair",
        description="Also right where there is no pick. `b-vs-a` and earlier slugs of either tool answer 308.",
        responses={200: PickSerializer},
    )
    def delete(self, request: HttpRequest, slug: str) -> HttpResponse:
        now = timezone.now()
        voter = voter_token_of(request, now=now)
        pair = self.find_pair(slug)
        if isinstance(pair, HttpResponse):
            return pair
        return self.cast(request, pair, voter=voter, value=None, now=now)

    def find_pair(self, slug: str) -> tuple[Tool, Tool] | HttpResponse:
        """The pair, or the 308 to its present slug."""
        found = selectors.resolve_pair(slug, tools=Tool.objects.defer("search"))
        if found is None:
            raise ComparisonNotFound
        first, second, _ = found
        present = pair_slug(first.slug, second.slug)
        if present != slug:
            return permanent_redirect(self.request, reverse("pick", kwargs={"slug": present}))
        return first, second

    def cast(
        self,
        request: HttpRequest,
        pair: tuple[Tool, Tool],
        *,
        voter: VoterToken,
        value: UUID | None,
        now: datetime,
    ) -> HttpResponse:
        origin = network_hash_of(request, now=now)
        receipt = cast_pick(voter=voter, pair=stored_pair(pair), value=value, origin=origin, now=now)
        return self.answer(pair, receipt.said, receipt.published, headers=rate_limit_headers(receipt.spent))

    def answer(
        self,
        pair: tuple[Tool, Tool],
        said: Said,
        published: tuple[Any, ...],
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> HttpResponse:
        first, second, pending, quarantined, as_of = published
        count = PickCount(first=first, second=second)
        if stored_pair(pair)[0] != pair[0].pk:
            count = count.turned()
        slugs = {tool.pk: tool.slug for tool in pair}
        return own_answer(
            said,
            tool=slugs.get(said.value),
            tally=pick_tally_answer(count, pending=pending, quarantined=quarantined, as_of=as_of),
            headers=headers,
        )


def stored_pair(pair: tuple[Tool, Tool]) -> tuple[UUID, UUID]:
    """The pair's ids in the order in which picks are kept."""
    first, second = sorted(tool.pk for tool in pair)
    return first, second


class LineupParameters(Parameters):
    tools = CommaList(
        required=True,
        min_items=2,
        max_items=5,
        help_text="Two to five slugs of tools, present or earlier ones.",
    )
    selectable = field_names(LineupSerializer)


class LineupView(PublicView):
    parameters = LineupParameters

    @extend_schema(
        operation_id="compare_tools",
        tags=["comparisons"],
        summary="Compare two to five tools: every pair judged, an order, and cycles marked",
        description="Judges every pair of two to five tools and orders them by pairs won less pairs lost.",
        responses=LineupSerializer,
    )
    def get(self, request: Request) -> Response:
        lineup = selectors.line_up(self.params["tools"])
        if lineup.unknown:
            faults = [
                ErrorDetail(
                    f"No published tool is called '{slug}'; /api/v1/tools lists them.", "invalid_choice"
                )
                for slug in lineup.unknown
            ]
            raise serializers.ValidationError({"tools": faults})
        if len(lineup.tools) < 2:
            raise serializers.ValidationError(
                {"tools": [ErrorDetail("These are one and the same tool.", "min_items")]}
            )
        return Response(LineupSerializer(lineup, only=self.params["fields"]).data)


# --- Rankings -----------------------------------------------------------------------------------


class RankingParameters(ListParameters):
    by = serializers.ChoiceField(choices=list(selectors.RANKINGS), default="panel")
    category = CommaList(help_text="Slugs of categories.")
    selectable = field_names(RankingItemSerializer)


class RankingView(ListView):
    parameters = RankingParameters

    @extend_schema(
        operation_id="list_rankings",
        tags=["rankings"],
        summary="Rank tools by the panel or by the crowd, with the formula",
        description=(
            "By the panel: the percentage of reviewers who ship. By the crowd: the lower bound of the "
            "95 % Wilson interval. The answer names the formula; equal records share a rank."
        ),
        responses=page_schema(RankingItemSerializer, formula=FormulaSerializer()),
    )
    def get(self, request: Request) -> Response:
        params = self.params
        refuse_unknown_slugs(params, {"category": "category"})
        formula = selectors.RANKINGS[params["by"]]
        tools = selectors.ranked_tools(params["by"], params["category"])
        page = self.page(tools, keys=formula.keys)
        items = selectors.ranked(tools, page.results, formula=formula)
        rows = RankingItemSerializer(items, many=True, only=params["fields"]).data
        return Response(page.as_dict(rows, formula=FormulaSerializer(formula).data))
