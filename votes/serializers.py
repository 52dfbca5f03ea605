"""How a tally looks in an answer."""

from datetime import datetime
from operator import attrgetter
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.api.bodies import Body
from backend.api.views import SparseFieldsMixin, timestamp
from catalog.serializers import ToolReferenceSerializer
from votes.models import Pick, PublishedTally, TallyDay, Vote
from votes.rules import RULESET
from votes.tally import Interval, TallyCount


class IntervalSerializer(serializers.Serializer[Interval]):
    """The 95 % Wilson interval of the share of ship: where the true share lies, given this few or many votes."""

    low = serializers.FloatField(min_value=0, max_value=1)
    high = serializers.FloatField(min_value=0, max_value=1)


class CommunitySerializer(serializers.Serializer[Any]):
    """The counted votes on one tool."""

    ship = serializers.IntegerField(min_value=0)
    skip = serializers.IntegerField(min_value=0)
    total = serializers.IntegerField(min_value=0)
    percent = serializers.IntegerField(
        min_value=0,
        max_value=100,
        allow_null=True,
        help_text="The share of ship, rounded half up; null without votes.",
    )
    interval = IntervalSerializer(allow_null=True, help_text="Null without votes.")
    status = serializers.ChoiceField(
        choices=["none", "few", "enough"], help_text="`few` is below 20 votes, which decides nothing."
    )


class CountsSerializer(serializers.Serializer[Any]):
    """What every tally says of the ballots that it does not count, and of itself."""

    pending = serializers.IntegerField(min_value=0, help_text="Waiting to be counted.")
    quarantined = serializers.IntegerField(min_value=0, help_text="Set aside as suspicious.")
    flip_margin = serializers.IntegerField(
        min_value=1,
        allow_null=True,
        help_text="The fewest votes, cast or withdrawn, that would change whether the crowd is decided; "
        "null without votes.",
    )
    ruleset = serializers.CharField(help_text="The version of the rules that say what counts.")
    as_of = serializers.DateTimeField(
        allow_null=True, help_text="When these numbers became public; they move in steps."
    )


class TallySerializer(CountsSerializer, CommunitySerializer):
    """The votes on one tool: those counted, how sure the crowd is, and how many votes are held back."""

    call = serializers.ChoiceField(
        choices=["ship", "skip", "undecided"],
        allow_null=True,
        help_text="`undecided` while the interval includes one half; null without votes.",
    )

    def to_representation(self, tally: PublishedTally) -> dict[str, object]:
        return tally_answer(tally.ship, tally.skip, tally.pending, tally.quarantined, tally.as_of)


def tally_answer(ship: int, skip: int, pending: int, quarantined: int, as_of: datetime) -> dict[str, Any]:
    """A tally as TallySerializer describes it."""
    count = TallyCount(ship=ship, skip=skip)
    interval = count.interval
    return {
        "ship": ship,
        "skip": skip,
        "total": count.total,
        "percent": count.percent,
        "interval": {"low": interval.low, "high": interval.high} if interval else None,
        "status": count.status,
        "call": count.call,
        "flip_margin": count.flip_margin,
        "pending": pending,
        "quarantined": quarantined,
        "ruleset": RULESET,
        "as_of": timestamp(as_of),
    }


class VoteSerializer(serializers.Serializer[Any]):
    """A voter's own vote on a tool; nulls where there is none. The tally is the public one."""

    value = serializers.ChoiceField(choices=Vote.Value.choices, allow_null=True)
    created_at = serializers.DateTimeField(allow_null=True, help_text="When the tool was first voted on.")
    updated_at = serializers.DateTimeField(allow_null=True, help_text="When the vote was last changed.")
    tally = TallySerializer()


class CastVoteSerializer(Body):
    value = serializers.ChoiceField(choices=Vote.Value.choices)


class OwnVoteSerializer(SparseFieldsMixin, serializers.ModelSerializer[Vote]):
    """One of a voter's own votes."""

    tool = ToolReferenceSerializer()

    class Meta:
        model = Vote
        fields = ["tool", "value", "created_at", "updated_at"]


class OwnPickSerializer(SparseFieldsMixin, serializers.ModelSerializer[Pick]):
    """One of a voter's own picks."""

    tools = serializers.SerializerMethodField(help_text="The pair, in ascending order of slugs.")
    tool = ToolReferenceSerializer(source="chosen_tool", help_text="The one that was picked.")

    class Meta:
        model = Pick
        fields = ["tools", "tool", "created_at", "updated_at"]

    @extend_schema_field(ToolReferenceSerializer(many=True))
    def get_tools(self, pick: Pick) -> Any:
        pair = sorted([pick.first_tool, pick.second_tool], key=attrgetter("slug"))
        return ToolReferenceSerializer(pair, many=True).data


class VoterSerializer(serializers.Serializer[Any]):
    """All that is kept of a voter: neither addresses nor browsers are."""

    assurance = serializers.IntegerField(
        min_value=0,
        max_value=4,
        help_text="What the token was given for: 0 nothing, 1 proof of work, 2 a challenge.",
    )
    created_at = serializers.DateTimeField(
        allow_null=True, help_text="When the first vote came; null before it."
    )
    votes = OwnVoteSerializer(many=True)
    picks = OwnPickSerializer(many=True)


class TallyDaySerializer(CommunitySerializer):
    """A tool's published numbers at the end of one UTC day."""

    day_on = serializers.DateField()
    pending = serializers.IntegerField(min_value=0)
    quarantined = serializers.IntegerField(min_value=0)
    rejected = serializers.IntegerField(min_value=0)
    ruleset = serializers.CharField()
    digest = serializers.CharField(
        help_text="SHA-256 in hex of `digest of the line before|day|ship|skip|pending|quarantined|rejected|ruleset`; "
        "the first line has nothing before its first `|`."
    )

    def to_representation(self, line: TallyDay) -> dict[str, object]:
        return {
            "day_on": line.day.isoformat(),
            **CommunitySerializer(line.count).data,
            "pending": line.pending,
            "quarantined": line.quarantined,
            "rejected": line.rejected,
            "ruleset": line.ruleset,
            "digest": line.digest,
        }
