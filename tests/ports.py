"""Ports for servers that tests start, and waiting for what happens in other processes."""

import secrets
import socket
import time
from collections.abc import Callable

# Only what never happens takes so long, on however busy a machine.
TIMEOUT_SECONDS = 120
# Between two looks at what a test waits for.
POLL_SECONDS = 0.05
# Below what the kernel lends to outgoing connections: nobody takes these while their server is down.
PORTS = range(20_000, 32_000)
_given: set[int] = set()


def quiet_port() -> int:
    """A port that is free, that no outgoing connection can take later, and that is given to nobody else in this process."""
    while True:
        port = PORTS.start + secrets.randbelow(len(PORTS))
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
