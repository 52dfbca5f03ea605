"""How comparisons, picks and line-ups look in an answer."""

from typing import Any

from rest_framework import serializers

from backend.api.bodies import Body
from backend.api.views import SparseFieldsMixin, timestamp
from catalog.models import Tool
from catalog.serializers import FitSerializer
from comparisons.models import DecidedBy, Outcome, Strength
from comparisons.pairs.guidance import Guidance
from comparisons.pairs.lineups import Lineup
from comparisons.pairs.selectors import Pair, PricingRead, ScorecardRow, WordedVerdict
from comparisons.summary import MAX_SUMMARY
from comparisons.tools.serializers import ToolSummarySerializer
from comparisons.verdict import Reason, SharedPanel, Standing
from reviews.serializers import ReviewCellSerializer, ReviewerReferenceSerializer
from votes.rules import RULESET
from votes.tallies.serializers import DECIDES, CountsSerializer
from votes.tally import PickCount, PublishedCounts


class ScorecardRowSerializer(serializers.Serializer[ScorecardRow]):
    """One reviewer on both tools; a cell is null where the reviewer said nothing."""

    reviewer = ReviewerReferenceSerializer()
    reviews = serializers.ListField(
        child=ReviewCellSerializer(allow_null=True),
        min_length=2,
        max_length=2,
        help_text="In the order of `tools`.",
    )
    agreement = serializers.ChoiceField(
        choices=["both_ship", "both_skip", "split", "one_sided"],
        help_text="`one_sided` where a cell is empty.",
    )
    prefers = serializers.CharField(allow_null=True, help_text="The tool shipped while the other is skipped.")


class PickCountSerializer(serializers.Serializer[PickCount]):
    """Readers' answers to this pair."""

    total = serializers.IntegerField(min_value=0)
    shares = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=100, allow_null=True),
        min_length=2,
        max_length=2,
        help_text="Whole percentages in the order of `tools`; null while nobody has picked.",
    )
    status = serializers.ChoiceField(choices=["none", "few", "enough"])


class PickTallySerializer(CountsSerializer, PickCountSerializer):
    """The picks of one pair: those counted, how sure the crowd is, and how many are held back."""

    counts = serializers.ListField(
        child=serializers.IntegerField(min_value=0),
        min_length=2,
        max_length=2,
        help_text="In the order of the pair's tools.",
    )
    decides = serializers.BooleanField(help_text=DECIDES)
    is_decided = serializers.BooleanField(help_text="Whether one tool's lead is more than chance.")


def pick_tally_answer(count: PickCount, published: PublishedCounts) -> dict[str, object]:
    """A pair's tally as PickTallySerializer describes it: `count` in the order of the pair's tools."""
    return {
        "total": count.total,
        "counts": [count.first, count.second],
        "shares": list(count.shares),
        "status": count.status,
        "decides": count.decides,
        "is_decided": count.is_decided,
        "flip_margin": count.flip_margin,
        "pending": published.pending,
        "quarantined": published.quarantined,
        "ruleset": RULESET,
        "as_of": timestamp(published.as_of),
    }


class PairPickSerializer(serializers.Serializer[object]):
    """A voter's own pick of a pair; nulls where there is none. The tally is the public one."""

    tool = serializers.CharField(allow_null=True, help_text="The slug of the tool that was picked.")
    created_at = serializers.DateTimeField(allow_null=True, help_text="When the pair was first picked from.")
    updated_at = serializers.DateTimeField(allow_null=True, help_text="When the pick was last changed.")
    tally = PickTallySerializer()


class CastPickSerializer(Body):
    tool = serializers.CharField(max_length=255, help_text="The slug of one of the pair's tools.")


def _of_each(child: serializers.Field[Any, Any, Any, Any], text: str) -> serializers.ListField:
    return serializers.ListField(child=child, min_length=2, max_length=2, required=False, help_text=text)


class PricingReadSerializer(serializers.Serializer[PricingRead]):
    cheaper_to_start = serializers.CharField(
        allow_null=True, help_text="A tool's slug; null when neither is."
    )
    basis = serializers.ChoiceField(choices=["entry"], help_text="What was compared: the entry labels.")
    note = serializers.CharField()


class ReasonParamsSerializer(serializers.Serializer[dict[str, object]]):
    """The numbers and labels of a reason; only those that it speaks of. Lists are in the order of the pair's tools."""

    ship = _of_each(serializers.IntegerField(min_value=0), "How many ship each tool.")
    total = _of_each(serializers.IntegerField(min_value=0), "Of how many.")
    entry = _of_each(serializers.ChoiceField(choices=Tool.Entry.values), "The entry labels.")
    minimum = serializers.IntegerField(
        required=False, help_text="How many reviews or votes each tool would need."
    )
    networks = serializers.IntegerField(
        required=False, help_text="From how many networks votes would have to come."
    )
    days = serializers.IntegerField(required=False, help_text="On how many days.")

    def to_representation(self, params: dict[str, object]) -> dict[str, object]:
        return params


class ReasonSerializer(serializers.Serializer[Reason]):
    code = serializers.ChoiceField(
        choices=[
            "panel_too_small",
            "panel_level",
            "panel_ahead",
            "shared_panel",
            "no_votes",
            "too_few_votes",
            "crowd_concentrated",
            "crowd_undecided",
            "crowd_ahead",
            "cheaper_to_start",
        ]
    )
    favors = serializers.CharField(
        allow_null=True, help_text="A tool's slug; null when it speaks for neither."
    )
    detail = serializers.CharField(help_text="In English; right for none, one and many.")
    params = ReasonParamsSerializer(help_text="What `detail` says as data, for words of your own.")


class VerdictSummarySerializer(serializers.Serializer[WordedVerdict]):
    """The answer to: which one should you ship with?"""

    outcome = serializers.ChoiceField(choices=Outcome.values)
    winner = serializers.CharField(allow_null=True, help_text="A tool's slug.")
    decided_by = serializers.ChoiceField(choices=DecidedBy.values, allow_null=True)
    strength = serializers.ChoiceField(choices=Strength.values, allow_null=True)
    margin = serializers.IntegerField(min_value=0, max_value=100, help_text="In points of percentage.")
    contested = serializers.BooleanField(
        help_text="Whether the crowd surely favours the tool that did not win."
    )
    rule = serializers.CharField(help_text="The version of the rule that decided.")
    summary = serializers.CharField(
        max_length=MAX_SUMMARY,
        help_text="What to do, and why: one or two sentences, for a page's description. In English.",
    )


class SharedPanelSerializer(serializers.Serializer[SharedPanel]):
    """The like with the like: the reviewers who reviewed both tools, and how many of them ship each."""

    reviewers = serializers.ListField(child=serializers.CharField(), help_text="Their slugs.")
    first = serializers.IntegerField(min_value=0, help_text="How many of them ship the first tool.")
    second = serializers.IntegerField(min_value=0, help_text="How many of them ship the second.")


class VerdictSerializer(VerdictSummarySerializer):
    """The answer to: which one should you ship with? With all that led to it."""

    reasons = ReasonSerializer(many=True)
    shared_panel = SharedPanelSerializer()
    dissent = serializers.ListField(
        child=serializers.CharField(),
        help_text="Slugs of reviewers who prefer the loser; in a tie, of all who are split.",
    )


class GuidanceSerializer(serializers.Serializer[Guidance]):
    """When to choose one tool of the pair: the answer in a tie, else who should decide against the verdict."""

    tool = serializers.CharField(help_text="The tool's slug.")
    when = FitSerializer(
        many=True,
        help_text="Conditions that speak for it and not for the other, what weighs most first; often none.",
    )


class ComparisonSerializer(SparseFieldsMixin, serializers.Serializer[Pair]):
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


class ComparisonListItemSerializer(SparseFieldsMixin, serializers.Serializer[Pair]):
    """A comparison in a list; `scorecard` is there when `include=scorecard` asks for it."""

    slug = serializers.CharField()
    kind = serializers.ChoiceField(choices=["curated", "computed"])
    title = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField()
    tools = serializers.ListField(child=ToolSummarySerializer(), min_length=2, max_length=2)
    picks = PickCountSerializer()
    panel_crowd_gap = serializers.IntegerField(
        min_value=0,
        max_value=200,
        source="comparison.panel_crowd_gap",
        help_text="Points between the panel's lead and the crowd's; 0 while either is unknown.",
    )
    verdict = VerdictSummarySerializer()
    scorecard = ScorecardRowSerializer(many=True, required=False)


class LineupPairSerializer(serializers.Serializer[Pair]):
    """One pair of a line-up."""

    slug = serializers.CharField(help_text="Of the pair's own comparison.")
    tools = serializers.SerializerMethodField(help_text="The slugs of both tools, in ascending order.")
    kind = serializers.ChoiceField(choices=["curated", "computed"])
    verdict = VerdictSerializer()

    def get_tools(self, pair: Pair) -> list[str]:
        return [tool.slug for tool in pair.tools]


class StandingSerializer(serializers.Serializer[Standing]):
    """A tool's place; tools with equal records share it."""

    rank = serializers.IntegerField(min_value=1)
    slug = serializers.CharField()
    wins = serializers.IntegerField(min_value=0)
    losses = serializers.IntegerField(min_value=0)
    ties = serializers.IntegerField(min_value=0, help_text="Pairs that nobody won.")


class LineupSerializer(SparseFieldsMixin, serializers.Serializer[Lineup]):
    """Two to five tools, each pair judged."""

    tools = ToolSummarySerializer(many=True, help_text="In ascending order of their slugs.")
    pairs = LineupPairSerializer(many=True)
    order = StandingSerializer(
        many=True, help_text="By pairs won less pairs lost; tools without any verdict come last."
    )
    cycles = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Groups of tools that beat each other round and round, so that no order is true to every pair.",
    )
