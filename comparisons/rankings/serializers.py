"""How a ranking looks in an answer."""

from rest_framework import serializers

from comparisons.rankings.selectors import Formula, RankedTool
from comparisons.tools.serializers import ToolSummarySerializer


class FormulaSerializer(serializers.Serializer[Formula]):
    """How the ranking is made."""

    code = serializers.ChoiceField(choices=["panel_percent", "time_uniform_lower_bound"])
    text = serializers.CharField()


class RankingItemSerializer(serializers.Serializer[RankedTool]):
    """A tool with the places that it may have, and the score that it is sorted by."""

    rank = serializers.IntegerField(
        min_value=1, help_text="Its first place: one more than the number of tools that are surely better."
    )
    last_rank = serializers.IntegerField(
        min_value=1, help_text="Its last place: above all tools that are surely worse. Show `2` or `2–5`."
    )
    score = serializers.FloatField(help_text="What the formula names.")
    tool = ToolSummarySerializer()
