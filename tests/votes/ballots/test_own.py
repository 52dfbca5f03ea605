"""A voter's own vote and pick, as they are stored."""

from datetime import timedelta

import pytest

from tests.factories import NOW, ToolFactory
from tests.votes.ballots.test_casting import networks, reader
from votes.ballots.casting import cast_pick, cast_vote
from votes.ballots.own import own_pick, own_vote
from votes.ballots.values import StoredVote
from votes.voters.erasure import erase_voter
from votes.voters.tokens import ErasedVoter

pytestmark = pytest.mark.django_db


def test_a_voter_reads_their_own_vote_and_nobody_elses() -> None:
    tool = ToolFactory()
    cast_vote(voter=reader(1), slug=tool.slug, value="ship", networks=networks(), now=NOW)
    later = NOW + timedelta(minutes=1)
    cast_vote(voter=reader(2), slug=tool.slug, value="skip", networks=networks(), now=later)

    assert own_vote(token=reader(1), tool=tool) == StoredVote("ship", NOW, NOW, 1)
    assert own_vote(token=reader(3), tool=tool) == StoredVote()
    assert own_vote(token=reader(1), tool=ToolFactory()) == StoredVote()


def test_a_voter_reads_the_tool_that_they_picked() -> None:
    first, second = sorted(tool.pk for tool in ToolFactory.create_batch(2))
    cast_pick(voter=reader(1), pair=(first, second), value=second, networks=networks(), now=NOW)

    assert own_pick(token=reader(1), pair=(first, second)) == StoredVote(second, NOW, NOW, 1)
    assert own_pick(token=reader(2), pair=(first, second)) == StoredVote()


def test_a_voter_who_was_erased_reads_nothing() -> None:
    tool = ToolFactory()
    erase_voter(token=reader(), now=NOW)

    with pytest.raises(ErasedVoter):
        own_vote(token=reader(), tool=tool)
    with pytest.raises(ErasedVoter):
        own_pick(token=reader(), pair=(tool.pk, tool.pk))
