"""Commands of the devstack, run as a developer runs them, and what they leave running."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from backend.bootstrap import ROOT
from backend.devstack import processes

# Only what never ends takes so long, on however busy a machine.
TIMEOUT_SECONDS = 240
AS_ROOT = os.geteuid() == 0
# What the stack that runs these tests has set for them must not reach the stacks that they start.
NOT_INHERITED = {
    *("DATABASE_URL", "REDIS_URL", "TEST_DATABASE_URL", "TEST_REDIS_URL", "SECRET_KEY", "MEDIA_ROOT"),
    *("PUBLIC_BASE_URL", "ALLOWED_HOSTS", "CORS_ALLOWED_ORIGINS", "DEBUG", "PORT", processes.MARK),
    *("VOTER_KEYS", "VOTER_PEPPER", "NEWSLETTER_KEYS", "NEWSLETTER_PEPPER", "EMAIL_URL", "MAIL_FROM"),
}

REPORT = """
import os, sys, psycopg, redis
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    print("database", connection.execute("SHOW port").fetchone()[0], flush=True)
redis.Redis.from_url(os.environ["REDIS_URL"]).ping()
print("user", os.geteuid(), flush=True)
"""


def environment(var: Path, **extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    return {**kept, "VAR_DIR": str(var), **extra}


def devstack(var: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend.devstack", *arguments],
        cwd=ROOT,
        env=environment(var, **extra),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


class Background:
    """A devstack command that goes on while the test looks at it."""

    def __init__(self, var: Path, *arguments: str, **extra: str) -> None:
        self._output = var / f"output of {arguments[0]}"
        with self._output.open("w") as output:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "backend.devstack", *arguments],
                cwd=ROOT,
                env=environment(var, **extra),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def text(self) -> str:
        return self._output.read_text()

    def wait_for(self, pattern: str) -> str:
        def found() -> bool:
            assert self.popen.poll() is None or re.search(pattern, self.text()), self.text()
            return re.search(pattern, self.text()) is not None

        wait_until(found)
        match = re.search(pattern, self.text())
        assert match
        return match.group()

    def end(self, number: int) -> int:
        self.popen.send_signal(number)
        return self.popen.wait(TIMEOUT_SECONDS)


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < until, "it never happened"
        # Each look may cost as much as what it looks for: a request, or all processes of the machine.
        time.sleep(0.1)


def running_in(var: Path) -> list[str]:
    """The command lines of all processes that have to do with this directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            where = str((entry / "cwd").readlink())
            settings = (entry / "environ").read_bytes().decode()
        except OSError:
            continue
        if str(var) in command + where or f"VAR_DIR={var}" in settings:
            found.append(command)
    return found
