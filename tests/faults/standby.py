"""A standby of the stack's PostgreSQL, made and promoted as operators do it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from backend.devstack.directory import StackDirectory
from backend.devstack.engines import Server
from backend.devstack.location import choose_location, remove_outside
from backend.devstack.postgresql import start_postgresql
from backend.devstack.processes import stop
from backend.devstack.stack import STOP_SECONDS
from tests.faults.dumps import let_the_superuser_in, program


@contextmanager
def standby(primary: Server, path: Path) -> Iterator[Server]:
    """A second PostgreSQL, which follows the primary over the network and takes no writes, for the length of the block."""
    superuser = let_the_superuser_in(primary)
    directory = StackDirectory(path).make()
    directory.acquire()
    location = choose_location(directory, is_lasting=False)
    account = location.account
    subprocess.run(
        [
            *(program(primary, "pg_basebackup"), f"--dbname={superuser}", "--write-recovery-conf"),
            *("--checkpoint=fast", "--no-sync", f"--pgdata={location.path / 'postgresql'}"),
        ],
        check=True,
        timeout=120,
        cwd=location.path,
        user=account.user if account else None,
        group=account.group if account else None,
        extra_groups=[] if account else None,
    )
    server = start_postgresql(directory, location, mark=directory.begin(), is_lasting=False)
    try:
        # It has the primary's roles, and their passwords.
        yield replace(server, url=primary.url.replace(f":{port_of(primary)}/", f":{port_of(server)}/"))
    finally:
        stop([server.child], timeout=STOP_SECONDS)
        remove_outside(directory)
        directory.remove()


def promote(server: Server) -> None:
    """By the guide's statement."""
    with psycopg.connect(let_the_superuser_in(server)) as connection:
        assert connection.execute("SELECT pg_promote()").fetchone() == (True,)


def port_of(server: Server) -> int | None:
    return urlsplit(server.url).port
