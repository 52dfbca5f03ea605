"""`python -m bench.pictures [FILE]`: what a run wrote to `bench/latest.json`, as tables in Markdown with pictures.

`make bench` prints the same. The pictures are texts, which Mermaid draws.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from backend.devstack.stack import var_directory

Row = Mapping[str, Any]

PARTS = {
    "database": "database",
    "rows": "rows into objects",
    "rule": "rule",
    "render": "rendering",
    "rest": "middleware and the rest",
}


def main() -> None:
    [file] = map(Path, sys.argv[1:]) if sys.argv[1:] else [latest_file()]
    print(describe(json.loads(file.read_text())))


def latest_file() -> Path:
    return var_directory() / "bench" / "latest.json"


def describe(results: Mapping[str, Any]) -> str:
    """Those of the results that can be drawn."""
    return "\n".join(part for name, draw in DRAWN.items() if name in results for part in draw(results[name]))


# --- Each result --------------------------------------------------------------------------------


def draw_pages(rows: Sequence[Row]) -> Iterator[str]:
    """A table of each mode, for its figures are of one order."""
    for mode, some in groupby(rows, key=lambda row: row["mode"]):
        found = list(some)
        rival = "FastAPI" if mode == "cold" else "nginx"
        columns = {
            "page": "{page}",
            "mode": "{mode}",
            "contender": "{contender}",
            "req/s (lowest to highest)": "{requests_per_second:,.0f} ({lowest:,.0f} to {highest:,.0f})",
            "p50 ms": "{p50_ms:.2f}",
            "p99 ms": "{p99_ms:.2f}",
            "longest ms": "{longest_ms:.1f}",
            "× product": "{to_product:.2f}",
            f"× {rival}": "{to_rival:.3f}",
        }
        yield table(list(columns), " | ".join(columns.values()), found)
        bars = {f"{row['page']}: {row['contender']}": row["requests_per_second"] for row in found}
        yield chart(f"Pages, {mode}", "requests a second", bars)


def draw_parts(rows: Sequence[Row]) -> Iterator[str]:
    cells = [f"{{{part}_ms:.2f}} ({{{part}_share:.0%}})" for part in PARTS]
    titles = ["page, cold", *(f"{title}, ms" for title in PARTS.values()), "whole, ms"]
    yield table(titles, " | ".join(["{page}", *cells, "{whole_ms:.2f}"]), rows)
    bars = {f"{row['page']}: {title}": row[f"{part}_ms"] for row in rows for part, title in PARTS.items()}
    yield chart("Parts of a page", "milliseconds", bars)


def draw_memory(rows: Sequence[Row]) -> Iterator[str]:
    titles = ["pages asked for", "a web process, MB", "RESPONSE_CACHE_BYTES"]
    yield table(titles, "{pages:,} | {megabytes:.0f} | {limit:,}", rows)
    bars = {f"{row['pages']:,} pages": row["megabytes"] for row in rows}
    yield chart("Memory of a web process", "MB", bars)


def draw_votes(rows: Sequence[Row]) -> Iterator[str]:
    columns = {
        "votes on": "{case}",
        "contender": "{contender}",
        "votes/s (lowest to highest)": "{votes_per_second:,.0f} ({lowest:,.0f} to {highest:,.0f})",
        "p50 ms": "{p50_ms:.2f}",
        "p99 ms": "{p99_ms:.2f}",
        "× pgbench": "{to_pgbench:.2f}",
        "× FastAPI": "{to_fastapi:.2f}",
    }
    yield table(list(columns), " | ".join(columns.values()), rows)
    bars = {f"{row['case']}: {row['contender']}": row["votes_per_second"] for row in rows}
    yield chart("Votes", "votes a second", bars)


def draw_reads(rows: Sequence[Row]) -> Iterator[str]:
    columns = {
        "votes/s meanwhile": "{votes_per_second:,}",
        "tallies moved a second": "{moved:,}",
        "comparisons/s (lowest to highest)": "{requests_per_second:,.0f} ({lowest:,.0f} to {highest:,.0f})",
        "p50 ms": "{p50_ms:.2f}",
        "p99 ms": "{p99_ms:.2f}",
        "× idle": "{to_idle:.2f}",
    }
    yield table(list(columns), " | ".join(columns.values()), rows)
    bars = {f"beside {row['votes_per_second']:,} votes/s": row["requests_per_second"] for row in rows}
    yield chart("Hot comparisons", "requests a second", bars)


def draw_targets(rows: Sequence[Row]) -> Iterator[str]:
    told = [
        {**row, "told": short(row["reached"]), "verdict": "met" if row["is_met"] else "MISSED"}
        for row in rows
    ]
    yield table(["target", "wanted", "reached", ""], "{name} | {wanted} | {told} | {verdict}", told)
    yield chart("Targets", "share reached; 1 is met", {row["name"]: row["share"] for row in rows})


DRAWN: dict[str, Callable[[Sequence[Row]], Iterator[str]]] = {
    "pages": draw_pages,
    "parts": draw_parts,
    "memory": draw_memory,
    "votes": draw_votes,
    "reads": draw_reads,
    "targets": draw_targets,
}


# --- Tables and pictures ------------------------------------------------------------------------


def table(titles: Sequence[str], line: str, rows: Sequence[Row]) -> str:
    """Markdown: `line` is the format of a row's cells."""
    head = ["", f"| {' | '.join(titles)} |", "|" + " --- |" * len(titles)]
    return "\n".join([*head, *(f"| {line.format(**row)} |" for row in rows)])


def chart(title: str, unit: str, bars: Mapping[str, float]) -> str:
    """Mermaid in Markdown, which GitHub draws: a bar below the other, so that their names have room."""
    names = ", ".join(f'"{name}"' for name in bars)
    settings = f'{{"xyChart": {{"width": 900, "height": {100 + 30 * len(bars)}}}}}'
    lines = [
        "",
        "```mermaid",
        f"%%{{init: {settings}}}%%",
        "xychart-beta horizontal",
        f'    title "{title}"',
        f"    x-axis [{names}]",
        f'    y-axis "{unit}" 0 --> {plain(max(bars.values()) * 1.05 or 1)}',
        f"    bar [{', '.join(map(plain, bars.values()))}]",
        "```",
    ]
    return "\n".join(lines)


def short(number: float) -> str:
    """Three digits, or all of a whole number's."""
    return f"{number:.3g}" if abs(number) < 1_000 else f"{number:,.0f}"


def plain(number: float) -> str:
    """Mermaid knows no exponents."""
    return f"{number:.3f}".rstrip("0").rstrip(".")


if __name__ == "__main__":
    main()
