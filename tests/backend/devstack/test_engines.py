"""PostgreSQL and Redis on a laptop: killed, half made or damaged, they start again or say what to do."""

import os
from pathlib import Path

import psycopg
import pytest

from backend.bootstrap import MendableError
from backend.devstack import processes
from backend.devstack.directory import StackDirectory
from backend.devstack.engines import Server, start_postgresql, start_redis
from backend.devstack.place import Place


def postgresql(stack: StackDirectory, place: Place) -> Server:
    return start_postgresql(stack, place, mark="", is_lasting=True)


def query(server: Server, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return list(cursor) if cursor.description else []


def test_a_killed_postgresql_starts_again_with_everything_committed(
    stack: StackDirectory, place: Place
) -> None:
    server = postgresql(stack, place)
    query(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    server.child.popen.kill()
    server.child.popen.wait()

    again = postgresql(stack, place)

    assert query(again, "SELECT answer FROM kept") == [(42,)]
    processes.stop([again.child], patience=5)


def test_an_unfinished_cluster_is_made_anew(
    stack: StackDirectory, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    unfinished = place.path / "postgresql.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("15\n")

    server = postgresql(stack, place)

    assert query(server, "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user") == [
        ("verdicts", False)
    ]
    assert "making it anew" in capsys.readouterr().out
    assert not unfinished.exists()
    processes.stop([server.child], patience=5)


@pytest.mark.skipif(
    not processes.CAN_LOOK, reason="elsewhere PostgreSQL is left to judge its pid file itself"
)
def test_a_stale_pid_file_that_names_somebody_else_hinders_nothing(
    stack: StackDirectory, place: Place
) -> None:
    processes.stop([postgresql(stack, place).child], patience=5)
    somebody = processes.start(
        "somebody",
        ["sleep", "1000"],
        log=stack.path / "log of somebody",
        mark="",
        environment={"PATH": os.defpath},
        directory=Path("/"),
        identity=place.identity,
    )
    (place.path / "postgresql" / "postmaster.pid").write_text(f"{somebody.popen.pid}\n")

    server = postgresql(stack, place)

    assert query(server, "SELECT 1") == [(1,)]
    assert not somebody.has_ended()
    processes.stop([server.child, somebody], patience=5)


@pytest.mark.parametrize(
    ("version", "sentence"),
    [("14", "PostgreSQL 14 is not on this machine"), (None, "is no PostgreSQL cluster any more")],
    ids=["another major", "no cluster"],
)
def test_data_that_can_not_be_opened_lead_to_a_reset(
    stack: StackDirectory, place: Place, version: str | None, sentence: str
) -> None:
    data = place.path / "postgresql"
    data.mkdir()
    (data / ("PG_VERSION" if version else "nothing")).write_text(version or "")

    with pytest.raises(MendableError, match=sentence) as refused:
        postgresql(stack, place)

    assert "`make reset`" in str(refused.value)


def test_a_wish_for_a_major_that_is_none_is_refused(
    stack: StackDirectory, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_MAJOR", "newest")

    with pytest.raises(MendableError, match="POSTGRES_MAJOR must be a number such as 18, not 'newest'"):
        postgresql(stack, place)

    assert not (place.path / "postgresql").exists()


def test_what_redis_can_not_read_is_put_aside(
    stack: StackDirectory, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    data = place.path / "redis"
    data.mkdir()
    (data / "appendonly.aof").write_text("*1\r\n$7\r\nNONSENSE\r\nwhat is this\r\n*3\r\n")
    os.chown(data / "appendonly.aof", place.path.stat().st_uid, place.path.stat().st_gid)

    server = start_redis(stack, place, mark="", is_lasting=True)

    assert "begins empty" in capsys.readouterr().out
    assert len(list(place.path.glob("redis-unreadable-*/appendonly.aof"))) == 1
    processes.stop([server.child], patience=5)
