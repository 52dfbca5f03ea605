"""What curators see and may do on the pages of voters, votes, picks and tallies."""

from typing import Any

import pytest

from tests.desk import count_queries, errors_of, open_desk, submit
from tests.factories import PickFactory, VoteFactory
from votes.models import PickTally, Tally, Vote, Voter

pytestmark = pytest.mark.django_db

VOTERS = "/admin/votes/voter/"
VOTES = "/admin/votes/vote/"
PICKS = "/admin/votes/pick/"
TALLIES = "/admin/votes/tally/"
PICK_TALLIES = "/admin/votes/picktally/"


@pytest.mark.parametrize("rows", [5, 50])
@pytest.mark.parametrize(
    ("address", "budget"),
    [
        # Session, curator; the assurances to filter by; all, those found, the page; two for the dates.
        pytest.param(VOTERS, 8, id="voters"),
        # Session, curator; the categories to filter by; all, those found, the page; two for the dates.
        pytest.param(VOTES, 8, id="votes"),
        # Session, curator; all, those found, the page; two for the dates.
        pytest.param(PICKS, 7, id="picks"),
        # Session, curator; the categories to filter by; all, those found, the page.
        pytest.param(TALLIES, 6, id="tallies"),
        # Session, curator; all, those found, the page.
        pytest.param(PICK_TALLIES, 5, id="pick tallies"),
    ],
)
def test_a_list_costs_the_same_however_long_it_is(address: str, budget: int, rows: int) -> None:
    VoteFactory.create_batch(rows, reasons=["burst", "same_network"])
    PickFactory.create_batch(rows)

    assert count_queries(open_desk(), address) == budget


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("q=cursor", id="tool"),
        pytest.param("q={voter}", id="voter"),
        pytest.param("status__exact=quarantined", id="status"),
        pytest.param("value__exact=skip", id="value"),
    ],
)
def test_a_vote_is_found_by(words: str) -> None:
    vote = VoteFactory(tool__name="Cursor", status="quarantined", value="skip")
    VoteFactory()

    response: Any = open_desk().get(f"{VOTES}?{words.format(voter=vote.voter.pk)}")

    assert [found.pk for found in response.context["cl"].result_list] == [vote.pk]


def test_a_pick_is_found_by_its_status() -> None:
    pick = PickFactory(status="pending")
    PickFactory()

    response: Any = open_desk().get(f"{PICKS}?status__exact=pending")

    assert [found.pk for found in response.context["cl"].result_list] == [pick.pk]


def test_a_voter_is_found_by_the_whole_id_and_keeps_the_key_hidden() -> None:
    voter = VoteFactory().voter
    VoteFactory()
    desk = open_desk()

    response: Any = desk.get(f"{VOTERS}?q={voter.pk}")
    page = desk.get(f"{VOTERS}{voter.pk}/change/").content.decode()

    assert [found.pk for found in response.context["cl"].result_list] == [voter.pk]
    assert 'name="assurance"' in page
    assert 'name="key"' not in page


@pytest.mark.parametrize("assurance", ["5", "-1", "x", "9" * 30])
def test_a_voter_takes_no_unknown_assurance(assurance: str) -> None:
    voter = VoteFactory().voter

    response = submit(open_desk(), f"{VOTERS}{voter.pk}/change/", assurance=assurance)

    assert errors_of(response)
    assert Voter.objects.get(pk=voter.pk).assurance == 0


def test_a_vote_that_is_judged_moves_its_tally() -> None:
    vote = VoteFactory()

    submit(open_desk(), f"{VOTES}{vote.pk}/change/", status="rejected")

    tally = Tally.objects.get(tool=vote.tool)
    assert (tally.ship, tally.rejected) == (0, 1)


def test_a_pick_that_is_judged_moves_its_tally() -> None:
    pick = PickFactory()

    submit(open_desk(), f"{PICKS}{pick.pk}/change/", status="quarantined")

    tally = PickTally.objects.get()
    assert (tally.first + tally.second, tally.quarantined) == (0, 1)


def test_what_a_reader_said_can_not_be_changed() -> None:
    vote, other = VoteFactory(value="ship"), VoteFactory()

    open_desk().post(
        f"{VOTES}{vote.pk}/change/",
        {"status": "counted", "value": "skip", "tool": other.tool.pk, "voter": other.voter.pk},
    )

    kept = Vote.objects.get(pk=vote.pk)
    assert (kept.value, kept.tool, kept.voter) == ("ship", vote.tool, vote.voter)


def test_removed_votes_leave_their_tally() -> None:
    votes = VoteFactory.create_batch(2)
    desk = open_desk()

    desk.post(
        VOTES, {"action": "delete_selected", "_selected_action": [vote.pk for vote in votes], "post": "yes"}
    )

    assert not Vote.objects.exists()
    assert Tally.objects.filter(total=0).count() == 2


def test_a_removed_voter_takes_votes_and_picks_along() -> None:
    vote = VoteFactory()
    PickFactory(voter=vote.voter)

    open_desk().post(f"{VOTERS}{vote.voter.pk}/delete/", {"post": "yes"})

    assert not Vote.objects.exists()
    assert Tally.objects.get(tool=vote.tool).total == 0
    assert PickTally.objects.get().total == 0


@pytest.mark.parametrize("address", [VOTERS, VOTES, PICKS, TALLIES, PICK_TALLIES])
def test_nothing_of_the_readers_can_be_added(address: str) -> None:
    assert open_desk().get(f"{address}add/").status_code == 403


def test_a_tally_can_only_be_read() -> None:
    desk, tool = open_desk(), VoteFactory().tool

    assert desk.get(f"{TALLIES}{tool.pk}/change/").status_code == 200
    assert desk.post(f"{TALLIES}{tool.pk}/change/", {"ship": "7"}).status_code == 403
    assert desk.post(f"{TALLIES}{tool.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Tally.objects.get(tool=tool).ship == 1


def test_a_pick_tally_can_only_be_read() -> None:
    PickFactory()
    desk, tally = open_desk(), PickTally.objects.get()

    assert desk.get(f"{PICK_TALLIES}{tally.pk}/change/").status_code == 200
    assert desk.post(f"{PICK_TALLIES}{tally.pk}/change/", {"first": "7"}).status_code == 403
    assert desk.post(f"{PICK_TALLIES}{tally.pk}/delete/", {"post": "yes"}).status_code == 403
