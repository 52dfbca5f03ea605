"""Endpoints of tools: the list with its filters, sorts and facets, and a tool's page."""

from dataclasses import replace

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
from catalog.querysets import search_words
from catalog.slugs import CATEGORY, CONDITION, refuse_unknown_slugs
from catalog.views import ToolNotFound, by_slugs, find_tool
from comparisons.counts import OF_TOOLS, count_tools
from comparisons.tools.filters import ToolFilters, tool_facets
from comparisons.tools.lists import TOOL_SORTS, ToolList
from comparisons.tools.selectors import read_reviews, tools_with_counts
from comparisons.tools.serializers import FacetsSerializer, ToolListItemSerializer, ToolSerializer
from reviews.slugs import REVIEWER

MAX_SEARCH_LENGTH = 100

MAX_SEARCH_WORDS = 5

TOOL_FIELDS = [name for name in field_names(ToolListItemSerializer) if name != "reviews"]


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
        filters = ToolFilters.of(params)
        page = self._page(filters)
        if not page.results and (name := self._mended(filters.q)):
            filters = replace(filters, q=name)
            page = self._page(filters)
        only = [*(params["fields"] or TOOL_FIELDS), *params["include"]]
        answer = page.as_dict(all_rendered(ToolListItemSerializer, page.results, only=only))
        if "facets" in params["include"]:
            answer["facets"] = rendered(FacetsSerializer, tool_facets(filters))
        return Response(answer)

    def _mended(self, text: str) -> str | None:
        """The name that misspelled words may mean: those that find nothing by themselves, on a first page."""
        is_misspelled = text and not self.params["cursor"] and not ToolFilters(q=text).documents().exists()
        return Tool.objects.published().closest_name(text) if is_misspelled else None

    def kept_count(self) -> int | None:
        if ToolFilters.of(self.params).has_any_but(OF_TOOLS):
            return None
        return count_tools(**{name: self.params[name] for name in OF_TOOLS})

    def _page(self, filters: ToolFilters) -> Page[Tool]:
        page = self.page_of(ToolList(filters, self.params["sort"]))
        if "reviews" in self.params["include"]:
            read_reviews(page.results)
        return page


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
