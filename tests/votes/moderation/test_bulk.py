"""Votes and picks of a selection are quarantined and released, whatever was moderated beside them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.admin.bulk import undo_of
from tests.bulk import KINDS, check_there_and_back, select, start, states
from tests.factories import PickFactory, ToolFactory, VoteFactory
from votes.models import Tally, Vote
from votes.moderation import actions
from votes.moderation.actions import AskedAction

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", [name for name in KINDS if name.startswith("votes.")])
def test_a_step_is_done_to_what_it_is_for_and_taken_back(name: str) -> None:
    check_there_and_back(name)


def test_tallies_follow_what_is_quarantined_and_released() -> None:
    tool = ToolFactory()
    votes = VoteFactory.create_batch(3, tool=tool) + VoteFactory.create_batch(2, tool=tool, value="skip")

    action = start(select("votes.vote.quarantine", votes[:4]))
    during = Tally.objects.values_list("ship", "skip", "quarantined").get(tool=tool)
    start(undo_of(action))

    assert during == (0, 1, 4)
    assert Tally.objects.values_list("ship", "skip", "quarantined").get(tool=tool) == (3, 2, 0)


def test_an_undo_leaves_votes_that_were_moderated_since_and_those_that_are_gone() -> None:
    kept, released_again, gone = VoteFactory.create_batch(3)
    action = start(select("votes.vote.quarantine", [kept, released_again, gone]))
    start(select("votes.vote.release", [released_again]))
    start(select("votes.vote.quarantine", [released_again]))
    gone.voter.erased_at = timezone.now()
    gone.voter.save()
    Vote.objects.filter(pk=gone.pk).delete()

    undone = start(undo_of(action))

    assert dict(undone.rows.values_list("row_id", "reason")) == {
        kept.pk: "", released_again.pk: "changed since", gone.pk: "deleted since",
    }  # fmt: skip
    assert states([kept, released_again]) == [("counted", []), ("quarantined", ["staff_quarantine"])]


def test_a_vote_that_its_reader_changes_meanwhile_is_released_all_the_same() -> None:
    vote = VoteFactory()
    action = start(select("votes.vote.quarantine", [vote]))
    Vote.objects.filter(pk=vote.pk).update(value="skip")

    start(undo_of(action))

    assert states([vote]) == [("counted", [])]


def test_an_undo_leaves_votes_that_a_span_of_time_has_moved_since() -> None:
    vote, now = VoteFactory(), timezone.now()
    action = start(select("votes.vote.quarantine", [vote]))
    for asked in ("release", "quarantine"):
        span = AskedAction(asked, now - timedelta(hours=1), now + timedelta(hours=1), "A raid.")
        actions.moderate(asked=span, tool=vote.tool, decided_by=None, now=now + timedelta(hours=1))

    undo = undo_of(action)

    assert (undo.count, undo.left) == (0, [(1, "changed since")])
    assert states([vote]) == [("quarantined", ["staff_quarantine"])]


def test_the_page_before_says_what_they_say() -> None:
    tool, other = sorted(ToolFactory.create_batch(2), key=lambda each: each.pk)
    votes = [
        VoteFactory(tool=tool),
        VoteFactory(tool=other),
        VoteFactory(tool=tool, value="skip"),
        VoteFactory(value=None),
    ]
    picks = PickFactory.create_batch(2, first_tool=tool, second_tool=other, chosen_tool=other)

    told = [
        each.step.tell(each.rows)
        for each in (select("votes.vote.quarantine", votes), select("votes.pick.quarantine", picks))
    ]

    assert told == [
        ["The votes say: 2 ship, 1 skip, 1 withdrawn.", "Of 3 tools."],
        [f"The votes say: 2 {other.name}.", "Of 1 pair."],
    ]
