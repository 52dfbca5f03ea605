"""A tally that is held lets no vote of its target through."""

import pytest
from django.db import transaction

from catalog.models import Tool
from tests.database import start_elsewhere
from tests.factories import PickFactory, ToolFactory, VoteFactory
from votes.models import Pick, Vote
from votes.tallies.locks import hold_tally


@pytest.mark.django_db(transaction=True)
class TestHoldingATally:
    def test_a_vote_waits_until_its_tally_is_let_go(self) -> None:
        tool = ToolFactory()

        with transaction.atomic():
            hold_tally(tool=tool)
            voting = start_elsewhere(lambda: VoteFactory(tool=tool))
            assert not Vote.objects.exists()
        voting.result()

        assert Vote.objects.count() == 1

    @pytest.mark.parametrize("turned_round", [False, True])
    def test_a_pick_waits_whichever_tool_is_named_first(self, turned_round: bool) -> None:
        known = PickFactory()
        pair: list[Tool] = [known.first_tool, known.second_tool]
        one, other = pair[::-1] if turned_round else pair

        with transaction.atomic():
            hold_tally(tool=one, other_tool=other)
            picking = start_elsewhere(
                lambda: PickFactory(first_tool=pair[0], second_tool=pair[1], chosen_tool=pair[1])
            )
            assert Pick.objects.count() == 1
        picking.result()

        assert Pick.objects.count() == 2

    def test_votes_on_other_tools_go_on(self) -> None:
        held, other = ToolFactory(), ToolFactory()

        with transaction.atomic():
            hold_tally(tool=held)
            VoteFactory(tool=other)

        assert Vote.objects.get().tool == other
