"""PostgreSQL on a laptop: killed, half made or damaged, it starts again or says what to do."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from backend.bootstrap import ROOT, UserError
from backend.devstack import processes
from backend.devstack.directory import StackDirectory
from backend.devstack.engines import Server, free_port
from backend.devstack.location import DataLocation
from backend.devstack.postgresql import start_postgresql
from backend.devstack.processes import Child
from backend.devstack.stack import end_leftovers
from tests.backend.devstack.commands import AS_ROOT, environment, wait_until

only_linux = pytest.mark.skipif(
    not processes.HAS_PROC, reason="elsewhere PostgreSQL is left to judge its pid file itself"
)


def postgresql(stack: StackDirectory, location: DataLocation) -> Server:
    return start_postgresql(stack, location, mark=mark_of(stack), is_lasting=True)


def mark_of(stack: StackDirectory) -> str:
    mark: str = json.loads((stack.path / "running.json").read_text())["mark"]
    return mark


def beside(stack: StackDirectory, location: DataLocation, *command: str | Path, directory: Path) -> Child:
    """A program that a developer started, as the servers' account."""
    return processes.start(
        "beside",
        command,
        log=stack.path / "log of a program beside",
        mark="of nothing here",
        environment={"PATH": os.defpath, "LC_ALL": "C"},
        directory=directory,
        account=location.account,
    )


def query(server: Server, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return list(cursor) if cursor.description else []


def test_a_killed_postgresql_starts_again_with_everything_committed(
    stack: StackDirectory, location: DataLocation
) -> None:
    server = postgresql(stack, location)
    query(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    server.child.popen.kill()
    server.child.popen.wait()

    again = postgresql(stack, location)

    assert query(again, "SELECT answer FROM kept") == [(42,)]
    processes.stop([again.child], timeout=5)


def test_an_unfinished_cluster_is_made_anew(
    stack: StackDirectory, location: DataLocation, capsys: pytest.CaptureFixture[str]
) -> None:
    unfinished = location.path / "postgresql.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("15\n")

    server = postgresql(stack, location)

    assert query(server, "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user") == [
        ("verdicts", False)
    ]
    assert "making it anew" in capsys.readouterr().out
    assert not unfinished.exists()
    processes.stop([server.child], timeout=5)


@only_linux
def test_a_stale_pid_file_that_names_another_program_hinders_nothing(
    stack: StackDirectory, location: DataLocation
) -> None:
    processes.stop([postgresql(stack, location).child], timeout=5)
    other = beside(stack, location, "sleep", "1000", directory=Path("/"))
    (location.path / "postgresql" / "postmaster.pid").write_text(f"{other.popen.pid}\n")

    server = postgresql(stack, location)

    assert query(server, "SELECT 1") == [(1,)]
    assert not other.has_ended()
    processes.stop([server.child, other], timeout=5)


@only_linux
def test_a_program_whose_working_directory_is_the_data_lives_on(
    stack: StackDirectory, location: DataLocation
) -> None:
    server = postgresql(stack, location)
    sleeper = beside(stack, location, "sleep", "2000", directory=location.path / "postgresql")
    server.child.popen.kill()
    server.child.popen.wait()

    end_leftovers(stack)
    again = postgresql(stack, location)

    assert query(again, "SELECT 1") == [(1,)]
    assert not sleeper.has_ended()
    processes.stop([again.child, sleeper], timeout=5)


@only_linux
def test_a_postgresql_that_was_not_started_here_is_named_and_lives_on(
    stack: StackDirectory, location: DataLocation
) -> None:
    server = postgresql(stack, location)
    program = Path(f"/proc/{server.child.popen.pid}/exe").readlink()
    processes.stop([server.child], timeout=5)
    data = location.path / "postgresql"
    options = ["-c", "unix_socket_directories=", "-c", f"port={free_port()}"]
    other = beside(stack, location, program, "-D", data, *options, directory=location.path)
    wait_until(lambda: "ready to accept connections" in other.log.read_text())

    end_leftovers(stack)
    with pytest.raises(
        UserError, match=rf"Process \d+ is a PostgreSQL that was not started here, and has {data}"
    ):
        postgresql(stack, location)

    assert not other.has_ended()
    processes.stop([other], timeout=5)


@only_linux
def test_what_an_earlier_postgresql_left_running_is_ended_though_its_titles_hide_its_environment(
    stack: StackDirectory, location: DataLocation
) -> None:
    server = postgresql(stack, location)
    with psycopg.connect(server.url) as connection:
        backend = connection.info.backend_pid
        # It notices its parent's death only when it goes on.
        os.kill(backend, signal.SIGSTOP)
        server.child.popen.kill()
        server.child.popen.wait()
        assert backend in {process.pid for process in stack.leftovers().values()}

        end_leftovers(stack)

        assert processes.Process.find(backend) is None
        connection.close()
    again = postgresql(stack, location)
    assert query(again, "SELECT 1") == [(1,)]
    processes.stop([again.child], timeout=5)


@pytest.mark.skipif(not AS_ROOT or not processes.HAS_PROC, reason="only root mounts small disks, on Linux")
def test_a_disk_too_small_for_the_first_start_is_told_in_a_sentence(var: Path) -> None:
    mount = (
        'mount -t tmpfs -o size=60m tmpfs "$1" && chmod 755 "$1" && exec "$2" -m backend.devstack run -- true'
    )

    result = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mount, "sh", str(var), sys.executable],
        cwd=ROOT,
        env=environment(var),
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert "MB free, and a new database needs 300 MB: free some space" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("version", "sentence"),
    [("14", "PostgreSQL 14 is not on this machine"), (None, "is no PostgreSQL cluster any more")],
    ids=["another major", "no cluster"],
)
def test_data_that_can_not_be_opened_lead_to_a_reset(
    stack: StackDirectory, location: DataLocation, version: str | None, sentence: str
) -> None:
    data = location.path / "postgresql"
    data.mkdir()
    (data / ("PG_VERSION" if version else "nothing")).write_text(version or "")

    with pytest.raises(UserError, match=sentence) as refused:
        postgresql(stack, location)

    assert "`make reset`" in str(refused.value)


def test_a_wish_for_a_major_that_is_none_is_refused(
    stack: StackDirectory, location: DataLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_MAJOR", "newest")

    with pytest.raises(UserError, match="POSTGRES_MAJOR must be a number such as 18, not 'newest'"):
        postgresql(stack, location)

    assert not (location.path / "postgresql").exists()
