"""Counting who asks how often, exactly, even when others ask at the same moment."""

import random
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address

import pytest
import time_machine
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from backend.api.models import RateCounter
from backend.api.rate_limits import Allowance, Limit, RateLimitState
from backend.api.throttling import Throttled, purge_expired_counters, spend, throttle, throttle_client
from tests.database import at_once, execute

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
FIVE = Limit("five", 5, 60)
HUNDRED = Limit("hundred", 100, 3600)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def allowed(*subjects: str, now: datetime = NOW, limit: Limit = FIVE) -> list[bool]:
    return [spent.is_allowed for spent in spend([(subject, [limit]) for subject in subjects], now=now)]


# --- Windows ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_requests_beyond_the_limit_are_refused_until_the_window_ends() -> None:
    assert [allowed("ann", now=at(seconds)) for seconds in range(7)] == [[True]] * 5 + [[False]] * 2
    assert allowed("ann", now=at(59.999)) == [False]
    assert allowed("ann", now=at(60)) == [True]


@pytest.mark.django_db
def test_a_window_begins_with_the_subjects_first_request_and_says_what_is_left() -> None:
    [first] = spend([("ann", [FIVE, HUNDRED])], now=NOW)
    [second] = spend([("ann", [FIVE, HUNDRED])], now=at(5.5))

    assert first.allowances == (Allowance(FIVE, 1, 60), Allowance(HUNDRED, 1, 3600))
    assert second.allowances == (Allowance(FIVE, 2, 55), Allowance(HUNDRED, 2, 3595))
    assert second.tightest.remaining == 3


@pytest.mark.django_db
def test_subjects_and_policies_are_counted_apart() -> None:
    allowed(*["ann"] * 5)

    assert allowed("ann", "bob") == [False, True]
    assert allowed("ann", limit=Limit("other", 5, 60)) == [True]
    assert allowed("nn", limit=Limit("fivea", 5, 60)) == [True]


@pytest.mark.django_db
def test_text_and_bytes_name_the_same_subject() -> None:
    allowed(*["ann"] * 5)

    assert [spent.is_allowed for spent in spend([(b"ann", [FIVE])], now=NOW)] == [False]


@pytest.mark.django_db
def test_a_refused_request_counts_on_its_other_limits() -> None:
    spent = spend([("ann", [FIVE, HUNDRED])] * 7, now=NOW)

    assert [each.is_allowed for each in spent] == [True] * 5 + [False] * 2
    assert [allowance.remaining for allowance in spent[-1].allowances] == [0, 93]
    assert spent[-1].tightest.limit == FIVE


# --- Many at once -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_occurrences_of_one_subject_in_a_batch_are_counted_in_order() -> None:
    allowed("ann", "ann", "ann")

    assert allowed("ann", "bob", "ann", "ann", "bob") == [True, True, True, False, True]


@pytest.mark.django_db
def test_a_batch_costs_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    # The upsert.
    with django_assert_num_queries(1):
        spend([(f"voter {n % 200}", [FIVE, HUNDRED]) for n in range(256)], now=NOW)

    assert RateCounter.objects.count() == 400


def test_nothing_to_count_asks_nothing() -> None:
    assert spend([], now=NOW) == []


@pytest.mark.django_db(transaction=True)
def test_of_two_hundred_at_once_exactly_as_many_are_allowed_as_the_limit_says() -> None:
    answers: list[bool] = []

    failures = at_once(*[lambda: answers.extend(allowed("ann"))] * 200)

    assert set(failures) == {None}
    assert (answers.count(True), answers.count(False)) == (5, 195)


@pytest.mark.django_db(transaction=True)
def test_overlapping_batches_in_any_order_neither_deadlock_nor_undercount() -> None:
    subjects = [f"voter {n}" for n in range(40)]

    def hammer(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(25):
            batch = chance.sample(subjects, len(subjects))
            with transaction.atomic():
                spend([(subject, [HUNDRED]) for subject in batch], now=NOW)
            purge_expired_counters(NOW)

    failures = at_once(*[partial(hammer, seed) for seed in range(6)])

    assert set(failures) == {None}
    assert set(RateCounter.objects.values_list("count", flat=True)) == {150}
    assert RateCounter.objects.count() == 40


@pytest.mark.django_db
def test_a_count_that_is_rolled_back_is_no_count() -> None:
    with transaction.atomic():
        allowed(*["ann"] * 5)
        transaction.set_rollback(True)

    assert allowed("ann") == [True]


@pytest.mark.django_db
def test_a_flood_does_not_overflow_the_counter() -> None:
    allowed("ann")
    execute("UPDATE api_ratecounter SET count = 1000000000")

    assert allowed("ann", "ann") == [False, False]
    assert RateCounter.objects.get().count == 1_000_000_000


# --- The table --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_no_subject_is_at_rest() -> None:
    spend([("203.0.113.7", [FIVE])], now=NOW)

    [row] = RateCounter.objects.values_list("key", "count", "ends_at")
    assert (len(row[0]), row[1], row[2]) == (32, 1, at(60))
    assert b"203" not in bytes(row[0])


@pytest.mark.django_db
def test_the_table_is_unlogged_and_leaves_room_in_its_pages() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relpersistence::text, reloptions FROM pg_class WHERE oid = 'api_ratecounter'::regclass"
        )
        assert cursor.fetchone() == ("u", ["fillfactor=50"])


@pytest.mark.django_db
def test_counters_are_forgotten_once_their_window_has_ended(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    allowed("ann", "bob")
    allowed("cleo", now=at(1))

    # The savepoint, the deletion, the savepoint's release.
    with django_assert_num_queries(3):
        assert purge_expired_counters(at(60)) == 2
    assert RateCounter.objects.get().ends_at == at(61)


# --- Limits and headers -----------------------------------------------------------------------


def test_one_has_to_wait_for_the_longest_of_the_limits_that_are_exceeded() -> None:
    spent = RateLimitState((Allowance(FIVE, 6, 55), Allowance(HUNDRED, 101, 3000), Allowance(FIVE, 5, 9999)))

    assert Throttled(spent).headers == {"Retry-After": "3000"}
    assert Throttled(spent).rate_limits == spent


@pytest.mark.django_db
def test_one_claim_that_is_exceeded_refuses_the_whole_and_every_claim_is_counted(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    five, hundred = ("ann", [FIVE]), ("everybody", [HUNDRED])
    with django_assert_num_queries(1):
        state = throttle(five, hundred, now=NOW)
    assert [allowance.remaining for allowance in state.allowances] == [4, 99]

    for _ in range(4):
        throttle(five, hundred, now=NOW)
    with pytest.raises(Throttled) as refusal:
        throttle(five, hundred, now=NOW)

    assert refusal.value.limit == FIVE
    assert refusal.value.rate_limits is not None
    assert [allowance.used for allowance in refusal.value.rate_limits.allowances] == [6, 6]


@pytest.mark.django_db
def test_clients_of_one_network_share_its_limits_and_those_around_it_the_wider_ones() -> None:
    def remaining(address: str) -> list[int]:
        state = throttle_client(ip_address(address), limits=[FIVE], wider_limits=[HUNDRED], now=NOW)
        return [allowance.remaining for allowance in state.allowances]

    assert remaining("203.0.113.7") == [4, 99]
    assert remaining("203.0.113.7") == [3, 98]
    assert remaining("203.0.113.8") == [4, 97]
    assert remaining("203.0.114.7") == [4, 99]


@pytest.mark.django_db
def test_a_client_may_have_the_limits_of_its_network_alone() -> None:
    state = throttle_client(None, limits=[FIVE], now=NOW)

    assert [allowance.limit for allowance in state.allowances] == [FIVE]


@pytest.mark.django_db
@pytest.mark.urls("tests.backend.api.probe")
@pytest.mark.parametrize(
    ("wish", "status"),
    [pytest.param("tea", 201, id="success"), pytest.param("wine", 400, id="refusal")],
)
def test_every_answer_that_counts_says_what_is_left(api: APIClient, wish: str, status: int) -> None:
    with time_machine.travel(NOW, tick=False):
        response = api.post("/api/v1/brews", {"wish": wish}, format="json")

    assert response.status_code == status
    assert response["RateLimit-Policy"] == '"brews-60s";q=30;w=60, "brews-3600s";q=100;w=3600'
    assert response["RateLimit"] == '"brews-60s";r=29;t=60, "brews-3600s";r=99;t=3600'
    assert "Retry-After" not in response


@pytest.mark.django_db
@pytest.mark.urls("tests.backend.api.probe")
def test_a_throttled_request_is_told_when_to_come_again(api: APIClient) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(30):
            api.post("/api/v1/brews", {"wish": "tea"}, format="json")
        clock.shift(20.5)
        response = api.post("/api/v1/brews", {"wish": "tea"}, format="json")

    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert response.json()["detail"] == "At most 30 requests in 60 seconds; try again in 40 seconds."
    assert response["Retry-After"] == "40"
    assert response["RateLimit"] == '"brews-60s";r=0;t=40, "brews-3600s";r=69;t=3580'
    assert response["RateLimit-Policy"] == '"brews-60s";q=30;w=60, "brews-3600s";q=100;w=3600'


@pytest.mark.django_db
@pytest.mark.urls("tests.backend.api.probe")
def test_what_is_not_counted_speaks_of_no_limit(api: APIClient) -> None:
    response = api.post("/api/v1/brews", {}, format="json", headers={"Idempotency-Key": "a b"})

    assert response.status_code == 400
    assert "RateLimit" not in response
