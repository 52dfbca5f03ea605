"""The pages: the product beside the same bytes from nginx and the same payload from FastAPI."""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tqdm import tqdm

from backend.bootstrap import UserError
from backend.devstack import processes
from bench.contenders import (
    Contender,
    start_fastapi,
    start_fastapi_bytes,
    start_nginx,
    start_product,
)
from bench.ground import Ground, table
from bench.load import Figures, write_requests
from bench.targets import Target, as_rows, print_targets

CONNECTIONS = 16
ASKED_COMPARISONS = 300
TOOL_LIST = "/api/v1/tools?limit=20"


@dataclass(frozen=True, slots=True)
class Case:
    """One contender on one page: `hot` is asked for what it has in memory, `304` sends the ETag, `cold` has it rendered."""

    page: str
    mode: str
    contender: Contender
    requests: Path


# Nothing is kept, no two requests share a rendering, and a busy machine is no outage.
WITHOUT_MEMORY = {"RESPONSE_CACHE_BYTES": "0", "RESPONSE_CACHE_AGE": "0", "REQUEST_TIMEOUT": "60000"}
# By mode, the contenders by name; the product comes first.
MODES = {
    "hot": ["product", "nginx", "FastAPI, in memory"],
    "304": ["product", "nginx"],
    "cold": ["product, rendering", "FastAPI"],
}


def measure_pages(ground: Ground) -> dict[str, Any]:
    pages = {"comparison": comparison_addresses(ground), "tool list": [TOOL_LIST]}
    contenders: list[Contender] = []
    at: dict[str, Any] = {"core": ground.core}
    try:
        product = start_product(ground.directory, **at)
        contenders.append(product)
        product.await_ready(TOOL_LIST)
        files = {address: product.get(address).body for address in [*pages["comparison"], TOOL_LIST]}
        contenders += [
            start_product(ground.directory, **at, environment=WITHOUT_MEMORY, name="product, rendering"),
            start_nginx(ground.directory, files, program=ground.nginx, **at),
            start_fastapi(ground.directory, **at),
            start_fastapi_bytes(ground.directory, **at),
        ]
        for contender in contenders:
            contender.await_ready(TOOL_LIST)
        compare_answers(contenders, files)
        cases = list(make_cases({each.name: each for each in contenders}, pages, ground.directory))
        rows = summarise(ground.take_turns(cases, lambda case: send(case, ground), desc="Pages"))
    finally:
        processes.stop([contender.child for contender in contenders], timeout=5)
    print_table(rows)
    targets = list(targets_of(rows))
    print_targets(targets)
    return {"pages": rows, "targets": as_rows(targets)}


def targets_of(rows: Sequence[dict[str, Any]]) -> Iterable[Target]:
    by_name = {(row["page"], row["mode"], row["contender"]): row for row in rows}

    def ratio(page: str, mode: str, contender: str) -> float:
        rates = [by_name[page, mode, name]["requests_per_second"] for name in (MODES[mode][0], contender)]
        return float(rates[0] / rates[1])

    yield Target("comparison, hot, × nginx", ratio("comparison", "hot", "nginx"), at_least=0.5)
    yield Target(
        "comparison, hot, × FastAPI in memory", ratio("comparison", "hot", "FastAPI, in memory"), at_least=5
    )
    yield Target("comparison, 304, × nginx", ratio("comparison", "304", "nginx"), at_least=0.5)
    hot = by_name["comparison", "hot", "product"]
    yield Target("comparison, hot, p99 ÷ p50", hot["p99_ms"] / hot["p50_ms"], at_most=5)
    for page in ("comparison", "tool list"):
        yield Target(f"{page}, cold, × FastAPI", ratio(page, "cold", "FastAPI"), at_least=0.7)


def comparison_addresses(ground: Ground) -> list[str]:
    chosen = random.Random(300).sample(ground.slugs, ASKED_COMPARISONS)
    return [f"/api/v1/comparisons/{slug}" for slug in chosen]


def compare_answers(contenders: Sequence[Contender], files: dict[str, bytes]) -> None:
    """Nothing is timed unless all give the product's very bytes, and FastAPI the same JSON."""
    for address, body in tqdm(files.items(), desc="Comparing answers", leave=False, disable=None):
        for contender in contenders:
            answer = contender.get(address).body
            if answer != body and (contender.name != "FastAPI" or comparable(answer) != comparable(body)):
                raise UserError(f"{contender.name} answers {address} with something else.")


def comparable(body: bytes) -> Any:
    """The JSON, but for how a next page is asked for, which is each server's own affair."""
    content = json.loads(body)
    if content.get("next"):
        content["next"] = content["next"].partition("?")[0]
    return content


def make_cases(
    contenders: dict[str, Contender], pages: dict[str, list[str]], directory: Path
) -> Iterable[Case]:
    for page, addresses in pages.items():
        for mode, names in MODES.items():
            for contender in (contenders[name] for name in names):
                etags = [contender.get(address).etag if mode == "304" else "" for address in addresses]
                for address, etag in zip(addresses, etags, strict=True):
                    status = contender.get(address, etag=etag).status
                    if status != (304 if mode == "304" else 200):
                        raise UserError(f"{contender.name} answers {address} ({mode}) with {status}.")
                file = directory / f"{page} ({mode}), {contender.name}"
                headers = [{"If-None-Match": etag} if etag else {} for etag in etags]
                asked = zip(addresses, headers, strict=True)
                yield Case(page, mode, contender, write_requests(file, (("GET", a, "", h) for a, h in asked)))


def send(case: Case, ground: Ground) -> Figures:
    return ground.load.send(case.requests, case.contender, connections=CONNECTIONS, seconds=ground.seconds)


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
            "to_product": round(median(rates[case]) / by_name[case.page, case.mode, MODES[case.mode][0]], 3),
            "to_nginx": round(
                median(rates[case])
                / by_name.get((case.page, case.mode, "nginx"), by_name[case.page, "hot", "nginx"]),
                4,
            ),
        }
        for case, runs in measured.items()
    ]


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    titles = [
        "page",
        "mode",
        "contender",
        "req/s (lowest to highest)",
        "p50 ms",
        "p99 ms",
        "× product",
        "× nginx",
    ]
    line = (
        "{page} | {mode} | {contender} | {requests_per_second:,.0f} ({lowest:,.0f} to {highest:,.0f}) | "
        "{p50_ms:.2f} | {p99_ms:.2f} | {to_product:.2f} | {to_nginx:.4f}"
    )
    print(table(titles, line, rows))
