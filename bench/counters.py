"""Who counts ballots: the product and FastAPI over HTTP, and PostgreSQL alone."""

import json
from typing import Protocol

from django.db import connection

from backend.bootstrap import UserError
from bench.ballots import Ballot, Ballots
from bench.contenders import Contender
from bench.ground import Ground
from bench.load import Figures, write_requests
from votes.rules import RULESET

CLIENTS = 32

PGBENCH_SCRIPT = f"""\
\\set number random(:first, :last)
INSERT INTO votes_vote AS vote
    (id, voter_id, tool_id, value, status, reasons, ruleset, created_at, updated_at, revision)
SELECT id, voter_id, tool_id, value, 'counted', '{{}}', '{RULESET}', now(), now(), 1
FROM bench_ballot WHERE number = :number
ON CONFLICT (voter_id, tool_id)
DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, revision = vote.revision + 1
WHERE vote.value <> excluded.value;
"""


class Counter(Protocol):
    """A service that takes ballots."""

    name: str

    def take(self, ballot: Ballot) -> object:
        """Count one; the answer is what the voter is told, but for times."""

    def take_many(self, case: str) -> Figures:
        """Count the case's ballots for as long as a round takes."""


class Server:
    """The product or FastAPI, asked over HTTP."""

    def __init__(self, ground: Ground, contender: Contender, ballots: Ballots) -> None:
        self.name = contender.name
        self.contender = contender
        self._ground = ground
        self._requests = {
            case: write_requests(ground.directory / f"votes on {case}", (ballot.request() for ballot in some))
            for case, some in ballots.items()
        }

    def take(self, ballot: Ballot) -> object:
        method, address, body, headers = ballot.request()
        answer = self.contender.ask(method, address, body=body, headers=headers)
        if answer.status != 200:
            raise UserError(f"{self.name} answers a vote with {answer.status}: {answer.body.decode()}")
        content = json.loads(answer.body)
        return {name: content[name] for name in content if name not in {"created_at", "updated_at"}}

    def take_many(self, case: str, *, seconds: int = 0, pace: int | None = None) -> Figures:
        return self._ground.load.send(
            self._requests[case],
            self.contender,
            connections=CLIENTS,
            seconds=seconds or self._ground.seconds,
            pace=pace,
        )


class Pgbench:
    """PostgreSQL alone: the row with its triggers, one a commit. Nobody is asked for a token."""

    name = "pgbench"

    def __init__(self, ground: Ground, ballots: Ballots) -> None:
        self._ground = ground
        self._script = ground.directory / "vote.sql"
        self._script.write_text(PGBENCH_SCRIPT)
        self._numbers = {
            case: {"first": some[0].number, "last": some[-1].number} for case, some in ballots.items()
        }
        place = connection.settings_dict
        variables = {
            "PGDATABASE": "NAME",
            "PGHOST": "HOST",
            "PGPORT": "PORT",
            "PGUSER": "USER",
            "PGPASSWORD": "PASSWORD",
        }
        self._database = {variable: str(place[name]) for variable, name in variables.items() if place[name]}

    def take(self, ballot: Ballot) -> object:
        only = {"first": ballot.number, "last": ballot.number}
        self._ground.load.execute_once(self._script, database=self._database, variables=only)
        return None

    def take_many(self, case: str) -> Figures:
        return self._ground.load.execute(
            self._script,
            database=self._database,
            variables=self._numbers[case],
            clients=CLIENTS,
            seconds=self._ground.seconds,
        )
