"""Erasing a voter, and refusing the token from then on."""

from datetime import datetime
from functools import partial

from django.db import transaction

from backend.api.transactions import retry_after_deadlock
from votes.models import Pick, Vote, Voter
from votes.voters.tokens import ErasedVoter, VoterToken


def find_voter(token: VoterToken) -> Voter | None:
    """The token's voter, None before the first vote. Raises ErasedVoter. One query."""
    voter = Voter.objects.filter(key=token.key).first()
    if voter and voter.erased_at:
        raise ErasedVoter
    return voter


def erase_voter(*, token: VoterToken, now: datetime) -> None:
    """Delete all votes and picks of the voter, and refuse the token from now on; tallies follow by themselves.

    The row stays without anything but its key, which only the token leads to. So no vote of theirs that was rejected
    comes back under the same token; the database keeps that.
    """
    voter, _ = Voter.objects.get_or_create(key=token.key)
    erase(voter, now=now)


def erase(voter: Voter, *, now: datetime) -> None:
    """The same for staff, who know no token. A vote that is being cast holds the voter's row: it is deleted here, or
    refused there."""
    retry_after_deadlock(partial(_erase, voter, now))


def _erase(voter: Voter, now: datetime) -> None:
    with transaction.atomic():
        Voter.objects.filter(pk=voter.pk).update(erased_at=now, created_at=now, assurance=0)
        Vote.objects.filter(voter=voter).delete()
        Pick.objects.filter(voter=voter).delete()
