"""Ports for servers that tests start, and waiting for what happens in other processes."""

import os
import secrets
import socket
import time
from collections.abc import Callable

# Only what never happens takes so long, on however busy a machine.
TIMEOUT_SECONDS = 120
# Between two looks at what a test waits for.
POLL_SECONDS = 0.05
# As the Makefile has it.
MOST_WORKERS = 16
_given: set[int] = set()


def ports_of(worker: str) -> range:
    """Those of one of pytest's processes, such as gw3, and of no other.

    All are below what the kernel lends to outgoing connections: nobody takes these while their server is down.
    """
    return range(20_000 + int(worker.removeprefix("gw")) % MOST_WORKERS, 32_000, MOST_WORKERS)


def quiet_port() -> int:
    """A port that is free, that no outgoing connection can take later, and that no other test of this run is given.

    Two of granian's servers would share one port without an error, and each would get some of the other's requests.
    """
    ports = ports_of(os.environ.get("PYTEST_XDIST_WORKER", "gw0"))
    while True:
        port = secrets.choice(ports)
        if port in _given:
            continue
        _given.add(port)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition: Callable[[], bool], *, seconds: float = TIMEOUT_SECONDS) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never happened"
        time.sleep(POLL_SECONDS)
