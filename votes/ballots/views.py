"""Endpoints of the crowd: a tool's tally, a voter's own votes, and casting them."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.bodies import json_of
from backend.api.clients import network_hash_of
from backend.api.lists import ListView
from backend.api.pagination import page_schema
from backend.api.parameters import ListParameters
from backend.api.problems import ProblemSerializer, permanent_redirect
from backend.api.throttling import CountedView, rate_limit_headers
from backend.api.views import PlainView, SparseFieldsMixin, nothing, private_answer, timestamp
from catalog.models import Tool
from catalog.views import OfToolView, ToolNotFound
from votes.ballots.casting import Said, UnknownTarget, cast_vote
from votes.models import Pick, TallyDay, Vote
from votes.serializers import (
    CastVoteSerializer,
    OwnPickSerializer,
    OwnVoteSerializer,
    TallyDaySerializer,
    TallySerializer,
    VoterSerializer,
    VoteSerializer,
    tally_answer,
)
from votes.voters import services
from votes.voters.tokens import VoterToken, voter_token_of

# --- A tool's tally -----------------------------------------------------------------------------


class ToolTallyView(OfToolView):
    address = "tool-tally"
    tools = Tool.objects.visible().select_related("published_tally")

    @extend_schema(
        operation_id="retrieve_tool_tally",
        tags=["tools"],
        summary="Retrieve a tool's votes, counted",
        description=(
            "The counted votes with their 95 % Wilson interval, whether the crowd is decided and how many votes "
            "would change that, and how many votes are held back. The numbers move in steps. An earlier slug of "
            "the tool answers 308."
        ),
        responses=TallySerializer,
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        return super().get(request, slug)

    def answer(self, request: Request, tool: Tool) -> Response:
        return Response(TallySerializer(tool.published_tally).data)


class ToolTimelineView(OfToolView, ListView):
    address = "tool-timeline"
    parameters = ListParameters

    @extend_schema(
        operation_id="list_tool_tally_days",
        tags=["tools"],
        summary="List a tool's published numbers day by day, the latest first",
        description=(
            "One line for each UTC day that is over, from the tool's first vote on, written once and never changed. "
            "Each line's digest covers the line before it: who keeps one can tell whether anything earlier was "
            "altered. An earlier slug of the tool answers 308."
        ),
        responses=page_schema(TallyDaySerializer),
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        return super().get(request, slug)

    def answer(self, request: Request, tool: Tool) -> Response:
        page = self.page(TallyDay.objects.filter(tool=tool), keys=["-day"])
        return Response(page.as_dict(TallyDaySerializer(page.results, many=True).data))


# --- A voter's own votes ------------------------------------------------------------------------


class VoterView(PlainView):
    """Who the token's voter is to us, to be taken along or forgotten."""

    needs_voter = True

    @extend_schema(
        operation_id="retrieve_own_voter",
        tags=["voters"],
        summary="Export all that is kept of the voter",
        description="Every vote and pick with its times. A voter who has not voted yet is not kept at all.",
        responses=VoterSerializer,
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        token = voter_token_of(request, now=timezone.now())
        voter = services.find_voter(token)
        votes = Vote.objects.filter(voter=voter).select_related("tool").order_by("created_at", "id")
        picks = Pick.objects.filter(voter=voter).order_by("created_at", "id")
        kept = {
            "assurance": token.assurance,
            "created_at": voter and voter.created_at,
            "votes": votes if voter else [],
            "picks": picks.select_related("first_tool", "second_tool", "chosen_tool") if voter else [],
        }
        return private_answer(VoterSerializer(kept).data)

    @extend_schema(
        operation_id="delete_own_voter",
        tags=["voters"],
        summary="Erase the voter",
        description="Deletes every vote and pick; tallies follow. The token is refused from then on.",
        responses={204: None},
    )
    def delete(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        services.erase_voter(token=voter_token_of(request, now=now), now=now)
        return nothing()


class OwnListView(ListView):
    """A list of the token's voter alone; one query, and one more where it is empty."""

    needs_voter = True
    is_public = False
    parameters = ListParameters
    rows: QuerySet[Any]
    serializer: type[SparseFieldsMixin]

    def get(self, request: Request) -> Response:
        token = voter_token_of(request, now=timezone.now())
        rows = self.rows.filter(voter__key=token.key, voter__erased_at=None)
        page = self.page(rows, keys=["-created_at"])
        if not page.results:
            # Nobody, or somebody who was erased?
            services.find_voter(token)
        return Response(page.as_dict(self.serializer(page.results, many=True).data))


class OwnVotesView(OwnListView):
    rows = Vote.objects.select_related("tool")
    serializer = OwnVoteSerializer

    @extend_schema(
        operation_id="list_own_votes",
        tags=["votes"],
        summary="List the voter's own votes, the latest first",
        description="So that pages can show what their reader said.",
        responses=page_schema(OwnVoteSerializer),
    )
    def get(self, request: Request) -> Response:
        return super().get(request)


class OwnPicksView(OwnListView):
    rows = Pick.objects.select_related("first_tool", "second_tool", "chosen_tool")
    serializer = OwnPickSerializer

    @extend_schema(
        operation_id="list_own_picks",
        tags=["votes"],
        summary="List the voter's own picks, the latest first",
        description="So that pages can show what their reader said.",
        responses=page_schema(OwnPickSerializer),
    )
    def get(self, request: Request) -> Response:
        return super().get(request)


# --- A vote -------------------------------------------------------------------------


class VoteView(PlainView, CountedView):
    """A voter's vote on one tool. All three methods give the same shape."""

    needs_voter = True
    counted_methods = ("PUT", "DELETE")
    may_move = True

    @extend_schema(
        operation_id="retrieve_vote",
        tags=["votes"],
        summary="Retrieve the voter's own vote on a tool",
        description="Nulls where the voter has not voted on the tool. An earlier slug of the tool answers 308.",
        responses=VoteSerializer,
    )
    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        token = voter_token_of(request, now=timezone.now())
        tool = Tool.objects.visible().called([slug]).select_related("published_tally").first()
        if tool is None:
            raise ToolNotFound
        if tool.slug != slug:
            return permanent_redirect(request, reverse("vote", kwargs={"slug": tool.slug}))
        said = services.own_vote(token=token, tool=tool)
        return own_answer(said, value=said.value, tally=TallySerializer(tool.published_tally).data)

    @extend_schema(
        operation_id="put_vote",
        tags=["votes"],
        summary="Vote on a tool, or change one's vote",
        description=(
            "Sets the voter's one vote on the tool; saying the same again changes nothing. The answer comes once the "
            "vote is durable. The tally in it is the public one, which moves in steps: show the voter's own vote at "
            "once, and the tally as it is. An earlier slug of the tool answers 308."
        ),
        request=CastVoteSerializer,
        responses={200: VoteSerializer, 409: ProblemSerializer},
    )
    def put(self, request: HttpRequest, slug: str) -> HttpResponse:
        now = timezone.now()
        voter = voter_token_of(request, now=now)
        return self.cast(request, slug, voter=voter, value=value_in(json_of(request)), now=now)

    @extend_schema(
        operation_id="delete_vote",
        tags=["votes"],
        summary="Withdraw one's vote on a tool",
        description="Also right where there is no vote. An earlier slug of the tool answers 308.",
        responses={200: VoteSerializer},
    )
    def delete(self, request: HttpRequest, slug: str) -> HttpResponse:
        now = timezone.now()
        return self.cast(request, slug, voter=voter_token_of(request, now=now), value=None, now=now)

    def cast(
        self, request: HttpRequest, slug: str, *, voter: VoterToken, value: str | None, now: datetime
    ) -> HttpResponse:
        origin = network_hash_of(request, now=now)
        try:
            receipt = cast_vote(voter=voter, slug=slug, value=value, origin=origin, now=now)
        except UnknownTarget as unknown:
            tool = Tool.objects.visible().called([slug]).first()
            if tool is None:
                not_found = ToolNotFound()
                not_found.headers = unknown.headers
                raise not_found from None
            answer = permanent_redirect(request, reverse("vote", kwargs={"slug": tool.slug}))
            for name, text in unknown.headers.items():
                answer[name] = text
            return answer
        return own_answer(
            receipt.said,
            value=receipt.said.value,
            tally=tally_answer(*receipt.published),
            headers=rate_limit_headers(receipt.spent),
        )


def value_in(document: Any) -> str:
    """What a good body says is read at once; a serializer, which takes as long as all else, tells what is wrong."""
    if isinstance(document, dict) and document.keys() == {"value"} and document["value"] in ("ship", "skip"):
        return str(document["value"])
    return str(CastVoteSerializer.validate_json(document)["value"])


def own_answer(
    said: Said, *, tally: Any, headers: Mapping[str, str] = MappingProxyType({}), **value: Any
) -> HttpResponse:
    """What a voter said of a tool or a pair, and what everybody said."""
    return private_answer(
        {
            **value,
            "created_at": timestamp(said.created_at),
            "updated_at": timestamp(said.updated_at),
            "tally": tally,
        },
        headers=headers,
    )
