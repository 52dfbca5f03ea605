"""What breaks while people vote: whatever was acknowledged is kept, once, and the rest is an honest refusal."""

import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from itertools import cycle
from threading import Event, Semaphore

import pytest
from psycopg import OperationalError

from tests.faults.clients import NO_ANSWER, Client, Crowd, Operation, percentile, seconds_of_health
from tests.faults.scale import IS_LONG, scaled
from tests.faults.stack import IMPATIENT, FaultStack
from tests.faults.tcp_fault import TcpFault, cut_off
from tests.ports import TIMEOUT_SECONDS, wait_until

VALUES = ["ship", "skip"]
KILLS = scaled("VOTE_KILLS", short=12, long=50)
CRASHES = scaled("VOTE_CRASHES", short=4, long=20)
VOTERS = scaled("VOTERS", short=400, long=1_000)
# In seconds, after the database is ready; a busy machine takes longer for all.
RECOVERED_WITHIN = 5 if IS_LONG else 120
REPEATED = scaled("VOTES_REPEATED", short=60, long=200)
# Votes between two crashes.
STRETCH = 95
VOTES_BY_VALUE = """
SELECT value, count(*) FROM votes_vote JOIN catalog_tool AS tool ON tool.id = tool_id
WHERE slug = %s GROUP BY value ORDER BY value
"""


# --- Killed processes -------------------------------------------------------------------------


def test_no_acknowledged_vote_is_lost_when_workers_are_killed(stack: FaultStack) -> None:
    tool, voters, chance = stack.new_tool(), stack.new_voters(VOTERS), random.Random(2611)

    with stack.serving(workers=4) as web, Crowd(web.port, 10) as crowd:
        crowd.begin(votes_without_end(tool, shares(voters, 10), crowd.is_over))
        for _ in range(KILLS):
            crowd.await_acknowledged(crowd.acknowledged() + chance.randrange(1, 150))
            web.kill_a_worker(chance)
        crowd.finish()
        acknowledged = crowd.acknowledged_values()
        kept = kept_values(crowd, tool, shares(voters, 10))

    count = stack.count(tool)
    assert set(crowd.statuses()) <= {200, NO_ANSWER}
    assert kept == acknowledged
    assert count.rows == VOTERS
    assert not count.has_drifted, count


def test_no_acknowledged_vote_is_lost_when_the_database_crashes(stack: FaultStack) -> None:
    # One vote each: no later one can hide the loss of an earlier one.
    tool, voters = stack.new_tool(), stack.new_voters(STRETCH * (CRASHES + 1))
    ready_at: list[float] = []
    # The votes of one crash more at most are ahead of it, so that every crash finds people who vote.
    turns = Semaphore(STRETCH)

    with stack.serving(**IMPATIENT) as web, Crowd(web.port, 8) as crowd:
        crowd.begin(one_vote_each(tool, shares(voters, 8), turns))
        for number in range(CRASHES):
            crowd.await_acknowledged(STRETCH * (number + 1))
            # Every other crash meets votes that have begun and can't end.
            with votes_held(stack) if number % 2 else nullcontext():
                turns.release(STRETCH)
                await_votes_held(stack, 1 if number % 2 else 0)
                ready_at.append(stack.restart_postgresql())
        turns.release(len(voters))
        crowd.finish()
        acknowledged = crowd.acknowledged_values()
        operations = crowd.operations()
        kept = kept_values(crowd, tool, shares(voters, 8))

    count = stack.count(tool)
    refused = [operation.answer for operation in operations if not operation.is_acknowledged]
    assert {answer.status for answer in refused} == {503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    assert max(seconds_until_success(operations, moment) for moment in ready_at) <= RECOVERED_WITHIN
    assert kept == acknowledged
    assert count.rows == len(voters)
    assert not count.has_drifted, count


def shares(voters: list[str], number: int) -> list[list[str]]:
    return [voters[first::number] for first in range(number)]


def votes_without_end(tool: str, voters: list[list[str]], is_over: Event) -> Callable[[Client, int], None]:
    """A deed in which nobody else votes for a client's voters, so that each one's last word is known."""

    def deed(client: Client, place: int) -> None:
        chance = random.Random(place)
        for number, voter in enumerate(cycle(voters[place])):
            if is_over.is_set() and number >= len(voters[place]):
                break
            client.vote_until_acknowledged(tool, voter=voter, value=chance.choice(VALUES))

    return deed


def one_vote_each(tool: str, voters: list[list[str]], turns: Semaphore) -> Callable[[Client, int], None]:
    def deed(client: Client, place: int) -> None:
        for number, voter in enumerate(voters[place]):
            assert turns.acquire(timeout=TIMEOUT_SECONDS * 2)
            client.vote_until_acknowledged(tool, voter=voter, value=VALUES[number % 2])

    return deed


@contextmanager
def votes_held(stack: FaultStack) -> Iterator[None]:
    """Until the block is over, or the database."""
    with suppress(OperationalError), stack.connect() as connection, connection.transaction():
        connection.execute("LOCK TABLE votes_vote IN SHARE MODE")
        yield


def await_votes_held(stack: FaultStack, number: int) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    wait_until(lambda: stack.query(waiting)[0][0] >= number)


def kept_values(crowd: Crowd, tool: str, voters: list[list[str]]) -> dict[str, str | None]:
    """Each voter's vote, as the product tells it afterwards."""
    kept: dict[str, str | None] = {}

    def deed(client: Client, place: int) -> None:
        for voter in voters[place]:
            kept[voter] = client.vote_of(tool, voter=voter)

    crowd.do(deed)
    return kept


def seconds_until_success(operations: list[Operation], moment: float) -> float:
    later = [operation for operation in operations if operation.is_acknowledged and operation.ended > moment]
    return min(operation.ended for operation in later) - moment


# --- Redis ------------------------------------------------------------------------------------

LIMIT = 30
PER_SECOND = 30
SECONDS = 2
STEADY = 6


@pytest.mark.parametrize("harm", ["stop_redis", "silence_redis", "flush_redis"])
def test_votes_go_on_and_limits_hold_whatever_becomes_of_redis(stack: FaultStack, harm: str) -> None:
    tool, voters, eager = stack.new_tool(), stack.new_voters(60), stack.new_voters(1)
    beside: list[float] = []

    with (
        stack.serving(VOTE_LIMITS=f"{LIMIT}/3600") as web,
        Crowd(web.port, STEADY) as steady,
        Crowd(web.port, 1) as insatiable,
    ):
        steady.do(steady_votes(tool, shares(voters, STEADY)))
        unharmed = p95(steady.operations())
        getattr(stack, harm)()
        steady.begin(steady_votes(tool, shares(voters, STEADY), beside=beside))
        insatiable.do(as_many_votes_as_possible(tool, eager))
        steady.finish()

    assert steady.statuses() == {200: 2 * PER_SECOND * SECONDS}
    # On a machine that is busy with other things all is slow: votes before, and what needs neither engine beside them.
    slowness = unharmed + percentile(beside, 0.95)
    assert p95(steady.operations()[PER_SECOND * SECONDS :]) <= max(0.3, 3 * slowness)
    assert set(insatiable.statuses()) == {200, 429}
    assert insatiable.statuses()[200] == pytest.approx(LIMIT, rel=0.1)
    assert not stack.count(tool).has_drifted


def p95(operations: list[Operation]) -> float:
    return percentile([operation.seconds for operation in operations], 0.95)


def steady_votes(
    tool: str, voters: list[list[str]], *, beside: list[float] | None = None
) -> Callable[[Client, int], None]:
    """Votes at moments fixed in advance, however slow the one before was.

    After each, `beside` is told in how many seconds the web server answers without Redis or PostgreSQL.
    """

    def deed(client: Client, place: int) -> None:
        began = time.monotonic()
        for number in range(PER_SECOND * SECONDS // STEADY):
            time.sleep(max(0.0, began + number * STEADY / PER_SECOND - time.monotonic()))
            voter = voters[place][number % len(voters[place])]
            client.vote(tool, voter=voter, value=VALUES[number % 2])
            if beside is not None:
                beside.append(seconds_of_health(client.port))

    return deed


def as_many_votes_as_possible(tool: str, voters: list[str]) -> Callable[[Client, int], None]:
    def deed(client: Client, place: int) -> None:
        for number in range(LIMIT * 2):
            client.vote(tool, voter=voters[place], value=VALUES[number % 2])

    return deed


# --- Nobody knows whether it was done ---------------------------------------------------------


def test_a_vote_whose_client_hung_up_can_be_sent_again(stack: FaultStack) -> None:
    tool, voters, chance = stack.new_tool(), stack.new_voters(REPEATED), random.Random(2611)

    with stack.serving() as web, Crowd(web.port, 1) as crowd:
        (client,) = crowd.clients
        for number, voter in enumerate(voters):
            value = VALUES[number % 2]
            send_and_hang_up(web.port, tool, voter=voter, value=value, after=chance.uniform(0, 0.005))
            client.vote(tool, voter=voter, value=value)

    assert crowd.statuses() == {200: REPEATED}
    assert stack.query(VOTES_BY_VALUE, tool) == [("ship", REPEATED // 2), ("skip", REPEATED // 2)]
    assert not stack.count(tool).has_drifted


def test_a_vote_whose_commit_went_unanswered_can_be_sent_again(stack: FaultStack) -> None:
    tool, voters = stack.new_tool(), stack.new_voters(REPEATED)

    with (
        TcpFault(stack.database_url) as proxy,
        stack.serving(DATABASE_URL=proxy.url) as web,
        Crowd(web.port, 1) as crowd,
    ):
        (client,) = crowd.clients
        for number, voter in enumerate(voters):
            proxy.arm()
            client.vote_until_acknowledged(tool, voter=voter, value=VALUES[number % 2])

    assert proxy.cuts == REPEATED
    assert set(crowd.statuses()) <= {200, 503}
    assert stack.query(VOTES_BY_VALUE, tool) == [("ship", REPEATED // 2), ("skip", REPEATED // 2)]
    assert not stack.count(tool).has_drifted


def send_and_hang_up(port: int, tool: str, *, voter: str, value: str, after: float) -> None:
    body = f'{{"value": "{value}"}}'
    lines = [
        f"PUT /api/v1/tools/{tool}/vote HTTP/1.1",
        "Host: localhost",
        f"Authorization: Voter {voter}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall("\r\n".join([*lines, "", body]).encode())
    time.sleep(after)
    cut_off(connection)
