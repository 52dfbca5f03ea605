"""How a ranking looks in an answer."""

from rest_framework import serializers

from backend.api.views import SparseFieldsMixin
from comparisons.rankings.selectors import Formula, RankedTool
from comparisons.tools.serializers import ToolSummarySerializer


class FormulaSerializer(serializers.Serializer[Formula]):
    """How the ranking is made."""

    code = serializers.ChoiceField(choices=["panel_percent", "wilson_lower_bound"])
    text = serializers.CharField()


class RankingItemSerializer(SparseFieldsMixin, serializers.Serializer[RankedTool]):
    """A tool with its place and the score that put it there."""

    rank = serializers.IntegerField(min_value=1, help_text="Equal records share a rank.")
    score = serializers.FloatField(help_text="What the formula names.")
    tool = ToolSummarySerializer()
