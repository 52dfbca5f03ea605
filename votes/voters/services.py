"""What voters do besides voting: see what they said, take it along, and be forgotten."""

from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from catalog.models import Tool
from votes.ballots.casting import ErasedVoter, Said, again_after_deadlock
from votes.models import Pick, Vote, Voter
from votes.voters.tokens import VoterToken


def find_voter(token: VoterToken) -> Voter | None:
    """None before the first vote; raises ErasedVoter. One query."""
    voter = Voter.objects.filter(key=token.key).first()
    if voter and voter.erased_at:
        raise ErasedVoter
    return voter


def own_vote(*, token: VoterToken, tool: Tool) -> Said:
    """Two queries."""
    voter = find_voter(token)
    vote = Vote.objects.filter(voter=voter, tool=tool).first() if voter else None
    return Said(vote.value, vote.created_at, vote.updated_at) if vote else Said()


def own_pick(*, token: VoterToken, pair: tuple[UUID, UUID]) -> Said:
    """The id of the tool that was picked; the pair in ascending order of ids. Two queries."""
    voter = find_voter(token)
    picks = Pick.objects.filter(voter=voter, first_tool=pair[0], second_tool=pair[1])
    pick = picks.first() if voter else None
    return Said(pick.chosen_tool_id, pick.created_at, pick.updated_at) if pick else Said()


def erase_voter(*, token: VoterToken, now: datetime) -> None:
    """Delete all that the voter said, and refuse the token from now on; tallies follow by themselves.

    The row stays without anything but its key, which only the token's owner can compute. A vote that is being cast
    holds the row: it is deleted here, or refused there.
    """
    again_after_deadlock(partial(_erase, token, now))


def _erase(token: VoterToken, now: datetime) -> None:
    with transaction.atomic():
        voter, _ = Voter.objects.get_or_create(key=token.key, defaults={"assurance": token.assurance})
        Voter.objects.filter(pk=voter.pk).update(erased_at=now)
        Vote.objects.filter(voter=voter).delete()
        Pick.objects.filter(voter=voter).delete()
