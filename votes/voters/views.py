"""Endpoints that make a reader a voter."""

from typing import Any

from django.core.validators import RegexValidator
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.bodies import Body, json_of
from backend.api.clients import client_address, network_hash_of
from backend.api.idempotency import idempotent
from backend.api.problems import ProblemSerializer
from backend.api.throttling import CountedView, RateLimitState
from votes.voters.challenges import TURNSTILE_ACTION, Challenge, Solution, new_challenge
from votes.voters.issuance import count_attempt, give_token
from votes.voters.tokens import IssuedToken

# For the docs; no key of ours signed it.
EXAMPLE_CHALLENGE = "v1.2026-11.MDEyMzQ1Njc4OWFiY2RlZmtwW3AS.AAECAwQFBgcICQoLDA0ODw"


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

    def __init__(self, *, pattern: str = "[!-~]+", **kwargs: Any) -> None:
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


class VoterTokenSerializer(serializers.Serializer[IssuedToken]):
    """A voter's credentials. They are shown this once and kept nowhere: who loses them is a new voter."""

    token = serializers.CharField(help_text="To be sent as `Authorization: Voter <token>`.")
    expires_at = serializers.DateTimeField(help_text="From then on it is refused.")
    assurance = serializers.IntegerField(
        min_value=0,
        max_value=4,
        help_text="What it was given for: 0 nothing, 1 proof of work, 2 Turnstile.",
    )


class IssuanceView(CountedView):
    """Counts each attempt before it looks at what was sent, so that every answer says what is left."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method == "POST":
            self.spent = count_attempt(address=client_address(request), now=timezone.now())

    def idempotency_scope(self, request: Request) -> bytes:
        """One place's keys are not another's: who sends a key like `1` must not get somebody else's token."""
        return network_hash_of(request, now=timezone.now())

    def options(self, *args: Any, **kwargs: Any) -> Response:
        return Response(status=204)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class ChallengesView(IssuanceView):
    @extend_schema(
        operation_id="create_voter_challenge",
        tags=["voters"],
        summary="Ask what a voter token takes",
        description=(
            "Says what to do before `POST /voters`. Nothing is kept of a challenge until its solution is sent, and "
            "each solution buys one token."
        ),
        request=CreateChallengeSerializer,
        responses={201: ChallengeSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        CreateChallengeSerializer.validate_json(json_of(request._request))
        challenge = new_challenge(now=timezone.now())
        return Response(ChallengeSerializer(challenge).data, status=201)


class VotersView(IssuanceView):
    @extend_schema(
        operation_id="create_voter",
        tags=["voters"],
        summary="Become a voter",
        description=(
            "Gives a token to vote with, for the solution of a challenge where one is asked for. Keep it: it is all "
            "that makes your votes yours, and it is shown this once."
        ),
        request=CreateVoterSerializer,
        responses={201: VoterTokenSerializer, 403: ProblemSerializer},
        examples=[
            OpenApiExample("Nothing was asked for", {}, request_only=True),
            OpenApiExample(
                "Proof of work", {"challenge": EXAMPLE_CHALLENGE, "nonce": "136142"}, request_only=True
            ),
            OpenApiExample("Turnstile", {"turnstile_token": "0.zT9cmAOrPvbI0rP2VYF3"}, request_only=True),
        ],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        solution = Solution(**CreateVoterSerializer.validate_json(json_of(request._request)))
        issued, left = give_token(solution=solution, address=client_address(request), now=timezone.now())
        attempts = self.spent.allowances if self.spent else ()
        self.spent = RateLimitState(attempts + left.allowances)
        return Response(VoterTokenSerializer(issued).data, status=201)
