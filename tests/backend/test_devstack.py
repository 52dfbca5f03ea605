"""Real servers are started, killed and started again; nothing here is a stand-in."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest

from backend.bootstrap import ROOT, MendableError
from backend.devstack import processes
from backend.devstack.__main__ import reset
from backend.devstack.directory import StackDirectory
from backend.devstack.engines import Server, free_port, start_postgresql, start_redis
from backend.devstack.place import Place, choose_place
from backend.devstack.processes import Process
from backend.devstack.serve import MOST_ENDS

PATIENCE_SECONDS = 60
AS_ROOT = os.geteuid() == 0
# What the stack that runs these tests has set for them must not reach the stacks that they start.
NOT_INHERITED = {
    *("DATABASE_URL", "REDIS_URL", "TEST_DATABASE_URL", "TEST_REDIS_URL", "SECRET_KEY", "MEDIA_ROOT"),
    *("PUBLIC_BASE_URL", "ALLOWED_HOSTS", "CORS_ALLOWED_ORIGINS", "DEBUG", "PORT", processes.MARK),
    *("VOTER_KEYS", "VOTER_PEPPER", "NEWSLETTER_KEYS", "NEWSLETTER_PEPPER", "EMAIL_URL", "MAIL_FROM"),
}


@pytest.fixture
def var() -> Iterator[Path]:
    """A directory with a space in its name that other users may enter; pytest's own are closed to them."""
    path = Path(tempfile.mkdtemp(prefix="dev stack "))
    path.chmod(0o755)
    yield path
    reset(StackDirectory(path / "serve"))
    shutil.rmtree(path)


@pytest.fixture
def stack(var: Path) -> Iterator[StackDirectory]:
    stack = StackDirectory(var / "serve").make()
    assert stack.acquire()
    mark = stack.begin()
    yield stack
    processes.end(processes.marked(mark), patience=0)
    stack.release()


@pytest.fixture
def place(stack: StackDirectory) -> Place:
    return choose_place(stack, is_lasting=True)


def environment(var: Path, **extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    return {**kept, "VAR_DIR": str(var), **extra}


def devstack(var: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend.devstack", *arguments],
        cwd=ROOT,
        env=environment(var, **extra),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


class Background:
    """A devstack command that goes on while the test looks at it."""

    def __init__(self, var: Path, *arguments: str, **extra: str) -> None:
        self._output = var / f"output of {arguments[0]}"
        with self._output.open("w") as output:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "backend.devstack", *arguments],
                cwd=ROOT,
                env=environment(var, **extra),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def text(self) -> str:
        return self._output.read_text()

    def wait_for(self, pattern: str) -> str:
        def found() -> bool:
            assert self.popen.poll() is None or re.search(pattern, self.text()), self.text()
            return re.search(pattern, self.text()) is not None

        wait_until(found)
        match = re.search(pattern, self.text())
        assert match
        return match.group()

    def end(self, number: int) -> int:
        self.popen.send_signal(number)
        return self.popen.wait(PATIENCE_SECONDS)


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.02)


def running_in(var: Path) -> list[str]:
    """The command lines of all processes that have to do with this directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            where = str((entry / "cwd").readlink())
            settings = (entry / "environ").read_bytes().decode()
        except OSError:
            continue
        if str(var) in command + where or f"VAR_DIR={var}" in settings:
            found.append(command)
    return found


# --- Knowing processes again ------------------------------------------------------------------


def test_a_process_is_not_taken_for_an_earlier_one_with_the_same_id() -> None:
    earlier = Process(os.getpid(), "another start")

    processes.end([earlier], first=signal.SIGKILL)

    assert not earlier.is_running()
    assert Process.find(os.getpid()) != earlier


@pytest.mark.skipif(not processes.CAN_LOOK, reason="only Linux shows other processes' environments")
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
    processes.stop([sleeper], patience=5)


def test_secrets_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    stack = StackDirectory(tmp_path / "stack").make()

    secret = stack.secret("admin_password")

    assert len(secret) >= 32
    assert StackDirectory(tmp_path / "stack").secret("admin_password") == secret
    assert (stack.path / "admin_password").stat().st_mode & 0o777 == 0o600


# --- PostgreSQL and Redis ---------------------------------------------------------------------


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


# --- run --------------------------------------------------------------------------------------

REPORT = """
import os, sys, psycopg, redis
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    print("database", connection.execute("SHOW port").fetchone()[0], flush=True)
redis.Redis.from_url(os.environ["REDIS_URL"]).ping()
print("user", os.geteuid(), flush=True)
"""


def test_a_command_runs_as_ourselves_on_a_stack_that_is_gone_afterwards(var: Path) -> None:
    command = [sys.executable, "-c", REPORT + "sys.exit(7)"]

    # Whatever database `make serve` is pointed at, a test run leaves it alone.
    result = devstack(var, "run", "--", *command, DATABASE_URL="postgres://nobody@127.0.0.1:1/precious")

    assert result.returncode == 7, result.stderr
    assert f"user {os.geteuid()}" in result.stdout
    assert [path.name for path in (var / "test").iterdir()] == ["lock"]
    assert running_in(var) == []


def test_two_runs_at_once_have_a_database_each(var: Path) -> None:
    wait_for_the_other = f"""
import pathlib, time
open({str(var)!r} + "/here " + str(os.getpid()), "w")
while len(list(pathlib.Path({str(var)!r}).glob("here *"))) < 2: time.sleep(0.02)
"""
    command = ["run", "--", sys.executable, "-c", REPORT + wait_for_the_other]

    first = Background(var, *command)
    second = devstack(var, *command)

    assert first.popen.wait(PATIENCE_SECONDS) == 0, first.text()
    assert second.returncode == 0, second.stderr
    ports = re.findall(r"database (\d+)", first.text() + second.stdout)
    assert len(set(ports)) == 2


@pytest.mark.parametrize(("options", "setting"), [([], "off"), (["--durable"], "on")])
def test_a_run_waits_for_the_disk_only_if_told_to(var: Path, options: list[str], setting: str) -> None:
    show = """
import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        print(name, connection.execute(f"SHOW {name}").fetchone()[0])
"""

    result = devstack(var, "run", *options, "--", sys.executable, "-c", show)

    assert result.returncode == 0, result.stderr
    assert f"fsync {setting}\nsynchronous_commit {setting}\nfull_page_writes {setting}\n" in result.stdout


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


@pytest.mark.skipif(not AS_ROOT, reason="only root's servers run as somebody else")
def test_below_a_closed_directory_root_keeps_the_servers_files_elsewhere(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)

    result = devstack(tmp_path, "run", "--", sys.executable, "-c", REPORT)

    assert result.returncode == 0, result.stderr
    elsewhere = re.search(r"their files lie in (\S+)\.", result.stdout)
    assert elsewhere
    assert not Path(elsewhere.group(1)).exists()
    assert tmp_path.stat().st_mode & 0o777 == 0o700


# --- serve ------------------------------------------------------------------------------------


def test_a_taken_port_is_met_with_another(var: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        result = devstack(var, "serve", PORT=str(port))

    assert result.returncode == 1
    assert re.search(rf"Port {port} is taken by another program: PORT=\d+ make serve", result.stderr)


@pytest.mark.parametrize("port", ["eight thousand", "0", "70000"])
def test_a_port_that_is_none_is_refused(var: Path, port: str) -> None:
    result = devstack(var, "serve", PORT=port)

    assert result.returncode == 1
    assert result.stderr == f"PORT must be a number from 1 to 65535, not {port!r}: PORT=8000 make serve\n"


def test_stop_and_manage_say_when_nothing_runs(var: Path) -> None:
    assert devstack(var, "stop").stdout == "`make serve` has not run here.\n"
    assert "`make serve` is not running here" in devstack(var, "manage", "check").stderr


def test_serve_end_to_end(var: Path) -> None:
    port = str(free_port())
    url = f"http://127.0.0.1:{port}"
    ready = "Ready in .*"
    add_a_user = "from django.contrib.auth.models import User; User.objects.create(username='kept')"

    serve = Background(var, "serve", PORT=port)
    serve.wait_for(ready)
    password = (var / "serve" / "admin_password").read_text().strip()
    assert f"user admin, password {password}" in serve.text()
    with urllib.request.urlopen(f"{url}/readyz", timeout=10) as answer:
        assert answer.status == 200
    ask_for_mail(url, "ada@example.com")
    wait_until(lambda: b"Confirm your subscription</a> to ada@example.com" in read(f"{url}/mail/"))
    wait_until(lambda: len(demo_mails(var)) == 1)
    with urllib.request.urlopen(
        demo_mails(var)[0]["List-Unsubscribe"].strip("<>"), b"", timeout=10
    ) as answer:
        assert answer.status == 200
    assert (var / "serve" / "suppressions").read_text().endswith(" unsubscribe\n")
    second = devstack(var, "serve", PORT=port)
    assert f"runs here already, at {url} (process {serve.popen.pid})" in second.stderr
    assert devstack(var, "manage", "shell", "-c", add_a_user).returncode == 0

    # The worst first: the supervisor and the parents of all the rest, so that their children are orphans.
    for pid in [*pids_of_children(var).values(), serve.popen.pid]:
        os.kill(pid, signal.SIGKILL)
    serve.popen.wait()
    serve = Background(var, "serve", PORT=port)
    serve.wait_for(ready)
    database_url = json.loads((var / "serve" / "environment.json").read_text())["DATABASE_URL"]
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT username FROM auth_user ORDER BY 1").fetchall() == [
            ("admin",),
            ("kept",),
        ]

    for name in ("mail", "web", "worker", "mailer", "beat"):
        kill_and_await_another(var, name)
        serve.wait_for(f"{name} was ended by SIGKILL, and is started again")
    wait_until(lambda: is_answering(f"{url}/readyz"))
    ask_for_mail(url, "grace@example.com")
    wait_until(lambda: b"Confirm your subscription</a> to grace@example.com" in read(f"{url}/mail/"))
    for _ in range(MOST_ENDS - 2):
        kill_and_await_another(var, "beat")
    os.kill(pids_of_children(var)["beat"], signal.SIGKILL)
    assert serve.popen.wait(PATIENCE_SECONDS) == 1
    assert "beat was ended by SIGKILL, 5 times within 60 seconds, so everything is stopped" in serve.text()
    assert running_in(var) == []

    serve = Background(var, "serve", PORT=port)
    serve.wait_for(ready)
    os.kill(pids_of_children(var)["postgresql"], signal.SIGKILL)
    assert serve.popen.wait(PATIENCE_SECONDS) == 1
    assert "postgresql was ended by SIGKILL, so everything is stopped" in serve.text()
    assert running_in(var) == []

    serve = Background(var, "serve", PORT=port)
    serve.wait_for(ready)
    assert serve.end(signal.SIGINT) == 0, serve.text()
    assert "the data are kept" in serve.text()
    assert running_in(var) == []
    assert len(demo_mails(var)) == 1


def demo_mails(var: Path) -> list[EmailMessage]:
    """Copies of the demo's edition that were caught."""
    mails = [
        message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in (var / "serve" / "mail").glob("*.eml")
    ]
    return [mail for mail in mails if mail["Message-ID"].startswith("<2026-W46.")]


def ask_for_mail(url: str, address: str) -> None:
    body = json.dumps({"address": address}).encode()
    request = urllib.request.Request(
        f"{url}/api/v1/newsletter/subscriptions", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 202


def is_answering(url: str) -> bool:
    try:
        return bool(read(url))
    except OSError:
        return False


def kill_and_await_another(var: Path, name: str) -> None:
    before = pids_of_children(var)[name]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: pids_of_children(var)[name] != before)


def read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        content: bytes = answer.read()
    return content


def pids_of_children(var: Path) -> dict[str, int]:
    record = json.loads((var / "serve" / "running.json").read_text())
    return {name: child["pid"] for name, child in record["children"].items()}
