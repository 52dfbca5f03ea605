"""Two tools are merged and parted again and again while readers vote on both: no vote is refused, none counts twice."""

import random
import re
import time

from tests.faults.clients import Client, Crowd
from tests.faults.scale import scaled
from tests.faults.stack import FaultStack

SECONDS = scaled("MERGE_SECONDS", short=3, long=60)
VOTES_A_SECOND = scaled("MERGE_VOTES_A_SECOND", short=100, long=500)
VOTERS = scaled("MERGE_VOTERS", short=64, long=2_000)
CLIENTS = 16
CHOICES = ["ship", "skip", None]


def vote(client: Client, tool: str, *, voter: str, value: str | None) -> None:
    """As a browser does: one redirect leads to the tool that has taken this one over."""
    answer = client.vote(tool, voter=voter, value=value).answer
    if answer.status == 308:
        led = re.search(r"/tools/([^/]+)/vote", answer.headers["Location"])
        assert led
        client.vote(led[1], voter=voter, value=value)


def voters_of(stack: FaultStack, tool: str) -> tuple[int, int]:
    """How many votes stand on the tool, and of how many voters they are."""
    ((votes, voters),) = stack.query(
        "SELECT count(*), count(DISTINCT voter_id) FROM votes_vote JOIN catalog_tool AS tool ON tool.id = tool_id"
        " WHERE tool.slug = %s AND value IS NOT NULL",
        tool,
    )
    return votes, voters


def test_votes_are_counted_once_while_their_tools_are_merged_and_parted(stack: FaultStack) -> None:
    merged, kept = stack.new_tool(), stack.new_tool()
    voters = stack.new_voters(VOTERS)
    merges = 0

    def go_on_voting(client: Client, number: int) -> None:
        chance, began = random.Random(number), time.monotonic()
        own = voters[number::CLIENTS]
        while not crowd.is_over.is_set():
            vote(
                client, chance.choice([merged, kept]), voter=chance.choice(own), value=chance.choice(CHOICES)
            )
            due = began + len(client.operations) * CLIENTS / VOTES_A_SECOND
            time.sleep(max(0, due - time.monotonic()))

    with stack.serving() as web, Crowd(web.port, CLIENTS) as crowd:
        crowd.begin(go_on_voting)
        until = time.monotonic() + SECONDS
        while merges < 2 or time.monotonic() < until:
            stack.desk("merge", merged, kept)
            merges += 1
            assert not stack.count(kept).has_drifted
            stack.desk("undo_merge", merged)
            assert not any(stack.count(tool).has_drifted for tool in (merged, kept))
        crowd.finish()
        statuses = crowd.statuses()
        # Everybody says the same of both, one after the other: of one tool then there is one vote of each.
        for number, voter in enumerate(voters):
            for tool in (merged, kept):
                crowd.clients[number % CLIENTS].vote_until_acknowledged(tool, voter=voter, value="ship")
        stack.desk("merge", merged, kept)

    assert set(statuses) <= {200, 308}
    assert voters_of(stack, kept) == (VOTERS, VOTERS)
    assert sum(stack.count(kept).tally) == VOTERS
    assert stack.desk("recount") == []
