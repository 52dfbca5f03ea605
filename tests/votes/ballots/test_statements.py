"""The statements of casting: whose tally they claim, what they find, and what they write."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from backend.api.clients import NetworkHashes
from catalog.models import Tool
from tests.factories import NOW, PickFactory, ToolFactory, VoteFactory, VoterFactory, vote
from votes.ballots.statements import (
    PICKS,
    VOTES,
    Entry,
    hold_voters,
    make_voters,
    read_entries,
    write_entries,
)
from votes.ballots.values import Ballot, ClaimedTally, StoredVote
from votes.models import PickTally, Vote, Voter
from votes.rules import HOURLY_FLOOR, RULESET, ScreeningResult
from votes.tally import PublishedCounts

pytestmark = pytest.mark.django_db

HASHES = NetworkHashes(b"network1", b"site1", b"provider")
SAME_NETWORK = {"network_hash": b"network1", "site_hash": b"site1", "provider_hash": b"provider"}
SAME_SITE = {**SAME_NETWORK, "network_hash": b"network2"}
SAME_PROVIDER = {**SAME_SITE, "site_hash": b"site2"}


def entry(tool: Tool, voter: Voter, *, assurance: int = 0, hourly_limit: int = 50) -> Entry:
    tally = ClaimedTally((tool.pk,), True, hourly_limit, PublishedCounts())
    return Entry(tally, Ballot(bytes(voter.key), assurance, tool.slug, "ship", HASHES, NOW), voter.pk)


class TestClaiming:
    def test_a_tool_has_its_tally_as_the_public_sees_it(self) -> None:
        tool = ToolFactory(slug="alpha")
        vote(tool, ship=3, skip=1)

        with connection.cursor() as cursor:
            claimed = VOTES.claim(cursor, ["alpha"])

        assert claimed == {
            "alpha": ClaimedTally((tool.pk,), True, HOURLY_FLOOR, PublishedCounts(3, 1, 0, 0, NOW))
        }

    def test_drafts_and_unknown_slugs_are_left_out_and_archived_tools_are_closed(self) -> None:
        ToolFactory(slug="draft", status="draft", published_at=None)
        ToolFactory(slug="archived", status="archived")

        with connection.cursor() as cursor:
            claimed = VOTES.claim(cursor, ["archived", "draft", "nobody"])

        assert [(slug, tally.is_open) for slug, tally in claimed.items()] == [("archived", False)]

    def test_a_pair_gets_its_tally_with_the_first_claim(self) -> None:
        first, second = sorted(tool.pk for tool in ToolFactory.create_batch(2))

        with connection.cursor() as cursor:
            claimed = PICKS.claim(cursor, [(first, second)])

        assert claimed == {
            (first, second): ClaimedTally((first, second), True, HOURLY_FLOOR, PublishedCounts())
        }
        assert PickTally.objects.count() == 1


class TestVoters:
    def test_one_who_was_erased_has_no_id_and_a_stranger_no_entry(self) -> None:
        known, erased = VoterFactory(), VoterFactory(erased_at=NOW)

        with connection.cursor() as cursor:
            held = hold_voters(cursor, [known.key, erased.key, b"stranger"])

        assert held == {known.key: known.pk, erased.key: None}

    def test_a_row_that_is_there_stays_as_it_is(self) -> None:
        known = VoterFactory(assurance=2)

        with connection.cursor() as cursor:
            make_voters(cursor, {known.key: 0, b"new": 1}, now=NOW)

        assert set(Voter.objects.values_list("pk", "assurance")) >= {(known.pk, 2)}
        assert Voter.objects.get(key=b"new").assurance == 1


class TestReading:
    def test_counts_stop_at_the_limits_that_they_are_compared_with(self) -> None:
        tool = ToolFactory()
        VoteFactory.create_batch(25, tool=tool, **SAME_NETWORK)
        Vote.objects.update(created_at=NOW - timedelta(minutes=59))
        weak = entry(tool, VoterFactory(), hourly_limit=3)
        strong = entry(tool, VoterFactory(), assurance=2)

        with connection.cursor() as cursor:
            read_entries(cursor, VOTES, [weak, strong])

        assert (weak.counted_from, weak.within_hour) == ((20, 20, 20), 3)
        assert (strong.counted_from, strong.within_hour) == ((25, 25, 25), 25)

    def test_each_network_is_counted_within_the_one_around_it(self) -> None:
        tool = ToolFactory()
        for fields, number in ((SAME_NETWORK, 1), (SAME_SITE, 2), (SAME_PROVIDER, 3)):
            VoteFactory.create_batch(number, tool=tool, **fields)
        mine = entry(tool, VoterFactory())

        with connection.cursor() as cursor:
            read_entries(cursor, VOTES, [mine])

        assert mine.counted_from == (6, 3, 1)

    def test_votes_of_other_tools_networks_and_hours_are_not_counted(self) -> None:
        tool = ToolFactory()
        VoteFactory(**SAME_NETWORK)
        VoteFactory(tool=tool, **SAME_NETWORK, status="pending")
        VoteFactory(tool=tool, **{**SAME_PROVIDER, "provider_hash": b"another"})
        Vote.objects.update(created_at=NOW - timedelta(hours=1))
        mine = entry(tool, VoterFactory())

        with connection.cursor() as cursor:
            read_entries(cursor, VOTES, [mine])

        assert (mine.counted_from, mine.within_hour, mine.found) == ((0, 0, 0), 0, StoredVote())

    def test_a_pick_is_found_by_its_voter_and_pair(self) -> None:
        pick = PickFactory()
        pair = (pick.first_tool_id, pick.second_tool_id)
        tally = ClaimedTally(pair, True, 50, PublishedCounts())
        mine = Entry(tally, Ballot(b"", 0, pair, None, HASHES, NOW), pick.voter_id)

        with connection.cursor() as cursor:
            read_entries(cursor, PICKS, [mine])

        assert mine.found == StoredVote(pick.chosen_tool_id, pick.created_at, pick.updated_at, 1)


class TestWriting:
    def write(self, *entries: Entry) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            write_entries(cursor, VOTES, entries)

    def test_a_new_vote_is_stored_as_it_was_screened(self) -> None:
        tool, voter = ToolFactory(), VoterFactory()
        mine = entry(tool, voter)
        mine.wanted = StoredVote("ship", NOW, NOW)
        mine.screening = ScreeningResult("pending", ("origin_quota", "burst"))

        self.write(mine)

        row = Vote.objects.get(voter=voter, tool=tool)
        assert (row.value, row.status, row.reasons) == ("ship", "pending", ["origin_quota", "burst"])
        assert (row.ruleset, row.created_at) == (RULESET, NOW)
        assert {name: bytes(getattr(row, name)) for name in SAME_NETWORK} == SAME_NETWORK

    def test_a_changed_vote_keeps_its_status_and_network(self) -> None:
        row = VoteFactory(value="ship", status="rejected", network_hash=b"network2")
        mine = entry(row.tool, row.voter)
        mine.wanted = StoredVote("skip", NOW, NOW)

        self.write(mine)

        row.refresh_from_db()
        assert (row.value, row.status, bytes(row.network_hash), row.updated_at) == (
            "skip", "rejected", b"network2", NOW,
        )  # fmt: skip

    def test_a_withdrawn_vote_keeps_its_row_and_says_nothing(self) -> None:
        row, other = VoteFactory(status="pending", **SAME_NETWORK), VoteFactory()

        self.write(entry(row.tool, row.voter))

        row.refresh_from_db()
        assert (row.status, bytes(row.network_hash), row.updated_at) == ("pending", HASHES.network, NOW)
        assert Vote.objects.standing().get() == other
