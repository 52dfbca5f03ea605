"""A verdict from its inputs as data: the same for every pair of the demo, for random ones, and for the committed cases."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from rest_framework.test import APIClient

from comparisons.catalog_file.demo.loader import load_demo
from comparisons.models import Comparison
from comparisons.replay import replay_as_json, replay_from_json
from comparisons.rules import RULES
from comparisons.verdict import decide
from contract.verdict_cases import CASES, FILE, answer_to, as_text, cases, random_replay
from tests.comparisons.evidence import pair
from tests.factories import NOW
from votes.tally import Interval, PickCount


@pytest.mark.parametrize("rule", RULES)
def test_ten_thousand_random_verdicts_come_out_of_their_replays_again(rule: str) -> None:
    random = Random(2026)
    seen = set()

    for _ in range(5_000):
        data = random_replay(random, rule=rule)
        read = replay_from_json(json.loads(json.dumps(data)))
        verdict = decide(read.pair, rule=read.rule)
        assert verdict.replay == data
        again = replay_from_json(verdict.replay)
        assert decide(again.pair, rule=again.rule).answer == verdict.answer
        seen.add((verdict.outcome, verdict.decided_by, verdict.strength, verdict.contested))

    # Each step with each strength that it has, contested and not, where the rule knows it.
    assert len(seen) >= (18 if rule == "2026-12" else 8)


@pytest.mark.django_db
def test_each_verdict_of_the_demo_comes_out_of_its_replay_again(api: APIClient) -> None:
    load_demo(now=NOW)

    for pair_of_demo in Comparison.objects.select_related("first_tool", "second_tool"):
        told = api.get(f"/api/v1/comparisons/{pair_of_demo.slug}").json()["verdict"]
        answer = answer_to(told["replay"])
        assert answer == {name: told[name] for name in answer}


def test_the_committed_cases_are_what_the_rules_say() -> None:
    committed = json.loads(FILE.read_text(encoding="utf-8"))["cases"]

    assert len(committed) == CASES
    for case in committed:
        assert answer_to(case["replay"]) == case["answer"]
    decided = {(case["replay"]["rule"], case["answer"]["decided_by"]) for case in committed}
    steps = {"panel", "head_to_head", "community", "picks", None}
    assert decided == {("2026-12", step) for step in steps} | {
        ("2026-11", step) for step in ("panel", "community", None)
    }


def test_the_committed_cases_are_made_anew_as_they_are() -> None:
    assert as_text(cases()) == FILE.read_text(encoding="utf-8"), "run `python -m contract.verdict_cases`"


def test_a_replay_tells_all_that_was_read_and_when_it_became_public() -> None:
    at = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    found = pair("+ ", "-+", "a=", panel_of={"skeptic": "S", "builder": "B"})
    first = replace(found.first, votes_as_of=at)
    found = replace(found, first=first, picks=PickCount(1, 2, Interval(0.25, 0.5)), picks_as_of=at)

    assert replay_as_json(found, rule="2026-12") == {
        "rule": "2026-12",
        "tools": ["alpha", "beta"],
        "panel_of": ["builder", "skeptic"],
        "panels": [{"ship": 1, "skip": 0}, {"ship": 1, "skip": 1}],
        "reviewers": [
            {"reviewer": "builder", "reviews": ["ship", "skip"], "has_answered": True, "prefers": "alpha"},
            {"reviewer": "skeptic", "reviews": [None, "ship"], "has_answered": True, "prefers": None},
        ],
        "votes": [
            {"ship": 0, "skip": 0, "bounds": None, "as_of": "2026-11-02T09:30:00Z"},
            {"ship": 0, "skip": 0, "bounds": None, "as_of": None},
        ],
        "picks": {
            "first": 1,
            "second": 2,
            "bounds": {"low": 0.25, "high": 0.5},
            "as_of": "2026-11-02T09:30:00Z",
        },
    }


@pytest.mark.parametrize("data", [{}, {"tools": ["a", "b"]}, [], None])
def test_other_data_are_refused(data: object) -> None:
    with pytest.raises((KeyError, TypeError)):
        replay_from_json(data)  # type: ignore[arg-type]
