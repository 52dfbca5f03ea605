"""How a voter's own vote on a tool looks, in a request and in an answer."""

from rest_framework import serializers

from backend.api.bodies import Body
from votes.ballots.values import StoredVote
from votes.models import Vote
from votes.tallies.serializers import TallySerializer

REVISION = (
    "Grows with each change, withdrawals too: of two answers the greater one stands. 0 before the first."
)


class VoteSerializer(serializers.Serializer[StoredVote]):
    """A voter's own vote on a tool; nulls where there is none. The tally is the public one."""

    value = serializers.ChoiceField(choices=Vote.Value.choices, allow_null=True)
    created_at = serializers.DateTimeField(allow_null=True, help_text="When the tool was first voted on.")
    updated_at = serializers.DateTimeField(allow_null=True, help_text="When the vote was last changed.")
    revision = serializers.IntegerField(min_value=0, help_text=REVISION)
    tally = TallySerializer()


class CastVoteSerializer(Body):
    value = serializers.ChoiceField(choices=Vote.Value.choices)
