"""The ground on which contenders meet: the data, the cores and the turns they take."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from django.db import connection
from tqdm import tqdm

from bench.dataset import Size
from bench.load import Figures, Load

Case = TypeVar("Case")


@dataclass(frozen=True, slots=True)
class Ground:
    """`slugs` are those of all curated pairs; `core` is the one that the contenders and PostgreSQL share.

    `distinct_pages` are asked for to fill the memory of a process.
    """

    size: Size
    slugs: Sequence[str]
    distinct_pages: int
    directory: Path
    programs: Mapping[str, str]
    core: int
    load: Load
    rounds: int
    seconds: int

    def take_turns(
        self, cases: Sequence[Case], measure: Callable[[Case], Figures], *, desc: str
    ) -> dict[Case, list[Figures]]:
        """Every other round goes in reverse, so that none profits from its place."""
        measured: dict[Case, list[Figures]] = {case: [] for case in cases}
        with tqdm(total=self.rounds * len(cases), desc=desc, leave=False, disable=None) as bar:
            for number in range(self.rounds):
                for case in cases if number % 2 == 0 else reversed(cases):
                    measured[case].append(measure(case))
                    bar.update()
        return measured


def pin_postgresql(core: int) -> None:
    """Keep PostgreSQL off the load's core; its processes to come inherit this from their parent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [backend] = cursor.fetchone()
    pinned = False
    with suppress(OSError):
        parent = _parent_of(backend)
        if Path(f"/proc/{parent}/comm").read_text().startswith("postgres"):
            for pid in [parent, *children_of(parent)]:
                os.sched_setaffinity(pid, {core})
            pinned = True
    connection.close()
    if not pinned:
        print("PostgreSQL is not pinned: it runs elsewhere or as somebody else.", flush=True)


def _parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def children_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in children.split()]
