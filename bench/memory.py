"""The memory of a web process that was asked for very many pages, beside that of one which was asked for nothing yet."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any

from django.conf import settings

from backend.bootstrap import UserError
from backend.devstack import processes
from bench.contenders import Contender, start_product
from bench.ground import Ground, children_of
from bench.pages import CONNECTIONS, TOOL_LIST
from bench.targets import Target
from catalog.models import Tool

# Twice, for what is asked for once gives way to what is asked for again.
TIMES = 2
MOST_MEGABYTES = 250


def measure_memory(ground: Ground) -> tuple[dict[str, Any], list[Target]]:
    product = start_product(ground.directory, core=ground.core, name="product, filled")
    try:
        product.await_ready(TOOL_LIST)
        empty = resident_megabytes(product)
        with ThreadPoolExecutor(CONNECTIONS) as readers:
            for _ in readers.map(lambda address: ask_for(product, address), addresses(ground)):
                pass
        full = resident_megabytes(product)
    finally:
        processes.stop([product.child], timeout=5)
    limit = settings.RESPONSE_CACHE_BYTES
    rows = [
        {"pages": pages, "megabytes": round(megabytes, 1), "limit": limit}
        for pages, megabytes in ((0, empty), (ground.distinct_pages, full))
    ]
    name = f"a web process asked for {ground.distinct_pages:,} pages, MB"
    return {"memory": rows}, [Target(name, full, at_most=MOST_MEGABYTES)]


def addresses(ground: Ground) -> Iterator[str]:
    """Of comparisons of any two tools, most of which no editor paired."""
    slugs = Tool.objects.order_by("slug").values_list("slug", flat=True)
    pairs = list(combinations(slugs, 2))
    for first, second in random.Random(250).sample(pairs, ground.distinct_pages):
        yield f"/api/v1/comparisons/{first}-vs-{second}"


def ask_for(product: Contender, address: str) -> None:
    for _ in range(TIMES):
        status = product.get(address).status
        if status != 200:
            raise UserError(f"{product.name} answers {address} with {status}.")


def resident_megabytes(product: Contender) -> float:
    """Of the process that answers, which is the larger child of the one that we started."""
    return max(map(_resident, children_of(product.child.popen.pid))) / 1024


def _resident(pid: int) -> int:
    """In kilobytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])
