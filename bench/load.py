"""The load: wrk for servers, pgbench for PostgreSQL itself, on the core that nothing measured runs on."""

import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from backend.bootstrap import UserError
from bench.contenders import Contender

CONNECTING_SECONDS = 2
WRK_SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Figures:
    requests: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    longest_ms: float


@dataclass(frozen=True, slots=True)
class Load:
    """The programs that make requests, and the core that they do it on."""

    wrk: str
    pgbench: str
    core: int

    def send(
        self, requests: Path, contender: Contender, *, connections: int, seconds: int, pace: int | None = None
    ) -> Figures:
        """The requests in rotation, as fast as they are answered or at a `pace` of so many a second."""
        # wrk takes an answer for failed after two seconds, which a busy machine may need.
        timeout = ["--timeout", "10s"]
        extent = ["-t1", f"-c{connections}", f"-d{seconds}s", *timeout, "--latency"]
        wrk = [self.wrk, *extent, "-s", str(WRK_SCRIPT)]
        options = [str(requests), *([str(pace)] if pace else [])]
        done = self._run([*wrk, f"http://127.0.0.1:{contender.port}", "--", *options], seconds=seconds)
        line = next(line for line in done.splitlines() if line.startswith("figures "))
        answered, duration, p50, p99, longest, failed = map(int, line.split()[1:])
        if failed:
            raise UserError(f"{contender.name} failed {failed} of {requests.name}.")
        return Figures(answered, answered / duration * 1e6, p50 / 1e3, p99 / 1e3, longest / 1e3)

    def execute(
        self, script: Path, *, database: dict[str, str], variables: dict[str, int], clients: int, seconds: int
    ) -> Figures:
        """The script's transaction again and again from each client, one commit each."""
        # Connecting is part of its time, though not of its rate.
        seconds += CONNECTING_SECONDS
        extent = [f"--client={clients}", f"--time={seconds}", "--log", f"--log-prefix={script}"]
        said = self._pgbench(script, extent, database=database, variables=variables, seconds=seconds)
        latencies = []
        for log in script.parent.glob(f"{script.name}.*"):
            latencies += [int(line.split()[2]) / 1e3 for line in log.read_text().splitlines()]
            log.unlink()
        if len(latencies) < 2:
            raise UserError(f"pgbench took all {seconds} s to connect: this machine is too busy.")
        percentiles = quantiles(latencies, n=100)
        per_second = next(line for line in said.splitlines() if line.startswith("tps = ")).split()[2]
        return Figures(len(latencies), float(per_second), percentiles[49], percentiles[98], max(latencies))

    def execute_once(self, script: Path, *, database: dict[str, str], variables: dict[str, int]) -> None:
        self._pgbench(script, ["--transactions=1"], database=database, variables=variables, seconds=1)

    def _pgbench(
        self,
        script: Path,
        extent: Sequence[str],
        *,
        database: dict[str, str],
        variables: dict[str, int],
        seconds: int,
    ) -> str:
        options = [f"--file={script}", *(f"--define={name}={value}" for name, value in variables.items())]
        command = [self.pgbench, "--no-vacuum", "--protocol=prepared", *extent, *options]
        return self._run(command, seconds=seconds, environment=database)

    def _run(self, command: Sequence[str], *, seconds: int, environment: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            ["taskset", "-c", str(self.core), *command],
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=seconds + 30,
            check=False,
        )
        if done.returncode:
            raise UserError(f"{command[0]} failed:\n{done.stderr}")
        return done.stdout


def write_requests(file: Path, requests: Iterable[tuple[str, str, str, dict[str, str]]]) -> Path:
    """Method, address, body and headers of each, as wrk.lua reads them."""
    file.write_text(
        "".join(
            "\t".join([method, address, body, *(f"{name}: {value}" for name, value in headers.items())])
            + "\n"
            for method, address, body, headers in requests
        )
    )
    return file
