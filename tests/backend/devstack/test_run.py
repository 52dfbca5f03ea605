"""`make test`: a command on a private stack, of which nothing stays."""

import os
import re
import signal
import sys
from pathlib import Path

import pytest
from django.conf import settings
from redis import Redis

from backend.bootstrap import ROOT
from tests.backend.devstack.commands import REPORT, TIMEOUT_SECONDS, Background, devstack, running_in


def test_a_command_runs_as_ourselves_on_a_stack_that_is_gone_afterwards(var: Path) -> None:
    command = [sys.executable, "-c", REPORT + "sys.exit(7)"]

    # Whatever database `make serve` is pointed at, a test run leaves it alone.
    result = devstack(var, "run", "--", *command, DATABASE_URL="postgres://nobody@127.0.0.1:1/precious")

    assert result.returncode == 7, result.stderr
    assert f"user {os.geteuid()}" in result.stdout
    assert [path.name for path in (var / "test").iterdir()] == ["lock"]
    assert running_in(var) == []


def test_redis_has_a_database_for_each_process_that_make_test_starts() -> None:
    most = re.search(r"--maxprocesses (\d+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert most is not None
    url, _, _ = settings.REDIS_URL.rpartition("/")

    with Redis.from_url(f"{url}/{int(most[1]) - 1}") as last:
        assert last.ping()


def test_a_command_that_is_not_there_is_named(var: Path) -> None:
    result = devstack(var, "run", "--", "no-such-command")

    assert result.returncode == 1
    assert "There is no command no-such-command to run." in result.stderr
    assert [path.name for path in (var / "test").iterdir()] == ["lock"]


def test_two_runs_at_once_have_a_database_each(var: Path) -> None:
    wait_for_the_other = f"""
import pathlib, time
open({str(var)!r} + "/here " + str(os.getpid()), "w")
while len(list(pathlib.Path({str(var)!r}).glob("here *"))) < 2: time.sleep(0.02)
"""
    command = ["run", "--", sys.executable, "-c", REPORT + wait_for_the_other]

    first = Background(var, *command)
    second = devstack(var, *command)

    assert first.popen.wait(TIMEOUT_SECONDS) == 0, first.text()
    assert second.returncode == 0, second.stderr
    ports = re.findall(r"database (\d+)", first.text() + second.stdout)
    assert len(set(ports)) == 2


@pytest.mark.parametrize(("options", "setting"), [([], "off"), (["--durable"], "on")])
def test_a_run_waits_for_the_disk_only_if_told_to(var: Path, options: list[str], setting: str) -> None:
    show = """
import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    for name in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
        print(name, connection.execute(f"SHOW {name}").fetchone()[0])
"""

    result = devstack(var, "run", *options, "--", sys.executable, "-c", show)

    assert result.returncode == 0, result.stderr
    assert (
        f"fsync {setting}\nsynchronous_commit {setting}\nfull_page_writes {setting}\nautovacuum {setting}\n"
        in result.stdout
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_reaches_the_command_and_ends_everything(var: Path, number: signal.Signals) -> None:
    run = Background(var, "run", "--", "/bin/sh", "-c", "echo begun; exec sleep 1000")
    run.wait_for("begun")

    status = run.end(number)

    assert status == 128 + number
    assert running_in(var) == []


def test_what_a_killed_run_left_behind_is_removed_by_the_next(var: Path) -> None:
    killed = Background(var, "run", "--", "/bin/sh", "-c", "echo begun; exec sleep 1000")
    killed.wait_for("begun")
    killed.end(signal.SIGKILL)

    after = devstack(var, "run", "--", "true")

    assert after.returncode == 0, after.stderr
    assert [path.name for path in (var / "test").iterdir()] == ["lock"]
    assert running_in(var) == []
