"""Many clients at once on one tool: every row counted, none twice, nobody turned away."""

import hashlib
import random
from collections import Counter
from threading import Barrier, Event, Thread

from tests.faults.clients import Answer, Client, Crowd
from tests.faults.scale import scaled
from tests.faults.stack import FaultStack, count_in
from tests.ports import TIMEOUT_SECONDS

CHOICES = ["ship", "skip", None]
VOTES_EACH = scaled("VOTES_EACH", short=40, long=150)
CHANGES = scaled("VOTE_CHANGES", short=300, long=1_000)
ROUNDS = scaled("VOTE_ROUNDS", short=25, long=100)


def test_a_tally_is_exact_after_clients_set_and_withdraw_the_same_voters_votes(stack: FaultStack) -> None:
    tool, voters = stack.new_tool(), stack.new_voters(60)
    deadlocks = stack.deadlocks()

    def vote(client: Client, number: int) -> None:
        chance = random.Random(number)
        for _ in range(VOTES_EACH):
            client.vote(tool, voter=chance.choice(voters), value=chance.choice(CHOICES))

    with stack.serving() as web, Crowd(web.port, 32) as crowd:
        crowd.do(vote)
        statuses = crowd.statuses()

    count = stack.count(tool)
    assert statuses == {200: 32 * VOTES_EACH}
    assert 0 < count.rows <= 60
    assert not count.has_drifted, count
    assert stack.deadlocks() == deadlocks


def test_simultaneous_first_votes_of_one_voter_are_all_accepted_and_make_one_vote(stack: FaultStack) -> None:
    size, rounds = 64, ROUNDS
    tool, voters = stack.new_tool(), stack.new_voters(rounds)
    rows_after: list[int] = []
    start = Barrier(size, timeout=TIMEOUT_SECONDS * 2)
    # The last to arrive counts for all, while nobody votes.
    finish = Barrier(
        size, action=lambda: rows_after.append(stack.count(tool).rows), timeout=TIMEOUT_SECONDS * 2
    )

    def vote(client: Client, number: int) -> None:
        for voter in voters:
            start.wait()
            client.vote(tool, voter=voter, value=CHOICES[number % 2])
            finish.wait()

    with stack.serving() as web, Crowd(web.port, size) as crowd:
        crowd.do(vote)
        statuses = crowd.statuses()

    assert statuses == {200: size * rounds}
    assert rows_after == list(range(1, rounds + 1))
    assert not stack.count(tool).has_drifted


def test_a_vote_that_changes_its_mind_again_and_again_is_one_vote_at_every_moment(stack: FaultStack) -> None:
    tool, (voter,) = stack.new_tool(), stack.new_voters(1)
    seen: list[tuple[int, int]] = []
    stopped, changes = Event(), 0

    def watch() -> None:
        with stack.connect() as connection:
            while not stopped.wait(0.01):
                count = count_in(connection, tool)
                seen.append((count.rows, sum(count.tally)))

    with stack.serving() as web, Crowd(web.port, 1) as crowd:
        (client,) = crowd.clients
        client.vote(tool, voter=voter, value="skip")
        watcher = Thread(target=watch)
        watcher.start()
        try:
            while changes < CHANGES or len(seen) <= 20:
                client.vote(tool, voter=voter, value=CHOICES[changes % 2])
                changes += 1
        finally:
            stopped.set()
            watcher.join()
        statuses = crowd.statuses()

    assert statuses == {200: changes + 1}
    assert set(seen) == {(1, 1)}


# --- Voters -------------------------------------------------------------------------------------

BITS = 8


def ask_all_at_once(crowd: Crowd, body: object) -> Counter[tuple[int, str | None]]:
    """What becomes of everybody's wish for a token: how many got which status and code."""
    start, answers = Barrier(len(crowd.clients), timeout=TIMEOUT_SECONDS * 2), list[Answer]()

    def ask(client: Client, number: int) -> None:
        start.wait()
        answers.append(client.send("POST", "/voters", body=body))

    crowd.do(ask)
    return Counter((answer.status, answer.body.get("code")) for answer in answers)


def test_of_two_hundred_who_ask_from_one_place_at_once_five_get_a_token(stack: FaultStack) -> None:
    with stack.serving() as web, Crowd(web.port, 200) as crowd:
        outcomes = ask_all_at_once(crowd, {})

    assert outcomes == {(201, None): 5, (429, "throttled"): 195}


def test_a_solution_that_fifty_send_at_once_buys_one_token(stack: FaultStack) -> None:
    with (
        # Limits are kept under this key: under another one, nobody has used any up.
        stack.serving(
            SECRET_KEY="x" * 50, VOTER_CHALLENGE="proof_of_work", PROOF_OF_WORK_BITS=str(BITS)
        ) as web,
        Crowd(web.port, 50) as crowd,
    ):
        challenge = crowd.clients[0].send("POST", "/voters/challenges", body={}).body["challenge"]

        outcomes = ask_all_at_once(crowd, {"challenge": challenge, "nonce": solve(challenge)})

    assert outcomes == {(201, None): 1, (403, "challenge_spent"): 49}


def solve(challenge: str) -> str:
    nonce = 0
    while hashlib.sha256(f"{challenge}:{nonce}".encode()).digest()[0] >> (8 - BITS):
        nonce += 1
    return str(nonce)
