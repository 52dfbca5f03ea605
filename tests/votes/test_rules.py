"""The ruleset as a table, and against those whom it is made for: one machine, a botnet, a campus."""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import IPv6Address

import pytest
import time_machine
from rest_framework.test import APIClient

from backend.api.clients import network_hashes
from catalog.models import Tool
from tests.factories import NOW, ToolFactory, backdate, new_voters, review, vote
from tests.votes.ballots.test_casting import networks as some_networks
from tests.votes.ballots.test_casting import reader
from votes.ballots.casting import count_group
from votes.ballots.statements import VOTES
from votes.ballots.values import Ballot
from votes.models import Alert, PublishedTally, Tally, Vote
from votes.rules import HOURLY_FLOOR, Circumstances, ScreeningResult, hourly_limit, screen
from votes.tallies.publication import publish_tallies
from votes.tallies.rescoring import rescore

COUNTED = ScreeningResult("counted")


QUOTA, BOTH = (
    ScreeningResult("pending", ("origin_quota",)),
    ScreeningResult("pending", ("origin_quota", "burst")),
)


@pytest.mark.parametrize(
    ("assurance", "counted_from", "within_hour", "screening"),
    [
        pytest.param(0, (0, 0, 0), 0, COUNTED, id="the first"),
        pytest.param(0, (4, 4, 4), 0, COUNTED, id="the fifth of a network"),
        pytest.param(0, (5, 5, 5), 0, QUOTA, id="the sixth of a network"),
        pytest.param(1, (5, 5, 5), 0, QUOTA, id="the sixth, with proof of work"),
        pytest.param(0, (5, 5, 0), 0, QUOTA, id="the first of a network whose site has had five"),
        pytest.param(0, (19, 0, 0), 0, COUNTED, id="the twentieth of a provider"),
        pytest.param(0, (20, 0, 0), 0, QUOTA, id="the twenty-first of a provider"),
        pytest.param(2, (49, 49, 49), 0, COUNTED, id="the fiftieth person of a network"),
        pytest.param(2, (50, 50, 50), 0, QUOTA, id="the fifty-first person"),
        pytest.param(4, (50, 50, 50), 0, QUOTA, id="also when staff know them"),
        pytest.param(2, (100, 100, 0), 0, QUOTA, id="the hundred and first person of a site"),
        pytest.param(2, (500, 0, 0), 0, QUOTA, id="the five hundred and first person of a provider"),
        pytest.param(0, (0, 0, 0), 19, COUNTED, id="the last of an hour"),
        pytest.param(1, (0, 0, 0), 20, ScreeningResult("pending", ("burst",)), id="one more in an hour"),
        pytest.param(2, (0, 0, 0), 49, COUNTED, id="people may come together"),
        pytest.param(2, (0, 0, 0), 50, ScreeningResult("pending", ("burst",)), id="fifty people an hour"),
        pytest.param(0, (5, 5, 5), 20, BOTH, id="both"),
    ],
)
def test_a_vote_is_screened_by_its_networks_and_its_hour(
    assurance: int, counted_from: tuple[int, int, int], within_hour: int, screening: ScreeningResult
) -> None:
    assert screen(Circumstances(assurance, counted_from, within_hour, hourly_limit=20)) == screening


@pytest.mark.parametrize(
    ("counted_in_a_week", "limit"),
    [
        pytest.param(0, HOURLY_FLOOR, id="never voted on"),
        pytest.param(168, HOURLY_FLOOR, id="one an hour"),
        pytest.param(4 * 168, 16, id="4 an hour: 4 and six times 2"),
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


# Committed, as in production: within one transaction each vote would go through all earlier versions of a tally's row.
@pytest.mark.django_db(transaction=True)
class TestOneMachine:
    ATTEMPTS = 10_000

    @pytest.mark.parametrize("assurance", [0, 1])
    def test_its_ten_thousand_votes_neither_count_nor_turn_a_verdict(
        self, api: APIClient, assurance: int
    ) -> None:
        loved, other = ToolFactory(slug="loved"), ToolFactory(slug="other")
        # Long before the attack, whenever the test runs.
        with time_machine.travel(NOW - timedelta(days=60)):
            for tool, ship in ((loved, 750), (other, 600)):
                review(tool, ship=3)
                vote(tool, ship=ship, skip=1_000 - ship)
        before = api.get("/api/v1/comparisons/loved-vs-other").json()["verdict"]
        assert (before["winner"], before["decided_by"]) == ("loved", "community")

        cast_all(
            [
                Ballot(
                    reader(n).key, assurance, loved.slug, "skip", some_networks(), NOW + timedelta(seconds=n)
                )
                for n in range(self.ATTEMPTS)
            ]
        )
        rescore(now=NOW + timedelta(days=1))
        publish_tallies(now=NOW + timedelta(days=1))

        assert (loved.tally.skip, loved.tally.pending) == (255, self.ATTEMPTS - 5)
        after = api.get("/api/v1/comparisons/loved-vs-other").json()["verdict"]
        assert (after["winner"], after["strength"]) == (before["winner"], before["strength"])

    def test_a_64_is_one_machine_whichever_of_its_addresses_it_uses(self) -> None:
        tool = ToolFactory()
        addresses = (IPv6Address("2001:db8::") + n for n in range(0, 65_536, 64))
        hashes = [network_hashes(address, now=NOW) for address in addresses]

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
            yield Ballot(reader(n).key, 1, tool.slug, "skip", some_networks(n % 100), cast_at)

    def test_nine_of_ten_votes_do_not_count_and_staff_are_told_with_the_next_step(self) -> None:
        tool = ToolFactory()
        self.usual_week(tool)
        rescore(now=NOW)

        cast_all(list(self.attack(tool)), at_once=10)
        publish_tallies(now=NOW + timedelta(minutes=10))

        assert Tally.objects.get(tool=tool).hourly_limit == 46
        attack = Vote.objects.filter(tool=tool, value="skip")
        assert attack.filter(status="counted").count() <= 50
        assert set(attack.exclude(status="counted").values_list("status", "reasons__0")) == {
            ("pending", "burst")
        }
        alert = Alert.objects.get()
        assert (alert.kind, alert.tool, alert.begins_at) == ("burst", tool, NOW.replace(minute=0))


HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


def flood(tool: Tool, *, networks: int, votes: int, within: timedelta) -> None:
    """So many votes within that time, from so many networks in turn; the rules look again every six hours."""
    every = within / votes
    ballots = []
    for n in range(votes):
        cast_at = NOW + n * every
        # Hashes of networks and providers last for a day, and those of sites for a week.
        network = n % networks
        of_day = networks * (cast_at.date() - NOW.date()).days + network
        hashes = some_networks(of_day, site=network, provider=of_day)
        ballots.append(Ballot(reader(n).key, 0, tool.slug, "ship", hashes, cast_at))
    for hour in range(7 * 24):
        begun = NOW + hour * HOUR
        cast_all([each for each in ballots if begun <= each.cast_at < begun + HOUR])
        if hour % 6 == 5:
            rescore(now=begun + HOUR)
    publish_tallies(now=NOW + WEEK)


@pytest.mark.django_db
class TestFloods:
    """One tool that nobody has voted on; NOW is a Monday at noon."""

    @pytest.mark.parametrize(
        ("networks", "votes", "within", "counted", "decides"),
        [
            pytest.param(1, 500, timedelta(minutes=1), 5, False, id="one network, a minute"),
            pytest.param(1, 500, WEEK, 40, False, id="one network, a week: five a UTC day"),
            pytest.param(500, 500, timedelta(minutes=1), 10, False, id="500 networks, a minute"),
            pytest.param(500, 500, DAY, 471, False, id="500 networks, a day: later hours bear it out"),
            pytest.param(500, 500, WEEK, 500, True, id="500 networks, a week: a crowd like any other"),
            pytest.param(15, 15, WEEK, 15, False, id="15 networks, a week: too few votes"),
        ],
    )
    def test_what_counts_of_a_flood(
        self, networks: int, votes: int, within: timedelta, counted: int, decides: bool
    ) -> None:
        tool = ToolFactory(slug="flooded")

        flood(tool, networks=networks, votes=votes, within=within)

        tally = Tally.objects.get(tool=tool)
        assert (tally.ship, tally.pending) == (counted, votes - counted)
        assert (PublishedTally.objects.get(tool=tool).bound_low is not None) == decides

    def test_a_token_that_500_networks_share_is_one_vote(self) -> None:
        tool = ToolFactory(slug="flooded")

        count_group(
            VOTES, [Ballot(reader().key, 0, tool.slug, "ship", some_networks(n), NOW) for n in range(500)]
        )

        assert (Tally.objects.get(tool=tool).ship, Vote.objects.count()) == (1, 1)

    def test_a_clock_that_steps_back_gives_no_quota_anew(self) -> None:
        tool = ToolFactory(slug="flooded")
        for back in (timedelta(), timedelta(minutes=90)):
            number = 0 if not back else 10
            cast_all(
                [
                    Ballot(reader(n).key, 0, tool.slug, "ship", some_networks(n), NOW - back)
                    for n in range(number, number + 10)
                ]
            )

        tally = Tally.objects.get(tool=tool)
        assert (tally.ship, tally.pending) == (10, 10)

    def test_a_ruleset_that_changes_amid_an_attack_keeps_what_its_networks_have_used(self) -> None:
        tool = ToolFactory(slug="flooded")
        cast_all([Ballot(reader(n).key, 0, tool.slug, "ship", some_networks(), NOW) for n in range(5)])
        Vote.objects.update(ruleset="2026-11")

        cast_all([Ballot(reader(n).key, 0, tool.slug, "ship", some_networks(), NOW) for n in range(5, 10)])
        rescore(now=NOW + HOUR)

        tally = Tally.objects.get(tool=tool)
        assert (tally.ship, tally.pending) == (5, 5)
