"""The servers that are measured, each a single process at work on one core."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from backend.bootstrap import ROOT, UserError, last_lines
from backend.devstack import processes

READY_SECONDS = 30
FASTIFY = Path(__file__).with_name("fastify")
FILES = "files"
NOTHING: Mapping[str, str] = MappingProxyType({})

NGINX = """\
daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
error_log nginx-errors.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    default_type application/json;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    open_file_cache max=10000 inactive=10m;
    client_body_temp_path temporary;
    proxy_temp_path temporary;
    fastcgi_temp_path temporary;
    uwsgi_temp_path temporary;
    scgi_temp_path temporary;
    server {{
        listen 127.0.0.1:{port};
        root files;
    }}
}}
"""


@dataclass(frozen=True)
class Answer:
    status: int
    etag: str
    body: bytes


@dataclass(frozen=True)
class Contender:
    """A server that listens on loopback."""

    name: str
    port: int
    child: processes.Child

    def get(self, address: str, *, etag: str = "") -> Answer:
        return self.ask("GET", address, headers={"If-None-Match": etag} if etag else NOTHING)

    def ask(
        self, method: str, address: str, *, body: str = "", headers: Mapping[str, str] = NOTHING
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, address, body=body or None, headers=dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheader("ETag", ""), answer.read())
        finally:
            connection.close()

    def await_ready(self, address: str) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and not self.child.has_ended():
            with suppress(OSError):
                if self.get(address).status == http.client.OK:
                    return
            time.sleep(0.1)
        log = last_lines(self.child.log.read_text(errors="replace"))
        raise UserError(f"{self.name} does not answer {address}:\n{log}")


def start_product(
    directory: Path, *, core: int, environment: Mapping[str, str] = NOTHING, name: str = "product"
) -> Contender:
    """Started as the image starts it, with the product's own log of requests and not granian's beside it."""
    port = free_port()
    options = [
        *("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "32", "--workers-kill-timeout", "3"),
    ]
    command = [sys.executable, "-m", "granian", "backend.wsgi:application", *options]
    return _start(name, command, port, directory, core=core, environment=environment)


def start_fastapi(directory: Path, *, core: int) -> Contender:
    return _start_uvicorn("FastAPI", "bench.fastapi.app:app", directory, core=core)


def start_fastapi_memory(directory: Path, *, core: int) -> Contender:
    """It holds what nginx serves."""
    return _start_uvicorn("FastAPI, in memory", "bench.fastapi.memory:app", directory, core=core)


def _start_uvicorn(name: str, application: str, directory: Path, *, core: int) -> Contender:
    port = free_port()
    options = ["--port", str(port), "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    command = [sys.executable, "-m", "uvicorn", application, *options]
    return _start(name, command, port, directory, core=core, environment=_files_in(directory))


def install_fastify(npm: str) -> None:
    done = subprocess.run([npm, "ci", "--silent"], cwd=FASTIFY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(
            f"Fastify can't be installed: see to `npm ci` in {FASTIFY}.\n{last_lines(done.stderr)}"
        )


def start_fastify(directory: Path, *, program: str, core: int) -> Contender:
    """It holds what nginx serves, too."""
    port = free_port()
    environment = {**_files_in(directory), "PORT": str(port)}
    command = [program, str(FASTIFY / "server.mjs")]
    return _start("Fastify", command, port, directory, core=core, environment=environment)


def start_nginx(directory: Path, files: Mapping[str, bytes], *, program: str, core: int) -> Contender:
    """Serves `files`, by their addresses, as they are."""
    for address, content in files.items():
        file = directory / FILES / address.partition("?")[0].lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    port = free_port()
    (directory / "nginx.conf").write_text(NGINX.format(port=port))
    command = [program, "-p", f"{directory}/", "-c", "nginx.conf", "-e", "nginx-errors.log"]
    return _start("nginx", command, port, directory, core=core)


def start_publisher(directory: Path, *, core: int) -> processes.Child:
    command = [sys.executable, "-m", "bench.publisher"]
    return _start_child("publisher", command, directory, core=core)


def _files_in(directory: Path) -> dict[str, str]:
    return {"BENCH_FILES": str(directory / FILES)}


def _start(
    name: str,
    command: list[str],
    port: int,
    directory: Path,
    *,
    core: int,
    environment: Mapping[str, str] = NOTHING,
) -> Contender:
    child = _start_child(name, command, directory, core=core, environment=environment)
    return Contender(name, port, child)


def _start_child(
    name: str,
    command: list[str],
    directory: Path,
    *,
    core: int,
    environment: Mapping[str, str] = NOTHING,
) -> processes.Child:
    return processes.start(
        name,
        ["taskset", "-c", str(core), *command],
        log=directory / f"{name}.log",
        mark=os.environ.get(processes.MARK, "bench"),
        environment={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
        directory=ROOT,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
