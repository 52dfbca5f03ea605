"""How bodies come in: within a limit, a deadline, and some of the threads."""

import io
from threading import BoundedSemaphore
from typing import Any

import pytest

from backend.api.incoming import (
    BODY_SECONDS,
    MAX_EARLY_BODY,
    REFUSAL,
    Incoming,
    IncomingError,
    receive,
)


class Clock:
    """Stands still but for what a client takes."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Client:
    """Sends so many bytes, each of which takes so long; `wsgi.input` of granian blocks until all asked for are there."""

    def __init__(self, clock: Clock, *, size: int, seconds: float) -> None:
        self.left = size
        self._clock = clock
        self._seconds = seconds

    def read(self, size: int) -> bytes:
        count = min(size, self.left)
        self._clock.now += count * self._seconds
        self.left -= count
        return b"x" * count


@pytest.fixture
def clock() -> Clock:
    return Clock()


def environ_of(source: object, *, path: str = "/api/v1/voters", **environ: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.input": source,
        "wsgi.input_terminated": True,
        **environ,
    }


def test_a_body_that_drips_is_ended_at_twice_its_deadline_at_the_latest(clock: Clock) -> None:
    environ = environ_of(Client(clock, size=1_000, seconds=1), CONTENT_LENGTH="1000")

    body = receive(environ, clock=clock)

    assert environ[REFUSAL] == "body_too_slow"
    assert BODY_SECONDS < clock.now - 100 <= 2 * BODY_SECONDS
    assert body.is_unread


def test_a_long_body_may_take_longer(clock: Clock) -> None:
    length = 10 * MAX_EARLY_BODY
    body = Incoming(
        environ_of(Client(clock, size=length, seconds=1 / 20_000), CONTENT_LENGTH=str(length)), clock=clock
    )

    assert len(body.read()) == length
    assert clock.now - 100 > BODY_SECONDS
    assert not body.is_unread


def test_a_short_body_is_read_before_it_is_wanted_so_that_an_early_answer_leaves_nothing_unread() -> None:
    source = io.BytesIO(b"x" * MAX_EARLY_BODY + b"GET /next")
    environ = environ_of(source, CONTENT_LENGTH=str(MAX_EARLY_BODY))

    body = receive(environ)

    assert not body.is_unread
    assert source.read() == b"GET /next"
    assert environ["wsgi.input"].read() == b"x" * MAX_EARLY_BODY


def test_a_long_body_is_left_to_the_view_that_wants_it() -> None:
    environ = environ_of(io.BytesIO(b"x" * 70_000), CONTENT_LENGTH="70000")

    body = receive(environ)

    assert body.is_unread
    assert (environ["wsgi.input"].read(3), len(environ["wsgi.input"].read())) == (b"xxx", 69_997)
    assert not body.is_unread


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({"HTTP_TRANSFER_ENCODING": "chunked"}, id="chunked"),
        pytest.param({"SERVER_PROTOCOL": "HTTP/2.0"}, id="HTTP/2"),
    ],
)
def test_a_body_without_a_length_is_read_to_its_end(environ: dict[str, str]) -> None:
    asked = environ_of(io.BytesIO(b"{}"), **environ)

    receive(asked)

    assert (asked["wsgi.input"].read(), asked["CONTENT_LENGTH"]) == (b"{}", "2")


def test_a_body_without_a_length_is_read_no_further_than_its_limit() -> None:
    source = io.BytesIO(b"x" * 1_000_000)
    asked = environ_of(source, HTTP_TRANSFER_ENCODING="chunked")

    body = receive(asked)

    assert (asked["CONTENT_LENGTH"], source.tell()) == (str(MAX_EARLY_BODY + 1), MAX_EARLY_BODY + 1)
    assert body.is_unread


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_without_a_length_and_without_chunks_nothing_is_waited_for(method: str) -> None:
    asked = environ_of(None, REQUEST_METHOD=method)

    assert not receive(asked).is_unread


def test_where_all_places_are_taken_a_body_is_refused_at_once() -> None:
    places = BoundedSemaphore(1)
    asked = environ_of(io.BytesIO(b"{}"), CONTENT_LENGTH="2")

    with places:
        receive(asked, places=places)

    assert asked[REFUSAL] == "busy"


def test_a_place_is_given_back_even_by_a_body_that_is_ended(clock: Clock) -> None:
    places = BoundedSemaphore(1)
    slow = environ_of(Client(clock, size=1_000, seconds=1), CONTENT_LENGTH="1000")
    asked = environ_of(io.BytesIO(b"{}"), CONTENT_LENGTH="2")

    receive(slow, clock=clock, places=places)
    receive(asked, clock=clock, places=places)

    assert (slow[REFUSAL], asked.get(REFUSAL)) == ("body_too_slow", None)


def test_a_long_body_that_drips_is_ended_in_the_view(clock: Clock) -> None:
    body = Incoming(environ_of(Client(clock, size=100_000, seconds=1), CONTENT_LENGTH="100000"), clock=clock)

    with pytest.raises(IncomingError):
        body.read()


def test_a_line_is_read_to_its_end() -> None:
    body = Incoming(environ_of(io.BytesIO(b"one\ntwo"), CONTENT_LENGTH="7"))

    assert [body.readline(), body.readline(2), body.readline(), body.readline()] == [
        b"one\n",
        b"tw",
        b"o",
        b"",
    ]
