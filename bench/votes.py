"""Votes: through the product, through FastAPI, and by pgbench straight into the table, all of them durable."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median
from typing import Any

from django.db import connection

from backend.bootstrap import UserError
from backend.devstack import processes
from bench.ballots import Ballot, Ballots, draw_ballots, restore, write_ballots
from bench.contenders import Contender, start_fastapi, start_product
from bench.counters import CLIENTS, Counter, Pgbench, Server
from bench.dataset import voter_token
from bench.ground import Ground
from bench.load import Figures
from bench.pages import TOOL_LIST
from bench.reads import measure_reads
from bench.targets import Target
from votes.models import Tally, Vote
from votes.tallies.recount import reconcile_tallies

# Every vote of the benchmark is to count, as it does with the others; the counting towards the limits stays.
LIMITS_LIFTED = {
    "VOTE_LIMITS": "999999/60,999999/86400",
    "CLIENT_ADDRESS_HEADER": "ClientAddress",
    "TRUSTED_PROXIES": "127.0.0.1",
}
HOURLY_LIMIT = 1_000_000

FIND_NUMBERS = """
SELECT min(number) FILTER (WHERE found.value IS NULL), min(number) FILTER (WHERE found.value <> ballot.value)
FROM bench_ballot ballot JOIN bench_found found USING (voter_id, tool_id)
"""


def measure_votes(ground: Ground) -> tuple[dict[str, Any], list[Target]]:
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
        reads, targets = measure_reads(product, ground)
    rows = summarise(measured)
    return {"votes": rows, "reads": reads}, [*targets_of(rows), *targets]


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


def targets_of(rows: Sequence[Mapping[str, Any]]) -> Iterable[Target]:
    for row in rows:
        if row["contender"] == "product":
            name = f"votes on {row['case']}"
            yield Target(f"{name}, × FastAPI", row["to_fastapi"], at_least=1)
            yield Target(f"{name}, p99 at {CLIENTS} clients, ms", row["p99_ms"], at_most=100)
