"""How a tally looks in an answer."""

from typing import Any

from rest_framework import serializers

from votes.models import PublishedTally
from votes.tally import Interval


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


class TallySerializer(CommunitySerializer):
    """The votes on one tool: those counted, and how many are held back."""

    pending = serializers.IntegerField(min_value=0, help_text="Waiting to be counted.")
    quarantined = serializers.IntegerField(min_value=0, help_text="Set aside as suspicious.")

    def to_representation(self, tally: PublishedTally) -> dict[str, object]:
        counted = CommunitySerializer(tally.count).data
        return {**counted, "pending": tally.pending, "quarantined": tally.quarantined}
