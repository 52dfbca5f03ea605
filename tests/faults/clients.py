"""Clients that vote over real connections, each in a thread of its own, and write down what they were told."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from threading import Event
from types import MappingProxyType, TracebackType
from typing import Any, Self

from tests.ports import TIMEOUT_SECONDS

NO_ANSWER = 0
PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class Answer:
    """What came back; the status is NO_ANSWER where nothing did, and then nobody knows what was done."""

    status: int
    headers: Message
    body: Any


@dataclass(frozen=True)
class Operation:
    """One attempt to vote (`value` is None: to withdraw) as its client saw it; times are monotonic."""

    voter: str
    value: str | None
    began: float
    ended: float
    answer: Answer

    @property
    def is_acknowledged(self) -> bool:
        return 200 <= self.answer.status < 300

    @property
    def seconds(self) -> float:
        return self.ended - self.began


class Client:
    """One connection, kept alive, and made anew after a failure."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.operations: list[Operation] = []
        self.acknowledged = 0
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)

    def close(self) -> None:
        self._connection.close()

    def send(
        self,
        verb: str,
        path: str,
        *,
        voter: str | None = None,
        body: object = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        headers = {"Accept": "application/json", **headers}
        headers |= {"Authorization": f"Voter {voter}"} if voter else {}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        text = json.dumps(body).encode() if body is not None else None
        try:
            self._connection.request(verb, f"/api/v1{path}", body=text, headers=headers)
            response = self._connection.getresponse()
            return Answer(response.status, response.headers, json.loads(response.read() or b"null"))
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return Answer(NO_ANSWER, Message(), repr(error))

    def vote(self, tool: str, *, voter: str, value: str | None) -> Operation:
        verb, body = ("DELETE", None) if value is None else ("PUT", {"value": value})
        began = time.monotonic()
        answer = self.send(verb, f"/tools/{tool}/vote", voter=voter, body=body)
        operation = Operation(voter, value, began, time.monotonic(), answer)
        self.operations.append(operation)
        self.acknowledged += operation.is_acknowledged
        return operation

    def vote_until_acknowledged(self, tool: str, *, voter: str, value: str | None) -> Answer:
        return self._insist(lambda: self.vote(tool, voter=voter, value=value).answer)

    def vote_of(self, tool: str, *, voter: str) -> str | None:
        answer = self._insist(lambda: self.send("GET", f"/tools/{tool}/vote", voter=voter))
        value: str | None = answer.body["value"]
        return value

    def _insist(self, attempt: Callable[[], Answer]) -> Answer:
        """Tries again after a refusal for the time being and after no answer, as a good page does."""
        until = time.monotonic() + TIMEOUT_SECONDS
        answer = attempt()
        while answer.status in (NO_ANSWER, 503):
            assert time.monotonic() < until, answer
            time.sleep(PAUSE_SECONDS)
            answer = attempt()
        assert answer.status == 200, answer
        return answer


class Crowd:
    """Clients that all do the same deed, each with its number; the test may do harm meanwhile."""

    def __init__(self, port: int, size: int) -> None:
        self.clients = [Client(port) for _ in range(size)]
        # A deed that goes on until then asks for it.
        self.is_over = Event()
        self._threads = ThreadPoolExecutor(size)
        self._futures: list[Future[None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_over.set()
        self._threads.shutdown()
        for client in self.clients:
            client.close()

    def begin(self, deed: Callable[[Client, int], None]) -> None:
        self.is_over.clear()
        self._futures = [
            self._threads.submit(deed, client, number) for number, client in enumerate(self.clients)
        ]

    def finish(self) -> None:
        """Wait for all; the first failure among them is raised here."""
        self.is_over.set()
        for future in self._futures:
            future.result()

    def do(self, deed: Callable[[Client, int], None]) -> None:
        self.begin(deed)
        self.finish()

    def is_done(self) -> bool:
        return all(future.done() for future in self._futures)

    def operations(self) -> list[Operation]:
        """In the order in which their answers came."""
        everything = [operation for client in self.clients for operation in list(client.operations)]
        return sorted(everything, key=lambda operation: operation.ended)

    def statuses(self) -> Counter[int]:
        return Counter(operation.answer.status for operation in self.operations())

    def await_acknowledged(self, number: int) -> None:
        """Until so many votes are acknowledged, or everybody is done."""
        until = time.monotonic() + TIMEOUT_SECONDS * 2
        while self.acknowledged() < number and not self.is_done():
            assert time.monotonic() < until, f"{self.acknowledged()} of {number} votes are acknowledged"
            time.sleep(0.005)

    def acknowledged_values(self) -> dict[str, str | None]:
        """Each voter's last acknowledged value; it says most where no two clients vote for one voter."""
        return {
            operation.voter: operation.value for operation in self.operations() if operation.is_acknowledged
        }

    def acknowledged(self) -> int:
        return sum(client.acknowledged for client in self.clients)


def seconds_of_health(port: int) -> float:
    """How long an answer takes that needs neither PostgreSQL nor Redis: on a busy machine that is slow, too."""
    began = time.monotonic()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)) as connection:
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
    return time.monotonic() - began


def percentile(seconds: list[float], part: float) -> float:
    return sorted(seconds)[int(len(seconds) * part)]
