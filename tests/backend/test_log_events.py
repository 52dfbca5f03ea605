"""Which errors are counted by their name."""

import ast
import logging

import structlog

from backend.bootstrap import ROOT
from backend.log_events import EVENTS, OTHER, EventCounter, errors

APPS = ("backend", "catalog", "reviews", "votes", "comparisons", "newsletter")
LEVELS = {"error", "critical", "exception"}
# By a middleware of a library.
NOT_OURS = {"request_failed"}


def counts() -> dict[str, float]:
    """In this process."""
    (metric,) = errors.collect()
    return {s.labels["event"]: s.value for s in metric.samples if s.name == "verdicts_log_errors_total"}


def events_in(source: str) -> set[str]:
    """The first argument of each call that logs an error; of a choice, its first."""
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def test_every_error_that_our_code_logs_is_counted_by_its_name() -> None:
    sources = [path.read_text(encoding="utf-8") for app in APPS for path in (ROOT / app).rglob("*.py")]

    found = set().union(*map(events_in, sources))

    assert found | NOT_OURS == set(EVENTS)


def test_each_is_there_before_it_has_happened() -> None:
    assert set(counts()) == {*EVENTS, OTHER}


def test_an_error_is_counted_by_its_event_and_a_librarys_as_another() -> None:
    before = counts()
    log = logging.Logger("x")
    log.addHandler(EventCounter(level=logging.ERROR))
    ours = structlog.wrap_logger(log, [structlog.stdlib.ProcessorFormatter.wrap_for_formatter])

    ours.error("task_given_up", task="x")
    ours.warning("task_postponed")
    ours.error("never heard of", address="ada@example.com")
    log.error("Task %s raised", "x")

    found = {event: count - before[event] for event, count in counts().items() if count != before[event]}
    assert found == {"task_given_up": 1, OTHER: 2}
