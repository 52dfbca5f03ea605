"""PostgreSQL and Redis on a laptop: killed, half made or damaged, they start again or say what to do."""

import os
from pathlib import Path

import psycopg
import pytest

from backend.bootstrap import UserError
from backend.devstack import processes
from backend.devstack.directory import StackDirectory
from backend.devstack.engines import Server, start_postgresql, start_redis
from backend.devstack.location import DataLocation


def postgresql(stack: StackDirectory, location: DataLocation) -> Server:
    return start_postgresql(stack, location, mark="", is_lasting=True)


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


@pytest.mark.skipif(
    not processes.CAN_LOOK, reason="elsewhere PostgreSQL is left to judge its pid file itself"
)
def test_a_stale_pid_file_that_names_somebody_else_hinders_nothing(
    stack: StackDirectory, location: DataLocation
) -> None:
    processes.stop([postgresql(stack, location).child], timeout=5)
    somebody = processes.start(
        "somebody",
        ["sleep", "1000"],
        log=stack.path / "log of somebody",
        mark="",
        environment={"PATH": os.defpath},
        directory=Path("/"),
        identity=location.identity,
    )
    (location.path / "postgresql" / "postmaster.pid").write_text(f"{somebody.popen.pid}\n")

    server = postgresql(stack, location)

    assert query(server, "SELECT 1") == [(1,)]
    assert not somebody.has_ended()
    processes.stop([server.child, somebody], timeout=5)


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


def test_what_redis_can_not_read_is_put_aside(
    stack: StackDirectory, location: DataLocation, capsys: pytest.CaptureFixture[str]
) -> None:
    data = location.path / "redis"
    data.mkdir()
    (data / "appendonly.aof").write_text("*1\r\n$7\r\nNONSENSE\r\nwhat is this\r\n*3\r\n")
    os.chown(data / "appendonly.aof", location.path.stat().st_uid, location.path.stat().st_gid)

    server = start_redis(stack, location, mark="", is_lasting=True)

    assert "begins empty" in capsys.readouterr().out
    assert len(list(location.path.glob("redis-unreadable-*/appendonly.aof"))) == 1
    processes.stop([server.child], timeout=5)
