"""What it costs to turn a verdict: attacks over HTTP, by the clock of the server, against the table of the docs."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import cycle, islice
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import transaction
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from backend.bootstrap import ROOT
from tests.factories import ToolFactory, review, vote
from tests.faults.clients import Answer, Client, Crowd
from votes.models import Alert, Tally
from votes.tallies.publication import publish_tallies, raise_alerts
from votes.tallies.rescoring import rescore
from votes.voters.tokens import issue_token

# As many as one hour of a quiet tool takes, without a burst.
PATIENT = timedelta(minutes=7, seconds=30)
# Each more than 24 hours after the one before.
DAYS = (0, 1.05, 2.1)
TABLE_LINE = re.compile(r"^\| ([^|]+) \| (\d+) \| (\d+) \| (\d+) \| (yes|no) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Attack:
    """On each of the days, counted from a Monday at 09:30 UTC, so many voters say ship: all at once, or one every so often.

    The addresses take turns.
    """

    addresses: Sequence[str]
    days: Sequence[float]
    votes: int
    every: timedelta = timedelta()
    are_people: bool = False


def providers(number: int) -> list[str]:
    return [f"{20 + each}.1.0.1" for each in range(number)]


def networks(number: int, *, of_providers: int) -> list[str]:
    return [f"{20 + each % of_providers}.1.{each}.1" for each in range(number)]


TUNNELS = [f"2001:db8:{n:x}::1" for n in range(15)]

# By the words of the table in docs/vote-rules.md.
ATTACKS = {
    # The first, since it takes longest. No other has its address.
    "one IPv4 address, 15 weeks, 2 votes a week": Attack(
        ["203.0.113.9"], [7 * week for week in range(15)], 2, every=PATIENT
    ),
    "4 IPv4 addresses, 20 votes in three seconds": Attack(providers(4), [0], 20),
    "4 IPv4 addresses, the same on 3 days": Attack(providers(4), DAYS, 20),
    "24 addresses of one IPv4 /24, 24 votes at once": Attack([f"198.51.100.{n}" for n in range(24)], [0], 24),
    "24 addresses of one IPv4 /16, 24 votes over 6 hours": Attack(
        [f"198.51.{n}.1" for n in range(24)], [0], 24, every=2 * PATIENT
    ),
    "24 networks of one IPv6 /48, 48 votes at once": Attack(
        [f"2001:db8:1:{n:x}::1" for n in range(24)], [0], 48
    ),
    "14 networks of 14 providers, 3 days, 8 votes an hour": Attack(providers(14), DAYS, 14, every=PATIENT),
    "15 networks of 15 providers, 2 days, 8 votes an hour": Attack(
        providers(15), DAYS[:2], 15, every=PATIENT
    ),
    "15 networks of 15 providers, 3 days, within a minute each day": Attack(
        providers(15), DAYS, 15, every=timedelta(seconds=4)
    ),
    "15 networks of 15 providers, 3 days, 8 votes an hour": Attack(providers(15), DAYS, 15, every=PATIENT),
    "15 networks of one IPv6 /32, 3 days, 8 votes an hour": Attack(TUNNELS, DAYS, 15, every=PATIENT),
    "15 networks of 4 providers, 3 days, 8 votes an hour": Attack(
        networks(15, of_providers=4), DAYS, 15, every=PATIENT
    ),
    "15 networks of 5 providers, 3 days, 8 votes an hour": Attack(
        networks(15, of_providers=5), DAYS, 15, every=PATIENT
    ),
    # From 21:30, 04:42 and 00:37.
    "15 networks of 15 providers, three UTC days within 30 hours, 8 votes an hour": Attack(
        providers(15), [0.5, 0.8, 1.63], 15, every=PATIENT
    ),
    "15 networks of one IPv6 /32, 15 days, 2 votes a day": Attack(
        TUNNELS, [1.05 * day for day in range(15)], 2, every=PATIENT
    ),
    "8 networks of 8 providers, from Saturday to Monday, 8 votes an hour": Attack(
        providers(8), [5, 6.05, 7.1], 8, every=PATIENT
    ),
    "one campus, 30 people who passed Turnstile, at once": Attack(providers(1), [0], 30, are_people=True),
    "15 networks with people who passed Turnstile, 3 days": Attack(providers(15), DAYS, 15, are_people=True),
}


@dataclass(frozen=True)
class Ballot:
    """A vote that is about to be sent: who casts it, and from which address."""

    token: str
    address: str

    def cast(self, client: Client, tool: str) -> None:
        path, vote = f"/tools/{tool}/vote", {"value": "ship"}
        answer = send(client, "PUT", path, address=self.address, voter=self.token, body=vote)
        assert answer.status == 200, answer


def send(
    client: Client, verb: str, path: str, *, address: str, voter: str | None = None, body: object
) -> Answer:
    return client.send(verb, path, voter=voter, body=body, headers={"ClientAddress": address})


@dataclass(frozen=True)
class Attacker:
    """A program on the other side of a proxy, which names its addresses; `clock` is the server's."""

    crowd: Crowd
    clock: time_machine.Traveller

    def attack(self, tool: str, attack: Attack, *, monday: datetime) -> None:
        client = self.crowd.clients[0]
        turns = cycle(attack.addresses)
        for day in attack.days:
            begins_at = ends_at = monday + timedelta(days=day)
            self.clock.move_to(begins_at)
            addresses = list(islice(turns, attack.votes))
            tokens = issue_tokens(attack.votes, assurance=2 if attack.are_people else 0, now=begins_at)
            ballots = list(map(Ballot, tokens, addresses))
            if attack.every:
                for ballot in ballots:
                    ballot.cast(client, tool)
                    ends_at += attack.every
                    self.clock.move_to(ends_at)
            else:
                self.cast_at_once(tool, ballots)
            count_votes(ends_at + timedelta(minutes=1))
        count_votes(ends_at + timedelta(days=1))

    def cast_at_once(self, tool: str, ballots: list[Ballot]) -> None:
        def cast(client: Client, place: int) -> None:
            for ballot in ballots[place :: len(self.crowd.clients)]:
                ballot.cast(client, tool)

        self.crowd.do(cast)

    def outcome(self, tool: str, other: str) -> str:
        path = f"/comparisons/{other}-vs-{tool}"
        answer = send(self.crowd.clients[0], "GET", path, address="192.0.2.1", body=None)
        return str(answer.body["verdict"]["outcome"])


def issue_tokens(number: int, *, assurance: int, now: datetime) -> list[str]:
    with transaction.atomic():
        return [issue_token(assurance=assurance, now=now).token for _ in range(number)]


def count_votes(now: datetime) -> None:
    """What the clock does about votes."""
    raise_alerts(now=now)
    rescore(now=now)
    publish_tallies(now=now)


def level_tools(number: int) -> list[str]:
    """A tool on which the crowd is divided, and so many that nobody voted on; the panel finds all alike."""
    made = [ToolFactory(slug=f"level-{n:02}", name=f"Level {n}") for n in range(number + 1)]
    for tool in made:
        review(tool, ship=3)
    vote(made[0], ship=300, skip=300)
    return [tool.slug for tool in made]


@pytest.mark.django_db(transaction=True)
def test_attacks_come_to_what_the_published_table_says_and_alerts_name_them(
    live_server: LiveServer, settings: Settings
) -> None:
    settings.CLIENT_ADDRESS_HEADER, settings.TRUSTED_PROXIES = "ClientAddress", [ip_network("127.0.0.1")]
    divided, *attacked = level_tools(len(ATTACKS))
    lines, alerts = {}, {}

    with (
        time_machine.travel(datetime.now(UTC), tick=False) as clock,
        Crowd(urlsplit(live_server.url).port or 0, 8) as crowd,
    ):
        attacker = Attacker(crowd, clock)
        for (words, attack), tool, monday in zip(ATTACKS.items(), attacked, mondays(), strict=False):
            assert attacker.outcome(tool, divided) == "tie"
            attacker.attack(tool, attack, monday=monday)
            tally = Tally.objects.get(tool__slug=tool)
            assert (tally.skip, tally.quarantined, tally.rejected) == (0, 0, 0)
            told = Alert.objects.filter(tool__slug=tool).order_by("begins_at")
            alerts[words] = list(told.values_list("kind", "detail"))
            is_turned = attacker.outcome(tool, divided) == "winner"
            lines[words] = (tally.ship, tally.pending, len(alerts[words]), "yes" if is_turned else "no")

    assert lines == published_table()
    four = alerts["4 IPv4 addresses, 20 votes in three seconds"]
    assert [kind for kind, _ in four] == ["burst"]
    assert re.fullmatch(r"10 wait, from [2-4] networks\.", four[0][1])
    of_48 = alerts["24 networks of one IPv6 /48, 48 votes at once"]
    assert of_48 == [("networks", "43 wait, from 1 network.")]


def mondays() -> Iterator[datetime]:
    """Each two weeks after the one before, so that no attack meets what another has used up; all are past."""
    today = datetime.now(UTC).replace(hour=9, minute=30, second=0, microsecond=0)
    first = today - timedelta(days=today.weekday(), weeks=2 * len(ATTACKS) + 1)
    return (first + timedelta(weeks=2 * number) for number in range(len(ATTACKS)))


def published_table() -> dict[str, tuple[int, int, int, str]]:
    text = (ROOT / "docs/vote-rules.md").read_text().replace("**", "")
    return {
        words: (int(counted), int(waiting), int(alerts), turns)
        for words, counted, waiting, alerts, turns in TABLE_LINE.findall(text)
    }
