"""`python -m bench [SUBJECT] [--quick]`: fill an empty database, check, measure, print ratios."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
from django.core.management import call_command

from backend.bootstrap import UserError, exit_on_error
from bench.contenders import FASTIFY
from bench.load import Load
from bench.mail import measure as measure_mail
from bench.pictures import describe, latest_file
from bench.targets import Target, as_rows

if TYPE_CHECKING:
    from bench.ground import Ground

PROGRAMS = ("nginx", "wrk", "pgbench", "taskset", "node", "npm")
DEBIAN = "nginx-light wrk postgresql util-linux"
PACKAGES = (
    *("django", "djangorestframework", "granian", "psycopg"),
    *("fastapi", "uvicorn", "asyncpg", "orjson"),
)


def main() -> None:
    options = ArgumentParser(prog="bench", description=__doc__)
    subjects = ["all", *SIDE_BY_SIDE, *ALONE]
    options.add_argument("subject", nargs="?", choices=subjects, default="all")
    options.add_argument("--quick", action="store_true", help="less data, two rounds of one second")
    wanted = options.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    django.setup()
    if wanted.subject in ALONE:
        is_good = ALONE[wanted.subject](quick=wanted.quick)
    else:
        is_good = side_by_side(
            SIDE_BY_SIDE if wanted.subject == "all" else [wanted.subject], quick=wanted.quick
        )
    sys.exit(not is_good)


# --- Contenders that take turns -----------------------------------------------------------------


def side_by_side(subjects: Sequence[str], *, quick: bool) -> bool:
    """Whether every target is met."""
    from bench.memory import measure_memory
    from bench.pages import measure_pages
    from bench.votes import measure_votes

    measures = {"pages": measure_pages, "memory": measure_memory, "votes": measure_votes}
    programs = {name: find_program(name) for name in PROGRAMS}
    machine = describe_machine(programs)
    ground = prepare_ground(programs, quick=quick)
    results: dict[str, Any] = {}
    targets: list[Target] = []
    for subject in subjects:
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            found, reached = measures[subject](replace(ground, directory=Path(directory)))
        print(describe(found), flush=True)
        results |= found
        targets += reached
    results["targets"] = as_rows(targets)
    print(describe({"targets": results["targets"]}))
    machine["load_after"] = f"{os.getloadavg()[0]:.2f}"
    method = {"rounds": ground.rounds, "seconds": ground.seconds, "is_quick": quick}
    write({"measured_at": datetime.now(UTC).isoformat(), "machine": machine, "method": method, **results})
    return all(target.is_met for target in targets)


def prepare_ground(programs: Mapping[str, str], *, quick: bool) -> "Ground":
    from bench import dataset
    from bench.ground import Ground, pin_postgresql

    server_core, load_core = two_cores()
    size = dataset.QUICK if quick else dataset.FULL
    migrate_empty_database()
    print(f"Writing {size} …", flush=True)
    slugs = dataset.fill(size)
    pin_postgresql(server_core)
    return Ground(
        size=size,
        slugs=slugs,
        distinct_pages=1_000 if quick else 10_000,
        directory=Path(),
        programs=programs,
        core=server_core,
        load=Load(wrk=programs["wrk"], pgbench=programs["pgbench"], core=load_core),
        rounds=2 if quick else 3,
        seconds=1 if quick else 3,
    )


def two_cores() -> tuple[int, int]:
    """That of the servers, that of the load."""
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        raise UserError("The benchmark needs Linux and two cores: one for the servers, one for the load.")
    server_core, load_core = sorted(os.sched_getaffinity(0))[:2]
    return server_core, load_core


def write(document: Mapping[str, Any]) -> None:
    file = latest_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=2) + "\n")
    print(f"\n{json.dumps(document['machine'])}\nWritten to {file}.")


# --- What is measured alone ---------------------------------------------------------------------


def mail(*, quick: bool) -> bool:
    """It has no targets; needs postfix."""
    measure_mail(quick=quick)
    return True


def growth(*, quick: bool) -> bool:
    """Whether no read grows; needs no program but PostgreSQL."""
    from bench.growth import measure_growth

    migrate_empty_database()
    return measure_growth()


def desk(*, quick: bool) -> bool:
    """Whether every page of the desk is quick at the size that we promise; needs no program but PostgreSQL and Redis."""
    from bench.desk import measure_desk

    migrate_empty_database()
    return measure_desk(quick=quick)


def catalog(*, quick: bool) -> bool:
    """Whether a large catalog comes back the same; needs no program but PostgreSQL."""
    from bench.catalog import measure

    return measure(quick=quick)


# What is measured beside contenders, in this order, and what alone.
SIDE_BY_SIDE = ["pages", "memory", "votes"]
ALONE: dict[str, Callable[..., bool]] = {"mail": mail, "growth": growth, "catalog": catalog, "desk": desk}


# --- The machine and the database ---------------------------------------------------------------


def find_program(name: str) -> str:
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if path is None:
        raise UserError(f"The benchmark needs {name}: apt install {DEBIAN}, and Node.js 20")
    return path


def migrate_empty_database() -> None:
    """Raises UserError where it has anything in it."""
    from catalog.models import Tool

    call_command("migrate", verbosity=0)
    if Tool.objects.exists():
        raise UserError("DATABASE_URL names a database with data in it; the benchmark fills an empty one.")


def describe_machine(programs: Mapping[str, str]) -> dict[str, str]:
    from django.db import connection

    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    nginx = subprocess.run([programs["nginx"], "-v"], capture_output=True, text=True, check=True).stderr
    settings = {}
    with connection.cursor() as cursor:
        for name in ("server_version", "fsync", "synchronous_commit"):
            cursor.execute(f"SHOW {name}")
            [settings[name]] = cursor.fetchone()
    return {
        "cpu": f"{os.cpu_count()} × {cpu.partition(': ')[2]}",
        "load_before": f"{os.getloadavg()[0]:.2f}",
        "python": sys.version.split()[0],
        "postgresql": settings["server_version"].split()[0],
        "fsync": settings["fsync"],
        "synchronous_commit": settings["synchronous_commit"],
        "nginx": nginx.strip().rpartition("/")[2],
        "node": subprocess.check_output([programs["node"], "--version"], text=True).strip().lstrip("v"),
        "fastify": json.loads((FASTIFY / "package.json").read_text())["dependencies"]["fastify"],
        **{package: version(package) for package in PACKAGES},
    }


if __name__ == "__main__":
    with exit_on_error():
        main()
