"""What curators see and may do on the pages of voters, votes, picks and tallies."""

import html
from datetime import timedelta
from typing import Any

import pytest

from catalog.models import Tool
from tests.desk import act, count_queries, errors_of, open_desk, submit
from tests.factories import NOW, CategoryFactory, PickFactory, ToolFactory, VoteFactory
from votes.admin import MOST_TOOLS
from votes.models import Alert, ModerationAction, Pick, PickTally, Tally, Vote, Voter

pytestmark = pytest.mark.django_db

VOTERS = "/admin/votes/voter/"
VOTES = "/admin/votes/vote/"
PICKS = "/admin/votes/pick/"
TALLIES = "/admin/votes/tally/"
PICK_TALLIES = "/admin/votes/picktally/"
ALERTS = "/admin/votes/alert/"
MODERATION_ACTIONS = "/admin/votes/moderationaction/"
HOUR = timedelta(hours=1)


LISTS = {
    # Session, curator; the assurances to filter by; those found, the page's ids, its rows.
    VOTERS: 6,
    # Session, curator; the categories to filter by; those found, the page's ids, its rows.
    VOTES: 6,
    # Session, curator; those found, the page's ids, its rows.
    PICKS: 5,
    # Session, curator; the categories to filter by; those found, the page's ids, its rows.
    TALLIES: 6,
    # Session, curator; those found, the page's ids, its rows.
    PICK_TALLIES: 5,
    # Session, curator; those found, the page's ids, its rows; two for the dates.
    ALERTS: 7,
    MODERATION_ACTIONS: 7,
}


# Of all lists at once, for making the rows takes longer than to read them.
@pytest.mark.parametrize("rows", [5, 50])
def test_a_list_costs_the_same_however_long_it_is(rows: int) -> None:
    VoteFactory.create_batch(rows, reasons=["burst", "same_network"])
    PickFactory.create_batch(rows)
    for pick in Pick.objects.select_related("first_tool", "second_tool"):
        pair = {"tool": pick.first_tool, "other_tool": pick.second_tool, "begins_at": NOW}
        Alert.objects.create(kind="burst", **pair)
        ModerationAction.objects.create(action="release", ends_at=NOW + HOUR, why="x", count=1, **pair)

    desk = open_desk()
    assert {address: count_queries(desk, address) for address in LISTS} == LISTS


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


def test_ballots_are_found_where_a_search_names_more_tools_than_are_looked_up() -> None:
    tools = ToolFactory.build_batch(MOST_TOOLS + 1, category=CategoryFactory(), name="Many")
    Tool.objects.bulk_create(tools)
    vote, pick, turned = (
        VoteFactory(tool=tools[0]),
        PickFactory(first_tool=tools[1]),
        PickFactory(second_tool=tools[2]),
    )
    VoteFactory()
    PickFactory()
    desk = open_desk()

    for address, expected in ((VOTES, [vote.pk]), (PICKS, [turned.pk, pick.pk])):
        response: Any = desk.get(f"{address}?q=many")
        assert [found.pk for found in response.context["cl"].result_list] == expected


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


def test_a_vote_and_a_pick_can_only_be_read() -> None:
    vote, pick = VoteFactory(), PickFactory()
    desk = open_desk()

    for address in (f"{VOTES}{vote.pk}/change/", f"{PICKS}{pick.pk}/change/"):
        assert desk.post(address, {"status": "rejected"}).status_code == 403

    assert Vote.objects.get().status == Pick.objects.get().status == "counted"


def test_no_page_shows_where_a_vote_came_from_or_a_voters_key() -> None:
    network_hash = b"\xc0\xffee\xc0\xffee"
    vote = VoteFactory(network_hash=network_hash)
    pick = PickFactory(network_hash=network_hash, voter=vote.voter)
    desk = open_desk()

    pages = [VOTERS, VOTES, PICKS]
    pages += [f"{VOTES}{vote.pk}/change/", f"{PICKS}{pick.pk}/change/", f"{VOTERS}{vote.voter.pk}/change/"]
    shown = "".join(desk.get(page).content.decode() for page in pages)

    assert str(vote.voter.pk) in shown
    for secret in (network_hash, vote.voter.key):
        assert secret.hex() not in shown
        assert str(secret) not in html.unescape(shown)
    assert "rigin" not in shown


@pytest.mark.parametrize("address", [VOTERS, VOTES, PICKS])
def test_nothing_of_the_readers_can_be_deleted(address: str) -> None:
    vote, pick = VoteFactory(), PickFactory()
    row = {VOTERS: vote.voter, VOTES: vote, PICKS: pick}[address]
    desk = open_desk()

    desk.post(
        address,
        {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes", "why": "A mistake."},
    )

    assert desk.post(f"{address}{row.pk}/delete/", {"post": "yes", "why": "A mistake."}).status_code == 403
    assert type(row)._default_manager.filter(pk=row.pk).exists()


def test_an_erased_voter_takes_votes_and_picks_along() -> None:
    vote = VoteFactory()
    PickFactory(voter=vote.voter)
    desk = open_desk()

    assert act(desk, VOTERS, "erase", [vote.voter]) == ["1 voter erased."]

    assert not Vote.objects.exists()
    assert not Pick.objects.exists()
    assert Tally.objects.get(tool=vote.tool).total == 0
    assert PickTally.objects.get().total == 0


@pytest.mark.parametrize("address", [VOTERS, VOTES, PICKS, TALLIES, PICK_TALLIES])
def test_nothing_of_the_readers_can_be_added(address: str) -> None:
    assert open_desk().get(f"{address}add/").status_code == 403


def test_a_tally_can_only_be_read() -> None:
    desk, tool = open_desk(), VoteFactory().tool

    assert desk.get(f"{TALLIES}{tool.pk}/change/").status_code == 200
    assert desk.post(f"{TALLIES}{tool.pk}/change/", {"ship": "7"}).status_code == 403
    assert desk.post(f"{TALLIES}{tool.pk}/delete/", {"post": "yes", "why": "A mistake."}).status_code == 403
    assert Tally.objects.get(tool=tool).ship == 1


def test_a_pick_tally_can_only_be_read() -> None:
    PickFactory()
    desk, tally = open_desk(), PickTally.objects.get()

    assert desk.get(f"{PICK_TALLIES}{tally.pk}/change/").status_code == 200
    assert desk.post(f"{PICK_TALLIES}{tally.pk}/change/", {"first": "7"}).status_code == 403
    assert (
        desk.post(f"{PICK_TALLIES}{tally.pk}/delete/", {"post": "yes", "why": "A mistake."}).status_code
        == 403
    )


class TestAlerts:
    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("", ["open"]),
            ("?state=open", ["open"]),
            ("?state=closed", ["closed"]),
            ("?state=all", ["open", "closed"]),
        ],
    )
    def test_the_list_shows_open_ones_unless_told_otherwise(self, words: str, found: list[str]) -> None:
        tool = ToolFactory()
        Alert.objects.create(kind="burst", tool=tool, begins_at=NOW, detail="closed", closed_at=NOW)
        Alert.objects.create(kind="drift", tool=tool, begins_at=NOW, detail="open")

        response: Any = open_desk().get(f"{ALERTS}{words}")

        assert [alert.detail for alert in response.context["cl"].result_list] == found

    def test_one_that_needs_nothing_is_closed(self) -> None:
        alert = Alert.objects.create(kind="drift", tool=ToolFactory(), begins_at=NOW)
        desk = open_desk()

        assert act(desk, f"{ALERTS}?state=all", "close", [alert]) == ["1 alert closed."]
        assert act(desk, f"{ALERTS}?state=all", "close", [alert])[0].startswith("Not closed (closed already)")

        alert.refresh_from_db()
        assert alert.closed_at is not None

    def test_it_leads_to_the_votes_of_its_hour(self) -> None:
        pick = PickFactory()
        pair = {"tool": pick.first_tool, "other_tool": pick.second_tool}
        Alert.objects.create(kind="burst", begins_at=NOW, detail="70 within the hour", **pair)

        page = html.unescape(open_desk().get(ALERTS).content.decode())

        assert f"{PICK_TALLIES}{pick.first_tool.pk}/{pick.second_tool.pk}/votes/?action=quarantine&" in page
        assert "begins_at=2026-11-02T09%3A30&ends_at=2026-11-02T10%3A30&why=More+votes" in page


@pytest.mark.parametrize("place", ["", "{}/change/"])
def test_a_tally_leads_to_its_votes_over_time(place: str) -> None:
    tool, pick = VoteFactory().tool, PickFactory()
    desk = open_desk()

    tallies = desk.get(TALLIES + place.format(tool.pk)).content.decode()
    pick_tallies = desk.get(PICK_TALLIES + place.format(PickTally.objects.get().pk)).content.decode()

    assert f'href="{TALLIES}{tool.pk}/votes/"' in tallies
    assert f'href="{PICK_TALLIES}{pick.first_tool.pk}/{pick.second_tool.pk}/votes/"' in pick_tallies
