"""The real server on demo content, for programs that ask it things; needs DATABASE_URL and REDIS_URL."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def manage(*arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, check=True)


@contextmanager
def running_server(**settings: str) -> Iterator[str]:
    """The address of a server with these settings, until the block ends."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command: list[str | Path] = [
        *(BIN / "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--blocking-threads", "32", "--no-access-log", "--log-level", "error", "backend.wsgi:application"),
    ]
    environment = {**os.environ, "PUBLIC_BASE_URL": address, "LOG_LEVEL": "ERROR", **settings}
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        wait_for(f"{address}/healthz", server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=10)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if server.poll() is not None:
            sys.exit(f"The server ended with {server.returncode}.")
        try:
            urllib.request.urlopen(url, timeout=1)
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    sys.exit(f"{url} did not answer.")
