"""Slow and refused bodies, without a proxy and behind the one that compose brings."""

import http.client
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import cycle
from threading import Event, Thread
from typing import Any

import pytest

from tests.faults.clients import PAUSE_SECONDS, Client, Crowd
from tests.faults.scale import scaled
from tests.faults.stack import FaultStack
from tests.nginx import nginx
from tests.ports import TIMEOUT_SECONDS

BEHIND_NGINX: dict[str, Any] = {"CLIENT_ADDRESS_HEADER": "ClientAddress", "TRUSTED_PROXIES": "127.0.0.0/8"}
ROUNDS = 20
# Seconds from the end of the slow bodies; on a busy machine nothing is known of them.
VOTES_AGAIN_WITHIN = scaled("VOTES_AGAIN_WITHIN", short=120, long=10)
REFUSED = 900


def get(port: int, path: str, **headers: str) -> http.client.HTTPResponse:
    """The answer, whose body is in `answer.body`."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer


@contextmanager
def slow_bodies(port: int, *, tool: str, dripping: int, stalled: int) -> Iterator[None]:
    """So many clients that send a byte a second and so many that send no byte of their body, while the block lasts."""
    head = (
        f"PUT /api/v1/tools/{tool}/vote HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: 1000\r\n\r\n"
    )
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(dripping + stalled)]
    is_over = Event()

    def drip() -> None:
        while not is_over.wait(1):
            for client in clients[:dripping]:
                # The server may have ended it.
                with suppress(OSError):
                    client.sendall(b" ")

    thread = Thread(target=drip)
    try:
        for client in clients:
            client.sendall(head.encode())
        thread.start()
        yield
    finally:
        is_over.set()
        thread.join()
        for client in clients:
            client.close()


def pages(tool: str) -> list[str]:
    return [
        "/healthz",
        "/readyz",
        f"/api/v1/tools/{tool}",
        "/api/v1/tools",
        "/admin/account/login/",
        "/api/docs",
    ]


def test_without_a_proxy_every_page_is_answered_while_bodies_drip_and_stall(stack: FaultStack) -> None:
    tool, (voter,) = stack.new_tool(), stack.new_voters(1)

    with stack.serving(workers=1) as web:
        with slow_bodies(web.port, tool=tool, dripping=40, stalled=40):
            statuses = Counter(get(web.port, path).status for _ in range(ROUNDS) for path in pages(tool))
        ended = time.monotonic()
        with closing(Client(web.port)) as client:
            afterwards = client.vote_until_acknowledged(tool, voter=voter, value="ship")
        seconds = time.monotonic() - ended

    assert statuses == {200: ROUNDS * len(pages(tool))}
    assert afterwards.status == 200
    assert seconds <= VOTES_AGAIN_WITHIN


def test_behind_nginx_votes_are_taken_too_while_bodies_drip_and_stall(stack: FaultStack) -> None:
    tool, voters = stack.new_tool(), stack.new_voters(ROUNDS)

    with (
        stack.serving(workers=1, **BEHIND_NGINX) as web,
        nginx(web.port) as port,
        closing(Client(port)) as client,
        slow_bodies(port, tool=tool, dripping=40, stalled=40),
    ):
        for voter in voters:
            client.vote(tool, voter=voter, value="ship")
        statuses = Counter(get(port, path).status for _ in range(ROUNDS) for path in pages(tool))

    assert Counter(operation.answer.status for operation in client.operations) == {200: ROUNDS}
    assert statuses == {200: ROUNDS * len(pages(tool))}


def refusals(voter: str) -> Iterator[tuple[str, str, dict[str, str], int]]:
    """Requests that are answered before their body is looked at, and with what."""
    token = {"Authorization": f"Voter {voter}"}
    kinds = [
        ("PUT", "/api/v1/tools/any/vote", {"Content-Type": "application/json"}, 401),
        ("POST", "/api/v1/nowhere", {"Content-Type": "application/json"}, 404),
        ("POST", "/api/v1/tools", {"Content-Type": "application/json"}, 405),
        ("PUT", "/api/v1/tools/any/vote", {"Content-Type": "text/plain", **token}, 415),
    ]
    for number, kind in zip(range(REFUSED), cycle(kinds), strict=False):
        verb, path, headers, status = kind
        yield verb, path, {**headers, "Body": str(number * 60_000 // REFUSED)}, status


def test_refused_bodies_cost_no_other_client_its_connection_behind_nginx(stack: FaultStack) -> None:
    tool, (refused, *voters) = stack.new_tool(), stack.new_voters(51)
    told: Counter[tuple[int, int]] = Counter()

    def innocent(port: int, is_over: Event) -> Callable[[Client, int], None]:
        def deed(client: Client, place: int) -> None:
            for voter in cycle(voters[place::5]):
                client.vote(tool, voter=voter, value="ship")
                if is_over.wait(PAUSE_SECONDS):
                    break

        return deed

    with (
        stack.serving(workers=1, **BEHIND_NGINX) as web,
        nginx(web.port) as port,
        Crowd(port, 5) as crowd,
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)) as connection,
    ):
        crowd.begin(innocent(port, crowd.is_over))
        for verb, path, headers, status in refusals(refused):
            connection.request(verb, path, body=b" " * int(headers.pop("Body")), headers=headers)
            answer = connection.getresponse()
            answer.read()
            told[status, answer.status] += 1
        crowd.finish()

    assert told == {(status, status): REFUSED // 4 for status in (401, 404, 405, 415)}
    assert set(crowd.statuses()) == {200}


def test_nginx_compresses_and_a_reader_who_has_the_page_is_told_so(stack: FaultStack) -> None:
    # A list of twenty.
    stack.new_tool()
    with stack.serving(workers=1, **BEHIND_NGINX) as web, nginx(web.port) as port:
        plain = get(port, "/api/v1/tools")
        answer = get(port, "/api/v1/tools", **{"Accept-Encoding": "gzip"})
        again = get(
            port,
            "/api/v1/tools",
            **{"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]},
        )
        hidden = [get(port, path).status for path in ("/metrics", "/statusz")]

    assert (answer.status, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert "Content-Encoding" not in plain.headers
    assert again.status == 304
    assert hidden == [404, 404]


@pytest.mark.parametrize(
    ("sent", "counted"),
    [
        pytest.param({}, "127.0.0.1", id="nginx's own client"),
        pytest.param({"ClientAddress": "198.51.100.9"}, "127.0.0.1", id="a header that the client forged"),
        pytest.param({"X-Forwarded-For": "192.0.2.7"}, "192.0.2.7", id="a TLS proxy's client"),
        pytest.param(
            {"X-Forwarded-For": "198.51.100.9, 192.0.2.7"}, "192.0.2.7", id="a list that was forged"
        ),
    ],
)
def test_the_product_is_told_the_clients_own_address(sent: dict[str, str], counted: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as product, nginx(product.getsockname()[1]) as port:
        thread = Thread(target=get, args=(port, "/"), kwargs=sent)
        thread.start()
        connection, _ = product.accept()
        with closing(connection):
            heard = connection.recv(65_536).decode()
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        thread.join()

    assert [line for line in heard.split("\r\n") if line.startswith("ClientAddress")] == [
        f"ClientAddress: {counted}"
    ]
