"""The pages: the product beside the same bytes from nginx, FastAPI and Fastify, and the same payload from FastAPI."""

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

from tqdm import tqdm

from backend.bootstrap import UserError
from backend.devstack import processes
from bench.contenders import (
    Contender,
    install_fastify,
    start_fastapi,
    start_fastapi_memory,
    start_fastify,
    start_nginx,
    start_product,
)
from bench.ground import Ground
from bench.load import Figures, write_requests
from bench.parts import measure_parts
from bench.targets import Target
from catalog.models import Tool

CONNECTIONS = 16
ASKED = 300
TOOL_LIST = "/api/v1/tools?limit=20"
RANKINGS = "/api/v1/rankings?limit=20"
# Of so many requests the longest is told.
MANY = 100_000

# Nothing is kept, no two requests share a rendering, and a busy machine is no outage.
WITHOUT_MEMORY = {"RESPONSE_CACHE_BYTES": "0", "RESPONSE_CACHE_AGE": "0", "REQUEST_TIMEOUT": "60000"}
# By mode, the contenders by name; the product comes first, and then whom its figures are set against.
MODES = {
    "hot": ["product", "nginx", "FastAPI, in memory", "Fastify"],
    "304": ["product", "nginx", "Fastify"],
    "cold": ["product, rendering", "FastAPI"],
}
HOT_PAGES = ("comparison", "tool list")
# By page, its addresses.
Pages = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Case:
    """One contender on one page: `hot` is asked for what it has in memory, `304` sends the ETag, `cold` has it rendered."""

    page: str
    mode: str
    contender: Contender
    requests: Path


def measure_pages(ground: Ground) -> tuple[dict[str, Any], list[Target]]:
    pages = {
        "comparison": comparison_addresses(ground),
        "tool": tool_addresses(),
        "tool list": [TOOL_LIST],
        "rankings": [RANKINGS],
    }
    install_fastify(ground.programs["npm"])
    parts = measure_parts(pages, directory=ground.directory, core=ground.core)
    with servers_running(ground, pages) as contenders:
        compare_answers(contenders, pages)
        cases = list(make_cases(contenders, pages, ground.directory))
        measured = ground.take_turns(cases, lambda case: send(case, ground), desc="Pages")
        longest = longest_of_many(cases[0], measured[cases[0]], ground)
    rows = summarise(measured)
    return {"pages": rows, "parts": parts}, list(targets_of(rows, longest))


def comparison_addresses(ground: Ground) -> list[str]:
    chosen = random.Random(300).sample(ground.slugs, ASKED)
    return [f"/api/v1/comparisons/{slug}" for slug in chosen]


def tool_addresses() -> list[str]:
    slugs = Tool.objects.order_by("slug").values_list("slug", flat=True)
    return [f"/api/v1/tools/{slug}" for slug in random.Random(300).sample(list(slugs), ASKED)]


@contextmanager
def servers_running(ground: Ground, pages: Pages) -> Iterator[dict[str, Contender]]:
    """By name. Those that serve files have the product's bytes of the hot pages."""
    contenders: list[Contender] = []
    directory, programs, core = ground.directory, ground.programs, ground.core
    try:
        product = start_product(directory, core=core)
        contenders.append(product)
        product.await_ready(TOOL_LIST)
        files = {address: product.get(address).body for page in HOT_PAGES for address in pages[page]}
        contenders += [
            start_product(directory, core=core, environment=WITHOUT_MEMORY, name="product, rendering"),
            start_nginx(directory, files, program=programs["nginx"], core=core),
            start_fastapi(directory, core=core),
            start_fastapi_memory(directory, core=core),
            start_fastify(directory, program=programs["node"], core=core),
        ]
        for contender in contenders:
            contender.await_ready(TOOL_LIST)
        yield {contender.name: contender for contender in contenders}
    finally:
        processes.stop([contender.child for contender in contenders], timeout=5)


# --- What is asked ------------------------------------------------------------------------------


def compare_answers(contenders: Mapping[str, Contender], pages: Pages) -> None:
    """Nothing is timed unless all give the product's very bytes, and FastAPI the same JSON."""
    asked = [(page, address) for page, addresses in pages.items() for address in addresses]
    for page, address in tqdm(asked, desc="Comparing answers", leave=False, disable=None):
        body = contenders["product"].get(address).body
        for name in [*MODES["cold"], *(MODES["hot"][1:] if page in HOT_PAGES else ())]:
            answer = contenders[name].get(address).body
            if answer != body and (name != "FastAPI" or comparable(answer) != comparable(body)):
                raise UserError(f"{name} answers {address} with something else.")


def comparable(body: bytes) -> Any:
    """The JSON, but for how a next page is asked for, which is each server's own affair."""
    content = json.loads(body)
    if content.get("next"):
        content["next"] = content["next"].partition("?")[0]
    return content


def make_cases(contenders: Mapping[str, Contender], pages: Pages, directory: Path) -> Iterable[Case]:
    """The product's hot comparisons come first."""
    for mode, names in MODES.items():
        for page, addresses in pages.items():
            if mode == "cold" or page in HOT_PAGES:
                for name in names:
                    yield make_case(page, mode, contenders[name], addresses, directory)


def make_case(page: str, mode: str, contender: Contender, addresses: Sequence[str], directory: Path) -> Case:
    etags = [contender.get(address).etag if mode == "304" else "" for address in addresses]
    for address, etag in zip(addresses, etags, strict=True):
        status = contender.get(address, etag=etag).status
        if status != (304 if mode == "304" else 200):
            raise UserError(f"{contender.name} answers {address} ({mode}) with {status}.")
    file = directory / f"{page} ({mode}), {contender.name}"
    headers = [{"If-None-Match": etag} if etag else {} for etag in etags]
    asked = zip(addresses, headers, strict=True)
    return Case(page, mode, contender, write_requests(file, (("GET", a, "", h) for a, h in asked)))


def send(case: Case, ground: Ground, *, seconds: int = 0) -> Figures:
    return ground.load.send(
        case.requests, case.contender, connections=CONNECTIONS, seconds=seconds or ground.seconds
    )


def longest_of_many(case: Case, runs: Sequence[Figures], ground: Ground) -> float:
    """The milliseconds of the longest of at least MANY requests, in the median of as many rounds."""
    seconds = ceil(1.2 * MANY / median(figures.requests_per_second for figures in runs))
    longest: list[float] = []
    while len(longest) < ground.rounds:
        figures = send(case, ground, seconds=seconds)
        if figures.requests >= MANY:
            longest.append(figures.longest_ms)
        else:
            seconds *= 2
    return median(longest)


# --- Results ------------------------------------------------------------------------------------


def summarise(measured: Mapping[Case, Sequence[Figures]]) -> list[dict[str, Any]]:
    rates = {case: [figures.requests_per_second for figures in runs] for case, runs in measured.items()}
    by_name = {(case.page, case.mode, case.contender.name): median(rates[case]) for case in measured}
    rows = []
    for case, runs in measured.items():
        product, rival = (by_name[case.page, case.mode, name] for name in MODES[case.mode][:2])
        rate = median(rates[case])
        rows.append(
            {
                "page": case.page,
                "mode": case.mode,
                "contender": case.contender.name,
                "requests_per_second": round(rate, 1),
                "lowest": round(min(rates[case]), 1),
                "highest": round(max(rates[case]), 1),
                "p50_ms": round(median(figures.p50_ms for figures in runs), 2),
                "p99_ms": round(median(figures.p99_ms for figures in runs), 2),
                "longest_ms": round(max(figures.longest_ms for figures in runs), 2),
                "to_product": round(rate / product, 3),
                "to_rival": round(rate / rival, 4),
            }
        )
    return rows


def targets_of(rows: Sequence[dict[str, Any]], longest: float) -> Iterable[Target]:
    by_name = {(row["page"], row["mode"], row["contender"]): row for row in rows}

    def ratio(page: str, mode: str, contender: str) -> float:
        rates = [by_name[page, mode, name]["requests_per_second"] for name in (MODES[mode][0], contender)]
        return float(rates[0] / rates[1])

    for mode, contender, wanted in (
        ("hot", "nginx", 0.5),
        ("hot", "FastAPI, in memory", 5),
        ("hot", "Fastify", 1),
        ("304", "nginx", 0.5),
    ):
        reached = ratio("comparison", mode, contender)
        yield Target(f"comparison, {mode}, × {contender.replace(',', '')}", reached, at_least=wanted)
    hot = by_name["comparison", "hot", "product"]
    yield Target("comparison, hot, p99 ÷ p50", hot["p99_ms"] / hot["p50_ms"], at_most=5)
    yield Target(f"comparison, hot, longest of {MANY:,}, ms", longest, at_most=20)
    for page in ("comparison", "tool", "tool list", "rankings"):
        yield Target(f"{page}, cold, × FastAPI", ratio(page, "cold", "FastAPI"), at_least=0.7)
