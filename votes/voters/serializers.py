"""Bodies and answers of voters: challenges, tokens, and all that is kept of a voter."""

from typing import Any

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.api.bodies import Body
from catalog.pairs import by_slug
from catalog.serializers import ToolReferenceSerializer
from votes.models import Pick, Vote
from votes.voters.challenges import TURNSTILE_ACTION, Challenge
from votes.voters.export import VoterExport
from votes.voters.tokens import VoterToken


class ChallengeSerializer(serializers.Serializer[Challenge]):
    """What to do for a voter token; what this kind has no use for is null."""

    kind = serializers.ChoiceField(
        choices=["none", "proof_of_work", "turnstile"],
        help_text="`none`: ask for the token with an empty object.",
    )
    challenge = serializers.CharField(
        allow_null=True,
        help_text="Of `proof_of_work`: find a nonce of 1 to 20 decimal digits such that SHA-256 of "
        "`challenge:nonce` begins with `difficulty_bits` zero bits.",
    )
    difficulty_bits = serializers.IntegerField(
        allow_null=True, min_value=1, max_value=32, help_text="Each one more doubles the work."
    )
    site_key = serializers.CharField(
        allow_null=True,
        help_text=f"Of `turnstile`: show Cloudflare's widget with this and the action `{TURNSTILE_ACTION}`.",
    )
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="Until when the solution of a `proof_of_work` is accepted."
    )


class CreateChallengeSerializer(Body):
    """An empty object."""


class Text(serializers.CharField):
    """Visible ASCII as it came; DRF would also take numbers, and strip."""

    def __init__(self, *, pattern: str = "[!-~]+", **kwargs: Any) -> None:  # Those of DRF's field.
        matches = RegexValidator(rf"^{pattern}\Z", f"Must match {pattern}.")
        super().__init__(trim_whitespace=False, validators=[matches], **kwargs)

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class CreateVoterSerializer(Body):
    """The solution of a challenge; an empty object where none is asked for."""

    challenge = Text(required=False, max_length=200, help_text="As it was given.")
    nonce = Text(required=False, pattern="[0-9]{1,20}", help_text="What was found for it.")
    turnstile_token = Text(required=False, max_length=2_048, help_text="What Cloudflare's widget gave.")


class VoterTokenSerializer(serializers.Serializer[VoterToken]):
    """A voter's credentials. They are shown this once and kept nowhere: who loses them is a new voter."""

    token = serializers.CharField(help_text="To be sent as `Authorization: Voter <token>`.")
    expires_at = serializers.DateTimeField(help_text="From then on it is refused.")
    assurance = serializers.IntegerField(
        min_value=0,
        max_value=4,
        help_text="What it was given for: 0 nothing, 1 proof of work, 2 Turnstile.",
    )


class OwnVoteSerializer(serializers.ModelSerializer[Vote]):
    """One of a voter's own votes."""

    tool = ToolReferenceSerializer()
    value = serializers.ChoiceField(choices=Vote.Value.choices)

    class Meta:
        model = Vote
        fields = ["tool", "value", "created_at", "updated_at", "revision"]


class OwnPickSerializer(serializers.ModelSerializer[Pick]):
    """One of a voter's own picks."""

    tools = serializers.SerializerMethodField(help_text="The pair, in ascending order of slugs.")
    tool = ToolReferenceSerializer(source="chosen_tool", help_text="The one that was picked.")

    class Meta:
        model = Pick
        fields = ["tools", "tool", "created_at", "updated_at", "revision"]

    @extend_schema_field(ToolReferenceSerializer(many=True))
    def get_tools(self, pick: Pick) -> object:
        pair = by_slug(pick.first_tool, pick.second_tool)
        return ToolReferenceSerializer(pair, many=True).data


class KeptVoteSerializer(OwnVoteSerializer):
    """A vote that is kept of a voter."""

    value = serializers.ChoiceField(
        choices=Vote.Value.choices, allow_null=True, help_text="Null where it was withdrawn."
    )


class KeptPickSerializer(OwnPickSerializer):
    """A pick that is kept of a voter."""

    tool = ToolReferenceSerializer(
        source="chosen_tool",
        allow_null=True,
        help_text="The one that was picked; null where it was withdrawn.",
    )


class VoterSerializer(serializers.Serializer[VoterExport]):
    """All that is kept of a voter: neither addresses nor browsers are."""

    assurance = serializers.IntegerField(
        min_value=0,
        max_value=4,
        help_text="What the token was given for: 0 nothing, 1 proof of work, 2 a challenge.",
    )
    created_at = serializers.DateTimeField(
        allow_null=True, help_text="When the first vote came; null before it."
    )
    votes = KeptVoteSerializer(many=True)
    picks = KeptPickSerializer(many=True)
