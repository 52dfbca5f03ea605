"""Hot pages while nobody votes, and while votes arrive at an even pace and their tallies are published each second."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from typing import Any

from backend.bootstrap import UserError, last_lines
from backend.devstack import processes
from bench.ballots import restore
from bench.contenders import READY_SECONDS, start_publisher
from bench.counters import Server
from bench.ground import Ground
from bench.load import Figures, write_requests
from bench.pages import CONNECTIONS, comparison_addresses
from bench.targets import Target
from votes.tallies.publication import publish_tallies

PACE = 500
# Of the votes that are sent; wrk's first and last moments are not full.
LEAST_TAKEN = 0.98


def measure_reads(product: Server, ground: Ground) -> tuple[list[dict[str, Any]], list[Target]]:
    """The same comparisons in memory, alone and beside votes."""
    addresses = comparison_addresses(ground)
    pages = write_requests(ground.directory / "comparisons", (("GET", each, "", {}) for each in addresses))
    votes: list[float] = []
    moved: list[int] = []

    def read() -> Figures:
        return ground.load.send(pages, product.contender, connections=CONNECTIONS, seconds=ground.seconds)

    def read_alone() -> Figures:
        for address in addresses:
            product.contender.get(address)
        return read()

    def read_beside_votes() -> Figures:
        with tallies_stepping(ground) as log, ThreadPoolExecutor(1) as others:
            voting = others.submit(product.take_many, "all tools", seconds=ground.seconds + 2, pace=PACE)
            sleep(1)
            figures = read()
            votes.append(voting.result().requests_per_second)
            # It has those of all rounds.
            moved[:] = steps_in(log)
        restore()
        publish_tallies(now=datetime.now(UTC))
        return figures

    measured = ground.take_turns([read_alone, read_beside_votes], lambda case: case(), desc="Reads")
    alone, beside = measured.values()
    if not any(moved):
        raise UserError("No tally moved while votes arrived.")
    rows = [
        summarise(alone, alone, votes=0, moved=0),
        summarise(beside, alone, votes=round(median(votes)), moved=round(median(filter(None, moved)))),
    ]
    return rows, [
        Target(f"hot pages beside {PACE} votes a second, × idle", rows[1]["to_idle"], at_least=0.9),
        Target(f"votes taken meanwhile, of {PACE} a second", median(votes) / PACE, at_least=LEAST_TAKEN),
    ]


@contextmanager
def tallies_stepping(ground: Ground) -> Iterator[Path]:
    """The log of a process that publishes them each second, which has taken its first step."""
    child = start_publisher(ground.directory, core=ground.core)
    began = len(steps_in(child.log))
    try:
        until = monotonic() + READY_SECONDS
        while len(steps_in(child.log)) == began:
            if child.has_ended() or monotonic() > until:
                raise UserError(f"Tallies are not published:\n{last_lines(child.log.read_text())}")
            sleep(0.1)
        yield child.log
    finally:
        processes.stop([child], timeout=5)


def steps_in(log: Path) -> list[int]:
    """How many tallies each step moved."""
    return [int(line) for line in log.read_text().splitlines() if line.isdecimal()]


def summarise(runs: list[Figures], idle: list[Figures], *, votes: int, moved: int) -> dict[str, Any]:
    rates, idle_rates = ([figures.requests_per_second for figures in each] for each in (runs, idle))
    return {
        "votes_per_second": votes,
        "moved": moved,
        "requests_per_second": round(median(rates), 1),
        "lowest": round(min(rates), 1),
        "highest": round(max(rates), 1),
        "p50_ms": round(median(figures.p50_ms for figures in runs), 2),
        "p99_ms": round(median(figures.p99_ms for figures in runs), 2),
        "to_idle": round(median(rates) / median(idle_rates), 3),
    }
