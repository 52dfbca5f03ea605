"""Public reads from memory: one rendering for each miss, nothing of a caller kept, nothing outdated given as fresh."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError
from django.http import Http404

from backend.response_cache.cache import OUTAGE_SECONDS, PAUSE_SECONDS
from backend.response_cache.store import ALIAS_BYTES
from tests.backend.response_cache.asking import MOMENT_SECONDS, Answer, ask, ask_together, kitchen, new_cache

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.backend.response_cache.asking"),
]

TEA = "/api/v1/teas/green"


class Clock:
    """Seconds, which pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _kitchen() -> Iterator[None]:
    kitchen.__init__()  # type: ignore[misc]
    yield
    kitchen.__init__()  # type: ignore[misc]


def unavailable(number: int) -> None:
    raise OperationalError("the connection is lost")


# --- What is kept ------------------------------------------------------------------------------


def test_the_second_request_gets_the_bytes_of_the_first() -> None:
    cache, _ = new_cache()

    first, second = ask(cache, TEA), ask(cache, TEA)

    assert (first.cache_status, second.cache_status) == ("fwd=miss", "hit")
    assert first.body == second.body
    assert kitchen.made == ["green"]


def test_what_was_rendered_for_its_headers_has_its_body_too() -> None:
    cache, _ = new_cache()

    head, get = ask(cache, TEA, "HEAD"), ask(cache, TEA)

    assert (head.body, head.headers["Content-Length"]) == (b"", str(len(get.body or b"")))
    assert (get.cache_status, kitchen.made) == ("hit", ["green"])


def test_other_spellings_of_one_question_share_an_answer() -> None:
    cache, _ = new_cache()
    spellings = [
        "?kind=green,black&limit=3",
        "?limit=3&kind=black,green",
        "?kind=black,green,black&limit=03",
    ]

    bodies = {ask(cache, TEA + spelling).body for spelling in spellings * 2}

    assert len(bodies) == len(kitchen.made) == len(cache.store) == 1


@pytest.mark.parametrize(
    ("address", "changes"),
    [
        pytest.param("/api/v1/own", {}, id="a private view"),
        pytest.param(TEA, {"HTTP_AUTHORIZATION": "Voter x"}, id="credentials"),
        pytest.param(TEA + "?colour=red", {}, id="an unknown parameter"),
        pytest.param("/api/v1/nothing", {}, id="no route"),
    ],
)
def test_what_is_not_for_everybody_is_left_to_django_and_never_kept(
    address: str, changes: dict[str, Any]
) -> None:
    cache, _ = new_cache()

    assert [ask(cache, address, **changes).body for _ in range(3)] == [None] * 3
    assert len(cache.store) == 0


@pytest.mark.parametrize("address", ["/api/v1/cookies/green", TEA])
def test_an_answer_with_a_cookie_or_an_error_is_its_callers_alone(address: str) -> None:
    cache, _ = new_cache()
    if address == TEA:

        def gone(number: int) -> None:
            raise Http404

        kitchen.during = gone

    answers = [ask(cache, address, HTTP_X_REQUEST_ID=f"caller-{n}") for n in range(2)]

    assert [answer.headers["X-Request-ID"] for answer in answers] == ["caller-0", "caller-1"]
    assert len(kitchen.made) == 2
    assert len(cache.store) == 0


def test_nothing_of_the_first_caller_is_told_the_second() -> None:
    cache, _ = new_cache()
    mine = {
        "HTTP_COOKIE": "session=secret",
        "HTTP_X_REQUEST_ID": "mine",
        "HTTP_ORIGIN": "https://mine.example",
        "HTTP_USER_AGENT": "my browser",
        "REMOTE_ADDR": "192.0.2.99",
    }
    ask(cache, TEA, **mine)

    answer = ask(cache, TEA)

    (meta,) = kitchen.seen
    assert {"session=secret", "my browser", "192.0.2.99"}.isdisjoint(map(str, meta.values()))
    told = repr((answer.headers, answer.body))
    assert all(value not in told for value in ("secret", "mine", "my browser", "192.0.2.99"))


def test_a_flood_of_addresses_keeps_within_the_bytes_and_pushes_out_nothing_hot() -> None:
    cache, _ = new_cache(limit=200_000)
    ask(cache, TEA)

    for n in range(300):
        ask(cache, f"/api/v1/teas/flood-{n}?limit={n % 100 + 1}")
        assert ask(cache, TEA).cache_status == "hit"
        assert cache.store.size <= 200_000

    assert kitchen.made.count("green") == 1


def test_an_encoding_counts_whoever_asked_for_it_first() -> None:
    cache, changes = new_cache()
    kitchen.size = 5_000

    def uncounted() -> int:
        entry = cache.store.find(f"{TEA}?")
        assert entry
        return entry.response.size + len(entry.address) + ALIAS_BYTES - cache.store.size

    missed = ask(cache, TEA, HTTP_ACCEPT_ENCODING="gzip")
    left_out = [uncounted()]
    hit = ask(cache, TEA, HTTP_ACCEPT_ENCODING="br")
    left_out.append(uncounted())
    changes.generation += 1
    plain, joined = ask_together(cache, TEA, {}, {"HTTP_ACCEPT_ENCODING": "gzip"})
    left_out.append(uncounted())

    answers = (missed, hit, plain, joined)
    assert [answer.cache_status for answer in answers] == [
        "fwd=miss",
        "hit",
        "fwd=miss",
        "fwd=miss; collapsed",
    ]
    assert left_out == [0, 0, 0]


# --- One rendering -----------------------------------------------------------------------------


def test_a_storm_on_one_miss_renders_once() -> None:
    cache, _ = new_cache()

    answers = ask_together(cache, TEA, *({"HTTP_X_REQUEST_ID": f"caller-{n}"} for n in range(200)))

    assert kitchen.made == ["green"]
    assert len({answer.body for answer in answers}) == 1
    assert [answer.headers["X-Request-ID"] for answer in answers] == [f"caller-{n}" for n in range(200)]


def test_a_failed_rendering_takes_no_other_down() -> None:
    cache, _ = new_cache()
    are_all_here = threading.Barrier(8)

    def during(number: int) -> None:
        if number == 1:
            are_all_here.wait(MOMENT_SECONDS)
            raise ValueError("a fault")

    def one(n: int) -> Answer:
        if n:
            are_all_here.wait(MOMENT_SECONDS)
        return ask(cache, TEA)

    kitchen.during = during
    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(one, 0)
        others = [threads.submit(one, n) for n in range(1, 8)]
        statuses = [future.result().status for future in (first, *others)]

    assert statuses[0] == "500 Internal Server Error"
    assert statuses[1:] == ["200 OK"] * 7


def test_a_slow_rendering_holds_nobody_for_long() -> None:
    cache, _ = new_cache()
    is_over, has_begun = threading.Event(), threading.Event()

    def during(number: int) -> None:
        if number == 1:
            has_begun.set()
            is_over.wait(MOMENT_SECONDS)

    kitchen.during = during
    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(ask, cache, TEA)
        assert has_begun.wait(MOMENT_SECONDS)
        quick = threads.submit(ask, cache, TEA).result(MOMENT_SECONDS)
        is_done = slow.done()
        is_over.set()

    assert (quick.status, is_done) == ("200 OK", False)
    assert slow.result().status == "200 OK"


def test_a_request_after_a_change_waits_for_no_rendering_from_before_it() -> None:
    cache, changes = new_cache()
    is_over, has_begun = threading.Event(), threading.Event()

    def during(number: int) -> None:
        if number == 1:
            has_begun.set()
            is_over.wait(MOMENT_SECONDS)

    kitchen.during = during
    with ThreadPoolExecutor(2) as threads:
        before = threads.submit(ask, cache, TEA)
        assert has_begun.wait(MOMENT_SECONDS)
        changes.generation += 1
        after = threads.submit(ask, cache, TEA).result(MOMENT_SECONDS)
        is_over.set()

    assert after.cache_status == "fwd=miss"
    assert before.result().body != after.body
    # What began before the change is not believed, though it ended later.
    assert ask(cache, TEA).cache_status in {"hit", "fwd=miss"}
    assert ask(cache, TEA).body != before.result().body


# --- Fresh -------------------------------------------------------------------------------------


def test_after_a_change_everything_is_rendered_anew() -> None:
    cache, changes = new_cache()
    ask(cache, TEA)

    changes.generation += 1

    assert [ask(cache, TEA).cache_status for _ in range(2)] == ["fwd=miss", "hit"]


def test_while_nothing_is_heard_an_answer_is_believed_for_a_bounded_age() -> None:
    clock = Clock()
    cache, changes = new_cache(max_age=1, clock=clock)
    ask(cache, TEA)
    statuses = []

    for seconds in (0.9, 0.2, 0.9):
        clock.now += seconds
        statuses.append(ask(cache, TEA).cache_status)
    changes.confirmed_at = clock.now + 5
    clock.now += 5.5
    statuses.append(ask(cache, TEA).cache_status)

    assert statuses == ["hit", "fwd=miss", "hit", "hit"]


def test_with_an_age_of_nothing_each_answer_is_rendered() -> None:
    clock = Clock()
    cache, _ = new_cache(max_age=0, clock=clock)

    ask(cache, TEA)
    clock.now += 0.001

    assert ask(cache, TEA).cache_status == "fwd=miss"


# --- Outages -----------------------------------------------------------------------------------


def test_while_the_database_is_away_an_older_answer_serves_and_goes_to_no_shared_cache() -> None:
    clock = Clock()
    cache, _ = new_cache(max_age=1, clock=clock)
    fresh = ask(cache, TEA)
    kitchen.during = unavailable

    clock.now += 30
    answer = ask(cache, TEA)

    assert (answer.status, answer.body) == ("200 OK", fresh.body)
    assert answer.cache_status == "hit; detail=database-unavailable"
    assert answer.headers["Age"] == "30"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_what_changed_before_the_database_went_away_does_not_come_back() -> None:
    clock = Clock()
    cache, changes = new_cache(max_age=1, clock=clock)
    ask(cache, TEA)
    changes.generation += 1
    kitchen.during = unavailable

    answer = ask(cache, TEA)

    assert (answer.status, answer.headers["Retry-After"]) == ("503 Service Unavailable", "1")


def test_an_outage_is_outlived_for_minutes_alone() -> None:
    clock = Clock()
    cache, _ = new_cache(max_age=1, clock=clock)
    ask(cache, TEA)
    kitchen.during = unavailable

    clock.now += OUTAGE_SECONDS + 1

    assert ask(cache, TEA).status == "503 Service Unavailable"


def test_during_an_outage_the_database_is_tried_once_a_second() -> None:
    clock = Clock()
    cache, _ = new_cache(max_age=1, clock=clock)
    ask(cache, TEA)
    kitchen.during = unavailable
    clock.now += 30

    for _ in range(10):
        ask(cache, TEA)
    tried = len(kitchen.made) - 1
    clock.now += PAUSE_SECONDS
    kitchen.during = lambda number: None

    assert tried == 1
    assert ask(cache, TEA).cache_status == "fwd=miss"


def test_while_one_request_tries_the_database_again_the_others_do_not_wait_for_it() -> None:
    clock = Clock()
    cache, _ = new_cache(max_age=1, clock=clock)
    ask(cache, TEA)
    kitchen.during = unavailable
    clock.now += 30
    ask(cache, TEA)
    clock.now += PAUSE_SECONDS
    is_over, has_begun = threading.Event(), threading.Event()

    def silent(number: int) -> None:
        has_begun.set()
        is_over.wait(MOMENT_SECONDS)
        unavailable(number)

    kitchen.during = silent
    with ThreadPoolExecutor(1) as threads:
        trying = threads.submit(ask, cache, TEA)
        assert has_begun.wait(MOMENT_SECONDS)
        others = [ask(cache, TEA).cache_status for _ in range(20)]
        is_over.set()

    assert set(others) == {trying.result().cache_status} == {"hit; detail=database-unavailable"}


def test_an_error_that_is_no_outage_is_told() -> None:
    clock = Clock()
    cache, _ = new_cache(max_age=1, clock=clock)
    ask(cache, TEA)

    def fault(number: int) -> None:
        raise ValueError("a fault")

    kitchen.during = fault
    clock.now += 30

    assert ask(cache, TEA).status == "500 Internal Server Error"
