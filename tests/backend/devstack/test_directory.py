"""A stack's directory: held by one supervisor, true to what runs in it, closed to others."""

import os
import shutil
from pathlib import Path

import pytest

from backend.devstack import processes
from backend.devstack.directory import StackDirectory
from backend.devstack.processes import Process


def test_the_record_of_a_copied_directory_is_not_believed(tmp_path: Path) -> None:
    original = StackDirectory(tmp_path / "original").make()
    mark = original.begin()
    sleeper = processes.start(
        "sleeper",
        ["sleep", "1000"],
        log=tmp_path / "log",
        mark=mark,
        environment={"PATH": os.defpath},
        directory=tmp_path,
    )
    original.note("sleeper", sleeper.process)

    shutil.copytree(original.path, tmp_path / "copy")

    assert original.leftovers() == {"sleeper": sleeper.process}
    assert StackDirectory(tmp_path / "copy").leftovers() == {}
    processes.stop([sleeper], timeout=5)


def test_secrets_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    stack = StackDirectory(tmp_path / "stack").make()

    secret = stack.secret("admin_password")

    assert len(secret) >= 32
    assert StackDirectory(tmp_path / "stack").secret("admin_password") == secret
    assert (stack.path / "admin_password").stat().st_mode & 0o777 == 0o600


def test_a_directory_has_one_holder_at_a_time(tmp_path: Path) -> None:
    first, second = StackDirectory(tmp_path / "stack").make(), StackDirectory(tmp_path / "stack")

    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()


def test_a_record_names_the_supervisor_and_its_address(tmp_path: Path) -> None:
    stack = StackDirectory(tmp_path / "stack").make()
    assert stack.supervisor() == (None, "")

    stack.begin(url="http://127.0.0.1:8000")

    assert StackDirectory(tmp_path / "stack").supervisor() == (
        Process.find(os.getpid()),
        "http://127.0.0.1:8000",
    )


@pytest.mark.parametrize(
    "record", ["", "{", "[]", '{"path": 1}'], ids=["empty", "torn", "a list", "of another shape"]
)
def test_a_record_that_can_not_be_read_speaks_of_nothing(tmp_path: Path, record: str) -> None:
    stack = StackDirectory(tmp_path / "stack").make()
    (stack.path / "running.json").write_text(record)

    assert stack.supervisor() == (None, "")
    assert stack.leftovers() == {}


def test_what_the_product_was_started_with_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    stack = StackDirectory(tmp_path / "stack").make()

    stack.write_environment({"SECRET_KEY": "ä"})
    stack.write_environment({"SECRET_KEY": "b"})

    assert StackDirectory(tmp_path / "stack").environment() == {"SECRET_KEY": "b"}
    assert (stack.path / "environment.json").stat().st_mode & 0o777 == 0o600


def test_a_fresh_log_keeps_the_one_before_beside_it(tmp_path: Path) -> None:
    stack = StackDirectory(tmp_path / "stack").make()
    for run in ("first", "second", "third"):
        stack.log("web").write_text(run)

    assert sorted((path.name, path.read_text()) for path in stack.logs.iterdir()) == [
        ("web.log", "third"),
        ("web.log.1", "second"),
    ]
