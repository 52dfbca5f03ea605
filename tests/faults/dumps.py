"""Dumps and restores of the stack's database, by the programs that operators use."""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from backend.bootstrap import ROOT
from backend.devstack.directory import StackDirectory
from backend.devstack.engines import Server
from backend.devstack.location import choose_location, remove_outside
from backend.devstack.postgresql import start_postgresql
from backend.devstack.processes import stop
from backend.devstack.stack import STOP_SECONDS
from tests.faults.stack import FaultStack
from tests.ports import TIMEOUT_SECONDS, wait_until


def program(server: Server, name: str) -> str:
    """Of the release that the server has, wherever that is installed."""
    return str(Path(f"/proc/{server.child.popen.pid}/exe").resolve().parent / name)


def dump(server: Server, file: Path, *, url: str = "") -> Path:
    """With the options of the guide's command."""
    (options,) = re.findall(r'-- pg_dump (.*) "\$DATABASE_URL"', (ROOT / "docs/operators.md").read_text())
    run(server, "pg_dump", *options.split(), f"--file={file}", url or server.url)
    return file


def text_of(server: Server, file: Path) -> str:
    """All that a dump holds, as SQL."""
    return run(server, "pg_restore", "--file=-", str(file)).stdout


def restore(server: Server, file: Path, *options: str, url: str = "") -> None:
    done = attempt_restore(server, file, *options, url=url)
    assert done.returncode == 0, done.stderr


def attempt_restore(
    server: Server, file: Path, *options: str, url: str = ""
) -> "subprocess.CompletedProcess[str]":
    return run(server, "pg_restore", *options, f"--dbname={url or server.url}", str(file), must=False)


def restore_in_place(server: Server, file: Path) -> None:
    """Over the database that there is, as the guide says."""
    options = ("--clean", "--if-exists", "--no-owner", "--exit-on-error", "--single-transaction")
    restore(server, file, *options)


def run(server: Server, name: str, *arguments: str, must: bool = True) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [program(server, name), *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0 or not must, done.stderr
    return done


def manage(stack: FaultStack, settings: dict[str, str], *arguments: str) -> str:
    """What `manage.py` says with these settings."""
    command = stack.start("manage", "-m", "manage", *arguments, **settings)
    status, said = command.popen.wait(TIMEOUT_SECONDS), command.log.read_text()
    assert status == 0, said
    return said


@contextmanager
def second_cluster(path: Path) -> Iterator[Server]:
    """A PostgreSQL of its own, as on another machine, with an empty database."""
    directory = StackDirectory(path).make()
    directory.acquire()
    location = choose_location(directory, is_lasting=False)
    server = start_postgresql(directory, location, mark=directory.begin(), is_lasting=False)
    try:
        yield server
    finally:
        stop([server.child], timeout=STOP_SECONDS)
        remove_outside(directory)
        directory.remove()


def let_the_superuser_in(server: Server) -> str:
    """The address of the cluster's superuser; standbys may follow as that role."""
    return let_in(server, "postgres")


def let_in(server: Server, role: str) -> str:
    """The address of a role that the product's own stacks shut out; from then on it needs no password."""
    url, rule = urlsplit(server.url), f"host all,replication {role} 127.0.0.1/32 trust\n"
    rules = Path(f"/proc/{server.child.popen.pid}/cwd").resolve() / "pg_hba.conf"
    if rule not in rules.read_text():
        rules.write_text(rules.read_text() + rule)
        server.child.popen.send_signal(signal.SIGHUP)
    address = f"postgres://{role}@127.0.0.1:{url.port}{url.path}"
    # It reads the rules anew in its own time.
    wait_until(lambda: may_connect(address))
    return address


def may_connect(url: str) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(url):
        return True
    return False


def rows_by_table(url: str) -> dict[str, int]:
    """How many rows each of the product's tables holds."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        counts = {}
        for (table,) in tables:
            found = connection.execute(f'SELECT count(*) FROM "{table}"'.encode()).fetchone()
            counts[table] = found[0] if found else 0
        return counts
