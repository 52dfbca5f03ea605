"""Endpoints of picks: a voter's own of one pair, and those of a pair day by day."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.bodies import json_of
from backend.api.clients import network_hashes_of
from backend.api.pagination import ListView, page_schema
from backend.api.parameters import ListParameters
from backend.api.problems import Moved, refuses
from backend.api.rendering import all_rendered
from backend.api.views import PrivateView
from catalog.models import Tool
from catalog.pairs import by_id
from comparisons.pairs.answers import picks_in_order
from comparisons.pairs.selectors import ComparisonNotFound, resolve_pair
from comparisons.pairs.serializers import CastPickSerializer, PairPickSerializer, pick_tally_answer
from votes.ballots.casting import VOTES_A_MINUTE, ToolArchived, cast_pick
from votes.ballots.own import own_pick
from votes.ballots.values import StoredVote
from votes.ballots.views import own_answer
from votes.models import PickTallyDay, PublishedPickTally
from votes.tallies.serializers import PickTallyDaySerializer
from votes.tallies.views import tools_of_subject
from votes.tally import PickCount, PublishedCounts
from votes.voters.tokens import VOTER, VoterToken, voter_token_of


class PickView(PrivateView):
    """A voter's pick of one pair. All three methods give the same shape."""

    credentials = VOTER
    counted_by = VOTES_A_MINUTE
    may_move = True

    @extend_schema(operation_id="retrieve_pick", tags=["votes"], responses=PairPickSerializer)
    @refuses(ComparisonNotFound)
    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Retrieve the voter's own pick of a pair

        Nulls where the voter has not picked from the pair. `b-vs-a` and earlier slugs of either tool answer 308.
        """
        token = voter_token_of(request, now=timezone.now())
        pair = find_tools(slug)
        first, second = by_id(*pair)
        stored = own_pick(token=token, pair=(first.pk, second.pk))
        tally = PublishedPickTally.objects.filter(first_tool=first, second_tool=second).first()
        return self.answer(pair, stored, tally.published if tally else PublishedCounts())

    @extend_schema(
        operation_id="put_pick",
        tags=["votes"],
        request=CastPickSerializer,
        responses={200: PairPickSerializer},
    )
    @refuses(ComparisonNotFound, ToolArchived)
    def put(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Pick one tool of a pair, or change one's pick

        Sets the voter's one pick of the pair; picking the same again changes nothing. The answer comes once the pick
        is durable. The tally in it is the public one, which moves in steps. `b-vs-a` and earlier slugs of either tool
        answer 308.
        """
        now = timezone.now()
        voter = voter_token_of(request, now=now)
        wanted = CastPickSerializer.validate_json(json_of(request))["tool"]
        pair = find_tools(slug)
        picked = Tool.objects.with_slugs([wanted]).filter(pk__in=[tool.pk for tool in pair]).first()
        if picked is None:
            allowed = " or ".join(f"'{tool.slug}'" for tool in pair)
            raise serializers.ValidationError({"tool": [ErrorDetail(f"Pick {allowed}.", "invalid_choice")]})
        return self.cast(request, pair, voter=voter, value=picked.pk, now=now)

    @extend_schema(operation_id="delete_pick", tags=["votes"], responses={200: PairPickSerializer})
    @refuses(ComparisonNotFound)
    def delete(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Withdraw one's pick of a pair

        Also right where there is no pick. `b-vs-a` and earlier slugs of either tool answer 308.
        """
        now = timezone.now()
        voter = voter_token_of(request, now=now)
        pair = find_tools(slug)
        return self.cast(request, pair, voter=voter, value=None, now=now)

    def cast(
        self,
        request: HttpRequest,
        pair: tuple[Tool, Tool],
        *,
        voter: VoterToken,
        value: UUID | None,
        now: datetime,
    ) -> HttpResponse:
        networks = network_hashes_of(request, now=now)
        first, second = (tool.pk for tool in by_id(*pair))
        receipt = cast_pick(voter=voter, pair=(first, second), value=value, networks=networks, now=now)
        self.rate_limits = receipt.rate_limits
        return self.answer(pair, receipt.stored, receipt.published)

    def answer(self, pair: tuple[Tool, Tool], stored: StoredVote, published: PublishedCounts) -> HttpResponse:
        count = picks_in_order(pair, PickCount(published.first, published.second, published.bounds))
        slugs: dict[object, str] = {tool.pk: tool.slug for tool in pair}
        return own_answer(stored, tool=slugs.get(stored.value), tally=pick_tally_answer(count, published))


class PickTimelineView(ListView):
    parameters = ListParameters
    may_move = True

    @extend_schema(
        operation_id="list_pick_tally_days",
        tags=["comparisons"],
        responses=page_schema(PickTallyDaySerializer),
    )
    @refuses(ComparisonNotFound)
    def get(self, request: Request, slug: str) -> Response:
        """List a pair's published picks day by day, the latest first

        One line for each UTC day that is over, from the pair's first pick on, written once and never changed, with a
        digest as those of tools have. `b-vs-a` and earlier slugs of either tool answer 308. The ids in the `subject` of its
        lines take the place of slugs, joined by `-vs-`: they lead to no other pair, also after a merge.
        """
        named = tools_of_subject(slug)
        one, other = named if len(named) == 2 else find_tools(slug)
        first, second = by_id(one, other)
        lines = PickTallyDay.objects.filter(first_tool=first, second_tool=second)
        page = self.page(lines.select_related("first_tool", "second_tool"), keys=["-day"])
        return Response(page.as_dict(all_rendered(PickTallyDaySerializer, page.results)))


def find_tools(slug: str) -> tuple[Tool, Tool]:
    """The pair's tools in the order of their slugs; raises ComparisonNotFound, and Moved for another slug of the pair."""
    pair = resolve_pair(slug)
    if pair.slug != slug:
        raise Moved(pair.slug)
    return pair.tools
