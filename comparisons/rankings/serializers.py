"""How a ranking looks in an answer."""

from typing import Any

from rest_framework import serializers

from backend.api.views import SparseFieldsMixin
from comparisons.tools.serializers import ToolSummarySerializer


class FormulaSerializer(serializers.Serializer[Any]):
    """How the ranking is made."""

    code = serializers.ChoiceField(choices=["panel_percent", "wilson_lower_bound"])
    text = serializers.CharField()


class RankingItemSerializer(SparseFieldsMixin, serializers.Serializer[Any]):
    """A tool with its place and the score that put it there."""

    rank = serializers.IntegerField(min_value=1, help_text="Equal records share a rank.")
    score = serializers.FloatField(help_text="What the formula names.")
    tool = ToolSummarySerializer()
