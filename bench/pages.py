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
from bench.contenders import Contender, start_fastapi, start_nginx, start_product
from bench.ground import Ground, table
from bench.load import Figures, write_requests

CONNECTIONS = 16
ASKED_COMPARISONS = 300
TOOL_LIST = "/api/v1/tools?limit=20"


@dataclass(frozen=True, slots=True)
class Case:
    """One contender on one page: `cold` asks for the whole answer, `warm` sends the ETag and gets a 304."""

    page: str
    mode: str
    contender: Contender
    requests: Path


def measure_pages(ground: Ground) -> dict[str, Any]:
    pages = {"comparison": comparison_addresses(ground), "tool list": [TOOL_LIST]}
    contenders: list[Contender] = []
    try:
        product = start_product(ground.directory, core=ground.core)
        contenders.append(product)
        product.await_ready(TOOL_LIST)
        files = {address: product.get(address).body for address in [*pages["comparison"], TOOL_LIST]}
        nginx = start_nginx(ground.directory, files, program=ground.nginx, core=ground.core)
        contenders += [nginx, start_fastapi(ground.directory, core=ground.core)]
        for contender in contenders:
            contender.await_ready(TOOL_LIST)
        compare_answers(contenders, files)
        cases = list(make_cases(contenders, pages, ground.directory))
        rows = summarise(ground.take_turns(cases, lambda case: send(case, ground), desc="Pages"))
    finally:
        processes.stop([contender.child for contender in contenders], timeout=5)
    print_table(rows)
    return {"pages": rows}


def comparison_addresses(ground: Ground) -> list[str]:
    chosen = random.Random(300).sample(ground.slugs, ASKED_COMPARISONS)
    return [f"/api/v1/comparisons/{slug}" for slug in chosen]


def compare_answers(contenders: Sequence[Contender], files: dict[str, bytes]) -> None:
    """Nothing is timed unless nginx gives the product's very bytes and FastAPI the same JSON."""
    _, nginx, fastapi = contenders
    for address, body in tqdm(files.items(), desc="Comparing answers", leave=False, disable=None):
        if nginx.get(address).body != body:
            raise UserError(f"nginx answers {address} with other bytes.")
        if comparable(fastapi.get(address).body) != comparable(body):
            raise UserError(f"FastAPI answers {address} with other JSON.")


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
            "to_product": round(median(rates[case]) / by_name[case.page, case.mode, "product"], 3),
            "to_nginx": round(median(rates[case]) / by_name[case.page, case.mode, "nginx"], 4),
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
