"""The endpoint of a voter's vote on a tool."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema

from backend.api.bodies import json_of
from backend.api.clients import network_hashes_of
from backend.api.problems import Moved, refuses
from backend.api.views import PrivateView, private_answer, timestamp
from catalog.views import VISIBLE_TOOLS, ToolNotFound, find_tool
from votes.ballots.casting import VOTES_A_MINUTE, ToolArchived, UnknownToolOrPair, cast_vote
from votes.ballots.own import own_vote
from votes.ballots.serializers import CastVoteSerializer, VoteSerializer
from votes.ballots.values import StoredVote
from votes.tallies.serializers import tally_answer
from votes.tallies.views import COUNTED_TOOLS
from votes.voters.tokens import VOTER, VoterToken, voter_token_of


class VoteView(PrivateView):
    """A voter's vote on one tool. All three methods give the same shape."""

    credentials = VOTER
    counted_by = VOTES_A_MINUTE
    may_move = True

    @extend_schema(operation_id="retrieve_vote", tags=["votes"], responses=VoteSerializer)
    @refuses(ToolNotFound)
    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Retrieve the voter's own vote on a tool

        Nulls where the voter has not voted on the tool. An earlier slug of the tool answers 308.
        """
        token = voter_token_of(request, now=timezone.now())
        tool = find_tool(slug, COUNTED_TOOLS)
        stored = own_vote(token=token, tool=tool)
        return own_answer(stored, value=stored.value, tally=tally_answer(tool.published_tally.published))

    @extend_schema(
        operation_id="put_vote",
        tags=["votes"],
        request=CastVoteSerializer,
        responses={200: VoteSerializer},
    )
    @refuses(ToolNotFound, ToolArchived)
    def put(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Vote on a tool, or change one's vote

        Sets the voter's one vote on the tool; saying the same again changes nothing. The answer comes once the vote is
        durable. The tally in it is the public one, which moves in steps: show the voter's own vote at once, and the
        tally as it is. An earlier slug of the tool answers 308.
        """
        now = timezone.now()
        voter = voter_token_of(request, now=now)
        return self.cast(request, slug, voter=voter, value=value_in(json_of(request)), now=now)

    @extend_schema(operation_id="delete_vote", tags=["votes"], responses={200: VoteSerializer})
    @refuses(ToolNotFound)
    def delete(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Withdraw one's vote on a tool

        Also right where there is no vote. An earlier slug of the tool answers 308.
        """
        now = timezone.now()
        return self.cast(request, slug, voter=voter_token_of(request, now=now), value=None, now=now)

    def cast(
        self, request: HttpRequest, slug: str, *, voter: VoterToken, value: str | None, now: datetime
    ) -> HttpResponse:
        networks = network_hashes_of(request, now=now)
        try:
            receipt = cast_vote(voter=voter, slug=slug, value=value, networks=networks, now=now)
        except UnknownToolOrPair as unknown:
            self.rate_limits = unknown.rate_limits
            raise Moved(find_tool(slug, VISIBLE_TOOLS).slug) from None
        self.rate_limits = receipt.rate_limits
        return own_answer(receipt.stored, value=receipt.stored.value, tally=tally_answer(receipt.published))


def value_in(document: object) -> str:
    """`ship` or `skip`. A good body is read without a serializer, which takes as long as all else. Raises DRF's
    ValidationError."""
    if isinstance(document, dict) and document.keys() == {"value"} and document["value"] in ("ship", "skip"):
        return str(document["value"])
    return str(CastVoteSerializer.validate_json(document)["value"])


def own_answer(stored: StoredVote, *, tally: dict[str, object], **value: object) -> HttpResponse:
    """A voter's own vote or pick (`value` under the name that the endpoint gives it) beside the public tally."""
    return private_answer(
        {
            **value,
            "created_at": timestamp(stored.created_at),
            "updated_at": timestamp(stored.updated_at),
            "revision": stored.revision,
            "tally": tally,
        }
    )
