"""The command that decides again: what it takes, and what it says where an answer is another."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from comparisons.verdict import decide
from contract.verdict_cases import FILE
from tests.comparisons.evidence import pair

VERDICT = decide(pair("++++", "++++", "aaab"))


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("replay_verdict", *arguments, stdout=out)
    return out.getvalue()


def file_with(tmp_path: Path, data: Any) -> str:
    path = tmp_path / "replay.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return str(path)


def test_from_a_replay_it_prints_the_answer(tmp_path: Path) -> None:
    assert json.loads(run(file_with(tmp_path, VERDICT.replay))) == VERDICT.answer


def test_from_a_comparison_as_the_api_has_it(tmp_path: Path) -> None:
    comparison = {"slug": "alpha-vs-beta", "verdict": {**VERDICT.answer, "replay": VERDICT.replay}}

    assert json.loads(run(file_with(tmp_path, comparison))) == VERDICT.answer


def test_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(VERDICT.replay)))

    assert json.loads(run()) == VERDICT.answer


def test_the_committed_cases() -> None:
    assert run(str(FILE)) == "1000 cases, each decided as the file says.\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            {"verdict": {**VERDICT.answer, "winner": "beta", "margin": 51, "replay": VERDICT.replay}},
            "The file says something else: winner 'beta', margin 51.",
            id="another answer",
        ),
        pytest.param(
            {"cases": [{"replay": VERDICT.replay, "answer": {**VERDICT.answer, "strength": "narrow"}}]},
            "cases[0]: the file says something else: strength 'narrow'.",
            id="another answer among cases",
        ),
        pytest.param({"cases": [7]}, "cases[0]: has no replay and answer.", id="no case"),
        pytest.param(
            {"cases": [{"answer": {}}]},
            "cases[0]: This is no replay of a verdict",
            id="a case without a replay",
        ),
        pytest.param({"verdict": {}}, "This is no replay of a verdict", id="a verdict without a replay"),
        pytest.param([], "This is no replay of a verdict", id="a list"),
        pytest.param(
            {**VERDICT.replay, "rule": "2020-01"},
            "This is no replay of a verdict: KeyError: '2020-01'",
            id="no rule",
        ),
        pytest.param(
            {**VERDICT.replay, "votes": [{}]}, "This is no replay of a verdict", id="votes are missing"
        ),
        pytest.param("{", "Expecting property name", id="no JSON"),
    ],
)
def test_what_is_wrong_is_said(data: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refusal:
        run(file_with(tmp_path, data))

    assert message in str(refusal.value)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match=r"nowhere\.json"):
        run("nowhere.json")
