"""Processes: known again by more than their id, and ended together with what they leave behind."""

import ast
import os
import signal
import sys
from pathlib import Path

import pytest

from backend.devstack import processes
from backend.devstack.processes import Child, Process
from tests.backend.devstack.commands import wait_until


def started(tmp_path: Path, script: str, *, mark: str = "") -> Child:
    return processes.start(
        "child",
        [sys.executable, "-c", script],
        log=tmp_path / "log",
        mark=mark,
        environment={"PATH": os.defpath},
        directory=tmp_path,
    )


def test_a_process_is_not_taken_for_an_earlier_one_with_the_same_id() -> None:
    earlier = Process(os.getpid(), "another start")

    processes.end([earlier], first=signal.SIGKILL)

    assert not earlier.is_running()
    assert Process.find(os.getpid()) != earlier


@pytest.mark.skipif(not processes.HAS_PROC, reason="only Linux shows other processes' environments")
def test_an_orphan_is_found_by_its_mark_and_ended(tmp_path: Path) -> None:
    child = processes.start(
        "parent",
        ["/bin/sh", "-c", "sleep 1000 & sleep 1000"],
        log=tmp_path / "log",
        mark="mark of this test",
        environment={"PATH": os.defpath},
        directory=tmp_path,
    )
    wait_until(lambda: len(processes.marked("mark of this test")) == 3)
    child.popen.kill()
    child.popen.wait()

    orphans = processes.marked("mark of this test")
    processes.end(orphans)

    assert len(orphans) == 2
    assert processes.marked("mark of this test") == []


@pytest.mark.skipif(not processes.HAS_PROC, reason="only Linux shows other processes' directories")
def test_a_process_is_found_by_the_directory_it_works_in(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    child = started(tmp_path, "import time; time.sleep(1000)")

    found = processes.working_in(tmp_path / "link")

    assert found == [child.process]
    processes.stop([child], timeout=0)
    assert processes.working_in(tmp_path) == []


@pytest.mark.parametrize(
    ("script", "end"),
    [
        ("", "ended with exit status 0"),
        ("raise SystemExit(3)", "ended with exit status 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "was ended by SIGTERM"),
    ],
    ids=["by itself", "with a status", "by a signal"],
)
def test_a_child_says_how_it_ended(tmp_path: Path, script: str, end: str) -> None:
    child = started(tmp_path, script)

    child.popen.wait()

    assert child.has_ended()
    assert child.how_it_ended() == end


def test_a_child_that_does_not_stop_when_asked_is_killed(tmp_path: Path) -> None:
    deaf = started(
        tmp_path,
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(1000)",
    )
    wait_until(lambda: deaf.log.read_text() == "deaf\n")

    processes.stop([deaf], timeout=0.1)

    assert deaf.popen.returncode == -signal.SIGKILL


def test_a_child_knows_its_mark_and_nothing_else_of_our_environment(tmp_path: Path) -> None:
    child = started(tmp_path, "import os; print(sorted(os.environ))", mark="a mark")

    child.popen.wait()

    # Python may add what it sets for itself.
    names = set(ast.literal_eval(child.log.read_text()))
    assert {"PATH", processes.MARK} <= names
    assert names <= {"PATH", processes.MARK, "LC_CTYPE"}
