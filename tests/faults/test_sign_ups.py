"""People who ask for the mail while things are broken: all are answered alike, and each gets one mail in the end."""

import http.client
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests import mail_sink
from tests.faults.clients import seconds_of_health
from tests.faults.scale import scaled
from tests.faults.stack import FaultStack
from tests.mail_sink import Sink
from tests.ports import TIMEOUT_SECONDS, quiet_port, wait_until

NEWCOMERS = scaled("MAIL_NEWCOMERS", short=60, long=500)
SAMPLES = scaled("SIGN_UP_SAMPLES", short=250, long=500)
COMPARISONS = 3
# Kolmogorov and Smirnov's for p = 0.01.
CRITICAL_DISTANCE = 1.63 * (2 / SAMPLES) ** 0.5
SUBSCRIPTIONS = "/api/v1/newsletter/subscriptions"
EVERYBODY: dict[str, Any] = {
    "CLIENT_ADDRESS_HEADER": "ClientAddress",
    "TRUSTED_PROXIES": "127.0.0.1",
    "SIGN_UPS_A_MINUTE": "100000",
}


@pytest.fixture
def sink() -> Iterator[Sink]:
    with mail_sink.listening() as sink:
        yield sink


@pytest.fixture(autouse=True)
def nobody_signed_up(stack: FaultStack) -> None:
    with stack.connect() as connection:
        connection.execute("TRUNCATE newsletter_mailjob, newsletter_subscriber, newsletter_edition CASCADE")


def subscribe(port: int, address: str, place: int) -> tuple[int, bytes, float]:
    """From a network of its own: the answer, and how many seconds it took."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    headers = {
        "Content-Type": "application/json",
        "ClientAddress": f"10.{place // 62_500 % 250}.{place // 250 % 250}.{place % 250}",
    }
    began = time.perf_counter()
    connection.request("POST", SUBSCRIPTIONS, json.dumps({"email": address}), headers)
    answer = connection.getresponse()
    body = answer.read()
    seconds = time.perf_counter() - began
    connection.close()
    return answer.status, body, seconds


def subscribe_all(port: int, addresses: list[str]) -> list[tuple[int, bytes, float]]:
    with ThreadPoolExecutor(4) as threads:
        places = (place * 250 for place in range(len(addresses)))
        return list(threads.map(lambda each: subscribe(port, *each), zip(addresses, places, strict=True)))


def waiting(stack: FaultStack) -> int:
    ((count,),) = stack.query("SELECT count(*) FROM newsletter_mailjob")
    return int(count)


@pytest.mark.parametrize("fault", ["stopped", "silent", "flushed"])
def test_nobody_is_forgotten_who_signs_up_and_no_edition_that_begins_while_the_broker_is(
    stack: FaultStack, sink: Sink, fault: str
) -> None:
    newcomers = [f"ada-{n}@example.com" for n in range(NEWCOMERS)]
    readers = [f"reader-{n}@example.com" for n in range(1, 101)]
    mail: dict[str, Any] = {
        "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        "SENDING_TICK_SECONDS": "1",
        "SIGN_UPS_A_DOMAIN_AND_HOUR": "100000",
    }
    {"stopped": stack.stop_redis, "silent": stack.silence_redis, "flushed": stack.flush_redis}[fault]()

    with stack.serving(**EVERYBODY) as web:
        answers = subscribe_all(web.port, newcomers)
    stack.desk("open_edition", "2020-W01", {"reader": len(readers)})
    stack.mend()
    stack.flush_redis()
    with stack.working(queues="celery,sign-ups,mail", **mail):
        wait_until(lambda: waiting(stack) == 0, seconds=300)
        wait_until(lambda: stack.query("SELECT state FROM newsletter_edition") == [("done",)], seconds=300)

    assert {(status, body) for status, body, _ in answers} == {(202, answers[0][1])}
    assert Counter(received.recipient for received in sink.received) == Counter(newcomers + readers)


def test_while_there_is_no_mail_server_sign_ups_wait(stack: FaultStack) -> None:
    nobody: dict[str, Any] = {"EMAIL_URL": f"smtp://127.0.0.1:{quiet_port()}"}

    with stack.serving(**EVERYBODY, **nobody) as web, stack.working(**nobody):
        answers = subscribe_all(web.port, [f"ada-{n}@example.com" for n in range(20)])
        wait_until(lambda: stack.query("SELECT sum(attempts) FROM newsletter_mailjob")[0][0] > 0)

    assert [status for status, _, _ in answers] == [202] * 20
    assert waiting(stack) == 20


def test_how_long_an_answer_takes_tells_nobody_whether_an_address_is_known(stack: FaultStack) -> None:
    """Two samples that alternate; the largest distance of their distributions stays within what chance explains."""
    known = stack.new_subscribers(SAMPLES)

    with stack.serving(**EVERYBODY) as web:
        # Chance fails one such comparison in a hundred, and three of them in a row one time in a million.
        for number in range(COMPARISONS):
            took = seconds_taken(web.port, known, number=number)
            # On a machine that is busy with other things, what costs nothing is slow too.
            assert p95(took["known"] + took["stranger"]) < max(0.3, 5 * p95(took["neither"]))
            if is_alike := distance(took["known"], took["stranger"]) < CRITICAL_DISTANCE:
                break

    assert is_alike


def seconds_taken(port: int, known: list[str], *, number: int) -> dict[str, list[float]]:
    """How long each sign-up took, of known addresses and of new ones in turn, and each answer that asks for neither."""
    strangers = [f"stranger-{number}-{n}@example.com" for n in range(len(known))]
    took: dict[str, list[float]] = {"known": [], "stranger": [], "neither": []}
    pairs = ((("known", one), ("stranger", other)) for one, other in zip(known, strangers, strict=True))
    for place, (kind, address) in enumerate(
        (each for pair in pairs for each in pair), 2 * len(known) * number
    ):
        status, _, seconds = subscribe(port, address, place * 250)
        assert status == 202
        took[kind].append(seconds)
        took["neither"].append(seconds_of_health(port))
    return took


def p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def distance(one: list[float], other: list[float]) -> float:
    """The largest difference between two empirical distribution functions."""
    return max(
        abs(sum(each <= at for each in one) / len(one) - sum(each <= at for each in other) / len(other))
        for at in one + other
    )
