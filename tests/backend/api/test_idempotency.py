"""A POST is done once for each key, and its answer kept for the one who sent it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from backend.api.idempotency import purge_expired_answers
from backend.api.models import IdempotentAnswer, RateCounter
from tests.database import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.backend.api.probe")]

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
KEY = "019e9a3c-7a52-7c3e-9d0b-5b0c7e1f2a34"
TEA: dict[str, Any] = {"wish": "tea"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


def brew(body: Any = TEA, *, key: str = KEY, path: str = "/api/v1/brews", **headers: str) -> Any:
    client = APIClient(raise_request_exception=False)
    return client.post(path, body, format="json", headers={"Idempotency-Key": key, **headers})


def leave_behind() -> None:
    """A claim whose request has crashed."""
    brew()
    IdempotentAnswer.objects.update(encrypted=None)


def times_done() -> int:
    return max(RateCounter.objects.values_list("count", flat=True), default=0)


def outcome(response: Any) -> tuple[int, Any]:
    return response.status_code, response.json().get("code") or response.json()["cup"]


# --- Repeating --------------------------------------------------------------------------------


def test_a_repeated_request_gets_the_first_answer_and_does_nothing() -> None:
    first = brew()
    again = brew()

    assert (first.status_code, first.json()) == (201, {"cup": 1, "token": "drink-me"})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert {name: again[name] for name in ("Content-Type", "Location")} == {
        "Content-Type": "application/json",
        "Location": "/api/v1/brews/1",
    }
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert again["X-Request-ID"] != first["X-Request-ID"]
    assert "RateLimit" not in again
    assert times_done() == 1


def test_without_a_key_every_request_is_done(api: APIClient) -> None:
    answers = [api.post("/api/v1/brews", TEA, format="json").json()["cup"] for _ in range(2)]

    assert answers == [1, 2]
    assert not IdempotentAnswer.objects.exists()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"key": KEY[:-1]}, id="key"),
        pytest.param({"Authorization": "Voter v1.other"}, id="credentials"),
    ],
)
def test_another_key_or_other_credentials_make_it_another_request(other: dict[str, str]) -> None:
    brew()

    assert outcome(brew(**other)) == (201, 2)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"body": {"wish": "more tea"}}, id="body"),
        pytest.param({"body": {}}, id="empty body"),
        pytest.param({"path": "/api/v1/brews?milk=1"}, id="query"),
    ],
)
def test_the_same_key_with_another_request_is_refused(other: dict[str, Any]) -> None:
    brew()

    assert outcome(brew(**other)) == (422, "idempotency_key_reused")
    assert times_done() == 1


@pytest.mark.parametrize("key", ["!", "~" * 255, '"quoted"'])
def test_any_visible_ascii_is_a_key(key: str) -> None:
    assert brew(key=key).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "a\tb", "kettle-é", "a\x7f"])
def test_a_key_of_anything_else_is_refused(key: str) -> None:
    assert outcome(brew(key=key)) == (400, "invalid_idempotency_key")
    assert times_done() == 0


def test_after_a_day_a_key_is_new(clock: time_machine.Traveller) -> None:
    brew()
    clock.shift(timedelta(hours=24) - timedelta(seconds=1))
    assert outcome(brew()) == (201, 1)

    clock.shift(1)
    answer = brew({"wish": "other tea"})

    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer


def test_the_cost_of_a_key(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    # The claim, the count, the answer's keeping.
    with django_assert_num_queries(3):
        brew()
    # The claim in vain, the kept answer.
    with django_assert_num_queries(2):
        brew()


# --- Refused and failed requests --------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "status"),
    [pytest.param("wine", 400, id="refused"), pytest.param("fire", 500, id="failed")],
)
def test_what_did_not_succeed_can_be_sent_again_mended(wish: str, status: int) -> None:
    assert brew({"wish": wish}).status_code == status

    assert not IdempotentAnswer.objects.exists()
    assert outcome(brew()) == (201, 2)


def test_a_throttled_request_can_be_sent_again_later(clock: time_machine.Traveller) -> None:
    for n in range(30):
        brew(key=f"{n}")
    assert brew().status_code == 429

    clock.shift(60)

    assert outcome(brew()) == (201, 1)


# --- Running and crashed requests -------------------------------------------------------------


def test_while_the_first_runs_others_are_told_to_come_again() -> None:
    leave_behind()

    answer = brew()

    assert outcome(answer) == (409, "idempotency_key_in_use")
    assert answer["Retry-After"] == "1"


def test_a_crashed_request_is_taken_over_after_a_minute(clock: time_machine.Traveller) -> None:
    leave_behind()
    clock.shift(59)
    assert brew().status_code == 409

    clock.shift(1)
    assert brew({"wish": "other tea"}).status_code == 422
    assert brew().status_code == 201
    assert brew()["Idempotency-Replayed"] == "true"


def test_who_comes_back_late_leaves_the_claim_of_the_next_alone() -> None:
    next_claimed_at = NOW + timedelta(seconds=61)

    def take_over(execute: Any, sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        counting = (
            IdempotentAnswer.objects.all() if "api_ratecounter" in sql else IdempotentAnswer.objects.none()
        )
        counting.update(claimed_at=next_claimed_at)
        return result

    with connection.execute_wrapper(take_over):
        brew()

    row = IdempotentAnswer.objects.get()
    assert (row.claimed_at, row.encrypted) == (next_claimed_at, None)


@pytest.mark.django_db(transaction=True)
def test_of_fifty_at_once_one_is_done() -> None:
    answers: list[Any] = []

    failures = at_once(*[lambda: answers.append(brew())] * 50)

    assert set(failures) == {None}
    outcomes = [outcome(answer) for answer in answers]
    assert len(outcomes) == 50
    assert set(outcomes) <= {(201, 1), (409, "idempotency_key_in_use")}
    assert [answer.status_code for answer in answers if "Idempotency-Replayed" not in answer].count(201) == 1
    assert times_done() == 1
    assert outcome(brew()) == (201, 1)


# --- At rest ----------------------------------------------------------------------------------


def test_neither_key_nor_answer_nor_credentials_are_at_rest() -> None:
    brew(Authorization="Voter v1.mine")

    with connection.cursor() as cursor:
        cursor.execute("SELECT key || fingerprint || sealed FROM api_idempotentanswer")
        [[dump]] = cursor.fetchall()
    assert len(dump) > 100
    for secret in (b"drink-me", b"cup", b"v1.mine", b"tea", KEY.encode()):
        assert secret not in bytes(dump)


def test_answers_are_forgotten_after_a_day() -> None:
    brew()
    brew(key="other")

    assert purge_expired_answers(NOW + timedelta(hours=23, minutes=59)) == 0
    assert purge_expired_answers(NOW + timedelta(hours=24)) == 2
