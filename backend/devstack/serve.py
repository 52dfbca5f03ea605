"""`make serve`: the engines, which must not end, and the product's processes, which are started again when they do."""

import http.client
import json
import os
import shlex
import signal
import socket
import sys
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from backend.bootstrap import ROOT, Progress, UserError, hint_for_full_disk, last_lines, wait_for_step
from backend.devstack import processes
from backend.devstack.directory import StackDirectory
from backend.devstack.engines import free_port
from backend.devstack.processes import Child
from backend.devstack.stack import (
    FRONTEND_ORIGINS,
    STOP_SECONDS,
    Stopped,
    end_leftovers,
    engines_running,
    product_environment,
)

DEFAULT_PORT = 8000
READY_SECONDS = 90
WATCH_SECONDS = 0.2
# What ends this often in so short a time would end again.
MOST_ENDS, ENDS_SECONDS = 5, 60
EXAMPLE = "/api/v1/comparisons/claude-files-api-vs-llama-4-scout-quantized"


def serve(stack: StackDirectory) -> None:
    """Start everything and stay until a signal raises Stopped.

    Raises UserError if an engine ends, or if another process ends again and again.
    """
    began = time.monotonic()
    port = _wanted_port()
    url = f"http://127.0.0.1:{port}"
    if not stack.acquire():
        supervisor, other_url = stack.supervisor()
        raise UserError(
            f"`make serve` runs here already, at {other_url or 'an address it will print'}"
            f" (process {supervisor.pid if supervisor else 'unknown'}): `make stop` ends it."
        )
    end_leftovers(stack)
    _require_free(port)
    mark = stack.begin(url=url)

    print("Starting PostgreSQL and Redis …", flush=True)
    with engines_running(stack, mark=mark, is_lasting=True, given=os.environ) as servers:
        # The demo's mails lead to the site, so its address is known before they are made.
        site_port, mail_port = _free_port_above(port), free_port()
        site_url = f"http://127.0.0.1:{site_port}"
        ours = product_environment(stack, url=url, servers=servers)
        ours |= _mail_and_site(stack, mail_port=mail_port, site_url=site_url)
        # What the caller has exported wins.
        ours |= {name: os.environ[name] for name in {*ours, *servers} if os.environ.get(name)}
        stack.write_environment(ours)
        environment = {**os.environ, **ours, "PYTHONUNBUFFERED": "1"}
        ports = {"web": port, "site": site_port, "mail": mail_port}
        with _held(ports.values()):
            prepare_database(stack, mark=mark, environment=environment)
        product = Product(stack, commands=commands(stack, ports), mark=mark, environment=environment)
        engines = [server.child for server in servers.values() if server]
        with product.running():
            _await_ready(port, site_port, [*engines, *product.children.values()])
            _announce(stack, url=url, site_url=site_url, seconds=time.monotonic() - began)
            watch(product, engines=engines)


def _mail_and_site(stack: StackDirectory, *, mail_port: int, site_url: str) -> dict[str, str]:
    return {
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
        "DEBUG_MAIL_DIR": str(stack.path / "mail"),
        "SUPPRESSION_JOURNAL": str(stack.path / "suppressions"),
        "SITE_URL": site_url,
        "SITE_NEWSLETTER_URL": f"{site_url}/newsletter",
        "CORS_ALLOWED_ORIGINS": f"{site_url},{FRONTEND_ORIGINS}",
    }


def prepare_database(stack: StackDirectory, *, mark: str, environment: Mapping[str, str]) -> None:
    """Apply migrations, demo content and the admin's account in a process of their own.

    Raises UserError with the end of its log.
    """
    command = [sys.executable, "-m", "backend.devstack", "prepare"]
    child = processes.start(
        "prepare", command, log=stack.log("prepare"), mark=mark, environment=environment, directory=ROOT
    )
    if wait_for_step("Preparing the database", child.popen) != 0:
        hint = hint_for_full_disk(stack.path, child.log.read_text(errors="replace"))
        raise UserError(f"The database could not be prepared. {hint}\n{_end_of_log(child)}")


class Product:
    """What is not an engine; each process is started again when it ends, as Docker does it."""

    def __init__(
        self,
        stack: StackDirectory,
        *,
        commands: Mapping[str, Sequence[str]],
        mark: str,
        environment: Mapping[str, str],
    ) -> None:
        self._stack = stack
        self._mark = mark
        self._environment = environment
        self._commands = commands
        self._ends: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=MOST_ENDS))
        self.children: dict[str, Child] = {}

    @contextmanager
    def running(self) -> Iterator[None]:
        try:
            for name in self._commands:
                self._start(name, log=self._stack.log(name))
            yield
        finally:
            # The terminal may be closed, which is one reason to stop.
            with suppress(OSError):
                print("Stopping …", flush=True)
            processes.stop(list(self.children.values()), timeout=STOP_SECONDS)

    def start_the_ended_again(self) -> None:
        """Raises UserError for one that has ended MOST_ENDS times within ENDS_SECONDS."""
        for child in [child for child in self.children.values() if child.has_ended()]:
            # Its children would go on beside those of the next one.
            processes.stop([child], timeout=0)
            ends, now = self._ends[child.name], time.monotonic()
            ends.append(now)
            if len(ends) == MOST_ENDS and now - ends[0] < ENDS_SECONDS:
                _give_up(child, why=f", {MOST_ENDS} times within {ENDS_SECONDS} seconds")
            print(f"{child.name} {child.how_it_ended()}, and is started again.", flush=True)
            self._start(child.name, log=child.log)

    def _start(self, name: str, *, log: Path) -> None:
        child = processes.start(
            name,
            [sys.executable, "-m", *self._commands[name]],
            log=log,
            mark=self._mark,
            environment=self._environment,
            directory=ROOT,
        )
        self.children[name] = child
        self._stack.note(name, child.process)


def commands(stack: StackDirectory, ports: Mapping[str, int]) -> dict[str, list[str]]:
    """The modules to run, by name, with their arguments."""
    return {
        "mail": ["backend.devstack.mail_catcher", str(stack.path / "mail"), str(ports["mail"])],
        "site": ["backend.devstack.site_server", str(ports["site"]), f"http://127.0.0.1:{ports['web']}"],
        "web": [
            *shlex.split("granian backend.wsgi:application --interface wsgi --host 127.0.0.1 --workers 1"),
            *shlex.split("--blocking-threads 32 --respawn-failed-workers --workers-kill-timeout 3"),
            *("--port", str(ports["web"])),
        ],
        "worker": _worker("worker", queues="celery", processes=1),
        # Its own worker, so that a slow mail server delays nothing else.
        "mailer": _worker("mailer", queues="mail,sign-ups", processes=2),
        "beat": [
            *shlex.split("celery -A backend --quiet beat --schedule"),
            str(stack.path / "beat-schedule"),
        ],
    }


def _worker(name: str, *, queues: str, processes: int) -> list[str]:
    """A worker's module and arguments. Gossip and mingle help many workers; with few they cost a second at the start."""
    return shlex.split(
        f"celery -A backend --quiet worker --hostname {name}@%h --queues {queues} --concurrency {processes}"
        " --without-gossip --without-mingle"
    )


def _wanted_port() -> int:
    wish = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not wish.isdecimal() or not 0 < int(wish) < 65536:
        raise UserError(
            f"PORT must be a number from 1 to 65535, not {wish!r}: PORT={DEFAULT_PORT} make serve"
        )
    return int(wish)


def _require_free(port: int) -> None:
    if _can_bind(port):
        return
    raise UserError(f"Port {port} is taken by another program: PORT={_free_port_above(port)} make serve")


def _free_port_above(port: int) -> int:
    """The next one that is free; where there is none, any."""
    above = range(max(port, 1024) + 1, 65536)
    return next((candidate for candidate in above if _can_bind(candidate)), None) or free_port()


@contextmanager
def _held(ports: Iterable[int]) -> Iterator[None]:
    """So that no other program takes them while the database is made. Raises UserError where one has."""
    with ExitStack() as opened:
        for port in ports:
            try:
                opened.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                _require_free(port)
                raise
        yield


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        # A connection of the run before may be in TIME_WAIT, which does not occupy the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _await_ready(port: int, site_port: int, children: Sequence[Child]) -> None:
    with Progress("Starting the web server, a worker and beat") as progress:
        status, body = _ask(port, "/statusz")
        while status != http.client.OK or _ask(site_port, "/")[0] != http.client.OK:
            _require_all(children)
            if progress.seconds() > READY_SECONDS:
                raise UserError(f"/statusz still says {status} after {READY_SECONDS} seconds: {body}")
            progress.tick()
            time.sleep(processes.POLL_SECONDS)
            status, body = _ask(port, "/statusz")


def _ask(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


def _announce(stack: StackDirectory, *, url: str, site_url: str, seconds: float) -> None:
    # Browsers take passkeys on names alone.
    desk_url = url.replace("127.0.0.1", "localhost")
    print(
        f"""
Ready in {seconds:.1f} s.

  Site          {site_url}/
  A comparison  {url}{EXAMPLE}
  Docs          {url}/api/docs
  OpenAPI       {url}/api/openapi.yaml
  Admin         {desk_url}/admin/   user admin, password {stack.secret("admin_password")}
  Mail          {url}/mail/   what was sent: it goes nowhere else
  Health        {url}/statusz
  Logs          {stack.logs}

Ctrl-C stops everything and keeps the data; `make reset` starts over.
""",
        flush=True,
    )


def watch(product: Product, *, engines: Sequence[Child]) -> None:
    """Print requests and errors from the logs until something ends that must not; the rest is in the files."""
    has_terminal = sys.stdout.isatty()
    with ExitStack() as opened:
        logs = [
            (child.name, opened.enter_context(child.log.open(errors="replace")))
            for child in product.children.values()
        ]
        for _, log in logs:
            log.seek(0, os.SEEK_END)
        while True:
            _require_all(engines)
            product.start_the_ended_again()
            if has_terminal and not sys.stdout.isatty():
                # A window that closes sends SIGHUP to the first process in it, which may be make.
                raise Stopped(signal.SIGHUP)
            for name, log in logs:
                for text in filter(None, map(shown, log)):
                    print(f"{name:6} | {text}", flush=True)
            time.sleep(WATCH_SECONDS)


def shown(line: str) -> str:
    """What of a log's line a person wants to see, empty if nothing; no character of it acts on the terminal."""
    try:
        entry = json.loads(line)
        event, level = entry["event"], entry["level"]
    except (ValueError, TypeError, KeyError):
        event, level = "", "error"
    if event == "request_finished":
        line = f"{entry['request']} {entry['code']}"
    elif level != "error":
        return ""
    return "".join(character if character.isprintable() else "\ufffd" for character in line.strip())


def _require_all(children: Iterable[Child]) -> None:
    for child in children:
        if child.has_ended():
            _give_up(child)


def _give_up(child: Child, *, why: str = "") -> NoReturn:
    raise UserError(
        f"{child.name} {child.how_it_ended()}{why}, so everything is stopped.\n{_end_of_log(child)}"
    )


def _end_of_log(child: Child) -> str:
    return f"Its log, {child.log}, ends:\n{last_lines(child.log.read_text(errors='replace'))}"
