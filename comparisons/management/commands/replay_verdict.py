"""Decides again from what a verdict was decided from, and says whether the answer is the same."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.api.json_type import Json
from comparisons.replay import replay_from_json
from comparisons.verdict import decide

ANSWER = ("outcome", "winner", "decided_by", "strength", "margin", "contested", "dissent")


class Command(BaseCommand):
    help = (
        "Decides from `verdict.replay` of a comparison, and prints the answer. FILE holds what GET /comparisons/{slug} "
        "answers, what stands under its `replay`, or cases as contract/verdict-cases.json has them. Where the file has "
        "answers, another one is an error. It asks no database."
    )
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", nargs="?", default="-", help="A JSON file; - or nothing is standard input."
        )

    def handle(self, *args: object, **options: str) -> None:
        name = options["file"]
        try:
            text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
            data = json.loads(text)
        except (OSError, ValueError) as error:
            raise CommandError(f"{name}: {error}") from error
        if isinstance(data, Mapping) and isinstance(data.get("cases"), list):
            self._check(data["cases"])
            return
        verdict = data.get("verdict") if isinstance(data, Mapping) else None
        told = verdict if isinstance(verdict, Mapping) else None
        answer = _replayed(told.get("replay") if told else data)
        self.stdout.write(json.dumps(answer, indent=2))
        if told is not None and (other := _differences(told, answer)):
            raise CommandError(f"The file says something else: {other}.")

    def _check(self, cases: list[Json]) -> None:
        for number, case in enumerate(cases):
            if not isinstance(case, Mapping) or not isinstance(case.get("answer"), Mapping):
                raise CommandError(f"cases[{number}]: has no replay and answer.")
            try:
                answer = _replayed(case.get("replay"))
            except CommandError as error:
                raise CommandError(f"cases[{number}]: {error}") from error
            if other := _differences(case["answer"], answer):
                raise CommandError(f"cases[{number}]: the file says something else: {other}.")
        self.stdout.write(f"{len(cases)} cases, each decided as the file says.")


def _replayed(data: Json) -> dict[str, Json]:
    try:
        replay = replay_from_json(data)
        return decide(replay.pair, rule=replay.rule).answer
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise CommandError(f"This is no replay of a verdict: {type(error).__name__}: {error}") from error


def _differences(told: Mapping[str, Json], answer: Mapping[str, Json]) -> str:
    """The parts of the answer that differ, with what is told."""
    return ", ".join(f"{name} {told.get(name)!r}" for name in ANSWER if told.get(name) != answer[name])
