"""A real PgBouncer before a database, with the file that the guide asks for."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

import pytest

from backend.bootstrap import ROOT
from tests.ports import answers, quiet_port, wait_until

CONFIGURATION = ROOT / "deploy" / "pgbouncer.ini"
# Root's PgBouncer refuses to go on as root.
ACCOUNT = "nobody"


def required_program(variable: str) -> str:
    """The path that the variable names; .ci/pgbouncer sets it. Without one the test is skipped, and says so."""
    program = os.environ.get(variable)
    if not program:
        pytest.skip(f"{variable} names no PgBouncer.")
    return program


@contextmanager
def pgbouncer(
    program: str, *, before: str, directory: Path, settings: Mapping[str, str | None] = MappingProxyType({})
) -> Iterator[str]:
    """
    The address that leads through PgBouncer to the database `before`, for the length of the block.

    `settings` are of pgbouncer.ini and win over those of the file; None leaves one out. Everybody may enter the directory.
    """
    database, port = urlsplit(before), quiet_port()
    name, user, password = database.path[1:], database.username, unquote(database.password or "")
    users = directory / "userlist.txt"
    users.write_text(f'"{user}" "{password}"\n')
    own: dict[str, str | None] = {"listen_port": str(port), "auth_file": str(users), **settings}
    own |= {"user": ACCOUNT} if os.geteuid() == 0 else {}
    lines = [
        f"{name} = host={database.hostname} port={database.port} dbname={name}"
        if line.startswith("verdicts =")
        else line
        for line in CONFIGURATION.read_text().splitlines()
        if line.partition(" =")[0] not in own
    ]
    file = directory / "pgbouncer.ini"
    file.write_text(
        "\n".join([*lines, *(f"{key} = {value}" for key, value in own.items() if value is not None), ""])
    )
    users.chmod(0o644)
    with (directory / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen([program, str(file)], stdout=log, stderr=log)
    try:
        wait_until(lambda: process.poll() is not None or answers(port))
        assert process.poll() is None, (directory / "pgbouncer.log").read_text()
        yield before.replace(f":{database.port}/", f":{port}/")
    finally:
        process.terminate()
        process.wait(30)
