"""Casting votes and picks: one each, judged in the knowledge of all before, and exact however many come at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from backend.api.clients import NetworkHashes
from backend.api.group_commit import GroupCommit
from backend.api.throttling import Throttled
from catalog.models import Tool
from tests.database import at_once
from tests.factories import NOW, ToolFactory, vote
from votes.ballots.casting import (
    ToolArchived,
    UnknownToolOrPair,
    cast_pick,
    cast_vote,
    count_group,
    submit_to,
)
from votes.ballots.own import own_vote
from votes.ballots.statements import PICKS, VOTES
from votes.ballots.values import Ballot, Receipt, StoredVote
from votes.models import Pick, PickTally, Tally, Vote, Voter
from votes.rules import HOURLY_FLOOR, RULESET
from votes.tally import PublishedCounts
from votes.voters.tokens import ErasedVoter, VoterToken

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)


def reader(number: int = 0, *, assurance: int = 0) -> VoterToken:
    return VoterToken(voter_id=number.to_bytes(16), issued_at=NOW, assurance=assurance)


def networks(number: int = 0, *, site: int | None = None, provider: int | None = None) -> NetworkHashes:
    """A network in a site and with a provider of its own, unless told otherwise."""
    outer = number if site is None else site
    around = outer if provider is None else provider
    return NetworkHashes(*(each.to_bytes(8) for each in (number, outer, around)))


def ballot(
    tool: Tool,
    value: str | None = "ship",
    *,
    by: int = 0,
    at: datetime = NOW,
    network: NetworkHashes | None = None,
    assurance: int = 0,
) -> Ballot:
    """Each reader in a network of their own, unless told otherwise."""
    key = reader(by).key
    return Ballot(key, assurance, tool.slug, value, network or networks(by), at)


def cast(tool: Tool, value: str | None, *, now: datetime = NOW, by: int = 0) -> Receipt:
    return cast_vote(voter=reader(by), slug=tool.slug, value=value, networks=networks(by), now=now)


def value_of(outcome: Receipt | Exception) -> Any:
    assert isinstance(outcome, Receipt)
    return outcome.stored.value


def statuses() -> list[tuple[str, list[str]]]:
    return list(Vote.objects.standing().order_by("id").values_list("status", "reasons"))


def stored(tool: Tool) -> list[tuple[str, datetime, datetime]]:
    return list(Vote.objects.standing().filter(tool=tool).values_list("value", "created_at", "updated_at"))


class TestOneVote:
    def test_the_first_vote_makes_the_voter_and_counts(self) -> None:
        tool = ToolFactory()

        receipt = cast(tool, "ship")

        assert receipt.stored == StoredVote("ship", NOW, NOW, 1)
        voter = Voter.objects.get()
        assert (bytes(voter.key), voter.assurance) == (reader().key, 0)
        row = Vote.objects.get(tool=tool, voter=voter)
        assert (row.value, row.status, row.reasons, row.ruleset) == ("ship", "counted", [], RULESET)
        assert (row.created_at, row.updated_at, bytes(row.network_hash or b"")) == (
            NOW,
            NOW,
            networks().network,
        )

    def test_a_second_vote_replaces_the_first(self) -> None:
        tool = ToolFactory()
        cast(tool, "ship")

        receipt = cast(tool, "skip", now=LATER)

        assert receipt.stored == StoredVote("skip", NOW, LATER, 2)
        assert stored(tool) == [("skip", NOW, LATER)]

    def test_saying_the_same_again_changes_nothing(self) -> None:
        tool = ToolFactory()
        cast(tool, "ship")

        receipt = cast(tool, "ship", now=LATER)

        assert receipt.stored == StoredVote("ship", NOW, NOW, 1)
        assert stored(tool) == [("ship", NOW, NOW)]

    def test_a_vote_can_be_withdrawn_as_often_as_one_likes(self) -> None:
        tool = ToolFactory()
        cast(tool, "ship")

        assert cast(tool, None).stored == cast(tool, None).stored == StoredVote(revision=2)
        assert stored(tool) == []

    def test_each_change_and_withdrawal_has_a_greater_revision_and_a_repetition_the_same(self) -> None:
        tool = ToolFactory()

        told = [cast(tool, value).stored.revision for value in ("ship", "ship", "skip", None, None, "ship")]

        assert told == [1, 1, 2, 3, 3, 4]

    def test_who_never_voted_and_withdraws_leaves_no_trace(self) -> None:
        assert cast(ToolFactory(), None).stored == StoredVote()
        assert not Voter.objects.exists()

    @pytest.mark.parametrize("status", ["pending", "quarantined", "rejected"])
    def test_a_change_of_mind_does_not_change_whether_a_vote_counts(self, status: str) -> None:
        tool = ToolFactory()
        cast(tool, "ship")
        Vote.objects.update(status=status, reasons=["burst"])

        cast(tool, "skip", now=LATER)

        assert statuses() == [(status, ["burst"])]

    def test_the_answer_shows_what_the_public_sees(self) -> None:
        tool = ToolFactory()
        vote(tool, ship=3, skip=1)

        receipt = cast(tool, "ship")

        assert receipt.published == PublishedCounts(3, 1, 0, 0, NOW)
        assert receipt.rate_limits.tightest.remaining == 29


class TestRefusals:
    def test_a_tool_that_nobody_may_read_is_unknown(self) -> None:
        draft = ToolFactory(status="draft", published_at=None)

        with pytest.raises(UnknownToolOrPair):
            cast(draft, "ship")
        with pytest.raises(UnknownToolOrPair):
            cast(ToolFactory.build(slug="nobody"), "ship")
        assert not Voter.objects.exists()

    def test_an_archived_tool_takes_no_votes_and_lets_go_of_those_it_has(self) -> None:
        tool = ToolFactory()
        cast(tool, "ship")
        Tool.objects.update(status="archived")

        with pytest.raises(ToolArchived):
            cast(tool, "skip")
        assert stored(tool) == [("ship", NOW, NOW)]

        cast(tool, None)

        assert stored(tool) == []

    def test_an_erased_voter_is_refused_and_stays_erased(self) -> None:
        tool = ToolFactory()
        Voter.objects.create(key=reader().key, erased_at=NOW)

        for value in ("ship", None):
            with pytest.raises(ErasedVoter):
                cast(tool, value)
        assert not Vote.objects.exists()

    def test_a_voter_who_casts_too_often_is_told_when_to_come_again(self, settings: Settings) -> None:
        settings.VOTE_LIMITS = ((3, 60), (100, 86400))
        tool = ToolFactory()
        for value in ("ship", "skip", "ship"):
            cast(tool, value)

        with pytest.raises(Throttled) as refusal:
            cast(tool, "skip", now=NOW + timedelta(seconds=20))

        assert refusal.value.headers["Retry-After"] == "40"
        assert [value for value, *_ in stored(tool)] == ["ship"]
        assert cast(tool, "skip", now=NOW + timedelta(seconds=61)).stored.value == "skip"


class TestGroups:
    def test_a_group_is_counted_as_if_one_ballot_came_after_the_other(self) -> None:
        one, other = ToolFactory(), ToolFactory()
        cast(one, "skip", by=3)

        outcomes = count_group(
            VOTES,
            [
                ballot(one, "ship", by=1),
                ballot(one, "skip", by=1),
                ballot(other, "ship", by=1),
                ballot(one, "ship", by=2),
                ballot(one, None, by=2),
                ballot(one, None, by=3),
                ballot(one, "ship", by=3),
                ballot(one, None, by=4),
                ballot(one, None, by=5),
                ballot(one, "ship", by=5),
            ],
        )

        assert [value_of(outcome) for outcome in outcomes] == [
            "ship", "skip", "ship", "ship", None, None, "ship", None, None, "ship",
        ]  # fmt: skip
        votes = Vote.objects.order_by("voter__key", "tool__slug").values_list("voter__key", "tool", "value")
        assert {(bytes(key), tool, value) for key, tool, value in votes} == {
            (reader(1).key, one.pk, "skip"),
            (reader(1).key, other.pk, "ship"),
            (reader(2).key, one.pk, None),
            (reader(3).key, one.pk, "ship"),
            (reader(5).key, one.pk, "ship"),
        }
        assert (one.tally.ship, one.tally.skip) == (2, 1)

    @pytest.mark.parametrize("first", [[], ["ship"], ["skip"], ["ship", None]], ids=str)
    @pytest.mark.parametrize(
        "together", [["ship", None], [None, "ship"], ["skip", "ship", None, "ship"]], ids=str
    )
    def test_of_ballots_at_once_the_answer_with_the_greatest_revision_is_what_stands(
        self, first: list[str | None], together: list[str | None]
    ) -> None:
        tool = ToolFactory()
        for value in first:
            cast(tool, value)

        outcomes = count_group(VOTES, [ballot(tool, value) for value in together])

        receipts = [outcome.stored for outcome in outcomes if isinstance(outcome, Receipt)]
        assert len(receipts) == len(together)
        standing = max(receipts, key=lambda each: each.revision)
        assert own_vote(token=reader(), tool=tool) == standing == receipts[-1]
        assert cast(tool, "skip" if standing.value != "skip" else "ship").stored.revision > standing.revision

    def test_refusals_spoil_a_group_for_nobody_else(self) -> None:
        tool, archived = ToolFactory(), ToolFactory(status="archived")
        Voter.objects.create(key=reader(2).key, erased_at=NOW)

        outcomes = count_group(
            VOTES,
            [
                ballot(tool, by=1),
                ballot(ToolFactory.build(slug="nobody"), by=1),
                ballot(tool, by=2),
                ballot(archived, by=3),
                ballot(tool, by=3),
            ],
        )

        assert [type(outcome) for outcome in outcomes] == [
            Receipt, UnknownToolOrPair, ErasedVoter, ToolArchived, Receipt,
        ]  # fmt: skip
        assert Vote.objects.count() == 2

    def test_a_ballot_that_the_database_refuses_fails_alone(self) -> None:
        tool = ToolFactory()

        outcomes = count_group(VOTES, [ballot(tool, by=1), ballot(tool, "maybe", by=2), ballot(tool, by=3)])

        assert [isinstance(outcome, Receipt) for outcome in outcomes] == [True, False, True]
        assert tool.tally.ship == 2

    @pytest.mark.parametrize("size", [1, 40])
    def test_a_group_costs_the_same_however_large_it_is(self, size: int) -> None:
        tools = ToolFactory.create_batch(4)
        ballots = [ballot(tools[by % 4], by=by) for by in range(size)]

        with CaptureQueriesContext(connection) as queries:
            count_group(VOTES, ballots)

        # A savepoint and its release; tallies; voters as known, made, known; the rate counters; what was said; votes.
        assert len(queries) == 9

        with CaptureQueriesContext(connection) as queries:
            count_group(VOTES, [ballot(tools[by % 4], "skip", by=by) for by in range(size)])

        # The same without making voters.
        assert len(queries) == 7


class TestRules:
    def test_from_one_network_only_so_many_count(self) -> None:
        tool = ToolFactory()

        count_group(VOTES, [ballot(tool, by=by, network=networks()) for by in range(4)])
        count_group(VOTES, [ballot(tool, by=by, network=networks()) for by in range(4, 8)])

        assert statuses() == [("counted", [])] * 5 + [("pending", ["origin_quota"])] * 3
        assert (tool.tally.ship, tool.tally.pending) == (5, 3)

    def test_a_network_has_its_quota_on_each_tool_and_other_networks_have_theirs(self) -> None:
        one, other = ToolFactory(), ToolFactory()
        count_group(VOTES, [ballot(one, by=by, network=networks()) for by in range(6)])

        count_group(VOTES, [ballot(other, by=1, network=networks()), ballot(one, by=7, network=networks(7))])

        assert statuses()[-2:] == [("counted", []), ("counted", [])]

    def test_a_network_of_people_has_a_larger_quota(self) -> None:
        tool = ToolFactory()
        Tally.objects.update(hourly_limit=1_000)

        count_group(VOTES, [ballot(tool, by=by, network=networks(), assurance=2) for by in range(52)])

        assert statuses() == [("counted", [])] * 50 + [("pending", ["origin_quota"])] * 2

    def test_withdrawing_gives_a_slot_back_and_no_more(self) -> None:
        tool = ToolFactory()
        count_group(VOTES, [ballot(tool, by=by, network=networks()) for by in range(5)])

        count_group(VOTES, [ballot(tool, None, by=0, network=networks())])
        count_group(VOTES, [ballot(tool, by=by, network=networks()) for by in (5, 6)])

        assert [status for status, _ in statuses()] == ["counted"] * 5 + ["pending"]

    def test_within_an_hour_only_so_many_count(self) -> None:
        tool = ToolFactory()

        for start in range(0, HOURLY_FLOOR + 20, 10):
            count_group(VOTES, [ballot(tool, by=by) for by in range(start, start + 10)])

        assert (tool.tally.ship, tool.tally.pending) == (HOURLY_FLOOR, 20)
        assert statuses()[-1] == ("pending", ["burst"])

    def test_an_hour_later_votes_count_again(self) -> None:
        tool = ToolFactory()
        count_group(VOTES, [ballot(tool, by=by) for by in range(HOURLY_FLOOR + 1)])

        count_group(VOTES, [ballot(tool, by=999, at=NOW + timedelta(minutes=61))])

        assert statuses()[-2:] == [("pending", ["burst"]), ("counted", [])]

    def test_a_tool_that_is_voted_on_more_may_be_voted_on_more(self) -> None:
        tool = ToolFactory()
        Tally.objects.update(hourly_limit=60)

        count_group(VOTES, [ballot(tool, by=by) for by in range(61)])

        assert (tool.tally.ship, tool.tally.pending) == (60, 1)


class TestPicks:
    @pytest.fixture
    def pair(self) -> tuple[UUID, UUID]:
        first, second = sorted(tool.pk for tool in ToolFactory.create_batch(2))
        return first, second

    def pick(self, pair: tuple[UUID, UUID], value: UUID | None, *, by: int = 0) -> Receipt:
        return cast_pick(voter=reader(by), pair=pair, value=value, networks=networks(by), now=NOW)

    def test_a_pick_is_made_changed_and_withdrawn(self, pair: tuple[UUID, UUID]) -> None:
        assert self.pick(pair, pair[0]).stored.value == pair[0]
        assert self.pick(pair, pair[1]).stored.value == pair[1]
        tally = PickTally.objects.get()
        assert (tally.first_tool_id, tally.second_tool_id, tally.first, tally.second) == (*pair, 0, 1)

        assert self.pick(pair, None).stored == StoredVote(revision=3)
        assert not Pick.objects.standing().exists()

    def test_picks_follow_the_rules_of_votes(self, pair: tuple[UUID, UUID]) -> None:
        ballots = [Ballot(reader(by).key, 0, pair, pair[0], networks(), NOW) for by in range(7)]

        count_group(PICKS, ballots)

        tally = PickTally.objects.get()
        assert (tally.first, tally.pending) == (5, 2)

    def test_an_archived_tool_closes_its_pairs(self, pair: tuple[UUID, UUID]) -> None:
        Tool.objects.filter(pk=pair[1]).update(status="archived")

        with pytest.raises(ToolArchived):
            self.pick(pair, pair[0])
        assert self.pick(pair, None).stored == StoredVote()


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_a_voter_who_waits_for_others_holds_no_connection_that_they_may_need(self) -> None:
        tool = ToolFactory.create()
        seen = []

        def count(ballots: Sequence[Ballot]) -> list[Receipt | Exception]:
            seen.append(connection.connection)
            return count_group(VOTES, ballots)

        group: GroupCommit[Ballot, Receipt] = GroupCommit(count)
        connection.ensure_connection()

        submit_to(group, ballot(tool, "ship"))

        assert seen == [None]

    def test_overlapping_groups_of_several_connections_neither_deadlock_nor_drift(self) -> None:
        tools = ToolFactory.create_batch(6)
        failures: list[Exception] = []

        def rounds(start: int) -> None:
            for number in range(start, start + 40):
                values = ("ship", "skip", None)
                group = [
                    ballot(
                        tools[(number * 5 + step) % 6], values[(number + step) % 3], by=(number + step) % 20
                    )
                    for step in range(12)
                ]
                outcomes = count_group(VOTES, group[:: -1 if start % 2 else 1])
                failures.extend(outcome for outcome in outcomes if isinstance(outcome, Exception))

        assert at_once(*(partial(rounds, start) for start in range(6))) == [None] * 6
        assert [failure for failure in failures if not isinstance(failure, Throttled)] == []
        for tool in tools:
            votes = Vote.objects.filter(tool=tool)
            counts = [votes.filter(status="counted", value=value).count() for value in ("ship", "skip")]
            assert [tool.tally.ship, tool.tally.skip] == counts

    def test_a_quota_is_exact_however_many_come_at_once(self) -> None:
        tool = ToolFactory()

        def vote_from_one_network(by: int) -> None:
            cast_vote(voter=reader(by), slug=tool.slug, value="ship", networks=networks(), now=NOW)

        assert at_once(*(partial(vote_from_one_network, by) for by in range(40))) == [None] * 40
        assert (tool.tally.ship, tool.tally.pending) == (5, 35)
