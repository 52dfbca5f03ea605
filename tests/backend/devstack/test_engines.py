"""Servers on loopback: a port that is taken meanwhile, an early end, and the caller's settings."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from backend.devstack import processes
from backend.devstack.directory import StackDirectory
from backend.devstack.engines import EndedEarlyError, start, start_on_a_port
from backend.devstack.location import DataLocation
from backend.devstack.processes import Child

LISTEN = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"
END = "import sys; sys.exit(sys.argv[1])"


def program(stack: StackDirectory, location: DataLocation, code: str, argument: object) -> Child:
    # Only this account is sure to reach the Python of these tests.
    return start(
        stack, replace(location, account=None), "server", [sys.executable, "-c", code, str(argument)], mark=""
    )


def is_listening(child: Child, port: int) -> bool:
    return not child.has_ended() and f":{port:04X} " in Path("/proc/net/tcp").read_text()


@pytest.mark.skipif(not processes.HAS_PROC, reason="the kernel lists open ports on Linux")
def test_a_port_that_another_program_took_meanwhile_is_given_up_for_another(
    stack: StackDirectory, location: DataLocation
) -> None:
    asked: list[int] = []

    def begin(port: int) -> Child:
        asked.append(port)
        if len(asked) == 1:
            return program(stack, location, END, "Address already in use")
        return program(stack, location, LISTEN, port)

    child, port = start_on_a_port(None, begin, is_listening)
    processes.stop([child], timeout=5)

    assert [port] == asked[1:]


def test_a_server_that_ends_at_once_is_told_by_its_last_words(
    stack: StackDirectory, location: DataLocation
) -> None:
    with pytest.raises(EndedEarlyError, match="no such setting"):
        start_on_a_port(None, lambda port: program(stack, location, END, "no such setting"), lambda *_: False)


def test_a_server_sees_none_of_the_callers_settings(
    stack: StackDirectory, location: DataLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGDATA", "/elsewhere")
    code = "import os, sys; sys.exit(os.environ.get('PGDATA', 'nowhere'))"

    with pytest.raises(EndedEarlyError, match="nowhere"):
        start_on_a_port(None, lambda port: program(stack, location, code, port), lambda *_: False)
