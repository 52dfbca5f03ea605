"""Votes: through the product, through FastAPI, and by pgbench straight into the table, all of them durable."""

import json
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv6Address
from statistics import median
from time import sleep
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.models import Count

from backend.api.ids import new_id
from backend.bootstrap import UserError
from backend.devstack import processes
from bench.contenders import Contender, start_fastapi, start_product
from bench.dataset import voter_token
from bench.ground import Ground, table
from bench.load import Figures, write_requests
from bench.pages import CONNECTIONS, TOOL_LIST, comparison_addresses
from catalog.models import Tool
from votes.models import Tally, Vote, Voter
from votes.rules import RULESET
from votes.tallies.recount import reconcile_tallies

CLIENTS = 32
BALLOTS = 40_000
PACE = 500

# Every vote of the benchmark is to count, as it does with the others; the counting towards the limits stays.
LIMITS_LIFTED = {
    "VOTE_LIMITS": "999999/60,999999/86400",
    "CLIENT_ADDRESS_HEADER": "ClientAddress",
    "TRUSTED_PROXIES": "127.0.0.1",
}
HOURLY_LIMIT = 1_000_000

PGBENCH_SCRIPT = f"""\
\\set number random(:first, :last)
INSERT INTO votes_vote AS vote
    (id, voter_id, tool_id, value, status, reasons, ruleset, created_at, updated_at)
SELECT id, voter_id, tool_id, value, 'counted', '{{}}', '{RULESET}', now(), now()
FROM bench_ballot WHERE number = :number
ON CONFLICT (voter_id, tool_id) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
WHERE vote.value <> excluded.value;
"""

MAKE_BALLOTS = """
CREATE TABLE bench_ballot (number int PRIMARY KEY, id uuid, voter_id uuid, tool_id uuid, value text)
"""

# What the voters had said before anything was measured.
REMEMBER = """
CREATE TABLE bench_found AS
SELECT DISTINCT ballot.voter_id, ballot.tool_id, vote.value, vote.updated_at
FROM bench_ballot ballot LEFT JOIN votes_vote vote USING (voter_id, tool_id)
"""

FIND_NUMBERS = """
SELECT min(number) FILTER (WHERE found.value IS NULL), min(number) FILTER (WHERE found.value <> ballot.value)
FROM bench_ballot ballot JOIN bench_found found USING (voter_id, tool_id)
"""

RESTORE = (
    "LOCK TABLE votes_tally IN EXCLUSIVE MODE",
    """
DELETE FROM votes_vote vote USING bench_found found
WHERE found.value IS NULL AND vote.voter_id = found.voter_id AND vote.tool_id = found.tool_id
""",
    """
UPDATE votes_vote vote SET value = found.value, updated_at = found.updated_at FROM bench_found found
WHERE vote.voter_id = found.voter_id AND vote.tool_id = found.tool_id AND vote.value <> found.value
""",
)


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a voter, by the number in the data, is to say of a tool."""

    number: int
    voter: int
    tool: Tool
    value: str

    def request(self) -> tuple[str, str, str, dict[str, str]]:
        token = voter_token(self.voter, issued_at=datetime.now(UTC)).token
        headers = {
            "Authorization": f"Voter {token}",
            "Content-Type": "application/json",
            # To each voter a provider of their own, from 2000:: on.
            "ClientAddress": str(IPv6Address((0x2000_0000 + self.voter) << 96)),
        }
        return "PUT", f"/api/v1/tools/{self.tool.slug}/vote", json.dumps({"value": self.value}), headers


Ballots = dict[str, list[Ballot]]


class Counter(Protocol):
    """Whoever takes ballots."""

    name: str

    def take(self, ballot: Ballot) -> object:
        """Count one; the answer is what the voter is told, but for times."""

    def take_many(self, case: str) -> Figures:
        """Count the case's ballots for as long as a round takes."""


def measure_votes(ground: Ground) -> dict[str, Any]:
    require_durability()
    Tally.objects.update(hourly_limit=HOURLY_LIMIT)
    ballots = draw_ballots(ground.size.voters)
    write_ballots(ballots)
    with servers_running(ground) as servers:
        product, fastapi = (Server(ground, server, ballots) for server in servers)
        counters: list[Counter] = [Pgbench(ground, ballots), fastapi, product]
        compare_effects(counters, ballots)
        cases = [(case, counter) for case in ballots for counter in counters]
        measured = ground.take_turns(cases, take_many_and_restore, desc="Votes")
        reads = measure_reads(product, ground)
    rows = summarise(measured)
    print_tables(rows, reads)
    return {"votes": rows, "reads": reads}


def require_durability() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        if cursor.fetchone() != ("on", "on"):
            raise UserError(
                "DATABASE_URL names a PostgreSQL that may forget: turn fsync and synchronous_commit on."
            )


@contextmanager
def servers_running(ground: Ground) -> Iterator[list[Contender]]:
    servers: list[Contender] = []
    try:
        servers.append(start_product(ground.directory, core=ground.core, environment=LIMITS_LIFTED))
        servers.append(start_fastapi(ground.directory, core=ground.core))
        for server in servers:
            server.await_ready(TOOL_LIST)
        yield servers
    finally:
        processes.stop([server.child for server in servers], timeout=5)


# --- What is cast -------------------------------------------------------------------------------


def draw_ballots(voters: int) -> Ballots:
    """By case: of "one tool" about half of the voters have voted, of "all tools" half of the ballots repeat votes."""
    chance = random.Random(32)
    tools = {tool.pk: tool for tool in Tool.objects.all()}
    now = datetime.now(UTC)
    numbers = {voter_token(number, issued_at=now).key: number for number in range(voters)}
    voter_numbers = {pk: numbers[bytes(key)] for pk, key in Voter.objects.values_list("pk", "key")}
    counts = Vote.objects.values_list("tool").annotate(count=Count("pk"))
    hot = tools[min(counts, key=lambda row: abs(row[1] - voters / 2))[0]]
    standing = Vote.objects.order_by("?").values_list("voter", "tool")[: BALLOTS // 2]

    everybody, everything = range(voters), list(tools.values())
    of_one = [(chance.choice(everybody), hot) for _ in range(BALLOTS)]
    of_all = [(voter_numbers[voter], tools[tool]) for voter, tool in standing]
    of_all += [(chance.choice(everybody), chance.choice(everything)) for _ in range(BALLOTS - len(of_all))]
    chance.shuffle(of_all)
    return {
        case: [
            Ballot(number, voter, tool, chance.choice(["ship", "skip"]))
            for number, (voter, tool) in enumerate(pairs, first)
        ]
        for case, pairs, first in [("one tool", of_one, 0), ("all tools", of_all, BALLOTS)]
    }


def write_ballots(ballots: Ballots) -> None:
    """For pgbench, and to know what the voters had said before."""
    now = datetime.now(UTC)
    voter_ids = {bytes(key): pk for pk, key in Voter.objects.values_list("pk", "key")}
    with connection.cursor() as cursor:
        cursor.execute(MAKE_BALLOTS)
        with cursor.copy("COPY bench_ballot FROM STDIN") as copy:
            for ballot in (ballot for some in ballots.values() for ballot in some):
                voter_id = voter_ids[voter_token(ballot.voter, issued_at=now).key]
                copy.write_row((ballot.number, new_id(), voter_id, ballot.tool.pk, ballot.value))
        cursor.execute(REMEMBER)
        cursor.execute("VACUUM ANALYZE bench_ballot, bench_found")


def restore() -> None:
    """Put the votes back to what they were. Requests of a round that is over may still be at work: tallies come first."""
    with connection.cursor() as cursor:
        with transaction.atomic():
            for statement in RESTORE:
                cursor.execute(statement)
        cursor.execute("VACUUM votes_vote, votes_tally, votes_voter, api_ratecounter")


# --- Who counts it ------------------------------------------------------------------------------


class Server:
    """The product or FastAPI, asked over HTTP."""

    def __init__(self, ground: Ground, contender: Contender, ballots: Ballots) -> None:
        self.name = contender.name
        self.contender = contender
        self._ground = ground
        self._requests = {
            case: write_requests(ground.directory / f"votes on {case}", (ballot.request() for ballot in some))
            for case, some in ballots.items()
        }

    def take(self, ballot: Ballot) -> object:
        method, address, body, headers = ballot.request()
        answer = self.contender.ask(method, address, body=body, headers=headers)
        if answer.status != 200:
            raise UserError(f"{self.name} answers a vote with {answer.status}: {answer.body.decode()}")
        content = json.loads(answer.body)
        return {name: content[name] for name in content if name not in {"created_at", "updated_at"}}

    def take_many(self, case: str, *, seconds: int = 0, pace: int | None = None) -> Figures:
        return self._ground.load.send(
            self._requests[case],
            self.contender,
            connections=CLIENTS,
            seconds=seconds or self._ground.seconds,
            pace=pace,
        )


class Pgbench:
    """PostgreSQL alone: the row with its triggers, one a commit. Nobody is asked for a token."""

    name = "pgbench"

    def __init__(self, ground: Ground, ballots: Ballots) -> None:
        self._ground = ground
        self._script = ground.directory / "vote.sql"
        self._script.write_text(PGBENCH_SCRIPT)
        self._numbers = {
            case: {"first": some[0].number, "last": some[-1].number} for case, some in ballots.items()
        }
        place = connection.settings_dict
        variables = {
            "PGDATABASE": "NAME",
            "PGHOST": "HOST",
            "PGPORT": "PORT",
            "PGUSER": "USER",
            "PGPASSWORD": "PASSWORD",
        }
        self._database = {variable: str(place[name]) for variable, name in variables.items() if place[name]}

    def take(self, ballot: Ballot) -> object:
        only = {"first": ballot.number, "last": ballot.number}
        self._ground.load.execute_once(self._script, database=self._database, variables=only)
        return None

    def take_many(self, case: str) -> Figures:
        return self._ground.load.execute(
            self._script,
            database=self._database,
            variables=self._numbers[case],
            clients=CLIENTS,
            seconds=self._ground.seconds,
        )


def compare_effects(counters: Sequence[Counter], ballots: Ballots) -> None:
    """Nothing is timed unless a first vote and a changed one leave the same row and move the tally alike."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_NUMBERS)
        numbers = cursor.fetchone()
    chosen = [ballot for some in ballots.values() for ballot in some if ballot.number in numbers]
    effects = {}
    for counter in counters:
        effects[counter.name] = [effect_of(counter, ballot) for ballot in chosen]
        restore()
    said = {name: [answer for answer, _, _ in each] for name, each in effects.items()}
    done = {name: [rest for _, *rest in each] for name, each in effects.items()}
    if said["product"] != said["FastAPI"] or any(each != done["product"] for each in done.values()):
        raise UserError(f"The contenders do not count alike:\n{json.dumps(effects, indent=2, default=str)}")


def effect_of(counter: Counter, ballot: Ballot) -> tuple[object, list[Any], list[int]]:
    """The answer, the row, and by how much the tally moved."""
    columns = ("ship", "skip", "pending", "quarantined", "rejected")
    tally = Tally.objects.filter(tool=ballot.tool).values_list(*columns)
    before = tally.get()
    answer = counter.take(ballot)
    voter = voter_token(ballot.voter, issued_at=datetime.now(UTC))
    row = Vote.objects.filter(voter__key=voter.key, tool=ballot.tool).values_list(
        "value", "status", "reasons", "ruleset"
    )
    return answer, list(row), [after - first for first, after in zip(before, tally.get(), strict=True)]


def take_many_and_restore(case: tuple[str, Counter]) -> Figures:
    name, counter = case
    figures = counter.take_many(name)
    if drifts := reconcile_tallies(now=datetime.now(UTC)):
        raise UserError(f"After {counter.name}, tallies are not what their votes add up to: {drifts[0]}")
    restore()
    return figures


# --- Reads beside votes -------------------------------------------------------------------------


def measure_reads(product: Server, ground: Ground) -> list[dict[str, Any]]:
    """The same comparisons while nobody votes and while votes arrive at an even pace."""
    pages = write_requests(
        ground.directory / "comparisons",
        (("GET", address, "", {}) for address in comparison_addresses(ground)),
    )
    votes: list[float] = []

    def read() -> Figures:
        return ground.load.send(pages, product.contender, connections=CONNECTIONS, seconds=ground.seconds)

    def read_beside_votes() -> Figures:
        with ThreadPoolExecutor(1) as others:
            voting = others.submit(product.take_many, "all tools", seconds=ground.seconds + 2, pace=PACE)
            sleep(1)
            figures = read()
            votes.append(voting.result().requests_per_second)
        restore()
        return figures

    measured = ground.take_turns([read, read_beside_votes], lambda case: case(), desc="Reads")
    rates = [[figures.requests_per_second for figures in runs] for runs in measured.values()]
    return [
        {
            "votes_per_second": votes_per_second,
            "requests_per_second": round(median(rate), 1),
            "lowest": round(min(rate), 1),
            "highest": round(max(rate), 1),
            "p50_ms": round(median(figures.p50_ms for figures in runs), 2),
            "p99_ms": round(median(figures.p99_ms for figures in runs), 2),
            "to_idle": round(median(rate) / median(rates[0]), 3),
        }
        for votes_per_second, rate, runs in zip(
            (0, round(median(votes))), rates, measured.values(), strict=True
        )
    ]


# --- Results ------------------------------------------------------------------------------------


def summarise(measured: dict[tuple[str, Counter], list[Figures]]) -> list[dict[str, Any]]:
    rates = {
        (case, counter.name): [figures.requests_per_second for figures in runs]
        for (case, counter), runs in measured.items()
    }
    return [
        {
            "case": case,
            "contender": counter.name,
            "votes_per_second": round(median(rates[case, counter.name]), 1),
            "lowest": round(min(rates[case, counter.name]), 1),
            "highest": round(max(rates[case, counter.name]), 1),
            "p50_ms": round(median(figures.p50_ms for figures in runs), 2),
            "p99_ms": round(median(figures.p99_ms for figures in runs), 2),
            "to_pgbench": round(median(rates[case, counter.name]) / median(rates[case, "pgbench"]), 3),
            "to_fastapi": round(median(rates[case, counter.name]) / median(rates[case, "FastAPI"]), 3),
        }
        for (case, counter), runs in measured.items()
    ]


def print_tables(rows: Sequence[dict[str, Any]], reads: Sequence[dict[str, Any]]) -> None:
    figures = "({lowest:,.0f} to {highest:,.0f}) | {p50_ms:.2f} | {p99_ms:.2f}"
    titles = [
        "votes on",
        "contender",
        "votes/s (lowest to highest)",
        "p50 ms",
        "p99 ms",
        "× pgbench",
        "× FastAPI",
    ]
    line = (
        "{case} | {contender} | {votes_per_second:,.0f} " + figures + " | {to_pgbench:.2f} | {to_fastapi:.2f}"
    )
    print(table(titles, line, rows))
    titles = ["votes/s meanwhile", "comparisons/s (lowest to highest)", "p50 ms", "p99 ms", "× idle"]
    line = "{votes_per_second:,} | {requests_per_second:,.0f} " + figures + " | {to_idle:.2f}"
    print(table(titles, line, reads))
