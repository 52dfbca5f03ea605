"""The ruleset as a table, and against those whom it is made for: one machine, a botnet, a campus."""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import IPv6Address

import pytest
from rest_framework.test import APIClient

from backend.api.clients import client_network, network_hash
from catalog.models import Tool
from tests.factories import NOW, ToolFactory, backdate, new_voters, review, vote
from tests.votes.ballots.test_casting import network_hash as some_network
from tests.votes.ballots.test_casting import reader
from votes.ballots.casting import count_group
from votes.ballots.statements import VOTES
from votes.ballots.values import Ballot
from votes.models import Alert, Tally, Vote
from votes.rules import HOURLY_FLOOR, Circumstances, ScreeningResult, hourly_limit, screen
from votes.tallies.publication import publish_tallies
from votes.tallies.rescoring import rescore

COUNTED = ScreeningResult("counted")


@pytest.mark.parametrize(
    ("assurance", "from_network", "within_hour", "screening"),
    [
        pytest.param(0, 0, 0, COUNTED, id="the first"),
        pytest.param(0, 4, 0, COUNTED, id="the fifth of a network"),
        pytest.param(0, 5, 0, ScreeningResult("pending", ("origin_quota",)), id="the sixth of a network"),
        pytest.param(
            1, 5, 0, ScreeningResult("pending", ("origin_quota",)), id="the sixth, with proof of work"
        ),
        pytest.param(2, 49, 0, COUNTED, id="the fiftieth person of a network"),
        pytest.param(2, 50, 0, ScreeningResult("pending", ("origin_quota",)), id="the fifty-first person"),
        pytest.param(4, 50, 0, ScreeningResult("pending", ("origin_quota",)), id="also when staff know them"),
        pytest.param(0, 0, 99, COUNTED, id="the last of an hour"),
        pytest.param(2, 0, 100, ScreeningResult("pending", ("burst",)), id="one more in an hour"),
        pytest.param(0, 5, 100, ScreeningResult("pending", ("origin_quota", "burst")), id="both"),
    ],
)
def test_a_vote_is_screened_by_its_network_and_its_hour(
    assurance: int, from_network: int, within_hour: int, screening: ScreeningResult
) -> None:
    assert screen(Circumstances(assurance, from_network, within_hour, hourly_limit=100)) == screening


@pytest.mark.parametrize(
    ("counted_in_a_week", "limit"),
    [
        pytest.param(0, HOURLY_FLOOR, id="never voted on"),
        pytest.param(20 * 168, HOURLY_FLOOR, id="20 an hour"),
        pytest.param(25 * 168, 55, id="25 an hour: 25 and six times 5"),
        pytest.param(100 * 168, 160, id="100 an hour: 100 and six times 10"),
        pytest.param(10_000 * 168, 10_600, id="10,000 an hour: 10,000 and six times 100"),
    ],
)
def test_an_hour_may_have_what_is_usual_and_six_deviations(counted_in_a_week: int, limit: int) -> None:
    assert hourly_limit(counted_in_baseline=counted_in_a_week) == limit


def cast_all(ballots: list[Ballot], *, at_once: int = 250) -> None:
    for start in range(0, len(ballots), at_once):
        outcomes = count_group(VOTES, ballots[start : start + at_once])
        assert not any(isinstance(outcome, Exception) for outcome in outcomes)


@pytest.mark.django_db
class TestOneMachine:
    ATTEMPTS = 10_000

    @pytest.mark.parametrize("assurance", [0, 1])
    def test_its_ten_thousand_votes_neither_count_nor_turn_a_verdict(
        self, api: APIClient, assurance: int
    ) -> None:
        loved, other = ToolFactory(slug="loved"), ToolFactory(slug="other")
        for tool, ship in ((loved, 700), (other, 600)):
            review(tool, ship=3)
            vote(tool, ship=ship, skip=1_000 - ship)
        Vote.objects.update(created_at=NOW - timedelta(days=30))
        before = api.get("/api/v1/comparisons/loved-vs-other").json()["verdict"]
        assert (before["winner"], before["decided_by"]) == ("loved", "community")

        cast_all(
            [
                Ballot(
                    reader(n).key, assurance, loved.slug, "skip", some_network(), NOW + timedelta(seconds=n)
                )
                for n in range(self.ATTEMPTS)
            ]
        )
        rescore(now=NOW + timedelta(days=1))
        publish_tallies(now=NOW + timedelta(days=1))

        assert (loved.tally.skip, loved.tally.pending) == (305, self.ATTEMPTS - 5)
        after = api.get("/api/v1/comparisons/loved-vs-other").json()["verdict"]
        assert (after["winner"], after["strength"]) == (before["winner"], before["strength"])

    def test_a_64_is_one_machine_whichever_of_its_addresses_it_uses(self) -> None:
        tool = ToolFactory()
        addresses = (IPv6Address("2001:db8::") + n for n in range(0, 65_536, 64))
        hashes = [network_hash(client_network(address), now=NOW) for address in addresses]

        cast_all([Ballot(reader(n).key, 0, tool.slug, "ship", each, NOW) for n, each in enumerate(hashes)])

        assert len(hashes) == 1_024
        assert (tool.tally.ship, tool.tally.pending) == (5, 1_019)


@pytest.mark.django_db
class TestBotnet:
    """500 votes from 100 networks within ten minutes, on a tool that gets 20 votes an hour."""

    def usual_week(self, tool: Tool) -> None:
        hours = [NOW - timedelta(hours=hour) for hour in range(1, 8 * 24)]
        times = [hour + timedelta(minutes=3 * n) for hour in hours for n in range(20)]
        votes = Vote.objects.bulk_create(
            Vote(voter=voter, tool=tool, value="ship") for voter in new_voters(len(times))
        )
        backdate(votes, times)

    def attack(self, tool: Tool) -> Iterator[Ballot]:
        for n in range(500):
            cast_at = NOW + timedelta(seconds=1.2 * n)
            yield Ballot(reader(n).key, 1, tool.slug, "skip", some_network(n % 100), cast_at)

    def test_nine_of_ten_votes_do_not_count_and_staff_are_told_with_the_next_step(self) -> None:
        tool = ToolFactory()
        self.usual_week(tool)
        rescore(now=NOW)

        cast_all(list(self.attack(tool)), at_once=10)
        publish_tallies(now=NOW + timedelta(minutes=10))

        assert Tally.objects.get(tool=tool).hourly_limit == HOURLY_FLOOR
        attack = Vote.objects.filter(tool=tool, value="skip")
        assert attack.filter(status="counted").count() <= 50
        assert set(attack.exclude(status="counted").values_list("status", "reasons__0")) == {
            ("pending", "burst")
        }
        alert = Alert.objects.get()
        assert (alert.kind, alert.tool, alert.begins_at) == ("burst", tool, NOW.replace(minute=0))
