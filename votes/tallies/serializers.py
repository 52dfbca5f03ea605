"""How a tool's tally looks in an answer, now and at the end of each day."""

from typing import Any

from rest_framework import serializers

from backend.api.rendering import rendered
from backend.api.views import timestamp
from votes.models import ClosedDay, PickTallyDay, PublishedTally, TallyDay
from votes.rules import MIN_DAYS, MIN_NETWORKS, RULESET
from votes.tallies.verification import digests_of
from votes.tally import MIN_VOTES, Interval, PublishedCounts, TallyCount


class IntervalSerializer(serializers.Serializer[Interval]):
    """The 95 % Wilson interval of the share of ship: where the true share lies, given this few or many votes."""

    low = serializers.FloatField(min_value=0, max_value=1)
    high = serializers.FloatField(min_value=0, max_value=1)


# Any, here and below, since subclasses read their numbers from rows of different models.
class VoteCountSerializer(serializers.Serializer[Any]):
    """Counted votes on one tool."""

    ship = serializers.IntegerField(min_value=0)
    skip = serializers.IntegerField(min_value=0)
    total = serializers.IntegerField(
        min_value=0, help_text="Of `ship` and `skip` together; counting stops at 2,147,483,647."
    )
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


BANDS = "Told once a day and in bands: at least so many, 0 below 10, then 10, 100, 1,000 and so on."

DECIDES = (
    f"Whether this crowd may decide a verdict: at least {MIN_VOTES} votes, from at least {MIN_NETWORKS} networks, as "
    f"many providers, and {MIN_DAYS} days. The numbers of another crowd are shown and decide nothing."
)


class CommunitySerializer(VoteCountSerializer):
    """The counted votes on one tool, and whether they may decide."""

    decides = serializers.BooleanField(help_text=DECIDES)


class CountsSerializer(serializers.Serializer[Any]):
    """What every tally says of the ballots that it does not count, and of itself."""

    pending = serializers.IntegerField(min_value=0, help_text=f"Waiting to be counted. {BANDS}")
    quarantined = serializers.IntegerField(min_value=0, help_text=f"Set aside as suspicious. {BANDS}")
    flip_margin = serializers.IntegerField(
        min_value=1,
        allow_null=True,
        help_text="The fewest votes, cast or withdrawn, that would change whether the crowd is decided; null where it may "
        "not decide (`decides`), for then networks and days are wanting, or votes.",
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


class DayLineSerializer(serializers.Serializer[Any]):
    """What the lines of tools and pairs have in common."""

    day_on = serializers.DateField()
    pending = serializers.IntegerField(min_value=0, help_text=BANDS)
    quarantined = serializers.IntegerField(min_value=0, help_text=BANDS)
    rejected = serializers.IntegerField(min_value=0, help_text=BANDS)
    ruleset = serializers.CharField()
    subject = serializers.RegexField(
        r"^[0-9a-f-]{36}(\|[0-9a-f-]{36})?$",
        help_text="Whose line it is, the same on every day: an id, or two joined by `|`.",
    )
    digest = serializers.CharField(
        help_text="SHA-256 in hex of `digest of the line before|subject|day|the two counts|pending|quarantined|rejected"
        "|ruleset`; the first line has nothing before its first `|`. Lines of days before the first root have no "
        "subject in it."
    )


def day_line_answer(line: TallyDay | PickTallyDay) -> dict[str, object]:
    """What DayLineSerializer describes."""
    return {
        "day_on": line.day.isoformat(),
        "pending": line.pending,
        "quarantined": line.quarantined,
        "rejected": line.rejected,
        "ruleset": line.ruleset,
        "subject": line.subject,
        "digest": line.digest,
    }


class TallyDaySerializer(DayLineSerializer, VoteCountSerializer):
    """A tool's published numbers at the end of one UTC day."""

    def to_representation(self, line: TallyDay) -> dict[str, object]:
        return {**rendered(VoteCountSerializer, line.count), **day_line_answer(line)}


class PickTallyDaySerializer(DayLineSerializer):
    """A pair's published picks at the end of one UTC day."""

    tools = serializers.ListField(
        child=serializers.CharField(),
        min_length=2,
        max_length=2,
        help_text="Slugs of the pair, in the order of `counts` and of `subject`; not always that of slugs.",
    )
    counts = serializers.ListField(child=serializers.IntegerField(min_value=0), min_length=2, max_length=2)

    def to_representation(self, line: PickTallyDay) -> dict[str, object]:
        tools = [line.first_tool.slug, line.second_tool.slug]
        return {"tools": tools, "counts": [line.first, line.second], **day_line_answer(line)}


class ClosedDaySerializer(serializers.ModelSerializer[ClosedDay]):
    """A UTC day whose lines are written."""

    day_on = serializers.DateField(source="day")

    class Meta:
        model = ClosedDay
        fields = ["day_on", "line_count", "root"]
        extra_kwargs = {
            "line_count": {"help_text": "How many tools and pairs have a line of the day."},
            "root": {
                "help_text": "SHA-256 in hex of `root of the day before|day|digests of all lines in ascending order`, "
                "the digests joined by `|`; the first root has nothing before its first `|`."
            },
        }


class DayDigestsSerializer(ClosedDaySerializer):
    """All that a root covers."""

    previous_root = serializers.SerializerMethodField(help_text="Of the day before; empty for the first.")
    digests = serializers.SerializerMethodField(help_text="Those of all lines, in ascending order.")

    class Meta(ClosedDaySerializer.Meta):
        fields = [*ClosedDaySerializer.Meta.fields, "previous_root", "digests"]

    def get_previous_root(self, closed: ClosedDay) -> str:
        before = ClosedDay.objects.filter(day__lt=closed.day).order_by("-day").first()
        return before.root if before else ""

    def get_digests(self, closed: ClosedDay) -> list[str]:
        return digests_of(closed.day)
