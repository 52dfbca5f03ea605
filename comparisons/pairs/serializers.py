"""How comparisons, picks and line-ups look in an answer."""

from rest_framework import serializers

from backend.api.bodies import Body
from backend.api.parameters import AnyField
from backend.api.views import timestamp
from catalog.models import Tool
from catalog.serializers import FitSerializer
from comparisons.flips import Flip
from comparisons.models import MARGIN, DecidedBy, Outcome, Strength
from comparisons.pairs.guidance import Guidance
from comparisons.pairs.lineups import Lineup
from comparisons.pairs.pair import Pair, PricingRead, ScorecardRow, WordedVerdict
from comparisons.reasons import Reason
from comparisons.rules import SharedPanel
from comparisons.standings import Standing
from comparisons.summary import MAX_SUMMARY
from comparisons.tools.serializers import ToolSummarySerializer
from reviews.models import Review
from reviews.serializers import HeadToHeadCellSerializer, ReviewCellSerializer, ReviewerReferenceSerializer
from votes.ballots.serializers import REVISION
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
    prefers = serializers.CharField(
        allow_null=True,
        help_text="The slug of the tool that this reviewer would ship; null where it makes no difference, or nothing is "
        "known.",
    )
    basis = serializers.ChoiceField(
        choices=["head_to_head", "reviews"],
        allow_null=True,
        help_text="What `prefers` stands on: the reviewer's answer to the pair, else a tool shipped while the other is "
        "skipped. Null where they said nothing of the pair, and not of both tools.",
    )
    head_to_head = HeadToHeadCellSerializer(
        allow_null=True, help_text="The reviewer's answer to the pair; null where there is none."
    )


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
    revision = serializers.IntegerField(min_value=0, help_text=REVISION)
    tally = PickTallySerializer()


class CastPickSerializer(Body):
    tool = serializers.CharField(max_length=255, help_text="The slug of one of the pair's tools.")


def _of_each(child: AnyField, text: str) -> serializers.ListField:
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
    choose = _of_each(serializers.IntegerField(min_value=0), "How many choose each tool.")
    no_difference = serializers.IntegerField(
        required=False, min_value=0, help_text="To how many reviewers it is the same."
    )
    missing = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Slugs of reviewers who were asked by name and did not review both tools.",
    )
    minimum = serializers.IntegerField(
        required=False, help_text="How many reviewers, votes or picks it would take."
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
            "whole_panels",
            "no_head_to_heads",
            "too_few_head_to_heads",
            "head_to_head_level",
            "head_to_head_ahead",
            "no_votes",
            "too_few_votes",
            "crowd_concentrated",
            "crowd_undecided",
            "crowd_ahead",
            "no_picks",
            "too_few_picks",
            "picks_concentrated",
            "picks_undecided",
            "picks_ahead",
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
    margin = serializers.IntegerField(min_value=0, max_value=100, help_text=MARGIN)
    contested = serializers.BooleanField(
        help_text="Whether the panel head to head, the crowd or readers' picks favour the tool that did not win."
    )
    rule = serializers.CharField(help_text="The version of the rule that decided.")
    summary = serializers.CharField(
        max_length=MAX_SUMMARY,
        help_text="What to do, and why: one or two sentences, for a page's description. In English.",
    )


class SharedPanelSerializer(serializers.Serializer[SharedPanel]):
    """The like with the like: the reviewers who reviewed both tools, and how many of them ship each. They decide first."""

    reviewers = serializers.ListField(child=serializers.CharField(), help_text="Their slugs.")
    first = serializers.IntegerField(min_value=0, help_text="How many of them ship the first tool.")
    second = serializers.IntegerField(min_value=0, help_text="How many of them ship the second.")


class FlipSerializer(serializers.Serializer[Flip]):
    """One kind of change that would turn the verdict, and what it would be then."""

    kind = serializers.ChoiceField(
        choices=["review", "head_to_head", "votes", "picks"],
        help_text="`review`: a reviewer says `to` of `tool`. `head_to_head`: `count` reviewers, all of them together, say "
        "of the pair that they would ship `tool`, or, where it is null, that it makes no difference. `votes`: `count` more "
        "readers vote `to` on `tool`; `picks`: pick it; both from enough networks and days.",
    )
    tool = serializers.CharField(allow_null=True, help_text="A tool's slug.")
    to = serializers.ChoiceField(choices=["ship", "skip"], allow_null=True)
    count = serializers.IntegerField(min_value=1, help_text="How many it takes, all together.")
    reviewers = serializers.ListField(
        child=serializers.CharField(),
        help_text="Slugs of those who can bring it about: any `count` of them, and no fewer. Of three with a `count` of 1 "
        "each alone is enough; with a `count` of 2 it takes two of them together. Empty for `votes` and `picks`, and where "
        "any reviewers can who have not answered the pair yet.",
    )
    outcome = serializers.ChoiceField(choices=Outcome.values)
    winner = serializers.CharField(allow_null=True, help_text="A tool's slug.")


class BoundsSerializer(serializers.Serializer[object]):
    """The bounds by which a crowd decides, as they were published."""

    low = serializers.FloatField(min_value=0, max_value=1)
    high = serializers.FloatField(min_value=0, max_value=1)


class ReplayPanelSerializer(serializers.Serializer[object]):
    ship = serializers.IntegerField(min_value=0)
    skip = serializers.IntegerField(min_value=0)


class ReplayVotesSerializer(ReplayPanelSerializer):
    bounds = BoundsSerializer(allow_null=True, help_text="Null where the crowd may not decide.")
    as_of = serializers.DateTimeField(allow_null=True, help_text="When these votes became public.")


class ReplayPicksSerializer(serializers.Serializer[object]):
    first = serializers.IntegerField(min_value=0)
    second = serializers.IntegerField(min_value=0)
    bounds = BoundsSerializer(allow_null=True, help_text="Of the first tool's share.")
    as_of = serializers.DateTimeField(allow_null=True)


class ReplayReviewerSerializer(serializers.Serializer[object]):
    reviewer = serializers.CharField()
    reviews = serializers.ListField(
        child=serializers.ChoiceField(choices=Review.Verdict.choices, allow_null=True),
        min_length=2,
        max_length=2,
    )
    has_answered = serializers.BooleanField(help_text="Whether they answered the pair itself.")
    prefers = serializers.CharField(allow_null=True, help_text="Their answer; null also for no difference.")


class ReplaySerializer(serializers.Serializer[dict[str, object]]):
    """All that the rule was applied to; lists are in the order of `tools`. `manage.py replay_verdict` decides from it."""

    rule = serializers.CharField()
    tools = serializers.ListField(child=serializers.CharField(), min_length=2, max_length=2)
    panel_of = serializers.ListField(child=serializers.CharField(), allow_null=True)
    panels = serializers.ListField(child=ReplayPanelSerializer(), min_length=2, max_length=2)
    reviewers = ReplayReviewerSerializer(many=True)
    votes = serializers.ListField(child=ReplayVotesSerializer(), min_length=2, max_length=2)
    picks = ReplayPicksSerializer()

    def to_representation(self, replay: dict[str, object]) -> dict[str, object]:
        return replay


class VerdictSerializer(VerdictSummarySerializer):
    """The answer to: which one should you ship with? With all that led to it."""

    panel_of = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="Slugs of the reviewers who were asked, where it was not all of them.",
    )
    reasons = ReasonSerializer(
        many=True, help_text="One for each step of the rule, also of those that did not decide."
    )
    shared_panel = SharedPanelSerializer()
    dissent = serializers.ListField(
        child=serializers.CharField(),
        help_text="Slugs of reviewers who prefer the loser; in a tie, of all who prefer a tool.",
    )
    flip = FlipSerializer(
        many=True, help_text="The smallest changes that would turn the verdict, the fewest first."
    )
    replay = ReplaySerializer()


class GuidanceSerializer(serializers.Serializer[Guidance]):
    """When to choose one tool of the pair: the answer in a tie, else who should decide against the verdict."""

    tool = serializers.CharField(help_text="The tool's slug.")
    when = FitSerializer(
        many=True,
        help_text="Conditions that speak for it and not for the other, what weighs most first; often none.",
    )


class ComparisonListItemSerializer(serializers.Serializer[Pair]):
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
    whole_panel_verdict = VerdictSummarySerializer(
        allow_null=True, help_text="What all reviewers say, where `panel` asks only some; else null."
    )

    def get_tools(self, pair: Pair) -> list[str]:
        return [tool.slug for tool in pair.tools]


class StandingSerializer(serializers.Serializer[Standing]):
    """A tool's place; tools with equal records share it."""

    rank = serializers.IntegerField(min_value=1)
    slug = serializers.CharField()
    wins = serializers.IntegerField(min_value=0)
    losses = serializers.IntegerField(min_value=0)
    ties = serializers.IntegerField(min_value=0, help_text="Pairs that nobody won.")


class LineupSerializer(serializers.Serializer[Lineup]):
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
