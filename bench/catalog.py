"""`python -m bench catalog [--quick]`: a large catalog in, in again, out, and into an empty database and out again.

Each step is the command that operators run, in a process of its own. It prints the time and the largest memory of each, and
fails where the second import changes anything, the exports differ by a byte, or a process takes more than MOST_MEGABYTES.
"""

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from filecmp import cmp
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from backend.bootstrap import ROOT, UserError

TOOLS = {True: 2_000, False: 100_000}
REVIEWS = 4
MOST_MEGABYTES = 512
DEMO = ROOT / "comparisons" / "catalog_file" / "demo" / "catalog.json"


@dataclass(frozen=True, slots=True)
class Step:
    """What a command printed, how many seconds it took, and the most memory that it held, in megabytes."""

    output: str
    seconds: float
    megabytes: float


def measure(*, quick: bool) -> bool:
    """Whether the catalog came back the same, in bounded memory; in databases of its own, which are dropped again."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        given, first, second = (Path(directory) / f"{name}.json" for name in ("given", "first", "second"))
        write_catalog(given, tools=TOOLS[quick])
        print(f"{TOOLS[quick]:,} tools, {given.stat().st_size / 1e6:.0f} MB", flush=True)
        with empty_database() as url:
            steps = [
                run(url, "import", "import_catalog", str(given)),
                again := run(url, "import again", "import_catalog", str(given)),
                run(url, "export", "export_catalog", output=first),
            ]
        with empty_database() as url:
            steps += [
                run(url, "import the export", "import_catalog", str(first)),
                run(url, "export", "export_catalog", output=second),
            ]
        is_same, size = cmp(first, second, shallow=False), first.stat().st_size
    is_unchanged = not re.search(r"[1-9]\d* (created|updated)", again.output)
    most = max(step.megabytes for step in steps)
    print(f"{'the same' if is_same else 'DIFFERENT'} {size:,} bytes; at most {most:.0f} MB")
    if not is_unchanged:
        print(f"The second import changed something:\n{again.output}")
    return is_same and is_unchanged and most <= MOST_MEGABYTES


@contextmanager
def empty_database() -> Iterator[str]:
    """The address of a migrated database beside the one that DATABASE_URL names, for the length of the block."""
    from django.db import connection

    name = f"bench_{secrets.token_hex(4)}"
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        run(url, "migrate", "migrate", "--verbosity", "0")
        yield url
    finally:
        # Without FORCE, which would have to end autovacuum's processes and may not; they are waited for.
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


def run(url: str, label: str, *command: str, output: Path | None = None) -> Step:
    """Raises UserError, with what it said, where the command fails."""
    with tempfile.TemporaryFile() as errors, output.open("wb") if output else tempfile.TemporaryFile() as out:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url},
            stdout=out,
            stderr=errors,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        errors.seek(0)
        if process.returncode:
            raise UserError(f"{label} failed:\n{errors.read().decode()[-2_000:]}")
        said = ""
        if output is None:
            out.seek(0)
            said = out.read().decode()
    step = Step(said, seconds, usage.ru_maxrss / 1_024)
    print(f"{label:<30} {step.seconds:8.1f} s {step.megabytes:8.0f} MB", flush=True)
    return step


def write_catalog(path: Path, *, tools: int) -> None:
    """The demo's tools and reviews over and over under other names, and a pair of each two tools."""
    demo: dict[str, Any] = json.loads(DEMO.read_text("utf-8"))
    with path.open("w", encoding="utf-8") as file:
        head = {key: demo[key] for key in ("format", "categories", "reviewers", "conditions")}
        file.write(json.dumps(head)[:-1])
        for kind, rows in {
            "tools": many_tools(demo["tools"], tools),
            "comparisons": many_pairs(tools),
        }.items():
            file.write(f', "{kind}": [\n')
            for number, row in enumerate(rows):
                file.write(f"{',' if number else ''}{json.dumps(row)}\n")
            file.write("]")
        file.write("}\n")


def many_tools(templates: list[dict[str, Any]], number: int) -> Iterator[dict[str, Any]]:
    for place, template in enumerate(islice(cycle(templates), number)):
        yield {
            **template,
            "slug": f"tool-{place}",
            "name": f"{template['name']} {place}",
            "aliases": [f"earlier-tool-{place}"] if place % 10 == 0 else [],
            "reviews": template["reviews"][:REVIEWS],
        }


def many_pairs(tools: int) -> Iterator[dict[str, Any]]:
    for place in range(0, tools - 1, 2):
        yield {
            "tools": [f"tool-{place}", f"tool-{place + 1}"],
            "status": "published",
            "published_at": "2026-05-11T08:00:00Z",
        }
