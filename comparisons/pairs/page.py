"""A comparison's page: all that it shows, and what it may be asked to include."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.api.rendering import all_rendered
from backend.api.views import field_names
from catalog.pairs import by_id
from comparisons.pairs.answers import picks_in_order
from comparisons.pairs.pair import Pair
from comparisons.pairs.selectors import comparisons_with_guidance, pairs_of
from comparisons.pairs.serializers import (
    ComparisonListItemSerializer,
    GuidanceSerializer,
    PickCountSerializer,
    PickTallySerializer,
    PricingReadSerializer,
    ScorecardRowSerializer,
    VerdictSerializer,
    VerdictSummarySerializer,
    pick_tally_answer,
)
from comparisons.tools.serializers import ToolSummarySerializer
from votes.models import PublishedPickTally
from votes.tallies.serializers import TallySerializer
from votes.tally import PickCount, PublishedCounts

# How many other pairs a page shows.
RELATED = 6

# By the value of `include`, the properties that it adds.
INCLUDED = {"tally": ["tally", "tool_tallies"], "related": ["related"]}


class ComparisonSerializer(serializers.Serializer[Pair]):
    """Two tools side by side, in ascending order of their slugs."""

    slug = serializers.CharField()
    kind = serializers.ChoiceField(choices=["curated", "computed"])
    title = serializers.CharField()
    editor_note = serializers.CharField(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True, help_text="Null for a computed pair.")
    updated_at = serializers.DateTimeField(
        help_text="When an editor last changed anything here; votes don't count."
    )
    tools = serializers.ListField(child=ToolSummarySerializer(), min_length=2, max_length=2)
    scorecard = ScorecardRowSerializer(many=True)
    picks = PickCountSerializer()
    pricing_read = PricingReadSerializer()
    guidance = serializers.ListField(
        child=GuidanceSerializer(), min_length=2, max_length=2, help_text="In the order of `tools`."
    )
    verdict = VerdictSerializer()
    whole_panel_verdict = VerdictSummarySerializer(
        allow_null=True, help_text="What all reviewers say, where `panel` asks only some; else null."
    )
    tally = serializers.SerializerMethodField(
        required=False,
        help_text="The pair's picks in full, as after a pick; where `include=tally` asks for it.",
    )
    tool_tallies = serializers.SerializerMethodField(
        required=False,
        help_text="The votes on each tool in full, in the order of `tools`; where `include=tally` asks for them.",
    )
    related = serializers.SerializerMethodField(
        required=False,
        help_text=f"Up to {RELATED} other pairs of either tool that editors published, the latest first; where "
        "`include=related` asks for them.",
    )

    @extend_schema_field(PickTallySerializer)
    def get_tally(self, pair: Pair) -> dict[str, object]:
        first, second = by_id(*pair.tools)
        tally = PublishedPickTally.objects.filter(first_tool=first, second_tool=second).first()
        published = tally.published if tally else PublishedCounts()
        count = PickCount(published.first, published.second, published.bounds)
        return pick_tally_answer(picks_in_order(pair.tools, count), published)

    @extend_schema_field(TallySerializer(many=True))
    def get_tool_tallies(self, pair: Pair) -> object:
        return all_rendered(TallySerializer, (tool.published_tally for tool in pair.tools))

    @extend_schema_field(ComparisonListItemSerializer(many=True))
    def get_related(self, pair: Pair) -> object:
        return all_rendered(ComparisonListItemSerializer, related_pairs(pair), only=LISTED_FIELDS)


LISTED_FIELDS = [name for name in field_names(ComparisonListItemSerializer) if name != "scorecard"]
PAGE_FIELDS = [
    name
    for name in field_names(ComparisonSerializer)
    if not any(name in added for added in INCLUDED.values())
]


def related_pairs(pair: Pair) -> list[Pair]:
    """Other pairs of either tool that editors published, the latest first. Two queries, one where there is none."""
    comparisons = comparisons_with_guidance().with_head_to_heads().of_tools([tool.pk for tool in pair.tools])
    if pair.stored:
        comparisons = comparisons.exclude(pk=pair.stored.pk)
    return pairs_of(list(comparisons.order_by("-published_at", "-id")[:RELATED]))
