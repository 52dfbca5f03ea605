"""Erasing a voter, and refusing the token from then on."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from backend.api.transactions import retry_after_deadlock
from votes.models import SET_ASIDE, Pick, Vote, Voter
from votes.voters.tokens import ErasedVoter, VoterToken

# Quotas are those of a day and of an hour.
USES_QUOTAS_FOR = timedelta(days=1)


def find_voter(token: VoterToken) -> Voter | None:
    """The token's voter, None before the first vote. Raises ErasedVoter. One query."""
    voter = Voter.objects.filter(key=token.key).first()
    if voter and voter.erased_at:
        raise ErasedVoter
    return voter


def erase_voter(*, token: VoterToken, now: datetime) -> None:
    """Delete all votes and picks of the voter, and refuse the token from now on; tallies follow by themselves.

    The row stays without anything but its key, which only the token leads to. So no vote of theirs that was rejected
    comes back under the same token; the database keeps that. What staff set aside of them within a day says nothing any
    more, and goes on using its quotas until `purge_expired`: else who erases themselves votes on from the same network.
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
        for ballots, answer in ((voter.votes, Vote.ANSWER), (voter.picks, Pick.ANSWER)):
            using_quotas = ballots.filter(SET_ASIDE, created_at__gt=now - USES_QUOTAS_FOR)
            using_quotas.update(**{answer: None})
            ballots.exclude(pk__in=using_quotas.values("pk")).delete()


def purge_expired(*, now: datetime) -> None:
    """Delete what was left of those erased."""
    for ballots in (Vote.objects, Pick.objects):
        ballots.filter(voter__erased_at__lte=now - USES_QUOTAS_FOR).delete()
