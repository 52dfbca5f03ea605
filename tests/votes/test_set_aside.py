"""What staff quarantine or reject goes on using the quotas that it used: moderation gives an attacker none anew."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count, islice
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from backend.api.clients import NetworkHashes
from tests.factories import NOW, ToolFactory, new_voters
from tests.plans import plan_of
from tests.votes.ballots.test_casting import networks, reader
from votes.ballots.casting import count_group
from votes.ballots.statements import PICKS, VOTES, Entry, Kind, read_entries
from votes.ballots.values import Ballot, ClaimedTally, SlugOrPair
from votes.models import Pick, PickTally, Tally, Vote
from votes.moderation.actions import AskedAction, moderate
from votes.rules import HOURLY_FLOOR
from votes.tallies.rescoring import rescore
from votes.tally import PublishedCounts
from votes.voters.erasure import erase_voter, purge_expired

pytestmark = pytest.mark.django_db

MODELS = {VOTES: Vote, PICKS: Pick}
# How many count, where the nth comes from, and why the next waits.
ATTACKS = {
    "network": (5, lambda n: networks(), "origin_quota"),
    "site": (5, lambda n: networks(n, site=0), "origin_quota"),
    "provider": (20, lambda n: networks(n, site=n // 4, provider=0), "origin_quota"),
    "hour": (HOURLY_FLOOR, networks, "burst"),
}


class Attack:
    """New tokens, again and again, on one tool or one pair."""

    def __init__(self, kind: Kind, come_from: Callable[[int], NetworkHashes], *, limit: int) -> None:
        self.kind, self.come_from, self.tokens = kind, come_from, count()
        self.tools = sorted(ToolFactory.create_batch(2), key=lambda tool: tool.pk)
        pair = (self.tools[0].pk, self.tools[1].pk)
        self.target: SlugOrPair = self.tools[0].slug if kind is VOTES else pair
        self.answer: str | UUID = "ship" if kind is VOTES else pair[0]
        Tally.objects.update(hourly_limit=limit)
        PickTally.objects.create(first_tool_id=pair[0], second_tool_id=pair[1], hourly_limit=limit)

    def come(self, tokens: int, *, assurance: int = 0, at: datetime = NOW) -> list[tuple[str, list[str]]]:
        """What becomes of each of so many new ones."""
        numbers = list(islice(self.tokens, tokens))
        self.cast(numbers, self.answer, assurance=assurance, at=at)
        keys = [reader(number).key for number in numbers]
        rows = MODELS[self.kind]._default_manager.filter(voter__key__in=keys).order_by("id")
        return list(rows.values_list("status", "reasons"))

    def cast(
        self, numbers: list[int], answer: str | UUID | None, *, assurance: int = 0, at: datetime = NOW
    ) -> None:
        group = [
            Ballot(reader(n).key, assurance, self.target, answer, self.come_from(n), at) for n in numbers
        ]
        assert not any(isinstance(outcome, Exception) for outcome in count_group(self.kind, group))

    def moderate(self, action: str) -> None:
        asked = AskedAction(action, NOW - timedelta(hours=1), NOW + timedelta(hours=1), "A raid")
        other = self.tools[1] if self.kind is PICKS else None
        later = NOW + timedelta(hours=2)
        moderate(asked=asked, tool=self.tools[0], other_tool=other, decided_by=None, now=later)


@pytest.mark.parametrize("kind", MODELS, ids=["votes", "picks"])
@pytest.mark.parametrize("of", ATTACKS)
def test_after_each_ruling_new_tokens_wait(kind: Kind, of: str) -> None:
    quota, come_from, reason = ATTACKS[of]
    attack = Attack(kind, come_from, limit=HOURLY_FLOOR if of == "hour" else 1_000)
    waits = ("pending", [reason])

    assert attack.come(quota + 1) == [("counted", [])] * quota + [waits]
    attack.moderate("quarantine")
    assert attack.come(1) == [waits]
    attack.moderate("reject")
    assert attack.come(1) == [waits]
    attack.cast(list(range(quota)), None)
    assert attack.come(1) == [waits]


@pytest.mark.parametrize("kind", MODELS, ids=["votes", "picks"])
def test_what_is_cast_again_from_another_network_leaves_no_quota_to_the_first(kind: Kind) -> None:
    attack = Attack(kind, lambda n: networks(), limit=1_000)
    attack.come(5)
    for action in ("quarantine", "reject"):
        attack.moderate(action)

    attack.cast(list(range(5)), None)
    attack.come_from = lambda n: networks(1)
    attack.cast(list(range(5)), attack.answer)

    attack.come_from = lambda n: networks()
    assert attack.come(1) == [("pending", ["origin_quota"])]


@pytest.mark.parametrize("kind", MODELS, ids=["votes", "picks"])
@pytest.mark.parametrize("of", ATTACKS)
def test_who_is_erased_leaves_no_quota_to_new_tokens_and_no_trace_after_a_day(kind: Kind, of: str) -> None:
    quota, come_from, reason = ATTACKS[of]
    attack = Attack(kind, come_from, limit=HOURLY_FLOOR if of == "hour" else 1_000)
    attack.come(quota)
    for action in ("quarantine", "reject"):
        attack.moderate(action)

    for number in range(quota):
        erase_voter(token=reader(number), now=NOW)

    rows = MODELS[kind]._default_manager.filter(voter__erased_at=NOW)
    assert (rows.count(), rows.standing().count()) == (quota, 0)
    assert attack.come(1) == [("pending", [reason])]
    purge_expired(now=NOW + timedelta(hours=23))
    assert rows.count() == quota
    purge_expired(now=NOW + timedelta(hours=24))
    assert not rows.exists()
    assert MODELS[kind]._default_manager.count() == 1


@pytest.mark.parametrize("kind", MODELS, ids=["votes", "picks"])
def test_who_was_rejected_and_casts_again_each_hour_holds_up_nobody(kind: Kind) -> None:
    attack = Attack(kind, networks, limit=HOURLY_FLOOR)
    attack.come(HOURLY_FLOOR)
    for action in ("quarantine", "reject"):
        attack.moderate(action)

    # By the clock of ids, which is the machine's.
    later = timezone.now() + timedelta(hours=2)
    attack.cast(list(range(HOURLY_FLOOR)), None, at=later)
    attack.cast(list(range(HOURLY_FLOOR)), attack.answer, at=later)

    assert attack.come(1, at=later) == [("counted", [])]


def test_what_waited_used_no_quota_and_uses_none_when_it_is_rejected() -> None:
    attack = Attack(VOTES, lambda n: networks(n, site=n // 6, provider=0), limit=1_000)
    attack.come(6)
    attack.moderate("reject")

    # Fifteen more of the provider's twenty, from three other sites.
    assert [status for status, _ in attack.come(18)].count("counted") == 15


def test_what_staff_release_counts_once() -> None:
    attack = Attack(VOTES, lambda n: networks(), limit=1_000)
    attack.come(4)
    attack.moderate("quarantine")
    attack.moderate("release")

    assert [status for status, _ in attack.come(2)] == ["counted", "pending"]


def test_time_releases_no_more_of_a_network_than_if_nothing_had_been_set_aside() -> None:
    attack = Attack(VOTES, lambda n: networks(), limit=1_000)
    attack.come(50, assurance=2)
    attack.moderate("quarantine")
    attack.come(250, assurance=2)
    Vote.objects.update(created_at=F("created_at") - timedelta(hours=13))

    rescore(now=NOW)

    tally = Tally.objects.get(tool=attack.tools[0])
    assert (tally.ship, tally.pending, tally.quarantined) == (200, 50, 50)


@pytest.mark.parametrize("kind", MODELS, ids=["votes", "picks"])
def test_an_index_finds_what_was_set_aside(kind: Kind) -> None:
    statements = []

    def record(
        execute: Callable[..., object], sql: str, params: object, many: bool, context: object
    ) -> object:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    attack = Attack(kind, networks, limit=10)
    pair = (attack.tools[0].pk, attack.tools[1].pk)
    tally = ClaimedTally(pair if kind is PICKS else pair[:1], True, 10, PublishedCounts())
    entry = Entry(tally, Ballot(b"", 0, attack.target, None, networks(), NOW), new_voters(1)[0].pk)
    with connection.execute_wrapper(record), connection.cursor() as cursor:
        read_entries(cursor, kind, [entry])

    index = f"set_aside_{'votes' if kind is VOTES else 'picks'}_by_network"
    assert index in plan_of(*statements[0], index=index)
