"""How a tool's tally looks in an answer, now and at the end of each day."""

from typing import Any

from rest_framework import serializers

from backend.api.views import timestamp
from votes.models import PublishedTally, TallyDay
from votes.rules import MIN_DAYS, MIN_NETWORKS, RULESET
from votes.tally import MIN_VOTES, Interval, PublishedCounts, TallyCount


class IntervalSerializer(serializers.Serializer[Interval]):
    """The 95 % Wilson interval of the share of ship: where the true share lies, given this few or many votes."""

    low = serializers.FloatField(min_value=0, max_value=1)
    high = serializers.FloatField(min_value=0, max_value=1)


# Any, since subclasses read their numbers from rows of different models.
class VoteCountSerializer(serializers.Serializer[Any]):
    """Counted votes on one tool."""

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


DECIDES = (
    f"Whether this crowd may decide a verdict: at least {MIN_VOTES} votes, from at least {MIN_NETWORKS} networks and "
    f"{MIN_DAYS} days. The numbers of another crowd are shown and decide nothing."
)


class CommunitySerializer(VoteCountSerializer):
    """The counted votes on one tool, and whether they may decide."""

    decides = serializers.BooleanField(help_text=DECIDES)


class CountsSerializer(serializers.Serializer[Any]):
    """What every tally says of the ballots that it does not count, and of itself."""

    pending = serializers.IntegerField(min_value=0, help_text="Waiting to be counted.")
    quarantined = serializers.IntegerField(min_value=0, help_text="Set aside as suspicious.")
    flip_margin = serializers.IntegerField(
        min_value=1,
        allow_null=True,
        help_text="The fewest votes, cast or withdrawn, that would change whether the crowd is decided; "
        "null without votes, and of 20 or more that may not decide, for they come from too few networks or days.",
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
        help_text="Which answer leads by more than chance, by bounds that hold at every look; `undecided` while none "
        "does, and with fewer than 20 votes; null without votes.",
    )

    def to_representation(self, tally: PublishedTally) -> dict[str, object]:
        return tally_answer(tally.published)


def tally_answer(published: PublishedCounts) -> dict[str, object]:
    """A tool's tally as TallySerializer describes it."""
    count = TallyCount(ship=published.first, skip=published.second, bounds=published.bounds)
    interval = count.interval
    return {
        "ship": count.ship,
        "skip": count.skip,
        "total": count.total,
        "percent": count.percent,
        "interval": {"low": interval.low, "high": interval.high} if interval else None,
        "status": count.status,
        "decides": count.decides,
        "call": count.call,
        "flip_margin": count.flip_margin,
        "pending": published.pending,
        "quarantined": published.quarantined,
        "ruleset": RULESET,
        "as_of": timestamp(published.as_of),
    }


class TallyDaySerializer(VoteCountSerializer):
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
            **VoteCountSerializer(line.count).data,
            "pending": line.pending,
            "quarantined": line.quarantined,
            "rejected": line.rejected,
            "ruleset": line.ruleset,
            "digest": line.digest,
        }
