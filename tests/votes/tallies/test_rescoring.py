"""Rescoring: which waiting votes come to count, and how many of one network."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from catalog.models import Tool
from tests.database import at_once
from tests.factories import NOW, PickFactory, ToolFactory, backdate, new_voters
from votes.models import Pick, PickTally, Tally, Vote, Voter
from votes.rules import (
    HOURLY_FLOOR,
    MIN_NETWORKS,
    RELEASED_QUOTAS,
    RULESET,
    STRONG_HOURLY_FLOOR,
    Circumstances,
    screen,
)
from votes.tallies.limits import refresh_hourly_limits
from votes.tallies.locks import hold_tally
from votes.tallies.rescoring import rescore

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
LONG_AGO = NOW - 12 * HOUR
RELEASED_QUOTA = RELEASED_QUOTAS[-1]
NETWORK, OTHER_NETWORK = b"\x01" * 8, b"\x02" * 8


def of_network(network: bytes | None, *, site: bytes | None = None) -> dict[str, Any]:
    """A network in a site and with a provider of its own, unless told otherwise."""
    return {"network_hash": network, "site_hash": site or network, "provider_hash": site or network}


def wait(tool: Tool, count: int, *, at: datetime = LONG_AGO, assurance: int = 2, **fields: Any) -> None:
    """Votes of one network, each by a voter of its own, that wait for the network's quota."""
    voters = new_voters(count, assurance=assurance)
    waiting = {"status": "pending", "reasons": ["origin_quota"], "value": "ship", **of_network(NETWORK)}
    votes = Vote.objects.bulk_create(
        Vote(voter=voter, tool=tool, **{**waiting, **fields}) for voter in voters
    )
    Vote.objects.filter(pk__in=[vote.pk for vote in votes]).update(created_at=at, updated_at=at)


def counts_of(tool: Tool) -> tuple[int, int]:
    """How many count and how many wait."""
    counts: tuple[int, int] = Tally.objects.values_list("total", "pending").get(tool=tool)
    return counts


def come_in(tool: Tool, voters: list[Voter], *, every: timedelta, since: datetime) -> None:
    """Votes of one network that are screened one after the other, as casting does."""
    times = [since + n * every for n in range(len(voters))]
    counted: list[datetime] = []
    votes = []
    for voter, at in zip(voters, times, strict=True):
        screening = screen(
            Circumstances(
                assurance=voter.assurance,
                counted_from=(len(counted),) * 3,
                counted_within_hour=sum(at - earlier < HOUR for earlier in counted[-STRONG_HOURLY_FLOOR:]),
                hourly_limit=HOURLY_FLOOR,
            )
        )
        counted += [at] * (screening.status == "counted")
        state = {"status": screening.status, "reasons": list(screening.reasons), **of_network(NETWORK)}
        votes.append(Vote(voter=voter, tool=tool, value="ship", **state))
    Vote.objects.bulk_create(votes, batch_size=1_000)
    backdate(votes, times)


class TestRelease:
    @pytest.mark.parametrize(
        "fields",
        [
            pytest.param({"assurance": 2}, id="challenge"),
            pytest.param({"assurance": 4}, id="staff"),
        ],
    )
    def test_a_person_of_a_crowded_network_counts_in_the_end(self, fields: dict[str, Any]) -> None:
        tool = ToolFactory()
        wait(tool, 1, **fields)

        assert rescore(now=NOW) == 1

        vote = Vote.objects.get()
        assert (vote.status, vote.reasons, vote.ruleset) == ("counted", [], RULESET)
        assert vote.updated_at == LONG_AGO
        assert counts_of(tool) == (1, 0)

    @pytest.mark.parametrize(
        "fields",
        [
            pytest.param({"assurance": 0}, id="proved nothing"),
            pytest.param({"assurance": 1}, id="proof of work"),
            pytest.param({"at": LONG_AGO + timedelta(microseconds=1)}, id="too soon"),
            pytest.param({"reasons": ["burst"]}, id="burst"),
            pytest.param({"reasons": ["origin_quota", "burst"]}, id="quota and burst"),
            pytest.param({"status": "quarantined"}, id="quarantined"),
            pytest.param({"status": "rejected"}, id="rejected"),
            pytest.param(of_network(None), id="of no network"),
        ],
    )
    def test_a_vote_stays_as_it_is(self, fields: dict[str, Any]) -> None:
        wait(ToolFactory(), 1, **fields)
        before = Vote.objects.values().get()

        assert rescore(now=NOW) == 0

        assert Vote.objects.values().get() == before

    def test_the_longest_waiting_fill_what_is_left_of_the_network_quota(self) -> None:
        tool = ToolFactory()
        wait(tool, RELEASED_QUOTA - 2, status="counted", reasons=[])
        wait(tool, 1)
        wait(tool, 2, at=LONG_AGO - HOUR)
        wait(tool, 1, **of_network(OTHER_NETWORK))

        assert rescore(now=NOW) == 3

        left = Vote.objects.get(status="pending")
        assert (left.network_hash, left.created_at) == (NETWORK, LONG_AGO)
        assert counts_of(tool) == (RELEASED_QUOTA + 1, 1)

    def test_each_tool_has_a_quota_of_its_own(self) -> None:
        tools = ToolFactory.create_batch(2)
        for tool in tools:
            wait(tool, RELEASED_QUOTA + 1)

        assert rescore(now=NOW) == 2 * RELEASED_QUOTA

        assert [counts_of(tool) for tool in tools] == [(RELEASED_QUOTA, 1)] * 2

    def test_a_second_run_finds_nothing_to_do(self) -> None:
        wait(ToolFactory(), RELEASED_QUOTA + 5)

        assert [rescore(now=NOW), rescore(now=NOW)] == [RELEASED_QUOTA, 0]

    def test_batches_go_on_until_all_count(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("votes.tallies.rescoring.BATCH", 3)
        tool = ToolFactory()
        wait(tool, 10)

        assert rescore(now=NOW) == 10
        assert counts_of(tool) == (10, 0)

    def test_a_site_has_a_quota_for_all_its_networks(self) -> None:
        tool = ToolFactory()
        for number in range(6):
            wait(tool, 100, **of_network(bytes([number]) * 8, site=NETWORK))

        rescore(now=NOW)

        assert counts_of(tool) == (RELEASED_QUOTAS[1], 100)

    def test_what_a_network_holds_back_takes_nothing_of_its_sites_quota(self) -> None:
        tool = ToolFactory()
        wait(tool, 700, at=LONG_AGO - HOUR, **of_network(OTHER_NETWORK, site=NETWORK))
        wait(tool, 100, **of_network(NETWORK))

        rescore(now=NOW)

        assert counts_of(tool) == (RELEASED_QUOTA + 100, 450)

    def test_picks_follow_the_same_rules(self) -> None:
        pick = PickFactory(
            status="pending", reasons=["origin_quota"], voter__assurance=2, **of_network(NETWORK)
        )
        weak = PickFactory(
            status="pending",
            reasons=["origin_quota"],
            **of_network(NETWORK),
            first_tool=pick.first_tool,
            second_tool=pick.second_tool,
        )
        Pick.objects.update(created_at=LONG_AGO)

        assert rescore(now=NOW) == 1

        pick.refresh_from_db()
        weak.refresh_from_db()
        assert (pick.status, pick.reasons, weak.status) == ("counted", [], "pending")
        tally = PickTally.objects.get()
        assert (tally.total, tally.pending) == (1, 1)


class TestBursts:
    """Twenty votes of twenty networks in the hour of `begun`, of which ten count."""

    BEGUN = NOW - timedelta(hours=25)

    def burst(self, tool: Tool, *, counted: int = 10, waiting: int = 10, assurance: int = 0) -> None:
        for number in range(counted + waiting):
            held = {"status": "counted", "reasons": []} if number < counted else {"reasons": ["burst"]}
            network = of_network(bytes([9, number]) + b"burst!")
            wait(tool, 1, at=self.BEGUN, assurance=assurance, **held, **network)

    def come_after(self, tool: Tool, networks: int, *, after: timedelta = 2 * HOUR) -> None:
        for number in range(networks):
            later: dict[str, Any] = {
                "status": "counted",
                "reasons": [],
                **of_network(bytes([7, number]) + b"later!"),
            }
            wait(tool, 1, at=self.BEGUN + after, **later)

    def test_it_waits_as_long_as_nobody_else_has_spoken(self) -> None:
        tool = ToolFactory()
        self.burst(tool)

        assert rescore(now=NOW + timedelta(days=30)) == 0

    def test_it_counts_once_it_has_aged_and_votes_from_more_networks_have_come(self) -> None:
        tool = ToolFactory()
        self.burst(tool)
        self.come_after(tool, MIN_NETWORKS)

        assert rescore(now=NOW - 2 * HOUR) == 0
        assert rescore(now=NOW) == 10
        assert rescore(now=NOW) == 0

    @pytest.mark.parametrize(
        ("networks", "after"),
        [
            pytest.param(MIN_NETWORKS - 1, 2 * HOUR, id="from too few networks"),
            pytest.param(MIN_NETWORKS, timedelta(minutes=1), id="within the same hour"),
        ],
    )
    def test_it_waits_for_more_networks_than_its_own(self, networks: int, after: timedelta) -> None:
        tool = ToolFactory()
        self.burst(tool)
        self.come_after(tool, networks, after=after)

        assert rescore(now=NOW) == 0

    def test_no_more_than_fifty_votes_of_an_hour_come_to_count(self) -> None:
        tool = ToolFactory()
        self.burst(tool, waiting=90)
        self.come_after(tool, MIN_NETWORKS)

        assert rescore(now=NOW) == STRONG_HOURLY_FLOOR - 10
        assert rescore(now=NOW + timedelta(days=1)) == 0

    def test_one_network_has_its_own_quota_in_a_burst_too(self) -> None:
        tool = ToolFactory()
        wait(tool, 30, at=self.BEGUN, assurance=0, reasons=["burst"])
        self.come_after(tool, MIN_NETWORKS)

        assert rescore(now=NOW) == 5


class TestNetworks:
    def test_a_campus_of_200_people_counts_within_a_day(self) -> None:
        tool, since = ToolFactory(), NOW - 24 * HOUR
        voters = new_voters(200, assurance=2)

        come_in(tool, voters, every=6 * HOUR / 200, since=since)
        assert counts_of(tool) == (50, 150)
        for hour in range(25):
            rescore(now=since + hour * HOUR)

        assert counts_of(tool) == (200, 0)

    @pytest.mark.parametrize("assurance", [0, 1])
    def test_10000_voters_of_one_network_who_prove_nothing_never_count_more_than_five(
        self, assurance: int
    ) -> None:
        tool, since = ToolFactory(), NOW - 24 * HOUR
        voters = new_voters(10_000, assurance=assurance)

        come_in(tool, voters, every=6 * HOUR / 10_000, since=since)
        released = [rescore(now=since + hour * HOUR) for hour in range(25)]

        assert set(released) == {0}
        assert counts_of(tool) == (5, 9_995)


class TestCost:
    @pytest.mark.parametrize("waiting", [1, 4])
    def test_it_asks_for_what_may_count_and_not_for_what_waits_on(
        self, django_assert_num_queries: Any, waiting: int
    ) -> None:
        for tool in ToolFactory.create_batch(waiting):
            wait(tool, 1, assurance=0)
        wait(ToolFactory(), 1)
        refresh_hourly_limits(now=NOW)

        # What has another limit, of votes and of picks; whose votes and picks may count; one tool's tally and its votes,
        # in a transaction of their own.
        with django_assert_num_queries(8):
            assert rescore(now=NOW) == 1


@pytest.mark.django_db(transaction=True)
def test_two_runs_beside_arriving_votes_release_each_vote_once() -> None:
    tools = ToolFactory.create_batch(3)
    for tool in tools:
        wait(tool, RELEASED_QUOTA + 10)
    voters = new_voters(50)

    def arrive() -> None:
        for voter in voters:
            for tool in tools:
                hold_and_vote(voter, tool)

    assert at_once(lambda: rescore(now=NOW), lambda: rescore(now=NOW), arrive) == [None] * 3

    assert [counts_of(tool) for tool in tools] == [(RELEASED_QUOTA + 50, 10)] * 3


def hold_and_vote(voter: Voter, tool: Tool) -> None:
    with transaction.atomic():
        hold_tally(tool=tool)
        Vote.objects.create(voter=voter, tool=tool, value="ship", network_hash=OTHER_NETWORK)
