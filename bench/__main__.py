"""`python -m bench [--quick]`: fill an empty database, check that all contenders agree, time them, print ratios."""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import django
from django.core.management import call_command
from tqdm import tqdm

from backend.bootstrap import MendableError, told_plainly
from backend.devstack import processes
from backend.devstack.stack import var_directory
from bench.contenders import Contender, start_fastapi, start_nginx, start_product

CONNECTIONS = 16
ASKED_COMPARISONS = 300
TOOL_LIST = "/api/v1/tools?limit=20"
WRK_SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Case:
    """One contender on one page: `cold` asks for the whole answer, `warm` sends the ETag and gets a 304."""

    page: str
    mode: str
    contender: Contender
    requests: Path


@dataclass(frozen=True, slots=True)
class Figures:
    requests_per_second: float
    p50_ms: float
    p99_ms: float


def main() -> None:
    options = ArgumentParser(prog="bench", description=__doc__)
    options.add_argument("--quick", action="store_true", help="less data, two rounds of one second")
    quick = options.parse_args().quick
    rounds, seconds = (2, 1) if quick else (3, 3)
    programs = {name: find_program(name) for name in ("nginx", "wrk", "taskset")}
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        raise MendableError("The benchmark needs Linux and two cores: one for the servers, one for the load.")
    server_core, load_core = sorted(os.sched_getaffinity(0))[:2]

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    django.setup()
    machine = describe_machine(programs)
    slugs = prepare_database(quick=quick)
    chosen = random.Random(300).sample(slugs, ASKED_COMPARISONS)
    pages = {"comparison": [f"/api/v1/comparisons/{slug}" for slug in chosen], "tool list": [TOOL_LIST]}
    pin_postgresql(server_core)

    contenders: list[Contender] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        directory = Path(name)
        try:
            product = start_product(directory, core=server_core)
            contenders.append(product)
            product.await_ready(TOOL_LIST)
            files = {address: product.get(address).body for address in [*pages["comparison"], TOOL_LIST]}
            contenders.append(start_nginx(directory, files, program=programs["nginx"], core=server_core))
            contenders.append(start_fastapi(directory, core=server_core))
            for contender in contenders:
                contender.await_ready(TOOL_LIST)
            compare_answers(contenders, files)
            cases = list(make_cases(contenders, pages, directory))
            measured = measure(cases, wrk=programs["wrk"], core=load_core, rounds=rounds, seconds=seconds)
        finally:
            processes.stop([contender.child for contender in contenders], patience=5)

    rows = summarise(measured)
    print_table(rows)
    method = {"rounds": rounds, "seconds": seconds, "connections": CONNECTIONS, "is_quick": quick}
    result = {
        "measured_at": datetime.now(UTC).isoformat(),
        "machine": machine,
        "method": method,
        "rows": rows,
    }
    file = var_directory() / "bench" / "latest.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result, indent=2) + "\n")
    print(f"\n{json.dumps(machine)}\nWritten to {file}.")


def find_program(name: str) -> str:
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if path is None:
        raise MendableError(f"The benchmark needs {name}: apt install nginx-light wrk util-linux")
    return path


def prepare_database(*, quick: bool) -> list[str]:
    """Migrate and fill; a database with anything in it is left alone."""
    # These need Django's apps to be loaded.
    from bench import dataset
    from catalog.models import Tool

    call_command("migrate", verbosity=0)
    if Tool.objects.exists():
        raise MendableError(
            "DATABASE_URL names a database with data in it; the benchmark fills an empty one."
        )
    size = dataset.QUICK if quick else dataset.FULL
    print(f"Writing {size} …", flush=True)
    return dataset.fill(size)


def describe_machine(programs: dict[str, str]) -> dict[str, str]:
    from django.db import connection

    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    nginx = subprocess.run([programs["nginx"], "-v"], capture_output=True, text=True, check=True).stderr
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        [postgresql] = cursor.fetchone()
    packages = (
        "django",
        "djangorestframework",
        "granian",
        "psycopg",
        "fastapi",
        "uvicorn",
        "asyncpg",
        "orjson",
    )
    return {
        "cpu": f"{os.cpu_count()} × {cpu.partition(': ')[2]}",
        "load_before": f"{os.getloadavg()[0]:.2f}",
        "python": sys.version.split()[0],
        "postgresql": postgresql.split()[0],
        "nginx": nginx.strip().rpartition("/")[2],
        **{package: version(package) for package in packages},
    }


def pin_postgresql(core: int) -> None:
    """Keep PostgreSQL off the load generator's core; its processes to come inherit this from their parent."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [backend] = cursor.fetchone()
    pinned = False
    with suppress(OSError):
        parent = int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])
        if Path(f"/proc/{parent}/comm").read_text().startswith("postgres"):
            os.sched_setaffinity(parent, {core})
            pinned = True
    connection.close()
    if not pinned:
        print("PostgreSQL is not pinned: it runs elsewhere or as somebody else.", flush=True)


def compare_answers(contenders: Sequence[Contender], files: dict[str, bytes]) -> None:
    """Nothing is timed unless nginx gives the product's very bytes and FastAPI the same JSON."""
    _, nginx, fastapi = contenders
    for address, body in tqdm(files.items(), desc="Comparing answers", leave=False, disable=None):
        if nginx.get(address).body != body:
            raise MendableError(f"nginx answers {address} with other bytes.")
        if comparable(fastapi.get(address).body) != comparable(body):
            raise MendableError(f"FastAPI answers {address} with other JSON.")


def comparable(body: bytes) -> Any:
    """The JSON, but for the text of a cursor, which is each server's own affair."""
    content = json.loads(body)
    if content.get("next"):
        content["next"] = content["next"].rpartition("cursor=")[0]
    return content


def make_cases(
    contenders: Sequence[Contender], pages: dict[str, list[str]], directory: Path
) -> Iterable[Case]:
    """FastAPI has no warm case: it sends no ETag unless one writes that too."""
    for page, addresses in pages.items():
        for mode in ("cold", "warm"):
            for contender in contenders if mode == "cold" else contenders[:2]:
                etags = [contender.get(address).etag if mode == "warm" else "" for address in addresses]
                for address, etag in zip(addresses, etags, strict=True):
                    status = contender.get(address, etag=etag).status
                    if status != (200 if mode == "cold" else 304):
                        raise MendableError(f"{contender.name} answers {address} ({mode}) with {status}.")
                requests = directory / f"{contender.name} {page} {mode}"
                requests.write_text("".join(f"{a}\t{e}\n" for a, e in zip(addresses, etags, strict=True)))
                yield Case(page, mode, contender, requests)


def measure(
    cases: Sequence[Case], *, wrk: str, core: int, rounds: int, seconds: int
) -> dict[Case, list[Figures]]:
    """Contenders take turns, and every other round in reverse, so that none profits from its place."""
    measured: dict[Case, list[Figures]] = {case: [] for case in cases}
    print(f"Measuring for about {rounds * seconds * len(cases)} seconds …", flush=True)
    with tqdm(total=rounds * len(cases), desc="Measuring", leave=False, disable=None) as bar:
        for number in range(rounds):
            for case in cases if number % 2 == 0 else reversed(cases):
                measured[case].append(run_wrk(case, wrk=wrk, core=core, seconds=seconds))
                bar.update()
    return measured


def run_wrk(case: Case, *, wrk: str, core: int, seconds: int) -> Figures:
    load = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(WRK_SCRIPT)]
    command = ["taskset", "-c", str(core), *load, f"http://127.0.0.1:{case.contender.port}"]
    done = subprocess.run(
        [*command, "--", str(case.requests)], capture_output=True, text=True, timeout=seconds + 30, check=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("figures "))
    requests, duration, p50, p99, failed = map(int, line.split()[1:])
    if failed:
        raise MendableError(
            f"{case.contender.name} failed {failed} requests of the {case.page} ({case.mode})."
        )
    return Figures(requests / duration * 1e6, p50 / 1e3, p99 / 1e3)


def summarise(measured: dict[Case, list[Figures]]) -> list[dict[str, Any]]:
    rates = {case: [figures.requests_per_second for figures in runs] for case, runs in measured.items()}
    by_name = {(case.page, case.mode, case.contender.name): median(rates[case]) for case in measured}
    return [
        {
            "page": case.page,
            "mode": case.mode,
            "contender": case.contender.name,
            "requests_per_second": round(median(rates[case]), 1),
            "lowest": round(min(rates[case]), 1),
            "highest": round(max(rates[case]), 1),
            "p50_ms": round(median(figures.p50_ms for figures in runs), 2),
            "p99_ms": round(median(figures.p99_ms for figures in runs), 2),
            "to_product": round(median(rates[case]) / by_name[case.page, case.mode, "product"], 3),
            "to_nginx": round(median(rates[case]) / by_name[case.page, case.mode, "nginx"], 4),
        }
        for case, runs in measured.items()
    ]


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    print("\n| page | mode | contender | req/s (lowest to highest) | p50 ms | p99 ms | × product | × nginx |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for row in rows:
        span = "{requests_per_second:,.0f} ({lowest:,.0f} to {highest:,.0f})".format(**row)
        figures = "{p50_ms:.2f} | {p99_ms:.2f} | {to_product:.2f} | {to_nginx:.4f}".format(**row)
        print(f"| {row['page']} | {row['mode']} | {row['contender']} | {span} | {figures} |")


if __name__ == "__main__":
    with told_plainly():
        main()
