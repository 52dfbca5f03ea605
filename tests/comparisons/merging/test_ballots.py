"""Ballots go from one tool to another in a constant number of statements, and only while a merge says so."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comparisons.merging.ballots import hold_ballots, move_ballots, name_ballots
from comparisons.models import ToolMerge
from tests.database import broken_constraint
from tests.factories import NOW, PickFactory, ToolFactory, VoteFactory
from votes.models import Vote

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("ballots", [1, 20])
def test_however_many_there_are_the_statements_are_ten(ballots: int) -> None:
    old, new, other = ToolFactory(), ToolFactory(), ToolFactory()
    VoteFactory.create_batch(ballots, tool=old)
    PickFactory.create_batch(ballots, first_tool=old, second_tool=other, chosen_tool=other)
    merge = ToolMerge.objects.create(kept_tool=new, merged_tool=old, merged_at=NOW)

    with CaptureQueriesContext(connection) as queries:
        hold_ballots(leaves=old.pk, joins=new.pk)
        name_ballots(merge=merge.pk, leaves=old.pk, joins=new.pk)
        moved = move_ballots(merge=merge.pk, leaves=old.pk, joins=new.pk)

    # Four locks; two that name; leave to move, two that move, and no leave any more.
    assert len(queries) == 10
    assert moved == (ballots, ballots)


def test_a_vote_stays_with_its_tool_once_a_merge_is_over() -> None:
    old, new = ToolFactory(), ToolFactory()
    vote = VoteFactory(tool=old)
    merge = ToolMerge.objects.create(kept_tool=new, merged_tool=old, merged_at=NOW)

    move_ballots(merge=merge.pk, leaves=old.pk, joins=new.pk)

    assert broken_constraint(lambda: Vote.objects.update(tool=new)) == "None"
    assert Vote.objects.get() == vote
