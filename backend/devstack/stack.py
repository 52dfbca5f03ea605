"""What `serve` and `run` share: they start and stop the engines, and make the environment that the product reads."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from backend.bootstrap import ROOT
from backend.devstack import processes
from backend.devstack.directory import StackDirectory
from backend.devstack.engines import Server
from backend.devstack.location import choose_location
from backend.devstack.postgresql import start_postgresql
from backend.devstack.redis import require_redis, start_redis

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_SECONDS = 5
FRONTEND_ORIGINS = "http://localhost:3000,http://localhost:5173,http://127.0.0.1:3000,http://127.0.0.1:5173"


class Stopped(BaseException):
    """A signal asked this process to stop; raised in the main thread, anywhere."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def stop_on_signals() -> None:
    """Let the first signal raise Stopped; later ones are ignored, because stopping takes only seconds."""

    def raise_once(number: int, _: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    for each in SIGNALS:
        signal.signal(each, raise_once)


def var_directory() -> Path:
    """The directory of everything that is made at run time: `var/`, or VAR_DIR."""
    return Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()


@contextmanager
def engines_running(
    stack: StackDirectory, *, mark: str, is_lasting: bool, given: Mapping[str, str]
) -> Iterator[dict[str, Server | None]]:
    """Start the engines that `given` has no address for; when the block ends, stop them and all that carry the mark.

    Yields a server for each of DATABASE_URL and REDIS_URL, or None where an address was given. Raises UserError for an
    engine that does not start, and for a given Redis that does not answer.
    """
    if given.get("REDIS_URL"):
        require_redis(given["REDIS_URL"])
    starters = {"REDIS_URL": start_redis, "DATABASE_URL": start_postgresql}
    servers: dict[str, Server | None] = {}
    location = choose_location(stack, is_lasting=is_lasting)
    try:
        for variable, start in starters.items():
            servers[variable] = None
            if not given.get(variable):
                server = start(stack, location, mark=mark, is_lasting=is_lasting)
                servers[variable] = server
                stack.note(server.child.name, server.child.process)
        yield servers
    finally:
        processes.stop([server.child for server in servers.values() if server], timeout=STOP_SECONDS)
        processes.end(processes.marked(mark), timeout=0)


def product_environment(
    stack: StackDirectory, *, url: str, servers: Mapping[str, Server | None]
) -> dict[str, str]:
    """The settings of a stack that runs on this machine alone, under the names that backend/settings.py reads."""
    return {
        # A `.env` in the checkout is for production: a mail provider that it names would mail real people.
        "ENV_FILE": "",
        "MAIL_PROVIDER": "",
        "SECRET_KEY": stack.secret("secret_key", length=48),
        "VOTER_KEYS": f"first:{stack.secret('voter_key', length=48)}",
        "VOTER_PEPPER": stack.secret("voter_pepper", length=48),
        "NEWSLETTER_KEYS": f"first:{stack.secret('newsletter_key', length=48)}",
        "NEWSLETTER_PEPPER": stack.secret("newsletter_pepper", length=48),
        # Nothing listens there: `serve` replaces it by its mail catcher's address, and tests of mail by their own server's.
        "EMAIL_URL": "smtp://127.0.0.1:9",
        "MAIL_FROM": "AI Tool Verdicts <digest@verdicts.example>",
        "DEBUG": "false",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "PUBLIC_BASE_URL": url,
        "CORS_ALLOWED_ORIGINS": FRONTEND_ORIGINS,
        "MEDIA_ROOT": str(stack.media),
        "METRICS_DIR": str(stack.path / "metrics"),
        # Errors of tests and laptops are nobody's alarm.
        "SENTRY_DSN": "",
        # A person who tries out voting wants to see the count move.
        "TALLY_PUBLISH_SECONDS": "1",
        **{variable: server.url for variable, server in servers.items() if server},
    }


def end_leftovers(stack: StackDirectory) -> bool:
    """End what an earlier supervisor started and did not stop; returns whether there was anything."""
    left = stack.leftovers()
    if left:
        print(f"Ending what an earlier run left behind: {', '.join(sorted(left))}.", flush=True)
        # On SIGINT, PostgreSQL drops its connections and stops, and everything else stops.
        processes.end(left.values(), first=signal.SIGINT, timeout=3)
    return bool(left)
