"""`python -m bench [SUBJECT] [--quick]`: fill an empty database, check, measure, print ratios."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
from django.core.management import call_command

from backend.bootstrap import UserError, exit_on_error
from backend.devstack.stack import var_directory
from bench.load import Load
from bench.mail import measure as measure_mail

if TYPE_CHECKING:
    from bench.dataset import Size

PACKAGES = (
    *("django", "djangorestframework", "granian", "psycopg"),
    *("fastapi", "uvicorn", "asyncpg", "orjson"),
)


def main() -> None:
    options = ArgumentParser(prog="bench", description=__doc__)
    options.add_argument(
        "subject",
        nargs="?",
        choices=["all", "pages", "votes", "mail", "growth", "catalog", "desk"],
        default="all",
    )
    options.add_argument("--quick", action="store_true", help="less data, two rounds of one second")
    wanted = options.parse_args()
    if wanted.subject == "mail":
        measure_mail(quick=wanted.quick)
        return
    if wanted.subject == "growth":
        sys.exit(not growth())
    if wanted.subject == "desk":
        sys.exit(not desk(quick=wanted.quick))
    if wanted.subject == "catalog":
        sys.exit(not catalog(quick=wanted.quick))
    programs = {name: find_program(name) for name in ("nginx", "wrk", "pgbench", "taskset")}
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        raise UserError("The benchmark needs Linux and two cores: one for the servers, one for the load.")
    server_core, load_core = sorted(os.sched_getaffinity(0))[:2]

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    django.setup()
    # These need Django's apps to be loaded.
    from bench import dataset
    from bench.ground import Ground, pin_postgresql
    from bench.pages import measure_pages
    from bench.votes import measure_votes

    rounds, seconds = (2, 1) if wanted.quick else (3, 3)
    size = dataset.QUICK if wanted.quick else dataset.FULL
    machine = describe_machine(programs)
    slugs = prepare_database(size)
    pin_postgresql(server_core)
    results: dict[str, Any] = {}
    for subject, measure in {"pages": measure_pages, "votes": measure_votes}.items():
        if wanted.subject in {"all", subject}:
            with tempfile.TemporaryDirectory(prefix="bench-") as directory:
                ground = Ground(
                    size=size,
                    slugs=slugs,
                    directory=Path(directory),
                    nginx=programs["nginx"],
                    core=server_core,
                    load=Load(wrk=programs["wrk"], pgbench=programs["pgbench"], core=load_core),
                    rounds=rounds,
                    seconds=seconds,
                )
                results |= measure(ground)

    machine["load_after"] = f"{os.getloadavg()[0]:.2f}"
    document = {
        "measured_at": datetime.now(UTC).isoformat(),
        "machine": machine,
        "method": {"rounds": rounds, "seconds": seconds, "is_quick": wanted.quick},
        **results,
    }
    file = var_directory() / "bench" / "latest.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=2) + "\n")
    print(f"\n{json.dumps(machine)}\nWritten to {file}.")


def growth() -> bool:
    """Whether no read grows; needs no program but PostgreSQL."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    django.setup()
    from bench.growth import measure_growth

    migrate_empty_database()
    return measure_growth()


def desk(*, quick: bool) -> bool:
    """Whether every page of the desk is quick at the size that we promise; needs no program but PostgreSQL and Redis."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    django.setup()
    from bench.desk import measure_desk

    migrate_empty_database()
    return measure_desk(quick=quick)


def catalog(*, quick: bool) -> bool:
    """Whether a large catalog comes back the same; needs no program but PostgreSQL."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    django.setup()
    from bench.catalog import measure

    return measure(quick=quick)


def find_program(name: str) -> str:
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if path is None:
        raise UserError(f"The benchmark needs {name}: apt install nginx-light wrk postgresql util-linux")
    return path


def prepare_database(size: "Size") -> list[str]:
    from bench import dataset

    migrate_empty_database()
    print(f"Writing {size} …", flush=True)
    return dataset.fill(size)


def migrate_empty_database() -> None:
    """Raises UserError where it has anything in it."""
    from catalog.models import Tool

    call_command("migrate", verbosity=0)
    if Tool.objects.exists():
        raise UserError("DATABASE_URL names a database with data in it; the benchmark fills an empty one.")


def describe_machine(programs: dict[str, str]) -> dict[str, str]:
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
        **{package: version(package) for package in PACKAGES},
    }


if __name__ == "__main__":
    with exit_on_error():
        main()
