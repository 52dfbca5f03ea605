"""Endpoints of tools: the list with its filters, sorts and facets, and a tool's page."""

from dataclasses import replace

from django.db.models import Value
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.pagination import ListView, Page, count_field, page_schema
from backend.api.parameters import COUNT, INCLUDE_COUNT, CommaList, ListParameters, Parameters, WholeNumber
from backend.api.problems import refuses
from backend.api.rendering import all_rendered, rendered
from backend.api.views import PublicView, field_names
from catalog.models import Tool
from catalog.querysets import ToolQuerySet, search_words
from catalog.slugs import CATEGORY, CONDITION, refuse_unknown_slugs
from catalog.views import ToolNotFound, by_slugs, find_tool
from comparisons.tools.filters import FILTERS, ToolFilters, tool_facets
from comparisons.tools.selectors import CROWD_ORDER, read_reviews, tools_with_counts, with_crowd_order
from comparisons.tools.serializers import FacetsSerializer, ToolListItemSerializer, ToolSerializer
from reviews.slugs import REVIEWER

MAX_SEARCH_LENGTH = 100

MAX_SEARCH_WORDS = 5

TOOL_FIELDS = [name for name in field_names(ToolListItemSerializer) if name != "reviews"]

TOOL_SORTS = {
    "published_at": ["published_at"],
    "name": ["sort_key"],
    "panel": ["panel_score"],
    "community": CROWD_ORDER,
    "votes": ["published_tally__total"],
}


class SearchText(serializers.CharField):
    """A few words; longer searches cost the database more than they help a reader."""

    def to_internal_value(self, data: str) -> str:
        text = super().to_internal_value(data)
        if len(search_words(text)) > MAX_SEARCH_WORDS:
            raise serializers.ValidationError(f"At most {MAX_SEARCH_WORDS} words.", "too_many_words")
        return text


class ToolListParameters(ListParameters):
    q = SearchText(
        default="",
        max_length=MAX_SEARCH_LENGTH,
        help_text="Words that name, tagline or description hold, each from its beginning. Accents, case and punctuation "
        "don't matter, nor whether a name is written together; where nothing is found, a typing error may be mended.",
    )
    category = CommaList(help_text="Slugs of categories.")
    entry = CommaList(choices=Tool.Entry.values, help_text="Entry prices.")
    call = CommaList(choices=["ship", "mixed", "skip", "unreviewed"], help_text="What the panel says.")
    shipped_by = CommaList(help_text="Slugs of reviewers, one of whom says ship.")
    skipped_by = CommaList(help_text="Slugs of reviewers, one of whom says skip.")
    fits = CommaList(help_text="Slugs of conditions, one of which the tool fits; `/conditions` lists them.")
    min_votes = WholeNumber(
        min_value=0, max_value=1_000_000_000, default=0, help_text="Counted votes at least."
    )
    sort = serializers.ChoiceField(
        choices=["relevance", *TOOL_SORTS, *(f"-{name}" for name in TOOL_SORTS)],
        required=False,
        help_text="`relevance` when nothing is said; without `q` it is the same as `-published_at`, with it at most 400 "
        "tools are listed: those with the words in their name, then others, the newest of each. `name` is without "
        "case, accents and punctuation, and numbers by value. `panel` is by percentage. `community` is by the share "
        "of voters who surely ship, the lower of the bounds that decide verdicts, then by the upper one, and not by the "
        "percentage shown. Tools that nobody reviewed (`panel`) or whose crowd may not decide yet (`community`; see "
        "`decides`) come last, either way: a few votes change no order.",
    )
    include = CommaList(choices=[COUNT, "facets", "reviews"], help_text=INCLUDE_COUNT)
    selectable = TOOL_FIELDS

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        attrs.setdefault("sort", "relevance")
        if attrs["sort"] == "relevance" and not attrs["q"]:
            attrs["sort"] = "-published_at"
        return attrs


class ToolListView(ListView):
    parameters = ToolListParameters

    @extend_schema(
        operation_id="list_tools",
        tags=["tools"],
        responses=page_schema(
            ToolListItemSerializer, count=count_field(), facets=FacetsSerializer(required=False)
        ),
    )
    def get(self, request: Request) -> Response:
        """Search and list published tools, with facet counts on request

        Every filter narrows the list; values of one filter widen it. `include=facets` counts what each value of a
        filter would give, `include=reviews` adds the published reviews of each tool.
        """
        params = self.params
        refuse_unknown_slugs(
            params,
            {"category": CATEGORY, "shipped_by": REVIEWER, "skipped_by": REVIEWER, "fits": CONDITION},
        )
        filters = ToolFilters(**{name: params[name] for name in FILTERS})
        page = self._page(filters)
        if not page.results and filters.q and (name := Tool.objects.published().closest_name(filters.q)):
            filters = replace(filters, q=name)
            page = self._page(filters)
        only = [*(params["fields"] or TOOL_FIELDS), *params["include"]]
        answer = page.as_dict(all_rendered(ToolListItemSerializer, page.results, only=only))
        if "facets" in params["include"]:
            answer["facets"] = rendered(FacetsSerializer, tool_facets(filters))
        return Response(answer)

    def _page(self, filters: ToolFilters) -> Page[Tool]:
        tools = filters.apply(tools_with_counts().published())
        tools, keys = sorted_tools(tools, sort=self.params["sort"], text=filters.q)
        page = self.page(tools, keys=keys)
        if "reviews" in self.params["include"]:
            read_reviews(page.results)
        return page


def sorted_tools(tools: ToolQuerySet, *, sort: str, text: str) -> tuple[ToolQuerySet, list[str]]:
    """The tools, annotated with what the sort needs, and the keys of the page."""
    if sort == "relevance":
        return tools.with_relevance(text), ["-relevance"]
    name, sign = sort.removeprefix("-"), "-" if sort.startswith("-") else ""
    # Unknown is neither good nor bad: it comes last, either way.
    if name == "panel":
        tools = tools.annotate(panel_score=Coalesce("panel__percent", Value(-1 if sign else 101)))
    elif name == "community":
        tools = with_crowd_order(tools, best_first=bool(sign))
    return tools, [sign + key for key in TOOL_SORTS[name]]


TOOL_PAGE_FIELDS = [name for name in field_names(ToolSerializer) if name != "tally"]


SHOWN_TOOLS = by_slugs(tools_with_counts().visible().with_fits())


class ToolParameters(Parameters):
    include = CommaList(choices=["tally"], help_text="`tally`: the votes in full.")
    selectable = TOOL_PAGE_FIELDS


class ToolView(PublicView):
    parameters = ToolParameters
    may_move = True

    @extend_schema(operation_id="retrieve_tool", tags=["tools"], responses=ToolSerializer)
    @refuses(ToolNotFound)
    def get(self, request: Request, slug: str) -> Response:
        """Retrieve all that a tool's page shows

        Everything a tool page shows in one call, reviews included. An earlier slug answers 308. An archived tool has
        left the lists, but keeps its page.
        """
        tool = find_tool(slug, SHOWN_TOOLS)
        read_reviews([tool])
        only = [*(self.params["fields"] or TOOL_PAGE_FIELDS), *self.params["include"]]
        return Response(rendered(ToolSerializer, tool, only=only))
