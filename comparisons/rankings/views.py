"""The endpoint of rankings."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.pagination import ListView, count_field, page_schema
from backend.api.parameters import COUNT, INCLUDE_COUNT, CommaList, ListParameters
from backend.api.rendering import all_rendered, rendered
from backend.api.views import field_names
from catalog.slugs import CATEGORY, refuse_unknown_slugs
from comparisons.rankings.selectors import RANKINGS, Ranking, count_ranked, ranked
from comparisons.rankings.serializers import FormulaSerializer, RankingItemSerializer


class RankingParameters(ListParameters):
    by = serializers.ChoiceField(choices=list(RANKINGS), default="panel")
    category = CommaList(help_text="Slugs of categories.")
    include = CommaList(choices=[COUNT], help_text=INCLUDE_COUNT)
    selectable = field_names(RankingItemSerializer)


class RankingView(ListView):
    parameters = RankingParameters

    @extend_schema(
        operation_id="list_rankings",
        tags=["rankings"],
        responses=page_schema(RankingItemSerializer, count=count_field(), formula=FormulaSerializer()),
    )
    def get(self, request: Request) -> Response:
        """Rank tools by the panel or by the crowd, with the formula

        By the panel: the percentage of reviewers who ship. By the crowd: the share of voters who surely ship, of
        tools whose crowd may decide. The answer names the formula; tools that can't be told apart share their ranks.
        """
        params = self.params
        refuse_unknown_slugs(params, {"category": CATEGORY})
        ranking = self._ranking
        page = self.page_of(ranking)
        rows = all_rendered(RankingItemSerializer, ranked(ranking, page.results), only=params["fields"])
        return Response(page.as_dict(rows, formula=rendered(FormulaSerializer, ranking.formula)))

    def kept_count(self) -> int:
        return count_ranked(self._ranking)

    @property
    def _ranking(self) -> Ranking:
        return Ranking(self.params["by"], tuple(self.params["category"]))
