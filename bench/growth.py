"""How reads grow: the database's time for every read operation, each filter and each sort, at two sizes of the catalog."""

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from types import SimpleNamespace
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import yaml
from django.db import connection
from django.test import Client
from tqdm import tqdm

from backend.api import pagination
from backend.bootstrap import ROOT, UserError
from backend.devstack.stack import var_directory
from bench.growth_data import GrowthSize, grow
from bench.pictures import table
from comparisons.pairs.views import COMPARISON_SORTS
from comparisons.tools.lists import TOOL_SORTS
from votes.models import Voter
from votes.voters.tokens import VoterToken

SIZES = (GrowthSize(tools=2_000), GrowthSize(tools=100_000))
# A read may take so many times as long with the larger catalog, or so many milliseconds longer; where it must count, so
# many milliseconds.
MOST_TIMES, MOST_MORE, MOST_COUNTING = 2.0, 2.0, 15.0
ROUNDS = 7
DEEP = "deep"

TOOL, OTHER = "measured-tool-7", "measured-tool-11"
PAIR = "measured-tool-1-vs-measured-tool-3"
REVIEW = "00000004-0000-7000-8000-00000000001c"
FIVE = ",".join(f"measured-tool-{n}" for n in (3, 5, 7, 9, 11))
VOTER_ID = bytes(16)

# By operation: the addresses that are asked.
ADDRESSES: dict[str, Sequence[str]] = {
    "list_categories": ["/categories"],
    "retrieve_category": ["/categories/shelf-1", "/categories/shelf-12"],
    "list_conditions": ["/conditions"],
    "list_reviewers": ["/reviewers"],
    "retrieve_reviewer": ["/reviewers/critic-1"],
    "list_reviews": [
        "/reviews",
        f"/reviews?tool={TOOL}",
        "/reviews?reviewer=critic-1",
        "/reviews?reviewer=critic-1,critic-2",
        "/reviews?verdict=skip",
        "/reviews?reviewer=critic-1&include=count",
        "/reviews?reviewer=critic-3&verdict=ship",
        "/reviews?include=count",
        "/reviews?verdict=ship&include=count",
    ],
    "list_head_to_heads": [
        "/head-to-heads",
        f"/head-to-heads?tool={TOOL}",
        "/head-to-heads?reviewer=critic-1",
    ],
    "retrieve_review": [f"/reviews/{REVIEW}"],
    "list_review_revisions": [f"/reviews/{REVIEW}/revisions"],
    "list_tool_reviews": [f"/tools/{TOOL}/reviews"],
    "retrieve_tool_tally": [f"/tools/{TOOL}/tally"],
    "list_tool_tally_days": [f"/tools/{TOOL}/tally/timeline"],
    "list_closed_days": ["/tallies/days"],
    "retrieve_vote": [f"/tools/{TOOL}/vote"],
    "retrieve_own_voter": ["/voters/me"],
    "list_own_votes": ["/voters/me/votes", f"/voters/me/votes?tool={TOOL}"],
    "list_own_picks": ["/voters/me/picks", f"/voters/me/picks?tool={TOOL}"],
    "list_tools": [
        *(f"/tools?sort={sign}{name}" for name in TOOL_SORTS for sign in ("", "-")),
        "/tools?sort=relevance",
        "/tools?category=shelf-1",
        "/tools?category=shelf-12&sort=-panel",
        "/tools?category=shelf-12&sort=-community",
        "/tools?entry=free",
        "/tools?call=skip",
        "/tools?call=unreviewed",
        "/tools?shipped_by=critic-1",
        "/tools?skipped_by=critic-1,critic-2",
        "/tools?fits=condition-1",
        "/tools?min_votes=20",
        "/tools?min_votes=1000",
        "/tools?include=reviews",
        "/tools?include=facets",
        "/tools?category=shelf-1&entry=free&call=ship&include=facets",
        "/tools?fits=condition-1&include=facets",
        "/tools?shipped_by=critic-1&include=facets",
        "/tools?min_votes=20&include=facets",
        "/tools?include=count",
        "/tools?category=shelf-1&entry=free&include=count",
        "/tools?fits=condition-1&include=count",
        "/tools?q=measured+tool+1999",
        "/tools?q=fast+quiet",
        "/tools?q=fast+quiet&sort=-community",
        "/tools?q=1999&sort=name",
        "/tools?q=1999&sort=-votes",
        "/tools?q=nothing+has+these&sort=name",
        "/tools?q=fast+quiet&include=facets",
        "/tools?q=measured",
        "/tools?q=fast+quiet&include=count",
        "/tools?q=measured&include=facets",
    ],
    "retrieve_tool": [f"/tools/{TOOL}", "/tools/measured-tool-1", f"/tools/{TOOL}?include=tally"],
    "list_comparisons": [
        *(f"/comparisons?sort={sign}{name}" for name in COMPARISON_SORTS for sign in ("", "-")),
        f"/comparisons?tool={TOOL}",
        f"/comparisons?tool={TOOL},{OTHER}&sort=-panel_crowd_gap",
        "/comparisons?category=shelf-1",
        "/comparisons?category=shelf-12",
        *(f"/comparisons?outcome={outcome}" for outcome in ("winner", "tie", "insufficient")),
        "/comparisons?include=count",
        "/comparisons?category=shelf-1&outcome=tie&include=count",
        "/comparisons?include=scorecard",
        "/comparisons?q=fast",
        "/comparisons?q=1999",
        "/comparisons?q=nothing+has+these",
        "/comparisons?q=fast&category=shelf-1&sort=-pick_count",
    ],
    "retrieve_comparison": [
        f"/comparisons/{PAIR}",
        f"/comparisons/{OTHER}-vs-{TOOL}",
        f"/comparisons/{PAIR}?include=tally,related",
        f"/comparisons/{PAIR}?panel=critic-1,critic-2",
    ],
    "retrieve_pick": [f"/comparisons/{PAIR}/pick"],
    "list_pick_tally_days": [f"/comparisons/{PAIR}/pick/timeline"],
    "list_verdict_changes": [f"/comparisons/{PAIR}/history"],
    "compare_tools": [f"/compare?tools={FIVE}", f"/compare?tools={FIVE}&panel=critic-1,critic-2"],
    "list_rankings": [
        "/rankings?include=count",
        *(
            f"/rankings?by={by}{rest}"
            for by in ("panel", "crowd")
            for rest in ("", "&category=shelf-1", "&category=shelf-12")
        ),
    ],
    "list_editions": ["/newsletter/editions"],
}
# How much of a page is shown, and a page that only a link of the desk's leads to.
NOT_ASKED = {"limit", "cursor", "fields", "preview"}
# What depends on no tool: a subscriber's own, one edition, one day.
OTHERS = {"retrieve_preferences", "export_subscriber", "retrieve_edition", "retrieve_closed_day"}
COUNTS = re.compile(r"[?&](include=facets|include=count|q=)|/rankings.*deep")


@dataclass(slots=True)
class Statement:
    """One statement of a request; `milliseconds` are those of each round."""

    sql: str
    params: Any
    milliseconds: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Figure:
    """The database's time for one address in milliseconds, its best round, and its statements."""

    milliseconds: float
    statements: Sequence[Statement]


def measure_growth() -> bool:
    """Fills the empty database twice and asks every address each time; whether all keep the rule."""
    # Otherwise the table stands below a line for each request.
    logging.disable(logging.INFO)
    check_operations()
    Voter.objects.create(key=voter().key, assurance=1)
    figures: list[dict[str, Figure]] = []
    above = 0
    for size in SIZES:
        print(f"Writing {size.tools:,} tools …", flush=True)
        grow(above=above, size=size)
        above = size.tools
        figures.append(dict(ask_all()))
    rows = [judge(address, small, figures[1][address]) for address, small in figures[0].items()]
    titles = ["address", "statements", "2,000 tools: ms", "100,000: ms", "times", ""]
    line = "{address} | {statements} | {small:.1f} | {large:.1f} | {times:.1f} | {judgement}"
    print(table(titles, line, rows))
    for row in rows:
        if row["judgement"]:
            print(f"\n{row['address']}")
            explain(figures[1][f"/api/v1{row['address']}"].statements)
    file = var_directory() / "bench" / "growth.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"measured_at": datetime.now(UTC).isoformat(), "rows": rows}, indent=2) + "\n")
    return not any(row["judgement"] for row in rows)


def check_operations() -> None:
    """Raises UserError where the contract has a read, a filter or a sort that nobody asks."""
    document = yaml.safe_load((ROOT / "openapi.yaml").read_text())
    reads = {
        path["get"]["operationId"]: [
            each for each in path["get"].get("parameters", []) if each["in"] == "query"
        ]
        for path in document["paths"].values()
        if "get" in path
    }
    missing = sorted(set(reads) ^ (set(ADDRESSES) | OTHERS))
    for operation, addresses in ADDRESSES.items():
        asked: dict[str, set[str]] = {}
        for address in addresses:
            for name, values in parse_qs(urlsplit(address).query).items():
                asked.setdefault(name, set()).update(values)
        for parameter in reads.get(operation, []):
            name = parameter["name"]
            if name not in asked and name not in NOT_ASKED:
                missing.append(f"{operation}?{name}=")
            elif name == "sort":
                missing += [
                    f"{operation}?sort={each}"
                    for each in parameter["schema"]["enum"]
                    if each not in asked[name]
                ]
    if missing:
        raise UserError(f"bench/growth.py asks not what the contract has: {', '.join(missing)}")


def voter() -> VoterToken:
    return VoterToken(VOTER_ID, datetime.now(UTC), 1)


def ask_all() -> Iterator[tuple[str, Figure]]:
    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Voter {voter().token}"})
    addresses = [f"/api/v1{address}" for asked in ADDRESSES.values() for address in asked]
    for address in tqdm(addresses, desc="Asking", leave=False, disable=None):
        yield address, ask(client, address)
        if cursor := deep_cursor(client, address):
            mark = "&" if "?" in address else "?"
            yield f"{address} {DEEP}", ask(client, f"{address}{mark}cursor={cursor}")


def ask(client: Client, address: str) -> Figure:
    """The best of several rounds; the first few are those in which statements are prepared and planned."""
    rounds = [statements_of(client, address) for _ in range(ROUNDS)]
    best = min(rounds, key=lambda statements: sum(each.milliseconds[0] for each in statements))
    return Figure(sum(each.milliseconds[0] for each in best), best)


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """What the database is asked in the block."""
    statements: list[Statement] = []

    def record(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            statements.append(Statement(sql, params, [(perf_counter() - began) * 1000]))

    with connection.execute_wrapper(record):
        yield statements


def statements_of(client: Client, address: str) -> list[Statement]:
    with recorded() as statements:
        answer = client.get(address)
    if answer.status_code != 200:
        raise UserError(f"{address} answers {answer.status_code}: {answer.content[:300]!r}")
    return statements


@contextmanager
def cursors_written() -> Iterator[list[Mapping[str, Any]]]:
    """What the cursors of an answer are made of; the last one is of its list."""
    written: list[Mapping[str, Any]] = []
    write = pagination.write_cursor

    def note(row: Any, **rest: Any) -> str:
        written.append(rest)
        return write(row, **rest)

    with mock.patch.object(pagination, "write_cursor", note):
        yield written


def deep_cursor(client: Client, address: str) -> str | None:
    """A cursor to the middle of a list that has several pages; None of anything else."""
    with cursors_written() as written:
        statements = statements_of(client, address)
    if not written:
        return None
    made_of = written[-1]
    keys = ", ".join(made_of["aliases"])
    listed = next(each for each in reversed(statements) if "key_0" in each.sql)
    # A list of narrow rows ends them at the same number.
    [limit] = re.findall(r" LIMIT \d+$", listed.sql)
    everything = listed.sql.replace(limit, "")
    params = listed.params[: everything.count("%s")]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({everything}) listed", params)
        [count] = cursor.fetchone()
        cursor.execute(f"SELECT {keys} FROM ({everything}) listed OFFSET {count // 2} LIMIT 1", params)
        position = SimpleNamespace(**dict(zip(made_of["aliases"], cursor.fetchone(), strict=True)))
    return pagination.write_cursor(position, backward=False, **{k: made_of[k] for k in ("aliases", "signer")})


def judge(address: str, small: Figure, large: Figure) -> dict[str, Any]:
    before, after = small.milliseconds, large.milliseconds
    is_flat = after <= before * MOST_TIMES or after <= before + MOST_MORE
    may_count = bool(COUNTS.search(address)) and after <= MOST_COUNTING
    return {
        "address": address.removeprefix("/api/v1"),
        "statements": len(large.statements),
        "small": round(before, 2),
        "large": round(after, 2),
        "times": round(after / before, 2) if before else 1.0,
        "judgement": "" if is_flat or may_count else "grows",
    }


def explain(statements: Sequence[Statement]) -> None:
    """Prints the plan of the slowest statement."""
    slowest = max(statements, key=lambda each: each.milliseconds[0])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {slowest.sql}", slowest.params)
        print("\n".join(f"    {line}" for [line] in cursor.fetchall()), flush=True)
