"""The faults are real ones: what was committed survives them, and the product answers again by itself."""

import random

import pytest
from psycopg import OperationalError

from tests.faults.clients import Client
from tests.faults.stack import Count, FaultStack
from tests.ports import wait_until

VOTES = """
WITH voter AS (
    INSERT INTO votes_voter (id, key, assurance, created_at)
    SELECT gen_random_uuid(), sha256(gen_random_uuid()::text::bytea), 0, now() FROM generate_series(1, 7)
    RETURNING id
)
INSERT INTO votes_vote (id, voter_id, tool_id, value, status, reasons, ruleset, created_at, updated_at)
SELECT gen_random_uuid(), voter.id, tool.id, 'ship', 'counted', '{}', '', now(), now()
FROM voter, catalog_tool AS tool WHERE tool.slug = %s RETURNING 1
"""


def test_a_tally_reads_the_same_after_a_crash_of_the_database_and_the_death_of_a_worker(
    stack: FaultStack,
) -> None:
    tool = stack.new_tool()
    chance = random.Random(2611)
    stack.query(VOTES, tool)
    with stack.serving(workers=2) as web:
        client = Client(web.port)
        before = client.send("GET", f"/tools/{tool}/tally")

        stack.restart_postgresql()
        wait_until(lambda: client.send("GET", f"/tools/{tool}/tally").status == 200)
        after_the_crash = client.send("GET", f"/tools/{tool}/tally")
        victims = {web.kill_a_worker(chance).pid for _ in range(2)}
        wait_until(lambda: client.send("GET", f"/tools/{tool}/tally").status == 200)
        after_the_deaths = client.send("GET", f"/tools/{tool}/tally")
        client.close()

        assert len(victims) == 2
        assert victims.isdisjoint(worker.pid for worker in web.workers().values())
    assert before.status == 200
    assert after_the_crash.body == after_the_deaths.body == before.body
    assert stack.count(tool) == Count((7, 0, 0, 0, 0), (7, 0, 0, 0, 0))


def test_a_restarted_engine_is_where_it_was(stack: FaultStack) -> None:
    address, cache_address = stack.postgresql.url, stack.redis.url

    stack.restart_postgresql()
    stack.stop_redis()
    stack.start_redis()

    assert (stack.postgresql.url, stack.redis.url) == (address, cache_address)
    assert stack.query("SHOW fsync") == stack.query("SHOW synchronous_commit") == [("on",)]


def test_a_crash_cuts_every_connection_off(stack: FaultStack) -> None:
    with stack.connect() as connection:
        stack.restart_postgresql()

        with pytest.raises(OperationalError):
            connection.execute("SELECT 1")
