"""A voter's own vote on a tool and own pick of a pair, as they are stored."""

from uuid import UUID

from catalog.models import Tool
from votes.ballots.values import StoredVote, Value
from votes.models import Ballot, Pick, Vote
from votes.voters.erasure import find_voter
from votes.voters.tokens import VoterToken


def own_vote(*, token: VoterToken, tool: Tool) -> StoredVote:
    """The voter's vote on the tool. Raises ErasedVoter. Two queries."""
    voter = find_voter(token)
    vote = Vote.objects.filter(voter=voter, tool=tool).first() if voter else None
    return _stored(vote, vote.value) if vote else StoredVote()


def own_pick(*, token: VoterToken, pair: tuple[UUID, UUID]) -> StoredVote:
    """The id of the tool that was picked; the pair in ascending order of ids. Raises ErasedVoter. Two queries."""
    voter = find_voter(token)
    picks = Pick.objects.filter(voter=voter, first_tool=pair[0], second_tool=pair[1])
    pick = picks.first() if voter else None
    return _stored(pick, pick.chosen_tool_id) if pick else StoredVote()


def _stored(ballot: Ballot, value: Value | None) -> StoredVote:
    """One that was withdrawn says how often it changed, and nothing else."""
    if value is None:
        return StoredVote(revision=ballot.revision)
    return StoredVote(value, ballot.created_at, ballot.updated_at, ballot.revision)
