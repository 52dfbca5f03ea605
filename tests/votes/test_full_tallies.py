"""Tallies at what their columns hold: votes are taken, numbers stand still, and nothing fails for them."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from catalog.models import Tool
from tests.factories import NOW, ToolFactory
from tests.votes.conftest import new_voter
from votes.models import Pick, PickTally, PublishedPickTally, PublishedTally, Tally, Vote
from votes.tallies.day_lines import close_day
from votes.tallies.recount import reconcile_tallies
from votes.tallies.rescoring import rescore

pytestmark = pytest.mark.django_db

MOST = 2**31 - 1
HELD = ("pending", "quarantined", "rejected")


@pytest.mark.parametrize(
    ("before", "says", "after"),
    [
        pytest.param((MOST, 0), ["ship"], (MOST, 0), id="one more"),
        pytest.param((MOST, 0), ["skip"], (MOST - 1, 1), id="the other, for which the total has no room"),
        pytest.param((0, MOST), ["skip"], (0, MOST), id="one more that skips"),
        pytest.param((0, MOST), ["ship"], (0, MOST), id="the other of those"),
        pytest.param((2**30, 2**30 - 1), ["ship"], (2**30, 2**30 - 1), id="a full total of two halves"),
        pytest.param((MOST, 0), ["ship", "skip"], (MOST - 1, 1), id="changed"),
        pytest.param((MOST - 1, 0), ["ship", None], (MOST - 1, 0), id="withdrawn"),
        pytest.param((MOST - 1, 0), ["ship"], (MOST, 0), id="the last that has room"),
    ],
)
def test_a_vote_on_a_full_tally_is_taken(
    voter: APIClient, tool: Tool, before: tuple[int, int], says: list[str | None], after: tuple[int, int]
) -> None:
    Tally.objects.update(ship=before[0], skip=before[1])

    for value in says:
        address = "/api/v1/tools/alpha/vote"
        answer = voter.put(address, {"value": value}, format="json") if value else voter.delete(address)
        assert (answer.status_code, answer.json()["value"]) == (200, value)

    assert Tally.objects.values_list("ship", "skip", "total").get() == (*after, sum(after))
    assert Vote.objects.get().value == says[-1]


@pytest.mark.parametrize("chosen", ["alpha", "beta"])
def test_a_pick_on_a_full_tally_is_taken(chosen: str) -> None:
    ToolFactory(slug="alpha"), ToolFactory(slug="beta")
    address = "/api/v1/comparisons/alpha-vs-beta/pick"
    new_voter().put(address, {"tool": "alpha"}, format="json")
    for counts in ({"first": MOST, "second": 0}, {"first": 0, "second": MOST}):
        PickTally.objects.update(**counts)

        answer = new_voter().put(address, {"tool": chosen}, format="json")

        assert (answer.status_code, answer.json()["tool"]) == (200, chosen)
        assert PickTally.objects.get().total == MOST


@pytest.mark.parametrize("column", HELD)
def test_a_full_number_of_held_votes_takes_more(voter: APIClient, tool: Tool, column: str) -> None:
    voter.put("/api/v1/tools/alpha/vote", {"value": "ship"}, format="json")
    Tally.objects.update(**{column: MOST})

    Vote.objects.update(status=column)

    assert Tally.objects.values_list(column, "ship").get() == (MOST, 0)


def test_full_tallies_are_published_closed_and_mended(voter: APIClient, tool: Tool) -> None:
    ToolFactory(slug="beta")
    voter.put("/api/v1/tools/alpha/vote", {"value": "ship"}, format="json")
    voter.put("/api/v1/comparisons/alpha-vs-beta/pick", {"tool": "alpha"}, format="json")
    for ballots in (Vote.objects, Pick.objects):
        ballots.update(created_at=NOW)
    Tally.objects.filter(tool=tool).update(ship=MOST, **dict.fromkeys(HELD, MOST))
    PickTally.objects.update(first=MOST, second=0, **dict.fromkeys(HELD, MOST))

    rescore(now=NOW)
    close_day(day=NOW.date(), now=NOW + timedelta(days=1))

    public = PublishedTally.objects.get(tool=tool)
    assert (public.total, *(getattr(public, column) for column in HELD)) == (MOST, *[10**9] * 3)
    assert PublishedPickTally.objects.get().total == MOST
    assert len(reconcile_tallies(now=NOW)) == 2
    assert Tally.objects.values_list("ship", *HELD).get(tool=tool) == (1, 0, 0, 0)
