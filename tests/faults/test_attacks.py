"""What it costs to turn a verdict: attacks over HTTP, by the clock of the server, against the table of the docs."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from backend.bootstrap import ROOT
from tests.faults.clients import Answer, Client, Crowd
from tests.faults.false_clock import FalseClock
from tests.faults.stack import FaultStack

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
    # The first, since it takes longest and all are past. No other has its address.
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
    # On another connection: the server closes one that was idle for long, as between two days on a slow machine.
    client.close()
    return client.send(verb, path, voter=voter, body=body, headers={"ClientAddress": address})


@dataclass(frozen=True)
class Attacker:
    """A program on the other side of a proxy, which names its addresses; `clock` is the server's."""

    stack: FaultStack
    crowd: Crowd
    clock: FalseClock

    def attack(self, tool: str, attack: Attack, *, monday: datetime) -> None:
        client = self.crowd.clients[0]
        turns = cycle(attack.addresses)
        for day in attack.days:
            begins_at = ends_at = monday + timedelta(days=day)
            self.clock.set_to(begins_at)
            addresses = list(islice(turns, attack.votes))
            assurance = 2 if attack.are_people else 0
            tokens = self.stack.desk("voters", attack.votes, f"{begins_at:%F %T%z}", assurance)
            ballots = list(map(Ballot, tokens, addresses))
            if attack.every:
                for ballot in ballots:
                    ballot.cast(client, tool)
                    ends_at += attack.every
                    self.clock.set_to(ends_at)
            else:
                self.cast_at_once(tool, ballots)
            self.stack.desk("count_votes", f"{ends_at + timedelta(minutes=1):%F %T%z}")
        self.stack.desk("count_votes", f"{ends_at + timedelta(days=1):%F %T%z}")

    def cast_at_once(self, tool: str, ballots: list[Ballot]) -> None:
        def cast(client: Client, place: int) -> None:
            for ballot in ballots[place :: len(self.crowd.clients)]:
                ballot.cast(client, tool)

        self.crowd.do(cast)

    def outcome(self, tool: str, other: str) -> str:
        path = f"/comparisons/{other}-vs-{tool}"
        answer = send(self.crowd.clients[0], "GET", path, address="192.0.2.1", body=None)
        return str(answer.body["verdict"]["outcome"])


def test_attacks_come_to_what_the_published_table_says_and_alerts_name_them(
    stack: FaultStack, tmp_path: Path
) -> None:
    divided, *attacked = stack.desk("level_tools", len(ATTACKS))
    clock = FalseClock(tmp_path / "clock", "+0s")
    environment: dict[str, Any] = {**clock.environment(), "FAKETIME_NO_CACHE": "1"}
    proxy: dict[str, Any] = {"CLIENT_ADDRESS_HEADER": "ClientAddress", "TRUSTED_PROXIES": "127.0.0.1"}
    lines, alerts = {}, {}

    with (
        stack.serving(workers=1, **environment, **proxy) as web,
        Crowd(web.port, 8) as crowd,
    ):
        attacker = Attacker(stack, crowd, clock)
        for (words, attack), tool, monday in zip(ATTACKS.items(), attacked, mondays(), strict=False):
            assert attacker.outcome(tool, divided) == "tie"
            attacker.attack(tool, attack, monday=monday)
            ship, skip, pending, *others = stack.count(tool).tally
            assert [skip, *others] == [0, 0, 0]
            alerts[words] = stack.query(ALERTS, tool)
            is_turned = attacker.outcome(tool, divided) == "winner"
            lines[words] = (ship, pending, len(alerts[words]), "yes" if is_turned else "no")

    assert lines == published_table()
    four = alerts["4 IPv4 addresses, 20 votes in three seconds"]
    assert [kind for kind, _ in four] == ["burst"]
    assert re.fullmatch(r"10 wait, from [2-4] networks\.", four[0][1])
    of_48 = alerts["24 networks of one IPv6 /48, 48 votes at once"]
    assert of_48 == [("networks", "43 wait, from 1 network.")]


ALERTS = """
SELECT kind, detail FROM votes_alert alert JOIN catalog_tool tool ON tool.id = alert.tool_id
WHERE slug = %s ORDER BY begins_at
"""


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
