"""What everybody sees while people vote: steps by the clock of a real worker, and nothing of who they are."""

import hashlib
import time
from base64 import urlsafe_b64decode
from ipaddress import IPv6Address
from itertools import pairwise

import psycopg
from redis import Redis

from tests.faults.clients import Client, Crowd
from tests.faults.scale import IS_LONG, scaled
from tests.faults.stack import FaultStack
from tests.ports import POLL_SECONDS

STEP = 2
# A busy machine takes longer for all.
LATENESS = 15 if IS_LONG else 120
VOTERS = scaled("CANARIES", short=200, long=1_000)


def test_public_numbers_move_only_in_steps_and_in_time(stack: FaultStack) -> None:
    tool, voters = stack.new_tool(), iter(stack.new_voters(100))
    seen: list[tuple[float, int]] = []

    def public_total(client: Client) -> int:
        answer = client.send("GET", f"/tools/{tool}/tally")
        return int(answer.body["total"])

    with stack.serving() as web, stack.working(TALLY_PUBLISH_SECONDS=str(STEP)), Crowd(web.port, 2) as crowd:
        voting, watching = crowd.clients
        await_a_step(stack)
        began = time.monotonic()
        votes = 0
        while len(set(totals_of(seen))) < 4:
            voting.vote(tool, voter=next(voters), value="ship")
            votes += 1
            until = time.monotonic() + 0.5
            while time.monotonic() < until:
                seen.append((time.monotonic() - began, public_total(watching)))
                time.sleep(POLL_SECONDS)
        voted = time.monotonic()
        while seen[-1][1] < votes:
            assert time.monotonic() < voted + STEP + LATENESS, seen[-1]
            seen.append((time.monotonic() - began, public_total(watching)))
            time.sleep(POLL_SECONDS)

    steps = [now for before, now in pairwise(seen) if before[1] != now[1]]
    totals = [total for _, total in steps]
    assert totals == sorted(totals)
    # Votes half a second apart, in no more steps than there was time for.
    assert len(steps) <= seen[-1][0] / STEP + 2


def totals_of(seen: list[tuple[float, int]]) -> list[int]:
    return [total for _, total in seen]


def await_a_step(stack: FaultStack) -> None:
    """Until the worker has published something: then it is up."""
    tool, (voter,) = stack.new_tool(), stack.new_voters(1)
    with stack.serving() as web, Crowd(web.port, 1) as crowd:
        (client,) = crowd.clients
        client.vote(tool, voter=voter, value="ship")
        until = time.monotonic() + 30
        while client.send("GET", f"/tools/{tool}/tally").body["total"] == 0:
            assert time.monotonic() < until, stack.logs()
            time.sleep(0.1)


def test_nothing_at_rest_says_who_voted_from_where_with_what(stack: FaultStack) -> None:
    """Many voters, each with an address, a browser and a token of their own; then all there is, searched."""
    tool, size = stack.new_tool(), 8
    addresses = [IPv6Address(f"2001:db8:{number:x}::c0ff:ee") for number in range(1, VOTERS + 1)]
    tokens: list[str] = []

    def become_voters_and_vote(client: Client, place: int) -> None:
        for address in addresses[place::size]:
            headers = {"ClientAddress": str(address), "User-Agent": f"Canary/{int(address):x}"}
            token = client.send("POST", "/voters", body={}, headers=headers).body["token"]
            vote = {"value": "ship"}
            client.send("PUT", f"/tools/{tool}/vote", voter=token, body=vote, headers=headers)
            tokens.append(token)

    with (
        stack.serving(
            CLIENT_ADDRESS_HEADER="ClientAddress", TRUSTED_PROXIES="127.0.0.1", LOG_LEVEL="DEBUG"
        ) as web,
        Crowd(web.port, size) as crowd,
    ):
        crowd.do(become_voters_and_vote)

    assert stack.count(tool).rows == len(set(tokens)) == VOTERS
    everything = "\n".join([*stack.logs().values(), dump_of(stack), redis_dump_of(stack)])
    # The search finds what is there.
    assert tool in everything
    assert "Canary" not in everything
    assert [str(address) for address in addresses if str(address) in everything] == []
    assert [address for address in addresses if address.packed.hex() in everything] == []
    assert [token for token in tokens if token in everything] == []
    assert [token for token in tokens if voter_id(token).hex() in everything] == []
    assert [token for token in tokens if hashlib.sha256(voter_id(token)).hexdigest() in everything] == []


def voter_id(token: str) -> bytes:
    return urlsafe_b64decode(token.split(".")[2])[:16]


def dump_of(stack: FaultStack) -> str:
    """Every row of every table, bytes in hex."""
    with stack.connect() as connection:
        tables = connection.execute(
            "SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
        return "\n".join(copy_of(connection, table) for (table,) in tables)


def copy_of(connection: psycopg.Connection[tuple[object, ...]], table: str) -> str:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT".encode()) as copy:
        return b"".join(bytes(block) for block in copy).decode()


def redis_dump_of(stack: FaultStack) -> str:
    with Redis.from_url(stack.redis.url) as connection:
        keys = connection.keys("*")
        return "\n".join(repr((key, connection.dump(key))) for key in keys)
