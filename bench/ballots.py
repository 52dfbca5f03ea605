"""The ballots that are cast: who says what of which tool, and what the voters had said before."""

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv6Address

from django.db import connection, transaction
from django.db.models import Count

from backend.api.ids import new_id
from bench.dataset import voter_token
from catalog.models import Tool
from votes.models import Vote, Voter

BALLOTS = 40_000

MAKE_BALLOTS = """
CREATE TABLE bench_ballot (number int PRIMARY KEY, id uuid, voter_id uuid, tool_id uuid, value text)
"""

# What the voters had said before anything was measured.
REMEMBER = """
CREATE TABLE bench_found AS
SELECT DISTINCT ballot.voter_id, ballot.tool_id, vote.value, vote.revision, vote.updated_at
FROM bench_ballot ballot LEFT JOIN votes_vote vote USING (voter_id, tool_id)
"""

RESTORE = (
    "LOCK TABLE votes_tally IN EXCLUSIVE MODE",
    """
DELETE FROM votes_vote vote USING bench_found found
WHERE found.value IS NULL AND vote.voter_id = found.voter_id AND vote.tool_id = found.tool_id
""",
    """
UPDATE votes_vote vote SET value = found.value, revision = found.revision, updated_at = found.updated_at
FROM bench_found found
WHERE vote.voter_id = found.voter_id AND vote.tool_id = found.tool_id AND vote.revision <> found.revision
""",
)


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a voter, by the number in the data, is to say of a tool."""

    number: int
    voter: int
    tool: Tool
    value: str

    def request(self) -> tuple[str, str, str, dict[str, str]]:
        token = voter_token(self.voter, issued_at=datetime.now(UTC)).token
        headers = {
            "Authorization": f"Voter {token}",
            "Content-Type": "application/json",
            # To each voter a provider of their own, from 2000:: on.
            "ClientAddress": str(IPv6Address((0x2000_0000 + self.voter) << 96)),
        }
        return "PUT", f"/api/v1/tools/{self.tool.slug}/vote", json.dumps({"value": self.value}), headers


Ballots = dict[str, list[Ballot]]


def draw_ballots(voters: int) -> Ballots:
    """By case: of "one tool" about half of the voters have voted, of "all tools" half of the ballots repeat votes."""
    chance = random.Random(32)
    tools = {tool.pk: tool for tool in Tool.objects.all()}
    now = datetime.now(UTC)
    numbers = {voter_token(number, issued_at=now).key: number for number in range(voters)}
    voter_numbers = {pk: numbers[bytes(key)] for pk, key in Voter.objects.values_list("pk", "key")}
    counts = Vote.objects.values_list("tool").annotate(count=Count("pk"))
    hot = tools[min(counts, key=lambda row: abs(row[1] - voters / 2))[0]]
    standing = Vote.objects.order_by("?").values_list("voter", "tool")[: BALLOTS // 2]

    everybody, everything = range(voters), list(tools.values())
    of_one = [(chance.choice(everybody), hot) for _ in range(BALLOTS)]
    of_all = [(voter_numbers[voter], tools[tool]) for voter, tool in standing]
    of_all += [(chance.choice(everybody), chance.choice(everything)) for _ in range(BALLOTS - len(of_all))]
    chance.shuffle(of_all)
    return {
        case: [
            Ballot(number, voter, tool, chance.choice(["ship", "skip"]))
            for number, (voter, tool) in enumerate(pairs, first)
        ]
        for case, pairs, first in [("one tool", of_one, 0), ("all tools", of_all, BALLOTS)]
    }


def write_ballots(ballots: Ballots) -> None:
    """For pgbench, and to know what the voters had said before."""
    now = datetime.now(UTC)
    voter_ids = {bytes(key): pk for pk, key in Voter.objects.values_list("pk", "key")}
    with connection.cursor() as cursor:
        cursor.execute(MAKE_BALLOTS)
        with cursor.copy("COPY bench_ballot FROM STDIN") as copy:
            for ballot in (ballot for some in ballots.values() for ballot in some):
                voter_id = voter_ids[voter_token(ballot.voter, issued_at=now).key]
                copy.write_row((ballot.number, new_id(), voter_id, ballot.tool.pk, ballot.value))
        cursor.execute(REMEMBER)
        cursor.execute("VACUUM ANALYZE bench_ballot, bench_found")


def restore() -> None:
    """Put the votes back to what they were. Requests of a round that is over may still be at work: tallies come first."""
    with connection.cursor() as cursor:
        with transaction.atomic():
            for statement in RESTORE:
                cursor.execute(statement)
        cursor.execute("VACUUM votes_vote, votes_tally, votes_voter, api_ratecounter")
