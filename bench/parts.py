"""What a page that is rendered anew spends its time on.

`python -m bench.parts QUESTIONS ANSWERS` asks the product's own WSGI application in its own process, with a timer around
functions that are known; what one of them does within another is its own. Granian and the memory before Django are no part.
"""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Any
from unittest import mock

from backend.bootstrap import ROOT, UserError, last_lines
from bench.pictures import PARTS

# Of each page, so many addresses; of each of them the best of so many answers.
ADDRESSES, TIMES = 20, 15


class Timer:
    """Seconds by part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        # What was spent within each part that is under way.
        self._within = [0.0]

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self._within.append(0.0)
        began = perf_counter()
        try:
            yield
        finally:
            took = perf_counter() - began
            self.seconds[name] += took - self._within.pop()
            self._within[-1] += took

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return function(*args, **kwargs)

        return timed


def measure_parts(pages: Mapping[str, Sequence[str]], *, directory: Path, core: int) -> list[dict[str, Any]]:
    """On the servers' core, where PostgreSQL is too."""
    questions, answers = directory / "questions.json", directory / "parts.json"
    questions.write_text(json.dumps({page: addresses[:ADDRESSES] for page, addresses in pages.items()}))
    command = [sys.executable, "-m", "bench.parts", str(questions), str(answers)]
    done = subprocess.run(
        ["taskset", "-c", str(core), *command],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UserError(f"The parts of a page could not be measured:\n{last_lines(done.stderr)}")
    rows: list[dict[str, Any]] = json.loads(answers.read_text())
    return rows


def main() -> None:
    questions, answers = map(Path, sys.argv[1:])
    pages: dict[str, list[str]] = json.loads(questions.read_text())
    rows = [
        {"page": page, **parts_of([best_of(address) for address in addresses])}
        for page, addresses in pages.items()
    ]
    answers.write_text(json.dumps(rows))


def best_of(address: str) -> dict[str, float]:
    """The seconds of the quickest answer, by part."""
    return min((time_answer(address) for _ in range(TIMES)), key=lambda seconds: sum(seconds.values()))


def parts_of(answers: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Milliseconds, and shares of the whole, by part, of an answer of usual length."""
    milliseconds = {part: mean(answer.get(part, 0.0) for answer in answers) * 1e3 for part in PARTS}
    whole = sum(milliseconds.values())
    return {
        **{f"{part}_ms": round(taken, 3) for part, taken in milliseconds.items()},
        **{f"{part}_share": round(taken / whole, 3) for part, taken in milliseconds.items()},
        "whole_ms": round(whole, 3),
    }


def time_answer(address: str) -> dict[str, float]:
    from django.test import RequestFactory

    from backend import wsgi

    timer, begun = Timer(), []
    environ = RequestFactory(headers={"host": "127.0.0.1"}).get(address).environ
    with timed_parts(timer), timer.part("rest"):
        wsgi.render(environ, lambda status, headers, *_: begun.append(status))
    if begun != ["200 OK"]:
        raise UserError(f"The product answers {address} with {begun}.")
    return timer.seconds


@contextmanager
def timed_parts(timer: Timer) -> Iterator[None]:
    from django.db import connection

    def execute(run: Callable[..., Any], *args: Any) -> Any:
        with timer.part("database"):
            return run(*args)

    with ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(execute))
        for part, owners in known_functions().items():
            for owner, name in owners:
                stack.enter_context(mock.patch.object(owner, name, timer.around(part, getattr(owner, name))))
        yield


def known_functions() -> dict[str, list[tuple[object, str]]]:
    """By part, each with where it is looked up."""
    from backend.api.prepared import Prepared, PreparedValues
    from backend.api.views import JSONRenderer
    from comparisons.evidence import PairEvidence
    from comparisons.pairs import pair, selectors
    from comparisons.pairs import views as pairs
    from comparisons.rankings import views as rankings
    from comparisons.tools import views as tools

    return {
        "rows": [
            (Prepared, "rows"),
            (PreparedValues, "rows"),
            (selectors, "answers_read_with"),
        ],
        "rule": [
            (PairEvidence, "of_reviews"),
            *((pair, name) for name in ("decide", "summary_of", "guidance_of")),
            (rankings, "ranked"),
        ],
        "render": [
            (pairs, "rendered"),
            *((views, name) for views in (tools, rankings) for name in ("rendered", "all_rendered")),
            (JSONRenderer, "render"),
        ],
    }


if __name__ == "__main__":
    main()
