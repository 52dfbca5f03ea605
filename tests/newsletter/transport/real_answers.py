"""Reads `real_answers.txt`: what mail servers really answer, and what each answer means."""

from dataclasses import dataclass
from pathlib import Path

from newsletter.transport.failures import FailureAction
from newsletter.transport.refusals import Concern
from newsletter.transport.smtp import Phase, RefusedError

FILE = Path(__file__).with_suffix(".txt")


@dataclass(frozen=True)
class RealAnswer:
    """`concern` and `action` are what it means on a connection that has carried no mail."""

    server: str
    phase: Phase
    concern: Concern | None
    action: FailureAction
    said: str

    def __str__(self) -> str:
        return f"{self.server}: {self.phase.name} {self.said[:60]}"

    @property
    def error(self) -> RefusedError:
        return refused(self.phase, self.said)


def refused(phase: Phase, said: str) -> RefusedError:
    return RefusedError(phase, int(said[:3]), said[4:])


def _read(line: str) -> RealAnswer:
    server, phase, concern, action, said = line.split(" | ", 4)
    meant = None if concern == "-" else Concern[concern]
    return RealAnswer(server, Phase[phase], meant, FailureAction[action], said)


REAL_ANSWERS = [_read(line) for line in FILE.read_text().splitlines() if line and not line.startswith("#")]
