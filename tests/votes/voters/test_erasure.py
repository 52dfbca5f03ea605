"""Erasing a voter: nothing that was cast stays, whatever is cast meanwhile."""

from collections.abc import Callable
from functools import partial

import pytest
from rest_framework.test import APIClient

from tests.database import at_once
from tests.factories import NOW, ToolFactory, vote
from tests.votes.ballots.test_casting import networks, reader
from votes.ballots.casting import cast_vote
from votes.models import Vote, Voter
from votes.voters.erasure import erase_voter, find_voter
from votes.voters.tokens import ErasedVoter

pytestmark = pytest.mark.django_db


def test_a_voter_who_was_erased_is_refused_and_one_who_never_voted_is_nobody() -> None:
    erased = reader(1)
    erase_voter(token=erased, now=NOW)

    with pytest.raises(ErasedVoter):
        find_voter(erased)
    assert find_voter(reader(2)) is None


def test_erasing_a_voter_takes_every_vote_out_of_the_tallies(voter: APIClient) -> None:
    tools = [ToolFactory(slug=f"erased-{number}") for number in range(25)]
    for tool in tools:
        vote(tool, ship=1)
        voter.put(f"/api/v1/tools/{tool.slug}/vote", {"value": "skip"}, format="json")
    for other in tools[1:5]:
        pair = sorted([tools[0].slug, other.slug])
        voter.put(f"/api/v1/comparisons/{pair[0]}-vs-{pair[1]}/pick", {"tool": pair[0]}, format="json")

    assert voter.delete("/api/v1/voters/me").status_code == 204

    assert Vote.objects.count() == 25
    assert [(tool.tally.ship, tool.tally.skip) for tool in tools] == [(1, 0)] * 25
    kept = Voter.objects.exclude(erased_at=None).get()
    assert not kept.votes.exists()
    assert not kept.picks.exists()


@pytest.mark.django_db(transaction=True)
def test_a_voter_who_is_erased_while_voting_keeps_nothing() -> None:
    tools = ToolFactory.create_batch(8)
    for number in range(10):
        voter = reader(number)
        deeds: list[Callable[[], object]] = [
            partial(cast_vote, voter=voter, slug=tool.slug, value="ship", networks=networks(), now=NOW)
            for tool in tools
        ]

        outcomes = at_once(*deeds, partial(erase_voter, token=voter, now=NOW))

        assert outcomes[-1] is None
        assert {type(outcome) for outcome in outcomes[:-1]} <= {type(None), ErasedVoter}
        assert not Vote.objects.exists()
