"""`make test`: runs one command on a private stack, which is removed afterwards however the command ends."""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence

from backend.bootstrap import UserError
from backend.devstack import processes
from backend.devstack.directory import StackDirectory
from backend.devstack.location import remove_outside
from backend.devstack.stack import Stopped, end_leftovers, engines_running, product_environment, var_directory

TIMEOUT_SECONDS = 15


def run(command: Sequence[str], *, is_durable: bool = False) -> int:
    """Run the command; returns its exit status, or 128 plus the number of the signal that ended it.

    The engines don't wait for the disk, because the data are removed afterwards; with `is_durable` they do.
    """
    stack = _fresh_stack()
    try:
        mark = stack.begin()
        # `make serve` may use a database of value; a test run uses only one that these names give.
        given = {
            "DATABASE_URL": os.environ.get("TEST_DATABASE_URL", ""),
            "REDIS_URL": os.environ.get("TEST_REDIS_URL", ""),
        }
        with engines_running(stack, mark=mark, is_lasting=is_durable, given=given) as servers:
            ours = product_environment(stack, url="http://127.0.0.1:8000", servers=servers)
            return _run_command(command, {**os.environ, **given, **ours, processes.MARK: mark})
    finally:
        remove_outside(stack)
        stack.remove()


def _fresh_stack() -> StackDirectory:
    """Make a directory for this run, after removing those whose supervisor has ended."""
    directory = var_directory() / "test"
    directory.mkdir(parents=True, exist_ok=True)
    # Without it, another run could take a directory for abandoned between its making and its locking.
    with (directory / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for path in directory.iterdir():
            abandoned = StackDirectory(path)
            if path.is_dir() and abandoned.acquire():
                end_leftovers(abandoned)
                remove_outside(abandoned)
                abandoned.remove()
        stack = StackDirectory(directory / secrets.token_hex(4)).make()
        stack.acquire()
        return stack


def _run_command(command: Sequence[str], environment: Mapping[str, str]) -> int:
    if not shutil.which(command[0]):
        raise UserError(f"There is no command {command[0]} to run.")
    popen = subprocess.Popen(
        command, env=environment, preexec_fn=processes.follow_parent_into_death(signal.SIGTERM)
    )
    try:
        status = popen.wait()
    except Stopped as stopped:
        # A terminal sends Ctrl-C to the command as well, and many commands take a second one for "at once".
        if not (stopped.number == signal.SIGINT and _has_the_terminal()):
            popen.send_signal(stopped.number)
        try:
            status = popen.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            popen.kill()
            status = popen.wait()
    return status if status >= 0 else 128 - status


def _has_the_terminal() -> bool:
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
