"""Endpoints of voters: becoming one, what is kept of one, and erasing it."""

from django.db.models import Q, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema

from backend.api.bodies import json_of
from backend.api.clients import client_address
from backend.api.idempotency import idempotent
from backend.api.pagination import page_schema, paginate
from backend.api.parameters import AnySerializer, CommaList, ListParameters
from backend.api.problems import refuses
from backend.api.rate_limits import RateLimitState
from backend.api.rendering import all_rendered
from backend.api.views import PrivateView, nothing, private_answer
from catalog.models import Tool
from catalog.querysets import ToolQuerySet
from catalog.slugs import TOOL, refuse_unknown_slugs
from votes.models import BallotQuerySet, Voter
from votes.voters.challenges import (
    ChallengeFailed,
    ChallengeRequired,
    ChallengeSpent,
    ChallengeUnavailable,
    Solution,
    new_challenge,
)
from votes.voters.erasure import erase_voter, find_voter
from votes.voters.export import export_voter, shown_picks, shown_votes
from votes.voters.issuance import ATTEMPTS, count_attempt, give_token
from votes.voters.serializers import (
    ChallengeSerializer,
    CreateChallengeSerializer,
    CreateVoterSerializer,
    OwnPickSerializer,
    OwnVoteSerializer,
    VoterSerializer,
    VoterTokenSerializer,
)
from votes.voters.tokens import VOTER, voter_token_of


class IssuanceView(PrivateView):
    """Counts each attempt before it looks at what was sent, so that every answer says what is left."""

    counted_by = ATTEMPTS[0]

    def count(self, request: HttpRequest) -> RateLimitState:
        return count_attempt(address=client_address(request), now=timezone.now())


class ChallengesView(IssuanceView):
    @extend_schema(
        operation_id="create_voter_challenge",
        tags=["voters"],
        request=CreateChallengeSerializer,
        responses={201: ChallengeSerializer},
    )
    @idempotent
    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask what a voter token takes

        Says what to do before `POST /voters`. Nothing is kept of a challenge until its solution is sent, and each
        solution buys one token.
        """
        CreateChallengeSerializer.validate_json(json_of(request))
        challenge = new_challenge(now=timezone.now())
        return private_answer(ChallengeSerializer(challenge).data, status=201)


class VotersView(IssuanceView):
    @extend_schema(
        operation_id="create_voter",
        tags=["voters"],
        request=CreateVoterSerializer,
        responses={201: VoterTokenSerializer},
    )
    @refuses(ChallengeRequired, ChallengeFailed, ChallengeSpent, ChallengeUnavailable)
    @idempotent
    def post(self, request: HttpRequest) -> HttpResponse:
        """Become a voter

        Gives a token to vote with, for the solution of a challenge where one is asked for. Keep it: it is all that
        makes your votes yours, and it is shown this once.
        """
        solution = Solution(**CreateVoterSerializer.validate_json(json_of(request)))
        issued, left = give_token(solution=solution, address=client_address(request), now=timezone.now())
        self.rate_limits = self.rate_limits + left if self.rate_limits else left
        return private_answer(VoterTokenSerializer(issued).data, status=201)


class VoterView(PrivateView):
    """Who the token's voter is to us, to be taken along or forgotten."""

    credentials = VOTER

    @extend_schema(operation_id="retrieve_own_voter", tags=["voters"], responses=VoterSerializer)
    def get(self, request: HttpRequest) -> HttpResponse:
        """Export all that is kept of the voter

        Every vote and pick with its times, those withdrawn too, but for those on tools that can't be read now. Of each
        the server also keeps whether it counts, and for a week which network it came from: telling that would teach
        cheats what passes. A voter who has not voted yet is not kept at all.
        """
        export = export_voter(token=voter_token_of(request, now=timezone.now()))
        return private_answer(VoterSerializer(export).data)

    @extend_schema(operation_id="delete_own_voter", tags=["voters"], responses={204: None})
    def delete(self, request: HttpRequest) -> HttpResponse:
        """Erase the voter

        Deletes every vote and pick; tallies follow. What stays is a hash that only the token leads to: the token is
        refused for good.
        """
        now = timezone.now()
        erase_voter(token=voter_token_of(request, now=now), now=now)
        return nothing()


class OwnListParameters(ListParameters):
    tool = CommaList(
        max_items=100,
        help_text="Slugs of tools, present or earlier ones, such as those on a page; a pair matches with either side.",
    )


class OwnListView(PrivateView):
    """A list of the token's voter alone; one query, and one more where it is empty or narrowed by tools."""

    credentials = VOTER
    parameters = OwnListParameters
    serializer: type[AnySerializer]

    def rows(self) -> BallotQuerySet:
        raise NotImplementedError

    def of_tools(self, tools: ToolQuerySet) -> Q:
        """The rows that are about one of these tools."""
        raise NotImplementedError

    def get(self, request: HttpRequest) -> HttpResponse:
        token = voter_token_of(request, now=timezone.now())
        # Looked up first, so that an index finds this voter's ballots, and not all of a tool.
        voter = Voter.objects.filter(key=token.key, erased_at=None)
        rows = self.rows().filter(voter=Subquery(voter.values("pk")))
        if self.params["tool"]:
            refuse_unknown_slugs(self.params, {"tool": TOOL})
            rows = rows.filter(self.of_tools(Tool.objects.with_slugs(self.params["tool"])))
        limit, cursor = self.params["limit"], self.params["cursor"]
        page = paginate(rows, keys=["-created_at"], limit=limit, cursor=cursor, request=request)
        if not page.results:
            # No voter yet, or one who was erased.
            find_voter(token)
        return private_answer(page.as_dict(all_rendered(self.serializer, page.results)))


class OwnVotesView(OwnListView):
    serializer = OwnVoteSerializer

    def rows(self) -> BallotQuerySet:
        return shown_votes().standing()

    def of_tools(self, tools: ToolQuerySet) -> Q:
        return Q(tool__in=tools)

    @extend_schema(operation_id="list_own_votes", tags=["votes"], responses=page_schema(OwnVoteSerializer))
    def get(self, request: HttpRequest) -> HttpResponse:
        """List the voter's own votes, the latest first

        So that pages can show what their reader said.
        """
        return super().get(request)


class OwnPicksView(OwnListView):
    serializer = OwnPickSerializer

    def rows(self) -> BallotQuerySet:
        return shown_picks().standing()

    def of_tools(self, tools: ToolQuerySet) -> Q:
        return Q(first_tool__in=tools) | Q(second_tool__in=tools)

    @extend_schema(operation_id="list_own_picks", tags=["votes"], responses=page_schema(OwnPickSerializer))
    def get(self, request: HttpRequest) -> HttpResponse:
        """List the voter's own picks, the latest first

        So that pages can show what their reader said.
        """
        return super().get(request)
